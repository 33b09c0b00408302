"""What is wrong with a body, in plain Chinese: the field's name and what it has to be."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

NAMES = {
    "abstain": "弃权票数",
    "against": "反对票数",
    "agree": "同意票数",
    "before": "从哪一条往前",
    "limit": "每页条数",
    "aid_type": "救助类型",
    "amount_fen": "金额(分)",
    "another_event": "另一件事的理由",
    "answer": "答复",
    "answers": "回答",
    "applicant_born_on": "申请人出生日期",
    "applicant_declares_absence": "申请人声明家人失联",
    "asks_for_aid": "提出救助要求",
    "asks_for_child_alone": "单独为孩子申请",
    "asks_to_keep_aid": "要求保留待遇",
    "at_economic_review": "正在经济状况复核",
    "born_on": "出生日期",
    "change_reason": "改变情形的理由",
    "channel": "告知方式",
    "children_out_of_touch": "与子女没有联系",
    "circumstance": "适用情形",
    "code": "登录码或回复码",
    "conversation": "对话编号",
    "date": "日期",
    "days": "放假和调休的日子",
    "delivered_at": "送到的时间",
    "deliberate_again": "是否重新评议",
    "departure_reason": "与评议结果不一致的理由",
    "deposit": "存款",
    "deposit_fen": "存款(分)",
    "did_not_raise_children": "没有抚养过子女",
    "document": "文件名和文号",
    "effective_from": "生效日期",
    "evidence_waiver": "没有佐证材料的理由",
    "facts": "家庭情况",
    "findings": "入户调查情况",
    "first_parent_out_of_touch_since": "一方父母失去联系的日期",
    "first_parent_unable": "一方父母不能照顾",
    "form": "现金或实物",
    "granted": "已经给过的救助",
    "guide_number": "导办号码",
    "holds_special_support": "特困供养或单独施保",
    "home_visit_confirms": "入户调查属实",
    "household": "家庭人数",
    "household_size": "家庭人数",
    "in_emergency": "情况紧急",
    "isOffDay": "是否放假",
    "late_reason": "超过期限的原因",
    "lives_with_other_relatives": "和其他亲属生活",
    "login": "账号",
    "marriage_broke_lived_alone": "离婚后独自生活",
    "medical": "医疗费用",
    "medical_cost_fen": "剩余医疗费用(分)",
    "meeting_no": "会议编号",
    "meets_at": "开会时间",
    "member_cannot_be_reached": "家人联系不上",
    "member_left_on": "家人离开的日期",
    "member_lived_together_before": "家人以前一起生活",
    "member_lives_apart": "家人分开生活",
    "monthly_fen": "月标准(分)",
    "name": "姓名",
    "needs_more_than_maximum": "需要的钱超过最高额",
    "no_income": "没有生活来源",
    "note": "备注",
    "now": "时间",
    "number": "导办号码",
    "only_own_bank_deposits": "只有本人银行存款",
    "opinion": "监督意见",
    "ordinary_aid_refused": "普通救助审核没有通过",
    "ordinary_case_ref": "普通救助受理编号",
    "other_causes": "不是同一事由的救助",
    "other_parent_does_not_care": "另一方父母不照顾",
    "other_parent_left_on": "另一方父母离开的日期",
    "other_parent_registered_elsewhere": "另一方父母户口在外地",
    "others_ask_for_aid": "其他家人提出救助要求",
    "panel": "评议人员名单",
    "papers": "文件网址",
    "password": "密码",
    "person_id": "人员",
    "phone": "电话",
    "place": "地点",
    "preview": "只看不导入",
    "relation": "与申请人的关系",
    "reason": "理由",
    "receives_temporary_aid": "正在领临时救助",
    "recipient": "告知对象",
    "renewal_of": "要续办的事项",
    "reported_at": "报告时间",
    "rights_cannot_be_enforced_soon": "权利短期内实现不了",
    "same_cause_again": "同一件事再次申请",
    "severe_illness_or_disability": "重病或重残",
    "signed": "双方签字",
    "source_url": "文件网址",
    "story": "情况说明",
    "submission_key": "提交编号",
    "supervisor": "监督人员",
    "templates": "消息模板",
    "text": "要说的话",
    "title": "材料名称",
    "topic": "最难的一件",
    "town_id": "镇(街道)",
    "useful": "有用没用",
    "valid_from": "救助开始日期",
    "village_id": "村(社区)",
    "visited_at": "入户时间",
    "visitor_ids": "入户人员",
    "visitors": "入户人数",
    "was_married_with_children": "结过婚有过子女",
    "what_happened": "发生了什么",
    "year": "年份",
}
"""Every field of every body, as a person calls it; a field without a name fails a test."""

WHOLE = "内容"
_SENTENCES = {
    "missing": "还没有填",
    "string_too_short": "最少写{min_length}个字",
    "string_too_long": "最多写{max_length}个字",
    "string_pattern_mismatch": "写法不对, 请核对",
    "string_type": "要写文字",
    "too_short": "最少要{min_length}项",
    "too_long": "最多{max_length}项",
    "list_type": "要一项一项列出来",
    "dict_type": "要按名称分别写",
    "extra_forbidden": "这里没有这一项, 请去掉",
    "greater_than": "要大于{gt}",
    "greater_than_equal": "不能小于{ge}",
    "less_than": "要小于{lt}",
    "less_than_equal": "不能大于{le}",
    "int_type": "要写整数",
    "int_parsing": "要写整数",
    "int_parsing_size": "数字太大, 请核对",
    "int_from_float": "要写整数, 不能有小数",
    "bool_type": "要选是或不是",
    "bool_parsing": "要选是或不是",
    "timezone_aware": "时间要带时区, 例如 2026-07-01T09:00:00+08:00",
    "year_out_of_range": "年份不对, 请核对",
    "literal_error": "不在可以选的里面, 请重新选",
    "enum": "不在可以选的里面, 请重新选",
    "json_invalid": "格式看不懂, 请返回后重新提交",
    "model_type": "格式不对, 请返回后重新提交",
    "model_attributes_type": "格式不对, 请返回后重新提交",
}
_FAMILIES = (
    ("datetime_", "时间看不懂, 要像 2026-07-01T09:00:00+08:00 这样写"),
    ("date_", "日期看不懂, 要像 2026-07-01 这样写"),
    ("uuid_", "编号不对, 请返回后重新选择"),
)
_OTHERWISE = "填写有误, 请改正"


def name_of(location: Sequence[str | int]) -> str:
    """("panel", 0) -> 评议人员名单第1项. Keys that somebody made up are not repeated."""
    words = []
    for part in location:
        if isinstance(part, int):
            words.append(f"第{part + 1}项")
        elif part in NAMES:
            words.append(NAMES[part])
    return "".join(words) or WHOLE


def sentence_of(kind: str, context: dict[str, Any]) -> str:
    """What pydantic's error `kind` asks for."""
    if kind in _SENTENCES:
        return _SENTENCES[kind].format(**context)
    return next((said for start, said in _FAMILIES if kind.startswith(start)), _OTHERWISE)


def first_of(error: ValidationError) -> tuple[str, str]:
    """(the name of the first field that is wrong, what it has to be)."""
    first = error.errors(include_url=False, include_input=False)[0]
    return name_of(first["loc"]), sentence_of(first["type"], first.get("ctx") or {})
