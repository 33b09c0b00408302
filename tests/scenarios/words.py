"""An expectation or a finding in the words of an official, for the table that is signed."""

from collections.abc import Mapping

_TRUTH = {"met": "符合", "unmet": "不符合", "unknown": "不清楚"}
_BAND = {"not_over": "没有超过4倍", "between": "4倍到10倍之间", "too_high": "达到或超过10倍"}
_STATUS = {
    "submitted": "已收到",
    "under_review": "普通救助审核中",
    "resolved": "按普通救助办理",
    "referred": "已反馈村(社区)",
    "declined": "村(社区)不启动",
    "initiated": "村(社区)已启动",
    "gathering_evidence": "入户和收集材料",
    "confirmed": "镇(街道)已确认",
    "scheduled": "已约评议会",
    "void": "评议会不成立",
    "deliberated": "已评议",
    "before_leaders": "提交班子会议",
    "approved": "认定通过",
    "rejected": "认定不通过",
    "in_force": "救助中",
    "expired": "一年期满",
    "terminated": "已终止",
    "withdrawn": "申请人撤回",
    "closed": "已结束",
}
_STATUS |= {"reported": "已报告", "delivered": "钱物已到", "lifted": "紧急已解除", "paperwork_done": "手续已补齐"}
_CODE = {
    "reason_missing": "没写理由",
    "not_ready": "条件不齐",
    "role_not_allowed": "岗位不对",
    "move_not_possible": "这时不能做",
    "urgent_cap": "超过5000元",
    "late_without_reason": "超时没写原因",
    "before_report": "早于报告时间",
    "amount_missing": "没有金额",
}
_CLOCK = {"review": "评议期限", "result": "反馈期限", "listing": "公布期限"}
_WHO = {
    "applicant": "申请人",
    "worker": "救助员",
    "village": "村(社区)",
    "town": "镇(街道)",
    "panel": "评议人员",
    "discipline": "纪(工)委",
    "leaders": "领导班子",
    "bureau": "区民政",
}
_YES_NO = {
    "allowed": ("可以", "不可以"),
    "within": ("这个金额可以", "这个金额不可以"),
    "met": ("会议成立", "会议不成立"),
    "passed": ("通过", "不通过"),
    "provisional": ("暂定", "确定"),
    "inside": ("在期内", "在期外"),
    "late": ("超时", "按时"),
    "online": ("可以上网公布", "不上网公布"),
    "overridden": ("按例外处理", "没有例外"),
}
_LABEL = {
    "due": "最晚",
    "alarm_on": "提醒日",
    "first_day": "第一天",
    "last_day": "最后一天",
    "due_at": "最晚",
    "counted": "计入人数",
    "short_of": "还差人数",
    "missing": "缺",
    "warnings": "提醒缺",
    "reasons": "原因",
    "starts": "开始",
    "stops": "停止",
    "tells": "告诉",
    "blocked": "拦住",
    "shown_name": "显示为",
    "reason": "原因",
    "lines": "计算过程",
    "ordinary": "先看",
    "notes": "提醒",
    "sentence": "提示",
}


def in_words(found: Mapping[str, object]) -> str:
    """`{"allowed": false, "code": "urgent_cap"}` -> 不可以; 超过5000元."""
    return "; ".join(part for key, value in found.items() if (part := _one(key, value)))


def _one(key: str, value: object) -> str:
    if key == "findings" and isinstance(value, Mapping):
        return ", ".join(f"{clause} {_TRUTH[str(truth)]}" for clause, truth in value.items())
    if key in _YES_NO:
        return "没有表决" if value is None else _YES_NO[key][0 if value else 1]
    if key == "code":
        return _CODE.get(str(value), str(value))
    if key == "status":
        return f"到“{_STATUS[str(value)]}”"
    if key == "band":
        return "标准未配置" if value is None else _BAND[str(value)]
    if key == "message":
        return str(value)
    if key.endswith("_fen"):
        return "标准未配置" if value is None else f"{_MONEY.get(key, '金额')}{_yuan(int(str(value)))}元"
    if key == "outcome":
        return str(value)
    return f"{_LABEL[key]}: {_list(key, value)}"


_MONEY = {"allowed_fen": "最高", "total_fen": "共给", "lower_fen": "4倍为", "upper_fen": "10倍为"}


def _list(key: str, value: object) -> str:
    if not isinstance(value, list | tuple):
        return str(value)
    names = {"starts": _CLOCK, "stops": _CLOCK, "tells": _WHO}.get(key, {})
    return "、".join(names.get(str(item), str(item)) for item in value) or "没有"


def _yuan(fen: int) -> str:
    whole, rest = divmod(fen, 100)
    return f"{whole}.{rest:02d}" if rest else str(whole)
