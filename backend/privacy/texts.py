"""The texts that people are told and agree to, each in versions as files; a person's record says which version it was.

A file is plain Chinese: `# ` title, `## ` heading, `- ` item, paragraphs; the first list is the summary. A version that
was in use is never edited: a change is a new file.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

NOTICE = "notice"
PURPOSES = {
    "property_check": "授权核对家庭经济状况",
    "child_under_14": "监护人同意处理不满14周岁孩子的信息",
    "list_messages": "接收公布名单更新的消息",
    "photo_elsewhere": "照片用于办理这件事以外的用途",
}


@dataclass(frozen=True, slots=True)
class Block:
    """`kind`: heading, item or paragraph."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """One version of one text."""

    name: str
    version: str
    title: str
    summary: tuple[str, ...]
    blocks: tuple[Block, ...]

    def as_json(self) -> dict[str, object]:
        """For a phone that draws it itself."""
        return {
            "version": self.version,
            "title": self.title,
            "summary": list(self.summary),
            "text": [{"kind": block.kind, "text": block.text} for block in self.blocks],
        }


@cache
def current(name: str) -> Text:
    """The newest version of a text."""
    return _versions(name)[-1]


def known(name: str, version: str) -> Text | None:
    """An earlier version too, for whoever wants to see what it was that they agreed to."""
    return next((text for text in _versions(name) if text.version == version), None)


@cache
def _versions(name: str) -> tuple[Text, ...]:
    folder = files("backend.privacy").joinpath("texts", name)
    found = sorted((file for file in folder.iterdir() if file.name.endswith(".md")), key=lambda file: file.name)
    return tuple(_read(name, file.name.removesuffix(".md"), file.read_text("utf-8")) for file in found)


def _read(name: str, version: str, content: str) -> Text:
    title, summary, blocks = "", [], []
    for line in filter(None, map(str.strip, content.splitlines())):
        if line.startswith("# "):
            title = line[2:]
        elif line.startswith("## "):
            blocks.append(Block("heading", line[3:]))
        elif line.startswith("- ") and not blocks:
            summary.append(line[2:])
        elif line.startswith("- "):
            blocks.append(Block("item", line[2:]))
        else:
            blocks.append(Block("paragraph", line))
    return Text(name, version, title, tuple(summary), tuple(blocks))
