"""Reads tests/scenarios/*.toml: named situations, each with its clause and what the rules must find."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Scenario:
    """One situation as `check-rules` reads it, and the part of the finding that the table fixes."""

    table: str
    name: str
    clause: str
    case: dict[str, Any]
    expect: dict[str, Any]


def load() -> list[Scenario]:
    """All situations in the order of the files."""
    found = []
    for file in sorted(HERE.glob("*.toml")):
        table = tomllib.loads(file.read_text("utf-8"))
        found += [_scenario(file.stem, row, table.get("base", {})) for row in table["scenario"]]
    return found


def _scenario(table: str, row: dict[str, Any], bases: dict[str, dict[str, Any]]) -> Scenario:
    if "case" in row:
        case = row["case"]
        if case["kind"] == "listing":
            case = {"born_on": None} | case
        return Scenario(table, row["name"], row["clause"], case, row["expect"])
    facts = {**bases[row["base"]], **row.get("but", {})}
    for name in row.get("unknown", ()):
        del facts[name]
    standard = row.get("monthly_standard_fen")
    case = {"kind": "circumstances", "on": row["on"], "facts": facts, "monthly_standard_fen": standard}
    expect: dict[str, Any] = {}
    expect |= {key: row[key] for key in ("outcome", "ordinary", "notes") if key in row}
    return Scenario(table, row["name"], row["clause"], case, expect | {"findings": row["expect"]})
