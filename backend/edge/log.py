"""What may stand in a log: one JSON line an event, and in it the keys of one table with values of a known shape.

What a person typed has no key here. Everything else, an exception's words and a library's sentence included, is named
and not said: both can carry a name, an illness or a number. Where it happened is said instead, and the source tells the
rest.
"""

import logging
import re
import sys
import threading
from collections.abc import MutableMapping
from traceback import extract_tb
from types import TracebackType
from typing import Any

import structlog

from rules.disclosure import pii_findings

_WORD = r"[A-Za-z_][A-Za-z0-9_.]{0,79}"
_WHERE = r"[A-Za-z0-9_./<>+-]{1,160}:\d{1,6}"
_NUMBER = r"-?\d{1,9}"
ALLOWED = {
    "event": _WORD,
    "level": r"[a-z]{1,10}",
    "timestamp": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z",
    "process": r"[a-z]{1,12}(-[0-9a-f]{1,8}){0,2}",
    "logger": _WORD,
    "where": _WHERE,
    "error": _WORD,
    "frames": _WHERE,
    "route": r"/[A-Za-z0-9_./<>:|\[\]{},+-]{0,120}",
    "outcome": _WORD,
    "count": _NUMBER,
    "release": _NUMBER,
    "errcode": _NUMBER,
    "record": r"[a-z_]{1,40}\.[a-z_]{1,40}:[0-9a-f-]{1,36}",
}
"""key -> the shape of what it may hold, of each item where it is a list."""
_SHAPES = {key: re.compile(shape) for key, shape in ALLOWED.items()}
_MOST_FRAMES = 6


def only_known(_logger: object, _method: str, event: MutableMapping[str, Any]) -> dict[str, Any]:
    """The event with what may be said; `unsaid` names the keys of the rest."""
    said = {key: value for key, value in event.items() if _may_be_said(key, value)}
    # A key is a word of our source, unless somebody unpacked into the event what they did not write.
    unsaid = sorted(key if re.fullmatch(_WORD, key) and not pii_findings(key) else "?" for key in event.keys() - said)
    return said | ({"unsaid": unsaid} if unsaid else {})


def _may_be_said(key: str, value: object) -> bool:
    shape = _SHAPES.get(key)
    if shape is None:
        return False
    if value is None or isinstance(value, bool):
        return True
    values = value if isinstance(value, list | tuple) else [value]
    return all(
        isinstance(item, str | int) and shape.fullmatch(str(item)) and not pii_findings(str(item)) for item in values
    )


def frames_of(error: BaseException) -> list[str]:
    """Where an exception came through, the innermost last."""
    return [f"{frame.filename}:{frame.lineno}" for frame in extract_tb(error.__traceback__)][-_MOST_FRAMES:]


class _Libraries(logging.Handler):
    """What sanic, asyncio, tortoise, taskiq and the others log: who, where, how bad; none of their words."""

    def emit(self, record: logging.LogRecord) -> None:
        values: dict[str, object] = {"logger": record.name, "where": f"{record.pathname}:{record.lineno}"}
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            values |= {"error": type(error).__name__, "frames": frames_of(error)}
        log = structlog.get_logger()
        (log.error if record.levelno >= logging.ERROR else log.warning)("library_said", **values)


def configure(environment: str) -> None:
    """Everything that this process says goes to standard error as JSON lines, through the table above."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            only_known,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO if environment != "test" else logging.WARNING),
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_Libraries()], force=True)
    logging.captureWarnings(True)
    # A handler that fails would print the record with its arguments; an exception that nobody catches, its words.
    logging.raiseExceptions = False
    sys.excepthook = _died
    sys.unraisablehook = lambda ignored: _died(ignored.exc_type, ignored.exc_value, ignored.exc_traceback)
    threading.excepthook = lambda gone: _died(gone.exc_type, gone.exc_value, gone.exc_traceback)


def _died(kind: type[BaseException], error: BaseException | None, _trace: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt | SystemExit):
        frames = frames_of(error) if error is not None else []
        structlog.get_logger().error("uncaught", error=kind.__name__, frames=frames)
