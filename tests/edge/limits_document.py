"""docs/limits.md as it must be: `python -m tests.edge.limits_document` writes it."""

from pathlib import Path

from backend.edge.limits import LIMITS, STEP, Limit

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "limits.md"
_HEAD = f"""# Limits

How often what may be done. This page is printed from `backend/edge/limits.py`; a test compares the two. Counted in
Redis under a digest of whom, so neither a login nor an address can be read there. One too many is answered 429 with
`Retry-After`, the code `too_many_requests` and the sentence. The time runs from the first that was counted.

*open*: with Redis away the request goes on. *closed*: it is answered 503 `redis_away`. Sessions are in Redis too, so
whoever is logged in is answered 503 until it is back, whatever the row says.

The open rows are counted in each web process and told to Redis at every {STEP}th request of an address: up to
{STEP - 1} more a process get through, and a list page costs no way to Redis.

An installation changes numbers with `LIMITS`, as JSON: `LIMITS='{{"public_pages": 900}}'`.

| limit | how many | in | counted by | Redis away | why | counted for |
|---|---|---|---|---|---|---|
"""


def _seconds(seconds: int) -> str:
    return f"{seconds // 3600} h" if seconds % 3600 == 0 else f"{seconds // 60} min"


def _line(limit: Limit) -> str:
    routes = f"`{limit.routes}`".replace("|", "\\|") if limit.routes else "where it is missed or asked for"
    cells = (limit.name, limit.most, _seconds(limit.seconds), limit.by, limit.away, limit.why, routes)
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def document() -> str:
    """The whole page."""
    return _HEAD + "".join(f"{_line(limit)}\n" for limit in LIMITS.values())


if __name__ == "__main__":
    DOCUMENT.write_text(document(), "utf-8")
