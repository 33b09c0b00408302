"""Whether the account's templates are what our notices are written for."""

from typing import Any

import pytest

from backend.wechat.templates import AccountTemplate, check
from notices.kinds import MEETING, TEMPLATES
from simulator.faults import Faults
from tests.wechat.conftest import Line


def grant(line: Line, **fields: Any) -> None:
    """The account's template for meetings has these fields."""
    line.platform.templates = {"tmpl-meeting": {"id": "tmpl-meeting", "title": "会议通知", "fields": fields}}


async def test_templates_that_fit_leave_nothing_to_say(line: Line) -> None:
    line.platform.templates = {
        f"id-of-{template.key}": {"id": f"id-of-{template.key}", "title": template.title, "fields": template.fields}
        for template in TEMPLATES
    }
    assert await check(line.mini, TEMPLATES, {template.key: f"id-of-{template.key}" for template in TEMPLATES}) == []


async def test_a_template_that_the_account_lacks_is_named(line: Line) -> None:
    line.platform.templates = {}
    (finding,) = await check(line.mini, [MEETING], {})
    assert (
        finding == "模板“会议通知”(tmpl-meeting)不在账号里, 请在公众平台选用, 再把模板编号写进设置 WECHAT_TEMPLATES。"
    )


@pytest.mark.parametrize(
    ("changed", "finding"),
    [
        ({"thing1": "地点"}, "的字段 thing1 在账号里叫“地点”, 我们写的是“会议事项”, 请核对。"),
        ({"thing1": None}, "在账号里没有字段 thing1(“会议事项”), 消息会被退回。"),
        ({"thing1": None, "phrase1": "会议事项"}, "的第 1 个字段类型不同: 账号里是 phrase, 我们写的是 thing。"),
        ({"thing9": "主持人"}, "在账号里多一个字段 thing9(“主持人”), 我们没有写, 消息会被退回。"),
    ],
)
async def test_a_field_that_differs_is_named(line: Line, changed: dict[str, Any], finding: str) -> None:
    grant(line, **{name: label for name, label in (MEETING.fields | changed).items() if label})
    assert await check(line.mini, [MEETING], {}) == [f"模板“会议通知”(tmpl-meeting){finding}"]


async def test_a_platform_that_does_not_answer_is_a_finding_too(line: Line) -> None:
    line.platform.faults = Faults(errcode=48001)
    (finding,) = await check(line.mini, [MEETING], {})
    assert "48001" in finding


async def test_the_accounts_templates_are_read_with_their_fields(line: Line) -> None:
    grant(line, thing1="事项", date2="时间")
    line.platform.templates["tmpl-meeting"]["type"] = 3
    assert await line.mini.own_templates.listed() == [
        AccountTemplate("tmpl-meeting", "会议通知", {"thing1": "事项", "date2": "时间"}, is_long_term=True)
    ]
