"""What a person reads when a body is refused, and what never gets as far as the database."""

import json
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from backend.api.application import AnotherReferral, Confirmation, Lead, Submission, Visit
from backend.api.deliberation import Answer, Meeting, Vote
from backend.api.determination import Approval
from backend.api.fields import Household, Nothing, Reason
from backend.api.guide import Answers, Facts
from backend.api.http import Body
from backend.api.messages import PopupAnswered
from backend.api.refusals import first_of, sentence_of
from backend.api.session import AboutMe
from backend.api.urgent import Handed, Report

_LEAD = {"submission_key": "k" * 8, "village_id": 1, "name": "陈", "household_size": 3, "story": "难"}
_ID = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    ("model", "body", "field", "said"),
    [
        (Household, "{}", "家庭人数", "还没有填"),
        (Household, '{"household_size": 0}', "家庭人数", "不能小于1"),
        (Household, '{"household_size": 31}', "家庭人数", "不能大于30"),
        (Household, '{"household_size": "三"}', "家庭人数", "要写整数"),
        (Household, '{"household_size": 2.5}', "家庭人数", "要写整数, 不能有小数"),
        (Household, '{"household_size": null}', "家庭人数", "要写整数"),
        (Household, f'{{"household_size": {"9" * 400}}}', "家庭人数", "不能大于30"),
        (Submission, '{"submission_key": "short"}', "提交编号", "最少写8个字"),
        (Reason, f'{{"reason": "{"字" * 501}"}}', "理由", "最多写500个字"),
        (Reason, '{"reason": 1}', "理由", "要写文字"),
        (Reason, '{"reason": "够", "nonsense": 1}', "内容", "这里没有这一项, 请去掉"),
        (Reason, '{"reason": "\\ud800"}', "内容", "格式看不懂, 请返回后重新提交"),
        (Reason, "[]", "内容", "格式不对, 请返回后重新提交"),
        (Reason, "null", "内容", "格式不对, 请返回后重新提交"),
        (Nothing, '{"a": 1}', "内容", "这里没有这一项, 请去掉"),
        (Lead, _LEAD | {"phone": "一二三"}, "电话", "写法不对, 请核对"),
        (Lead, _LEAD | {"born_on": "昨天"}, "出生日期", "日期看不懂, 要像 2026-07-01 这样写"),
        (Lead, _LEAD | {"born_on": "0001-01-01"}, "出生日期", "年份不对, 请核对"),
        (Lead, _LEAD | {"village_id": 2**31}, "村(社区)", "不能大于2147483647"),
        (Lead, _LEAD | {"village_id": -1}, "村(社区)", "不能小于1"),
        (Visit, {"visited_at": "2026-09-28T01:00:00"}, "入户时间", "时间要带时区, 例如 2026-07-01T09:00:00+08:00"),
        (Visit, {"visited_at": "中午"}, "入户时间", "时间看不懂, 要像 2026-07-01T09:00:00+08:00 这样写"),
        (Visit, {"visited_at": "0001-01-01T00:00:00+14:00"}, "入户时间", "年份不对, 请核对"),
        (Visit, {"visited_at": "9999-12-31T23:59:59-12:00"}, "入户时间", "年份不对, 请核对"),
        (
            Visit,
            {"visited_at": "2026-09-28T01:00:00Z", "visitors": 2, "signed": "也许", "findings": "有"},
            "双方签字",
            "要选是或不是",
        ),
        (Meeting, {"meets_at": "2026-09-28T01:00:00Z", "place": "堂", "panel": ["x"], "supervisor": _ID},
         "评议人员名单第1项", "编号不对, 请返回后重新选择"),
        (Meeting, {"meets_at": "2026-09-28T01:00:00Z", "place": "堂", "panel": [], "supervisor": _ID},
         "评议人员名单", "最少要1项"),
        (Meeting, {"meets_at": "2026-09-28T01:00:00Z", "place": "堂", "panel": "x", "supervisor": _ID},
         "评议人员名单", "要一项一项列出来"),
        (PopupAnswered, {"asked_id": _ID, "results": dict.fromkeys("abcdef", "accept")}, "同意还是不同意", "最多5项"),
        (Answer, {"answer": "maybe"}, "答复", "不在可以选的里面, 请重新选"),
        (AnotherReferral, {"reason": "有", "circumstance": "三(八)"}, "适用情形", "不在可以选的里面, 请重新选"),
        (Answers, {"topic": "C1", "answers": []}, "回答", "要按名称分别写"),
        (Answers, {"topic": "C1", "answers": {"<b>": 1}}, "回答", "要写文字"),
        (Facts, {"deposit_fen": -1}, "存款(分)", "不能小于0"),
        (Facts, {"member_left_on": "9999-12-31"}, "家人离开的日期", "年份不对, 请核对"),
        (Submission, {"submission_key": "k" * 8, "story": "难", "household_size": 1, "facts": 1},
         "家庭情况", "格式不对, 请返回后重新提交"),
        (Confirmation, {"household_size": 1, "deposit_fen": 2**63}, "存款(分)", "不能大于1000000000000"),
        (Vote, {"agree": -1}, "同意票数", "不能小于0"),
        (Approval, {"meeting_no": "1", "aid_type": "低保", "amount_fen": 0}, "金额(分)", "要大于0"),
        (Handed, {"amount_fen": 2**63}, "金额(分)", "不能大于1000000000"),
        (Report, {"village_id": 1, "name": "陈", "what_happened": "火", "reported_at": 10**20},
         "报告时间", "时间看不懂, 要像 2026-07-01T09:00:00+08:00 这样写"),
        (AboutMe, {"name": " ", "village_id": 1}, "姓名", "最少写1个字"),
    ],
)  # fmt: skip
def test_a_refusal_names_the_field_and_what_it_has_to_be(
    model: type[Body], body: str | dict[str, Any], field: str, said: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        model.model_validate_json(body) if isinstance(body, str) else model.model_validate_json(_dump(body))
    assert first_of(refused.value) == (field, said)


def test_an_error_that_nobody_foresaw_gets_the_general_sentence() -> None:
    assert sentence_of("something_new", {}) == "填写有误, 请改正"


def test_no_refusal_says_an_english_word_or_what_was_typed() -> None:
    class Typed(BaseModel):
        story: str

    with pytest.raises(ValidationError) as refused:
        Typed.model_validate({"story": ["身份证330302196501019876"]})
    assert first_of(refused.value) == ("情况说明", "要写文字")


class Listed(Body):
    panel: list[str]


def test_control_characters_are_taken_out_however_deep_they_stand() -> None:
    """PostgreSQL keeps no NUL, in a text as little as in a JSON column."""
    answers = Answers.model_validate_json(_dump({"topic": "C1", "answers": {"no\x00": "y\x00\x1f"}}))
    assert answers.answers == {"no": "y"}
    listed = Listed.model_validate_json(_dump({"panel": ["a\x00", "\x07b"]}))
    assert listed.panel == ["a", "b"]
    causes = Approval.model_validate_json(
        _dump(
            {
                "meeting_no": "1",
                "aid_type": "低保",
                "amount_fen": 1,
                "valid_from": "2026-01-01",
                "other_causes": {"个案1": "理由\x00"},
            }
        )
    )
    assert causes.other_causes == {"个案1": "理由"}


def _dump(body: dict[str, Any]) -> str:
    return json.dumps(body)
