"""check-rules: its page tells the truth, bad lines say why, and no line stops the next."""

import io
import json
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from backend.check_rules import Case, check, check_file
from rules.facts import HouseholdFacts

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = re.findall(r"```json\n(.+)\n(.+)\n```", (ROOT / "docs" / "check-rules.md").read_text("utf-8"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda pair: json.loads(pair[0])["kind"])
def test_every_example_of_the_page_comes_out_as_written(example: tuple[str, str]) -> None:
    said = json.loads(json.dumps(check(json.loads(example[0])), ensure_ascii=False, default=str))
    assert said == json.loads(example[1])


def test_there_is_an_example_of_every_kind() -> None:
    kinds = {kind.model_fields["kind"].annotation.__args__[0] for kind in Case.__origin__.__args__}
    assert {json.loads(case)["kind"] for case, _ in EXAMPLES} == kinds


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("nonsense", "Expecting value"),
        ('{"kind": "unknown"}', "kind"),
        ('{"kind": "savings", "deposit_fen": -1, "monthly_standard_fen": 1}', "deposit_fen"),
        ('{"kind": "term", "valid_from": "2026-02-30"}', "valid_from"),
        ('{"kind": "caps", "household": 1, "monthly_standard_fen": 1, "typo": 1}', "typo"),
        ('{"kind": "circumstances", "on": "2026-01-01", "facts": {"typo": true}}', "typo"),
        ('{"kind": "transition", "status": "submitted", "command": "Fly", "role": "town"}', "Fly"),
        ('{"kind": "quorum", "in_village": true, "agree": 5}', "votes"),
        ('{"kind": "quorum", "in_village": true, "readings": {"typo": 1}}', "typo"),
        ("[]", "dictionary"),
    ],
)
def test_a_line_that_cannot_be_says_why_and_the_next_is_still_checked(tmp_path: Path, line: str, says: str) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text(f'{line}\n\n{{"id": "b", "kind": "term", "valid_from": "2026-01-01"}}\n', encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "backend", "check-rules", str(file)], cwd=ROOT, capture_output=True, text=True
    )
    first, second = (json.loads(row) for row in done.stdout.splitlines())
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert says in first["error"]
    assert (second["line"], second["id"], second["last_day"]) == (3, "b", "2027-01-01")


def test_a_missing_file_is_one_clear_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "backend", "check-rules", str(tmp_path / "none")],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def test_every_fact_that_a_line_may_give_is_on_the_page() -> None:
    page = (ROOT / "docs" / "check-rules.md").read_text("utf-8")
    assert [field.name for field in fields(HouseholdFacts) if f"| `{field.name}` |" not in page] == []


def test_every_field_that_a_line_may_have_is_on_the_page() -> None:
    page = (ROOT / "docs" / "check-rules.md").read_text("utf-8")
    for kind in Case.__origin__.__args__:
        name = kind.model_fields["kind"].annotation.__args__[0]
        section = page.split(f"## {name}\n")[1].split("\n## ")[0]
        missing = [field for field in kind.model_fields if field not in section and field not in page.split("## ")[0]]
        assert missing == [], (name, missing)


ODD = (
    *(None, "", " ", -1, 0, 10**40, 1.5, True, [], {}, "三(一)"),
    *("9999-12-31", "0001-01-01", "2028-02-29", "9999-12-31T23:59:59+00:00"),
)


@pytest.mark.parametrize("kind", sorted({json.loads(case)["kind"] for case, _ in EXAMPLES}))
def test_whatever_stands_in_a_field_the_answer_is_a_finding_or_a_reason(tmp_path: Path, kind: str) -> None:
    example = next(raw for raw in (json.loads(case) for case, _ in EXAMPLES) if raw["kind"] == kind)
    cases = [example | {name: odd} for name in [*example, "readings", "now", "id"] for odd in ODD]
    file, out = tmp_path / "odd.jsonl", io.StringIO()
    file.write_text("\n".join(json.dumps(case, ensure_ascii=False) for case in cases), encoding="utf-8")
    check_file(file, out)
    answers = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [answer["line"] for answer in answers] == list(range(1, len(cases) + 1))
    assert all(len(answer) > 1 for answer in answers)


def test_bytes_that_are_no_text_a_mark_at_the_beginning_and_endless_nesting_stop_no_line(tmp_path: Path) -> None:
    file, out = tmp_path / "odd.jsonl", io.StringIO()
    good = b'{"kind": "term", "valid_from": "2026-01-01"}'
    file.write_bytes(b"\xef\xbb\xbf" + good + b"\n\xff\xfe\n" + b"[" * 100_000 + b"\n" + good + b"\n")
    assert check_file(file, out) == 1
    answers = [json.loads(line) for line in out.getvalue().splitlines()]
    assert ["error" in answer for answer in answers] == [False, True, True, False]
