"""Every named situation comes out as its row says. `python -m tests.scenarios` prints them for signing."""

import re
from typing import Any

import pytest

from backend.check_rules import check
from tests.scenarios.tables import Scenario, load


@pytest.mark.parametrize("scenario", load(), ids=lambda scenario: scenario.name)
def test_the_situation_comes_out_as_the_table_says(scenario: Scenario) -> None:
    assert differs(scenario, check(scenario.case)) == {}


def differs(scenario: Scenario, found: dict[str, Any]) -> dict[str, Any]:
    """What the finding says where the table says otherwise; empty when they agree."""
    wrong = {}
    for key, value in scenario.expect.items():
        said = _plain(found.get(key))
        if isinstance(value, dict) and isinstance(said, dict):
            said = {name: said[name] for name in value}
        if said != value:
            wrong[key] = said
    return wrong


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value if value is None or isinstance(value, bool | int) else str(value)


def test_there_are_enough_of_them_and_each_has_a_name_and_a_clause() -> None:
    scenarios = load()
    assert len(scenarios) >= 120
    assert len({scenario.name for scenario in scenarios}) == len(scenarios)
    clauses = {scenario.clause for scenario in scenarios}
    assert clauses >= {f"三({numeral})" for numeral in "一二三四五六七"} | {"四(一)", "四(二)a", "四(二)b", "四(三)"}


def test_the_table_for_signing_has_a_row_in_words_for_each_and_the_two_results_agree(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from tests.scenarios.__main__ import main

    main()
    rows = [line.split(" | ") for line in capsys.readouterr().out.splitlines() if re.match(r"\| \d", line)]
    assert len(rows) == len(load())
    for row in rows:
        assert row[3] == row[4], row
        assert row[3]
        assert "{" not in row[3], "words, not data"
