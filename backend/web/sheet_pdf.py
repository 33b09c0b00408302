"""The sign-in sheet as a PDF."""

import asyncio
import json
from dataclasses import asdict

import typst

from backend.casework.sheet import Sheet
from backend.trail.pdf import chinese_font

# The values come in as data and never as markup.
_TEMPLATE = """
#let data = json(bytes(sys.inputs.data))
#set document(title: "会议签到表")
#set page(paper: "a4", margin: (x: 15mm, y: 16mm), numbering: "1 / 1")
#set text(font: data.font, size: 11pt, lang: "zh", region: "cn")
#let rows(people) = table(columns: (13mm, 34mm, 1fr, 52mm), rows: (8mm, 12mm), stroke: 0.5pt, align: left + horizon,
  table.header(..("序号", "姓名", "身份", "签名").map(strong)),
  ..people.map(row => (
    [#row.number], text(13pt, row.name),
    row.capacity + if row.remark != "" { " (" + row.remark + ")" } else { "" }, [],
  )).flatten())
#align(center, text(18pt, weight: "bold", "会议签到表"))
#data.town #data.village · 编号 #data.case_number \\
时间: #data.when #if data.place != "" [; 地点: #data.place]
#for need in data.needs [- #need]
#text(13pt, weight: "bold", "评议人员")
#rows(data.members)
#text(13pt, weight: "bold", "监督人员")
#rows(data.supervisors)
#v(6mm)
会议主持人签名: #h(40mm) 记录人签名: #h(40mm) 实到人数:
"""


async def sign_in_sheet(sheet: Sheet) -> bytes:
    """PDF bytes, made beside the server's own loop. Raises ConflictError without a Chinese font."""
    data = json.dumps(asdict(sheet) | {"font": chinese_font()}, ensure_ascii=False)
    made = await asyncio.to_thread(typst.compile, _TEMPLATE.encode(), format="pdf", sys_inputs={"data": data})
    assert isinstance(made, bytes)
    return made
