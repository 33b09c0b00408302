"""`python -m tests.scenarios`: the situations as a table for a lawyer to sign, with what the rules say today."""

from backend.check_rules import check
from tests.scenarios.tables import load
from tests.scenarios.test_scenarios import differs
from tests.scenarios.words import in_words

TITLES = {
    "circumstances": "适用情形 三(一)至(七)和导办",
    "deadlines": "期限",
    "deliberation": "民主评议",
    "money": "存款、上限、先行救助",
    "process_and_list": "程序和公布",
}
HEAD = """# 情形对照表

《鹿城区社会救助“一事一议”机制实施办法》(温鹿民〔2021〕8号)。月标准1000元和所有情形都是虚构的。
共{}种情形; “系统的结果”由系统当场算出, 不是抄写。每一行由法制人员核对后签字。"""
COLUMNS = "| 序号 | 情形 | 条款 | 应当的结果 | 系统的结果 | 核对签字 |\n|---|---|---|---|---|---|"


def main() -> None:
    """Markdown on standard output."""
    scenarios = load()
    print(HEAD.format(len(scenarios)))
    table = ""
    for number, scenario in enumerate(scenarios, 1):
        if scenario.table != table:
            table = scenario.table
            print(f"\n## {TITLES[table]}\n\n{COLUMNS}")
        found = check(scenario.case)
        said = in_words({key: _part(found[key], value) for key, value in scenario.expect.items()})
        mark = "**不一致** " if differs(scenario, found) else ""
        print(f"| {number} | {scenario.name} | {scenario.clause} | {in_words(scenario.expect)} | {mark}{said} |  |")
    print("\n核对人: ____________    日期: ____________")


def _part(found: object, wanted: object) -> object:
    if isinstance(found, dict) and isinstance(wanted, dict):
        return {name: found[name] for name in wanted}
    return found


if __name__ == "__main__":
    main()
