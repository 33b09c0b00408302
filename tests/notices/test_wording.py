"""What stands on a phone's screen keeps to WeChat's limits and says nothing about the household."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices.fields import about, accepts, clean, code, cut, harmless, moment, phrase, thing, units
from notices.kinds import LABELS, PAGE_OF, POLICIES, TEMPLATE_OF, Kind
from notices.sms_texts import TEXT_OF
from notices.wording import ORDINARY, PLAIN_MOST, check_wording, compose, plain, wrong_with
from simulator.fields import check

_ANY = st.text(max_size=80)
_SENSITIVE = ("病", "残", "服刑", "失联", "救助", "低保", "家庭", "评议", "特困", "申请")


@pytest.mark.parametrize("kind", list(Kind))
@given(town=_ANY, place=_ANY, village=_ANY, number=_ANY)
def test_whatever_the_facts_the_platform_accepts_the_fields(
    kind: Kind, town: str, place: str, village: str, number: str
) -> None:
    facts = {**ORDINARY, "town": town, "place": place, "village": village, "number": number}
    assert list(wrong_with(kind, facts)) == []
    message = compose(kind, facts)
    data = {name: {"value": value} for name, value in message.fields.items()}
    assert check(TEMPLATE_OF[kind].fields, data) == message.fields, "the simulator, which has rules of its own, agrees"


@pytest.mark.parametrize("kind", list(Kind))
def test_no_notice_carries_a_sensitive_word(kind: Kind) -> None:
    text = " ".join(compose(kind, ORDINARY).fields.values()) + plain(kind, ORDINARY) + TEMPLATE_OF[kind].title
    text += TEXT_OF[kind].words
    assert not any(word in text for word in _SENSITIVE)


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_opens_a_page_and_has_a_text_a_label_and_a_policy(kind: Kind) -> None:
    assert compose(kind, ORDINARY).page.startswith(PAGE_OF[kind] + "?id=")
    assert TEXT_OF[kind].words
    assert LABELS[kind]
    assert POLICIES[kind].audience
    assert POLICIES[kind].clause


def test_our_own_words_and_templates_have_nothing_wrong() -> None:
    assert check_wording() == []


def test_words_that_do_not_fit_are_found_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = replace(POLICIES[Kind.LIST_CHANGED].template, fields={"thing1": "村(社区)", "phrase2": "提示"})
    monkeypatch.setitem(TEMPLATE_OF, Kind.LIST_CHANGED, narrow)
    assert {problem.partition(":")[0] for problem in check_wording()} == {"list_changed"}


@pytest.mark.parametrize(
    ("field", "fits", "does_not"),
    [
        ("thing1", ["会", "一" * 20, "😀" * 10, "a b"], ["", " ", "一" * 21, "😀" * 11, "a\nb", "\u202e会", "a  b"]),
        ("number1", ["0", "12.5", "9" * 32], ["", "1.", ".5", "-1", "1,000", "9" * 33, "十"]),
        ("letter1", ["a", "Z" * 32], ["", "a1", "é", "Z" * 33]),
        ("symbol1", ["!", "#*!?."], ["", "a", "会", "!!!!!!", "! "]),
        ("character_string1", ["20261010-0001", "A" * 32], ["", "个案1", "a b", "A" * 33, "é"]),
        ("time1", ["15:01", "2026年10月1日 15:01", "9:00~10:30"], ["", "15:61", "24:00", "2026年10月1日", "3点"]),
        (
            "date1",
            ["2026年10月9日", "2026年1月9日 09:05", "2026年1月1日~2026年1月2日"],
            ["", "10月9日", "2026年13月1日"],
        ),
        ("amount1", ["¥12.50", "500元", "0"], ["", "12.345", "￥5", "1万元", "1" * 11]),
        ("phone_number1", ["138****1234", "0577-8888"], ["", "156隐私003", "1" * 18]),
        ("car_number1", ["浙C12345"], ["", "浙C1234567", "浙C 123"]),
        ("name1", ["陈安", "Ann O.", "一" * 10], ["", "一" * 11, "陈Ann", "a" * 21]),
        ("phrase1", ["已有结果", "五个字正好"], ["", "已有结果了吗", "OK", "结果1"]),
        ("enum1", [], ["是"]),
    ],
)
def test_each_type_of_field_takes_this_and_not_that(field: str, fits: list[str], does_not: list[str]) -> None:
    assert [value for value in fits if not accepts(field, value)] == []
    assert [value for value in does_not if accepts(field, value)] == []


@given(_ANY)
def test_whatever_somebody_typed_becomes_a_thing_a_code_and_one_clean_line(text: str) -> None:
    assert accepts("thing1", thing(text))
    assert accepts("thing1", about(text, "有一个会议"))
    assert about(text, "有一个会议").endswith("有一个会议"), "a long name loses its end, our words do not"
    assert accepts("character_string1", code(text))
    assert clean(clean(text)) == clean(text)


@given(_ANY, st.integers(1, 40))
def test_what_is_cut_is_never_longer_and_what_fits_is_left_alone(text: str, most: int) -> None:
    assert units(cut(text, most)) <= most
    assert cut(text, most) == text or cut(text, most).endswith("…")


@given(st.datetimes())
def test_any_moment_fits_a_date_field(when: object) -> None:
    assert accepts("date2", moment(f"{when}"))


def test_a_long_thing_ends_with_an_ellipsis_and_an_empty_one_says_open_it() -> None:
    assert thing("一" * 21) == "一" * 19 + "…"
    assert thing("😀" * 12) == "😀" * 9 + "…"
    assert thing(" \n ") == "点开查看"
    assert about("一" * 30, "有一个会议") == "一" * 14 + "…有一个会议"


@pytest.mark.parametrize(
    "text",
    [
        "礼堂 990000197001019990",
        "礼堂 １７０９９９９０００１",
        "(0999)88880001",
        "9999 9900 0000 0000 017",
        "民主评议室",
        "精神病院会议室",
        "看守所接待室",
        "存款证明处",
        "5000元发放点",
    ],
)
def test_a_number_of_somebody_and_a_word_about_a_household_are_not_shown_on_a_locked_phone(text: str) -> None:
    assert thing(text) == "点开查看"
    assert harmless(text) == ""


def test_a_usual_place_is_shown_as_it_was_typed() -> None:
    assert thing("礼堂 18:30") == "礼堂 18:30"
    assert thing("文化礼堂3号楼201室") == "文化礼堂3号楼201室"


def test_a_code_loses_its_chinese_and_is_never_a_persons_number() -> None:
    assert code("个案20261010-0001") == "20261010-0001"
    assert code("990000197001019990") == "0"


def test_a_phrase_that_does_not_fit_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="phrase"):
        phrase("已有结果123")


def test_a_line_for_a_chat_says_when_and_where_and_is_cut() -> None:
    assert plain(Kind.MEETING_CONVENED, ORDINARY) == (
        "您有一个会议, 请点开回复参加或请假。时间: 2026年10月10日 14:00; 地点: 村委会礼堂。"
    )
    long = plain(Kind.MEETING_CONVENED, {**ORDINARY, "place": "一" * 500})
    assert len(long) <= PLAIN_MOST
    assert "…" in long
    assert "地点" not in plain(Kind.MEETING_CONVENED, {**ORDINARY, "place": "评议室"})


def test_a_fact_that_is_missing_is_not_papered_over() -> None:
    with pytest.raises(KeyError):
        compose(Kind.CASE_MOVED, {"page_id": "1"})
