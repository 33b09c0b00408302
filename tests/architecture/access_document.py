"""The tables of docs/access.md from `backend.access`; `python -m tests.architecture.access_document` writes them."""

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

from backend.access import ALLOWED, SIGHT
from rules.statuses import Role

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "access.md"
BEGIN, END = "<!-- tables: begin -->", "<!-- tables: end -->"
ROLES = [role for role in Role if role is not Role.SYSTEM]


def table(title: str, rows: Iterable[tuple[StrEnum, frozenset[Role]]]) -> str:
    """One Markdown table: a row an action or part, a column a role."""
    lines = [f"| {title} | {' | '.join(role.value for role in ROLES)} |", "|---" * (len(ROLES) + 1) + "|"]
    lines += [f"| {name} | {' | '.join('●' if role in roles else '' for role in ROLES)} |" for name, roles in rows]
    return "\n".join(lines)


def tables() -> str:
    """Both tables."""
    return f"{table('may', ALLOWED.items())}\n\n{table('sees', SIGHT.items())}"


def printed() -> str:
    """What stands in the document."""
    return DOCUMENT.read_text("utf-8").partition(BEGIN)[2].partition(END)[0].strip()


if __name__ == "__main__":
    before, _, rest = DOCUMENT.read_text("utf-8").partition(BEGIN)
    DOCUMENT.write_text(f"{before}{BEGIN}\n{tables()}\n{END}{rest.partition(END)[2]}", "utf-8")
