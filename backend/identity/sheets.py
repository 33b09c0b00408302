"""A small, plain Excel sheet from outside: its rows of cells, or a refusal. Nothing in it is computed or followed."""

import io
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

from openpyxl import load_workbook

from backend.errors import InvalidInputError

MAX_BYTES = 1024 * 1024
MAX_UNPACKED = 16 * 1024 * 1024
MAX_PARTS = 200
MAX_HEIGHT = 2000
"""Rows that are looked at, the empty ones among them."""
MAX_WIDTH = 30


class Formula(str):
    """What a cell computes instead of saying."""


def cells_of(content: bytes) -> Iterator[tuple[int, Sequence[object]]]:
    """The numbered rows of the first sheet. Raises InvalidInputError for what is no small, plain .xlsx."""
    _check_archive(content)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
    except Exception as error:  # whatever a broken or hostile file makes openpyxl raise
        raise _unreadable() from error
    try:
        sheets = book.worksheets
        if not sheets:
            raise _unreadable()
        yield from _rows(sheets[0])
    finally:
        book.close()


def _rows(sheet: Any) -> Iterator[tuple[int, Sequence[object]]]:
    cells = sheet.iter_rows(max_col=MAX_WIDTH)
    number = 0
    while True:
        try:
            row = next(cells, None)
        except Exception as error:
            raise _unreadable() from error
        if row is None:
            return
        number += 1
        if number > MAX_HEIGHT:
            raise InvalidInputError("sheet_long", f"表格太长: 第{MAX_HEIGHT}行以后请清空。")
        yield number, [Formula(cell.value) if cell.data_type == "f" else cell.value for cell in row]


def _check_archive(content: bytes) -> None:
    if len(content) > MAX_BYTES:
        raise InvalidInputError("file_too_large", "文件超过1MB, 不像是一份名册, 请按村分开。")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise _unreadable() from error
    names = {part.filename for part in parts}
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise InvalidInputError("file_too_large", "文件解开以后太大, 没有读取; 请用下载的模板重新填写。")
    if "[Content_Types].xml" not in names or any(name.lower().endswith("vbaproject.bin") for name in names):
        raise _unreadable()


def _unreadable() -> InvalidInputError:
    return InvalidInputError("file_unreadable", "读不出这个文件。请用下载的模板填写, 存成 .xlsx 再上传(不带宏)。")
