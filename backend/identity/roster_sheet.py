"""A village's roster as an Excel sheet: what stands in it, or every mistake in it by row and column, all at once."""

import io
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from openpyxl import Workbook
from openpyxl.styles import Font

from backend.errors import InvalidInputError
from backend.identity import wecom
from backend.identity.invitations import is_phone
from backend.identity.sheets import Formula, cells_of
from models.sealing import searchable

MAX_ROWS = 500
HEADER_WITHIN = 10
MAX_FAULTS = 100
MAX_CELL = 200

VILLAGE, NAME, PHONE, CAPACITY, FROM, TO, NOTE, WECOM = (
    *("村(社区)", "姓名", "手机", "身份(名额类别)"),
    *("任期开始", "任期结束", "备注", "企业微信账号"),
)
COLUMNS = (VILLAGE, NAME, PHONE, CAPACITY, FROM, TO, NOTE, WECOM)
_NEEDED = (VILLAGE, NAME, PHONE, CAPACITY, FROM, TO)
_READ = (*_NEEDED, WECOM)
_OTHER_NAMES = {"村": VILLAGE, "社区": VILLAGE, "手机号": PHONE, "电话": PHONE, "身份": CAPACITY, "名额类别": CAPACITY}

CAPACITIES = {
    "town_staff": "镇(街道)工作人员",
    "village_committee": "村(居)民委员会成员",
    "resident_cadre": "驻村干部",
    "village_representative": "村(居)民代表",
    "supervisor": "纪(工)委派员",
}
_WORDS = {
    **{word: name for name, word in CAPACITIES.items()},
    **dict.fromkeys(("镇工作人员", "街道工作人员", "镇街工作人员"), "town_staff"),
    **dict.fromkeys(
        ("村委会成员", "村民委员会成员", "居委会成员", "居民委员会成员", "社区居委会成员"), "village_committee"
    ),
    **dict.fromkeys(("村委", "居委", "村(社区)民委员会成员"), "village_committee"),
    **dict.fromkeys(("驻村(社区)干部", "驻社区干部"), "resident_cadre"),
    **dict.fromkeys(("村民代表", "居民代表", "村(社区)民代表"), "village_representative"),
    **dict.fromkeys(("纪委派员", "纪工委派员", "纪(工)委", "纪委", "纪工委", "纪委监督员"), "supervisor"),
}
_NO_END = frozenset(("", "长期", "至今", "无"))
_DAY = re.compile(r"(\d{4})(?:-|/|\.|年)(\d{1,2})(?:-|/|\.|月)(\d{1,2})日?|(\d{4})(\d{2})(\d{2})")
_EARLIEST = date(1980, 1, 1)
_LATEST = date(2100, 12, 31)


@dataclass(frozen=True, slots=True)
class Line:
    """One row: a person's capacity in a village, with its term. `number` is the sheet's."""

    number: int
    village: str
    name: str
    phone: str | None
    capacity: str
    from_day: date
    to_day: date | None
    wecom: str | None = None


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """What is wrong where."""

    number: int
    column: str
    what: str

    @property
    def said(self) -> str:
        """For the person who typed it."""
        return f"第{self.number}行 {self.column}: {self.what}"


def template() -> bytes:
    """An empty sheet with the columns, and what may stand in them."""
    book = Workbook()
    sheet = book.active
    sheet.title = "名册"
    sheet.append(COLUMNS)
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for letter, width in zip("ABCDEFGH", (18, 12, 16, 24, 14, 14, 24, 18), strict=True):
        sheet.column_dimensions[letter].width = width
    for number in range(2, MAX_ROWS + 2):
        sheet[f"C{number}"].number_format = "@"  # text: a telephone is no number
    help_ = book.create_sheet("填写说明")
    for line in (
        "每行写一个人的一个身份; 一个人有两个身份就写两行。",
        f"身份写这几种: {'、'.join(CAPACITIES.values())}。",
        "任期开始、任期结束写成 2026-1-5 或 2026年1月5日; 没有结束日期就空着。",
        "同一个村里同名的人, 都要写手机, 这样才分得清。",
        "企业微信账号可以不写; 写了, 会议通知也发到企业微信。账号在企业微信通讯录里查, 空着不会删去已经登记的。",
        "备注只给自己看, 不导入。",
    ):
        help_.append((line,))
    help_.column_dimensions["A"].width = 80
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def read(content: bytes, *, today: date) -> tuple[list[Line], list[Fault]]:
    """As `parse`, of the first sheet of a file. Raises InvalidInputError."""
    return parse(cells_of(content), today=today)


def refuse(faults: list[Fault]) -> None:
    """Raises InvalidInputError whose reasons are every mistake in the sheet's order, where there is one."""
    if faults:
        shown = [fault.said for fault in sorted(faults)[:MAX_FAULTS]]
        more = [f"还有{len(faults) - MAX_FAULTS}处, 先改好上面的。"] if len(faults) > MAX_FAULTS else []
        raise InvalidInputError("sheet_wrong", f"表格里有{len(faults)}处要改, 没有导入任何内容:", (*shown, *more))


def parse(rows: Iterable[tuple[int, Sequence[object]]], *, today: date) -> tuple[list[Line], list[Fault]]:
    """(What could be read, what is wrong) of numbered rows of cells; the header is among the first that are not empty.

    Raises InvalidInputError where there is no header or no row, or too many.
    """
    filled = ((number, cells) for number, cells in rows if any(_text(cell) for cell in cells))
    places = _header(filled)
    lines: list[Line] = []
    faults: list[Fault] = []
    for count, (number, cells) in enumerate(filled, 1):
        if count > MAX_ROWS:
            raise InvalidInputError("sheet_long", f"一次最多导入{MAX_ROWS}行, 请按村分开。")
        found = {name: cells[at] if at < len(cells) else None for name, at in places.items()}
        line, wrong = _line(number, found, today)
        faults += wrong
        if line is not None:
            lines.append(line)
    if not lines and not faults:
        raise InvalidInputError("sheet_empty", "表格里没有人, 请从第二行开始填写。")
    return lines, faults + _clashes(lines)


def _header(filled: Iterator[tuple[int, Sequence[object]]]) -> dict[str, int]:
    """Where each column stands. A title above it, in merged cells or not, is passed over."""
    for _, (_, cells) in zip(range(HEADER_WITHIN), filled, strict=False):
        said = [_OTHER_NAMES.get(tight(cell), tight(cell)) for cell in cells]
        if NAME not in said:
            continue
        if missing := [name for name in _NEEDED if name not in said]:
            raise InvalidInputError("columns_missing", f"表头少了这几列: {'、'.join(missing)}。请用下载的模板。")
        if twice := [name for name in COLUMNS if said.count(name) > 1]:
            raise InvalidInputError("columns_twice", f"表头里这几列写了两次: {'、'.join(twice)}。")
        return {name: said.index(name) for name in _READ if name in said}
    raise InvalidInputError("header_missing", "没有找到表头(村(社区)、姓名、手机……), 请用下载的模板。")


def _line(number: int, cells: Mapping[str, object], today: date) -> tuple[Line | None, list[Fault]]:
    faults: list[Fault] = []

    def wrong(column: str, what: str) -> None:
        faults.append(Fault(number, column, what))

    for column, cell in cells.items():
        if isinstance(cell, Formula):
            wrong(column, "这里是公式, 请改成直接写的内容")
        elif len(_text(cell)) > MAX_CELL:
            wrong(column, "内容太长")
    if faults:
        return None, faults
    village, name = tight(cells[VILLAGE]), _name(cells[NAME])
    if not village:
        wrong(VILLAGE, "没有写; 合并的格子请拆开, 每行都写")
    if not name:
        wrong(NAME, "没有写")
    elif not 2 <= len(name) <= 40 or any(sign.isdigit() for sign in name):
        wrong(NAME, "不像姓名, 请核对")
    phone = searchable(_text(cells[PHONE]))
    if phone and not is_phone(phone):
        wrong(PHONE, "手机号要11位数字, 座机要带区号")
    userid = wecom.in_one_form(_text(cells.get(WECOM)))
    if userid and not wecom.is_userid(userid):
        wrong(WECOM, "只能是字母、数字和 . _ - @, 请到企业微信通讯录里核对")
    capacity = _WORDS.get(tight(cells[CAPACITY]))
    if capacity is None:
        wrong(CAPACITY, f"请写这几种之一: {'、'.join(CAPACITIES.values())}")
    begins, ends = _day(cells[FROM]), _day(cells[TO])
    if not _text(cells[FROM]):
        wrong(FROM, "没有写")
    elif begins is None:
        wrong(FROM, "日期看不懂, 请写成 2026-1-5 这样")
    elif begins > today:
        wrong(FROM, "还没有到, 请到任那天再导入")
    if ends is None and tight(cells[TO]) not in _NO_END:
        wrong(TO, "日期看不懂, 请写成 2026-1-5 这样, 没有就空着")
    if begins is not None and ends is not None and ends < begins:
        wrong(TO, "比任期开始还早")
    if faults or capacity is None or begins is None:
        return None, faults
    return Line(number, village, name, phone or None, capacity, begins, ends, userid or None), []


def _clashes(lines: list[Line]) -> list[Fault]:
    """Rows that contradict each other."""
    faults: list[Fault] = []
    first: dict[tuple[object, ...], int] = {}
    owners: dict[str, Line] = {}
    namesakes: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in lines:
        same = (line.village, line.name, line.phone, line.capacity)
        if same in first:
            faults.append(Fault(line.number, NAME, f"和第{first[same]}行重复"))
            continue
        first[same] = line.number
        namesakes[line.village, line.name].append(line)
        if line.phone is not None:
            owner = owners.setdefault(line.phone, line)
            if owner.name != line.name:
                faults.append(Fault(line.number, PHONE, f"第{owner.number}行另一个人也是这个手机"))
    for group in namesakes.values():
        if len(group) > 1:
            faults += [
                Fault(line.number, PHONE, "村里有几行同名, 请写手机, 才分得清是不是同一个人")
                for line in group
                if line.phone is None
            ]
    return faults + _wecom_clashes(lines)


def _wecom_clashes(lines: list[Line]) -> list[Fault]:
    """One account for two people, or two for one."""
    faults: list[Fault] = []
    owners: dict[str, Line] = {}
    accounts: dict[tuple[str, str], Line] = {}
    for line in lines:
        if line.wecom is None:
            continue
        owner = owners.setdefault(line.wecom, line)
        if _who(owner) != _who(line):
            faults.append(Fault(line.number, WECOM, f"第{owner.number}行另一个人也是这个账号"))
        known = accounts.setdefault(_who(line), line)
        if known.wecom != line.wecom:
            faults.append(Fault(line.number, WECOM, f"和第{known.number}行同一个人的账号不一样"))
    return faults


def _who(line: Line) -> tuple[str, str]:
    """Without a telephone a name means one person within a village only."""
    return line.name, line.phone or line.village


def _text(cell: object) -> str:
    """A cell as text, in the usual width, without control characters and spaces around it."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    said = unicodedata.normalize("NFKC", str(cell))
    return "".join(sign for sign in said if unicodedata.category(sign) not in ("Cc", "Cf") or sign.isspace()).strip()


def tight(cell: object) -> str:
    """A cell as text without any space."""
    return "".join(_text(cell).split())


def _name(cell: object) -> str:
    """Chinese names are spread with spaces to make them equally long; other names need theirs."""
    said = " ".join(_text(cell).split())
    return said if re.search(r"[A-Za-z]", said) else said.replace(" ", "")


def _day(cell: object) -> date | None:
    """A day in reach, or None."""
    if isinstance(cell, datetime):
        day = cell.date()
    elif isinstance(cell, date):
        day = cell
    elif not (found := _DAY.fullmatch(tight(cell))):
        return None
    else:
        year, month, of_month = (int(part) for part in found.groups() if part is not None)
        try:
            day = date(year, month, of_month)
        except ValueError:
            return None
    return day if _EARLIEST <= day <= _LATEST else None
