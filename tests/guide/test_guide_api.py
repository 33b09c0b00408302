"""The guide for the mini-program over HTTP: one question after the other, the result, a number to take along."""

from typing import Any

import pytest

from backend.demo import district
from backend.demo.tour import TourError
from tests.stack import Stack


async def test_the_mini_program_is_led_from_the_topic_to_advice(stack: Stack) -> None:
    async def post(path: str, body: dict[str, Any]) -> Any:
        return await stack.stage.call("", "POST", f"/api/{path}", body)

    topics = await stack.stage.call("", "GET", "/api/guide/topics")
    assert topics[0]["topic"] == "urgent"
    assert [topic["topic"] for topic in topics[1:]] == ["C1", "C2", "C3", "C4", "C5", "C6", "C7"]

    answers: dict[str, str] = {}
    steps = []
    while (asked := await post("guide/next", {"topic": "C3", "answers": answers}))["question"]:
        steps.append((asked["progress"]["step"], asked["progress"]["total"]))
        answers[asked["question"]["fact"]] = "y"
    assert steps == [(step, 9) for step in range(2, 10)]
    result = asked["result"]
    assert result["outcome"] == "可能符合"
    assert result["ordinary"][0]["name"] == "特困供养"
    condition = result["findings"][0]["conditions"][0]
    said = "按您说的, 有这一条"
    assert condition == {"name": "已满60周岁", "truth": "met", "said": said, "missing": "", "prove": "身份证"}
    assert result["findings"][0]["conditions"][-1]["said"] == "由工作人员上门核实"
    assert "5个工作日内开民主评议会" in result["how_long"][2]

    no = await post(
        "guide/next",
        {
            "topic": "C2",
            "answers": {"ordinary_aid_refused": "y", "applicant_born_on": "y", "severe_illness_or_disability": "n"},
        },
    )
    assert [finding["clause"] for finding in no["result"]["findings"]] == ["三(二)", "三(七)"], "what was asked is told"

    urgent = await post("guide/next", {"topic": "C3", "answers": {"no_income": "urgent"}})
    assert urgent["result"] == {"outcome": "情况紧急, 先打电话", "page": "/urgent"}

    with pytest.raises(TourError, match="看不懂"):
        await post("guide/next", {"topic": "C4", "answers": {"deposit_fen": "一大笔"}})
    with pytest.raises(TourError, match="填写有误"):
        await post("guide/next", {"topic": "C9", "answers": {}})

    assert "复核时可以要求保留待遇" in (await post("calculators/savings", {"deposit": "5万"}))["lines"][-1]
    worked = await post("calculators/caps", {"household": "2", "medical": "80000", "granted": "3000"})
    assert "本次最高: 37000元(舍去角分)" in worked["lines"]
    with pytest.raises(TourError, match="家庭人数"):
        await post("calculators/caps", {"household": "0"})

    kept = await post("guide/carry", {"topic": "C3", "answers": answers | {"typo": "y"}})
    await stack.stage.phone("居民", district.RESIDENT_OPENID)
    with pytest.raises(TourError, match="登录"):
        await post("guide/carried", {"number": kept["number"]})
    found = await stack.stage.call("居民", "POST", "/api/guide/carried", {"number": kept["number"]})
    assert (found["topic"], len(found["told"])) == ("C3", 8)
    assert (await post("guide/forget", {"number": kept["number"]}))["forgotten"] is True
    for _ in range(20):
        with pytest.raises(TourError, match="没有找到这个号码"):
            await stack.stage.call("居民", "POST", "/api/guide/carried", {"number": kept["number"]})
    with pytest.raises(TourError, match="试得太多"):
        await stack.stage.call("居民", "POST", "/api/guide/carried", {"number": kept["number"]})
    with pytest.raises(TourError, match="先打电话"):
        await post("guide/carry", {"topic": "urgent", "answers": {}})


async def test_facts_that_are_none_are_refused_with_the_application_and_nothing_is_stored(stack: Stack) -> None:
    await stack.stage.phone("居民", district.RESIDENT_OPENID)
    body = {"submission_key": "facts-0001", "story": "难", "household_size": 2}
    for facts in ({"typo": True}, {"no_income": "maybe"}, {"applicant_born_on": "2026-02-30"}):
        with pytest.raises(TourError, match="填写有误"):
            await stack.stage.call("居民", "POST", "/api/applications", body | {"facts": facts})
    assert (await stack.rows("SELECT count(*) AS n FROM application"))[0]["n"] == 0
    with pytest.raises(TourError, match="存款"):
        await stack.stage.call("", "POST", "/api/guide", {"deposit_fen": -1})
