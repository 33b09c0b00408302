"""`python -m tests.scenarios`: the situations as a table for a lawyer to sign, with what the rules say today."""

import json

from backend.check_rules import check
from tests.scenarios.tables import load


def main() -> None:
    """Markdown on standard output."""
    print("# 情形对照表\n\n每一行由法制人员核对后签字。标准1000元为虚构。\n")
    table = ""
    for scenario in load():
        if scenario.table != table:
            table = scenario.table
            print(f"\n## {table}\n\n| 情形 | 条款 | 应当的结果 | 系统的结果 | 核对 |\n|---|---|---|---|---|")
        found = check(scenario.case)
        shown = {key: _part(found[key], value) for key, value in scenario.expect.items()}
        wanted = json.dumps(scenario.expect, ensure_ascii=False, default=str)
        said = json.dumps(shown, ensure_ascii=False, default=str)
        print(f"| {scenario.name} | {scenario.clause} | {wanted} | {said} |  |")


def _part(found: object, wanted: object) -> object:
    if isinstance(found, dict) and isinstance(wanted, dict):
        return {name: found[name] for name in wanted}
    return found


if __name__ == "__main__":
    main()
