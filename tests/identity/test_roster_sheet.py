"""What stands in a roster's sheet, however people write it; and every mistake, said by row and column at once."""

import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from backend.errors import InvalidInputError
from backend.identity import roster_sheet
from backend.identity.roster_sheet import CAPACITIES, COLUMNS, Line, parse

TODAY = date(2026, 9, 28)
GOOD = ("甲村", "林小雨", "13800000001", "村民代表", "2026-1-5", "", "")


def sheet(*rows: Sequence[Any], header: Sequence[Any] = COLUMNS, title: str = "") -> bytes:
    """An .xlsx."""
    book = Workbook()
    page = book.active
    if title:
        page.append([title])
        page.merge_cells("A1:G1")
    for row in (header, *rows):
        page.append(list(row))
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def read(content: bytes) -> list[Line]:
    """The rows of a sheet without mistakes."""
    lines, wrong = roster_sheet.read(content, today=TODAY)
    roster_sheet.refuse(wrong)
    return lines


def faults(*rows: Sequence[Any], **changed: Any) -> list[str]:
    """What is said about a sheet."""
    with pytest.raises(InvalidInputError) as refused:
        read(sheet(*rows, **changed))
    return list(refused.value.reasons) or [refused.value.message]


@pytest.mark.parametrize(
    "begins",
    ["2026-1-5", "2026/1/5", "2026.01.05", "2026年1月5日", "２０２６年１月５日", " 2026-01-05 ", "20260105", 20260105]
    + [date(2026, 1, 5), datetime.fromisoformat("2026-01-05T08:30")],
)
def test_a_day_is_read_however_it_is_written(begins: object) -> None:
    (line,) = read(sheet(GOOD[:4] + (begins, None, None)))
    assert line == Line(2, "甲村", "林小雨", "13800000001", "village_representative", date(2026, 1, 5), None)


@pytest.mark.parametrize(
    "phone", ["13800000001", 13800000001, 13800000001.0, "138 0000 0001", "１３８-0000-0001", "+86 13800000001"]
)
def test_a_telephone_is_read_however_it_is_written(phone: object) -> None:
    (line,) = read(sheet(("甲村", "林小雨", phone, "村民代表", "2026-1-5")))
    assert line.phone == "13800000001"


def test_spread_names_trailing_spaces_full_width_and_blank_rows_are_as_people_mean_them() -> None:
    rows = [
        (),
        ("甲村（演示） ", "林　雨", None, " 村（居）民代表", "2026-1-5", "长期", "随便写"),
        (None, "  ", ""),
        ("甲村(演示)", "Anna  Maria Li", None, "村委会成员", "2026-1-5", "2029年1月4日"),
    ]
    found = read(sheet(*rows, title="藤桥镇评议人员名册（2026年）"))
    assert [(line.number, line.village, line.name, line.capacity) for line in found] == [
        (4, "甲村(演示)", "林雨", "village_representative"),
        (6, "甲村(演示)", "Anna Maria Li", "village_committee"),
    ]
    assert found[1].to_day == date(2029, 1, 4)


@pytest.mark.parametrize("capacity", [*CAPACITIES.values(), "村委会成员", "居民代表", "纪委"])
def test_every_capacity_has_its_words(capacity: str) -> None:
    (line,) = read(sheet((*GOOD[:3], capacity, *GOOD[4:])))
    assert line.capacity in CAPACITIES


def test_the_columns_may_stand_in_any_order_and_be_called_a_little_differently() -> None:
    header = ("备注", "姓 名", "身份", "村", "手机号", "任期结束", "任期开始")
    (line,) = read(sheet(("", "林小雨", "村民代表", "甲村", "", "", "2026-1-5"), header=header))
    assert (line.village, line.name) == ("甲村", "林小雨")


def test_every_mistake_is_said_at_once_by_row_and_column() -> None:
    said = faults(
        ("", "林小雨", "1380000", "村长", "去年", "以后"),
        GOOD,
        ("甲村", "", "13800000002", "村民代表", "2026-10-1", "2026-9-1"),
        ("甲村", "王3", "", "村民代表", "2026-2-30", ""),
    )
    assert [line.split(":")[0] for line in said] == [
        *("第2行 任期开始", "第2行 任期结束", "第2行 手机", "第2行 村(社区)", "第2行 身份(名额类别)"),
        *("第4行 任期开始", "第4行 任期结束", "第4行 姓名"),
        *("第5行 任期开始", "第5行 姓名"),
    ]


def test_a_row_twice_a_shared_telephone_and_namesakes_without_one_are_said() -> None:
    said = faults(
        GOOD,
        GOOD,
        ("甲村", "陈大", "13800000001", "村民代表", "2026-1-5", ""),
        ("甲村", "李明", "", "村民代表", "2026-1-5", ""),
        ("甲村", "李明", "13800000009", "驻村干部", "2026-1-5", ""),
    )
    assert [line.partition(": ")[::2] for line in said] == [
        ("第3行 姓名", "和第2行重复"),
        ("第4行 手机", "第2行另一个人也是这个手机"),
        ("第5行 手机", "村里有几行同名, 请写手机, 才分得清是不是同一个人"),
    ]


def test_one_person_may_have_two_capacities() -> None:
    found = read(sheet(GOOD, (*GOOD[:3], "村委会成员", *GOOD[4:])))
    assert {line.capacity for line in found} == {"village_representative", "village_committee"}


def test_a_formula_is_refused_where_it_stands() -> None:
    assert faults(("甲村", '=CONCATENATE("林","小雨")', *GOOD[2:])) == ["第2行 姓名: 这里是公式, 请改成直接写的内容"]
    assert "公式" in faults((*GOOD[:4], "=TODAY()", ""))[0]


def test_a_sheet_without_its_columns_or_people_says_so() -> None:
    assert "任期开始" in faults(GOOD, header=COLUMNS[:4])[0]
    assert "两次" in faults(GOOD, header=(*COLUMNS[:6], "姓名"))[0]
    assert "没有找到表头" in faults(GOOD, header=("a", "b"))[0]
    assert "没有人" in faults()[0]


def test_five_hundred_rows_are_read_and_one_more_is_not() -> None:
    rows = [("甲村", f"林{chr(0x4E00 + n)}", "", "村民代表", "2026-1-5", "") for n in range(501)]
    assert len(read(sheet(*rows[:500]))) == 500
    assert "500行" in faults(*rows)[0]


def test_a_cell_far_below_is_refused_without_walking_there() -> None:
    book = load_workbook(io.BytesIO(sheet(GOOD)))
    book.active["A1048576"] = "x"
    kept = io.BytesIO()
    book.save(kept)
    with pytest.raises(InvalidInputError, match="太长"):
        read(kept.getvalue())


def repacked(content: bytes, **parts: bytes) -> bytes:
    """The sheet with parts replaced or added; `__` stands for a slash."""
    given = {name.replace("__", "/"): body for name, body in parts.items()}
    kept = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            if name not in given:
                after.writestr(name, before.read(name))
        for name, body in given.items():
            after.writestr(name, body)
    return kept.getvalue()


BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">
<c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row></sheetData></worksheet>"""
OUTSIDE = BOMB.replace(b'<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">', b'<!ENTITY b SYSTEM "file:///etc/hostname">')


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a zip",
        b"PK\x03\x04" + b"\0" * 100,
        b"x" * (1024 * 1024 + 1),
        repacked(sheet(GOOD), xl__bomb=b"\0" * (17 * 1024 * 1024)),
        repacked(sheet(GOOD), **{f"xl__part{n}": b"" for n in range(200)}),
        repacked(sheet(GOOD), **{"xl__vbaProject.bin": b"macro"}),
        repacked(sheet(GOOD), **{"xl__worksheets__sheet1.xml": BOMB}),
        repacked(sheet(GOOD), **{"xl__worksheets__sheet1.xml": OUTSIDE}),
        repacked(sheet(GOOD), **{"xl__workbook.xml": b"<broken"}),
    ],
    ids=["empty", "text", "cut", "large", "bomb", "parts", "macro", "entities", "outside", "broken"],
)
def test_what_is_no_small_plain_sheet_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(InvalidInputError) as refused:
        read(content)
    assert refused.value.code in ("file_unreadable", "file_too_large")


def test_the_template_has_the_columns_and_is_read_back_once_it_is_filled() -> None:
    book = load_workbook(io.BytesIO(roster_sheet.template()))
    page = book.worksheets[0]
    assert [cell.value for cell in page[1]] == list(COLUMNS)
    for column, value in enumerate(GOOD, 1):
        page.cell(2, column, value)
    kept = io.BytesIO()
    book.save(kept)
    assert len(read(kept.getvalue())) == 1
    assert len(roster_sheet.template()) < 50_000


NAMES = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=2, max_size=6)
DAYS = st.dates(date(1990, 1, 1), TODAY)
SPACES = st.sampled_from(["", " ", "　", "\t", "  "])


def _written(day: date) -> st.SearchStrategy[object]:
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    said = [f"{day.year}-{day.month}-{day.day}", f"{day:%Y/%m/%d}", f"{day.year}年{day.month}月{day.day}日"]
    return st.sampled_from([day, datetime.combine(day, time()), *said, said[2].translate(wide)])


@given(st.data(), NAMES, DAYS, st.one_of(st.none(), st.integers(0, 2000)), st.sampled_from(sorted(CAPACITIES)))
def test_whatever_is_written_properly_is_read_as_it_was_meant(
    data: st.DataObject, name: str, begins: date, days: int | None, capacity: str
) -> None:
    ends = begins + timedelta(days=days) if days is not None else None
    phone = data.draw(st.one_of(st.none(), st.integers(10**10, 2 * 10**10 - 1)))
    row = (
        data.draw(SPACES) + "甲村",
        data.draw(SPACES).join(name) + data.draw(SPACES),
        data.draw(st.sampled_from([phone, str(phone), f" {phone}"])) if phone else None,
        CAPACITIES[capacity] + data.draw(SPACES),
        data.draw(_written(begins)),
        data.draw(_written(ends)) if ends else data.draw(st.sampled_from([None, "", "长期", " 至今 "])),
    )
    lines, wrong = parse([(1, COLUMNS), (7, row)], today=TODAY)
    assert wrong == []
    assert lines == [Line(7, "甲村", name, str(phone) if phone else None, capacity, begins, ends)]


CELLS = st.one_of(
    st.none(), st.text(max_size=30), st.integers(), st.floats(), st.booleans(), st.datetimes(), st.dates()
)


@given(st.lists(st.lists(CELLS, max_size=8), min_size=1, max_size=6))
def test_whatever_stands_in_the_cells_is_read_or_said(rows: list[list[object]]) -> None:
    numbered = [(1, COLUMNS), *enumerate(rows, 2)]
    filled = {number for number, row in numbered[1:] if any(roster_sheet.tight(cell) for cell in row)}
    if not filled:
        with pytest.raises(InvalidInputError, match="没有人"):
            parse(numbered, today=TODAY)
        return
    lines, wrong = parse(numbered, today=TODAY)
    assert {line.number for line in lines} | {fault.number for fault in wrong} == filled
    for line in lines:
        assert line.from_day <= TODAY
        assert line.to_day is None or line.to_day >= line.from_day
        assert line.name
        assert line.capacity in CAPACITIES


# -- the accounts at WeCom


def with_account(account: object, name: str = "林小雨", phone: str = "13800000001", village: str = "甲村") -> tuple:
    return (village, name, phone, "村民代表", "2026-1-5", "", "", account)


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("zhang.san", "zhang.san"),
        (" Zhang_San@1 ", "zhang_san@1"),
        ("ｌｉ－２", "li-2"),
        (None, None),
        ("  ", None),
        (77, "77"),
    ],
)
def test_an_account_is_read_in_lower_case_and_may_be_missing(written: object, read_as: str | None) -> None:
    (line,) = read(sheet(with_account(written)))
    assert line.wecom == read_as


def test_a_sheet_without_the_column_is_read_as_ever() -> None:
    (line,) = read(sheet(GOOD, header=COLUMNS[:-1]))
    assert line.wecom is None


@pytest.mark.parametrize("written", ["张三", ".zhang", "a b/c", "z" * 65])
def test_what_no_account_looks_like_is_told_by_row(written: str) -> None:
    (said,) = faults(with_account(written))
    assert said.startswith("第2行 企业微信账号: 只能是")


def test_one_account_for_two_people_and_two_for_one_are_told_by_row() -> None:
    two_people = faults(with_account("li"), with_account("LI", name="陈大河", phone="13800000002"))
    assert two_people == ["第3行 企业微信账号: 第2行另一个人也是这个账号"]
    two_accounts = faults(with_account("li"), with_account("wu", village="乙村"))
    assert two_accounts == ["第3行 企业微信账号: 和第2行同一个人的账号不一样"]
    same = [with_account("li"), with_account("li", village="乙村")]
    assert [line.wecom for line in read(sheet(*same))] == ["li", "li"]
