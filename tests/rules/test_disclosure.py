"""Masks, minors, the small cell, and the gate."""

from datetime import date

import pytest

from rules.disclosure import adult_on, mask_name, online_row, pii_findings

DECIDED = date(2026, 10, 12)


@pytest.mark.parametrize(
    ("name", "masked"),
    [("张三", "张*"), ("欧阳明", "欧阳*"), ("欧阳", "欧*"), ("阿依古丽", "阿***"), ("王", "*"), ("李 小 明", "李**")],
)
def test_names_keep_the_surname_only(name: str, masked: str) -> None:
    assert mask_name(name) == masked


def test_an_empty_name_cannot_be_masked() -> None:
    with pytest.raises(ValueError, match="not empty"):
        mask_name("  ")


@pytest.mark.parametrize(
    ("born", "viewed", "households", "online"),
    [
        (date(2008, 10, 12), DECIDED, 200, True),
        (date(2008, 10, 13), DECIDED, 200, False),
        (date(2008, 10, 13), date(2027, 1, 1), 200, False),
        (None, DECIDED, 200, False),
        (date(1950, 1, 1), DECIDED, 9, False),
        (date(1950, 1, 1), DECIDED, 10, True),
    ],
)
def test_minors_unknown_ages_and_tiny_villages_stay_offline(
    born: date | None, viewed: date, households: int, online: bool
) -> None:
    finding = online_row(born_on=born, decided_on=DECIDED, viewed_on=viewed, village_households=households)
    assert finding.online is online
    assert bool(finding.reason) is not online


def test_the_eighteenth_birthday() -> None:
    assert adult_on(date(2008, 2, 29)) == date(2026, 2, 28)


@pytest.mark.parametrize(
    "text",
    [
        "330302199001011234",
        "３３０３０２１９９００１０１１２３Ｘ",
        "330302 1990 0101 1234",
        "138-0013-8000",
        "13800138000",
        "6222 0212 3456 7890 123",
        "0577-88123456",
        "幸福路12号",
        "3幢201室",
        "肺癌晚期",
        "二级肢体残疾",
        "正在服刑",
        "存款8万",
    ],
)
def test_personal_information_is_found(text: str) -> None:
    assert pii_findings(text)


@pytest.mark.parametrize("text", ["保障金额1200元", "2026-10-12至2027-10-12", "家庭3人", "低保", "2026年10月12日"])
def test_harmless_text_passes(text: str) -> None:
    assert pii_findings(text) == ()
