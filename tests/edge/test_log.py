"""A log holds the keys of one table and nobody's words: ours, a library's, an exception's."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from backend.edge.log import ALLOWED, only_known

ROOT = Path(__file__).parent.parent.parent
PLANTED = ("330302199001011234", "１３８００１３８０００", "6222-0212-3456-7890-123", "陈安宁")

# Each line makes one library, or Python itself, say something with a name and a number in it.
_SAYS = {
    "sanic": "logging.getLogger('sanic.root').warning('Request: GET /x?name=%s', WORDS)",
    "sanic's errors": "fails(lambda: logging.getLogger('sanic.error').exception('Exception for ' + WORDS))",
    "asyncio": "asyncio.run(forgotten())",
    "tortoise": "logging.getLogger('tortoise').error('INSERT INTO person %s', WORDS)",
    "tortoise's client": "logging.getLogger('tortoise.db_client').critical(WORDS)",
    "taskiq": "fails(lambda: logging.getLogger('taskiq.receiver').error(WORDS, exc_info=True))",
    "a warning": "warnings.warn(WORDS)",
    "a thread": "threading.Thread(target=die).start()",
    "a finaliser": "Dying()",
    "a record that cannot be formatted": "logging.getLogger('sanic.root').warning('%d', WORDS)",
    "our own with an unknown key": "structlog.get_logger().error('event', name=WORDS)",
    "our own with words as the event": "structlog.get_logger().error(WORDS)",
    "our own with words in a known key": "structlog.get_logger().error('event', error=WORDS, frames=[WORDS])",
    "our own with an exception": "fails(lambda: structlog.get_logger().exception('event', exc_info=True))",
    "our own with words as a key": "structlog.get_logger().error('event', **{WORDS: 1})",
    "the end": "die()",
}
_PROGRAM = """
import asyncio, gc, logging, sys, threading, warnings
import structlog
from backend.edge.log import configure
configure("demo")
WORDS = sys.argv[1]
def die():
    raise ValueError(WORDS)
def fails(work):
    try:
        die()
    except ValueError:
        work()
class Dying:
    def __del__(self):
        raise ValueError(WORDS)
async def forgotten():
    asyncio.get_running_loop().create_task(asyncio.to_thread(die))
    await asyncio.sleep(0.1)
    gc.collect()
"""


@pytest.mark.parametrize("who", _SAYS)
def test_whoever_logs_is_named_and_not_quoted(who: str) -> None:
    words = "、".join(PLANTED)
    run = subprocess.run(
        [sys.executable, "-c", f"{_PROGRAM}\n{_SAYS[who]}\n", words],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    lines = [json.loads(line) for line in run.stderr.splitlines()]
    assert lines, "something was said"
    for planted in PLANTED:
        assert planted not in run.stderr + run.stdout
    for line in lines:
        assert line.keys() <= ALLOWED.keys() | {"unsaid"}
        assert "where" in line or "frames" in line or "unsaid" in line, "and it can be found"


def test_what_is_not_in_the_table_is_named_only() -> None:
    event = {"event": "told", "name": "陈安宁", "count": 3, "process": "web-0-1a2b3c"}
    assert only_known(None, "", event) == {
        "event": "told",
        "count": 3,
        "process": "web-0-1a2b3c",
        "unsaid": ["name"],
    }


@pytest.mark.parametrize(
    "value",
    [
        "330302199001011234",
        13800138000,
        "陈安宁",
        "13800138000",
        "１３８００１３８０００",
        "138 0013 8000",
        {"name": "x"},
        ["ValueError", "陈"],
        b"ValueError",
        ValueError("x"),
    ],
)
@pytest.mark.parametrize("key", ALLOWED)
def test_no_key_of_the_table_holds_a_number_of_somebody_or_a_sentence(key: str, value: object) -> None:
    assert key not in only_known(None, "", {key: value}) or only_known(None, "", {key: value})[key] is None


def test_every_key_that_our_code_logs_is_in_the_table() -> None:
    used: dict[str, str] = {}
    for file in [*ROOT.glob("backend/**/*.py"), *ROOT.glob("notices/**/*.py")]:
        for call in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and _is_log(call.func):
                used |= {str(keyword.arg): f"{file.name}:{call.lineno}" for keyword in call.keywords}
    assert used.keys() >= {"error", "route", "frames", "count", "errcode"}, "the search finds them"
    # What is spread out stands in edge/log.py itself.
    assert {key: where for key, where in used.items() if key not in ALLOWED} == {"None": "log.py:100"} or set(used) - {
        "None"
    } <= set(ALLOWED)


def _is_log(called: ast.Attribute) -> bool:
    if called.attr == "bind":
        return True
    owner = called.value
    name = owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
    return called.attr in ("info", "warning", "error", "critical", "debug", "exception") and name in ("log", "_log")
