"""The readable part of a case's file: one PDF from one template."""

import json
from functools import cache

import typst

from backend.errors import ConflictError

FONTS = ("Noto Sans CJK SC", "Noto Serif CJK SC", "Source Han Sans SC", "WenQuanYi Zen Hei", "SimSun")

# The values come in as data and never as markup: whatever stands in them is shown as it is.
_TEMPLATE = """
#let data = json(bytes(sys.inputs.data))
#set document(title: data.title)
#set page(paper: "a4", margin: (x: 18mm, y: 20mm), numbering: "1 / 1",
  header: align(right, text(9pt, data.title)))
#set text(font: data.font, size: 10.5pt, lang: "zh", region: "cn")
#set par(leading: 0.7em)
#align(center, text(17pt, weight: "bold", "鹿城区社会救助“一事一议”案卷"))
#v(4mm)
#table(columns: (26mm, 1fr), stroke: 0.5pt + gray,
  ..data.facts.map(fact => (strong(fact.at(0)), [#fact.at(1)])).flatten())
#v(4mm)
#text(13pt, weight: "bold", "办理经过")
#table(columns: (27mm, 40mm, 1fr, 20mm), stroke: 0.5pt + gray, align: left + top,
  table.header(..("时间", "谁", "做了什么", "依据").map(strong)),
  ..data.rows.map(row => (
    row.at, row.who,
    stack(spacing: 0.6em, row.what, ..row.lines.map(line => text(9pt, fill: luma(80), line))),
    row.clause,
  )).flatten())
#v(4mm)
#text(13pt, weight: "bold", "怎样核对")
#for line in data.notes [#par[#line]]
"""


@cache
def chinese_font() -> str:
    """A family that the server has. Raises ConflictError."""
    known = set(typst.Fonts().families())
    found = next((name for name in FONTS if name in known), None)
    if found is None:
        raise ConflictError("no_chinese_font", "服务器没有中文字体, 做不出PDF; 请联系系统管理员安装中文字体。")
    return found


def render(title: str, facts: list[tuple[str, str]], rows: list[dict[str, object]], notes: list[str]) -> bytes:
    """PDF bytes. A row: `at`, `who`, `what`, `lines`, `clause`. Raises ConflictError without a Chinese font."""
    data = {"title": title, "font": chinese_font(), "facts": facts, "rows": rows, "notes": notes}
    made = typst.compile(_TEMPLATE.encode(), format="pdf", sys_inputs={"data": json.dumps(data, ensure_ascii=False)})
    assert isinstance(made, bytes)
    return made
