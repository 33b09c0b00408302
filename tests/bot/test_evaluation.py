"""`python -m bot`: figures over a file of questions, and a conversation in a terminal."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def bot(*arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command."""
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments], cwd=ROOT, input=typed, capture_output=True, text=True
    )


def test_the_rates_are_what_the_lines_say(tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    rows = [
        {"q": "评议会要多少人参加", "intent": "review_headcount", "clause": "四(二)a", "in_scope": True},
        {"q": "评议会要多少人参加", "intent": "validity", "in_scope": True},
        {"q": "评议会要多少人参加", "intent": "validity", "in_scope": True, "also_ok": ["review_headcount"]},
        {"q": "🙂🙂", "intent": "validity", "in_scope": True},
        {"q": "今天天气怎么样", "intent": "oos_weather", "in_scope": False},
        {"q": "怎么申请", "intent": "oos_weather", "in_scope": False},
    ]
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    done = bot("evaluate", str(file), "--each", str(tmp_path / "each.jsonl"), "--errors")
    report = json.loads(done.stdout)
    assert report["questions"] == 6
    assert report["recall_at_1"] == 0.5
    assert report["wrong_rate"] == 0.25
    assert report["handover_rate"] == 0.25
    assert report["refusal_rate"] == 0.5
    assert [error["got"] for error in report["errors"]] == ["review_headcount", None]
    each = [json.loads(line) for line in (tmp_path / "each.jsonl").read_text("utf-8").splitlines()]
    assert [row["outcome"] for row in each] == ["answer", "answer", "answer", "handover", "refuse", "answer"]
    assert set(each[0]) == {"q", "outcome", "intent", "suggestions"}


def test_an_unreadable_file_is_one_clear_line(tmp_path: Path) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text('{"q": "x"}\n', encoding="utf-8")
    for name in (file, tmp_path / "none"):
        done = bot("evaluate", str(name))
        assert done.returncode == 2
        assert done.stderr.count("\n") == 1


def test_a_conversation_ends_with_an_empty_line() -> None:
    done = bot(typed="评议会要多少人参加\n\n")
    assert done.returncode == 0
    assert "一般不得少于12人" in done.stdout
