"""Access tokens: two families that know nothing of each other, /cgi-bin/token and stable_token."""

import re
import secrets

from simulator.accounts import Kind
from simulator.errors import PlatformError

TOKEN_SECONDS = 7200
RENEWED_BEFORE_END = 300
OLD_STAYS_GOOD = 300
FORCED_APART = 30
FORCED_A_DAY = 20
_SHAPE = re.compile(r"[0-9A-Za-z_-]+")


class Tokens:
    """Every token that was given out: whose it is, and when it ends."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Kind, float]] = {}
        self._plain: dict[Kind, str] = {}
        self._stable: dict[Kind, str] = {}
        self._forced: dict[Kind, list[float]] = {}

    def __len__(self) -> int:
        return len(self._known)

    def clear(self, kind: Kind | None = None) -> None:
        """Every token, of one account or of both, is dead at once."""
        self._known = {token: owner for token, owner in self._known.items() if kind and owner[0] != kind}

    def plain(self, kind: Kind, now: float) -> tuple[str, int]:
        """A new token at every call; the one before stays good for five minutes at most."""
        before = self._plain.get(kind, "")
        if before in self._known:
            self._known[before] = (kind, min(self._known[before][1], now + OLD_STAYS_GOOD))
        self._plain[kind] = self._new(kind, now)
        return self._plain[kind], TOKEN_SECONDS

    def stable(self, kind: Kind, now: float, *, force: bool) -> tuple[str, int, bool]:
        """(token, seconds left, whether it is new): the same while it is valid.

        In its last five minutes a new one is given, and the old one stays good to its end. `force` kills the old one
        at once, but does nothing within 30 s of the last time. Raises PlatformError 45009 after 20 forced in a day.
        """
        token = self._stable.get(kind, "")
        left = self._known.get(token, (kind, 0.0))[1] - now
        if force and self._may_force(kind, now):
            self._known.pop(token, None)
            left = 0
        if left > RENEWED_BEFORE_END:
            return token, int(left), False
        self._stable[kind] = self._new(kind, now)
        return self._stable[kind], TOKEN_SECONDS, True

    def check(self, token: str | None, now: float) -> Kind:
        """Whose token this is. Raises PlatformError 41001, 40014 for what no token looks like, 40001, 42001."""
        if not token:
            raise PlatformError(41001)
        known = self._known.get(token)
        if known is None:
            raise PlatformError(40001 if _SHAPE.fullmatch(token) else 40014)
        kind, until = known
        if until < now:
            raise PlatformError(42001)
        return kind

    def _may_force(self, kind: Kind, now: float) -> bool:
        forced = self._forced[kind] = [at for at in self._forced.get(kind, []) if now - at < 86_400]
        if forced and now - forced[-1] < FORCED_APART:
            return False
        if len(forced) >= FORCED_A_DAY:
            raise PlatformError(45009)
        forced.append(now)
        return True

    def _new(self, kind: Kind, now: float) -> str:
        token = secrets.token_urlsafe(96)
        self._known[token] = (kind, now + TOKEN_SECONDS)
        return token
