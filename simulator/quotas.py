"""How often an account may call: by the day of Beijing, and by the minute or the second."""

from dataclasses import dataclass

from simulator.errors import PlatformError

_BEIJING = 8 * 3600
CLEARS_A_MONTH = 10


@dataclass(slots=True)
class Limit:
    """`day` calls a day, `rate` calls in each span of `seconds`; 0 knows no limit. The codes are of what is reached."""

    day: int = 0
    rate: int = 0
    seconds: int = 60
    day_code: int = 45009
    rate_code: int = 45011


def _limits() -> dict[str, Limit]:
    return {
        "/cgi-bin/token": Limit(day=2000),
        "/cgi-bin/stable_token": Limit(day=500_000, rate=10_000),
        "/cgi-bin/message/subscribe/send": Limit(day=10_000_000),
        "/cgi-bin/message/template/send": Limit(day=100_000),
        "/cgi-bin/message/custom/send": Limit(day=500_000),
        "/cgi-bin/media/upload": Limit(day=100_000),
        "/cgi-bin/media/get": Limit(day=200_000),
        "/wxa/getwxacodeunlimit": Limit(rate=5000),
        "/wxa/generate_urllink": Limit(day=500_000, rate=100, seconds=1, day_code=44993, rate_code=44990),
        "/wxa/msg_sec_check": Limit(day=2_000_000, rate=4000),
        "/wxa/media_check_async": Limit(day=200_000, rate=2000),
        "/wxa/business/getuserphonenumber": Limit(rate=300, seconds=1),
    }


class Quotas:
    """Calls counted for each account and path."""

    def __init__(self) -> None:
        self.limits = _limits()
        self._used: dict[tuple[str, str], list[int]] = {}
        self._cleared: dict[tuple[str, int], int] = {}

    def use(self, who: str, path: str, now: float) -> None:
        """One call of `who`: an account's kind. Raises PlatformError with the limit's own code."""
        limit = self.limits.get(path)
        if limit is not None:
            self.count(who, path, limit, now)

    def count(self, who: str, what: str, limit: Limit, now: float) -> None:
        """One call of `what` by `who`, under a limit that need not be an account's."""
        day, span = int((now + _BEIJING) // 86_400), int(now // limit.seconds)
        used = self._used.setdefault((who, what), [day, 0, span, 0])
        if used[0] != day:
            used[0:2] = [day, 0]
        if used[2] != span:
            used[2:4] = [span, 0]
        used[1] += 1
        used[3] += 1
        if limit.day and used[1] > limit.day:
            raise PlatformError(limit.day_code)
        if limit.rate and used[3] > limit.rate:
            raise PlatformError(limit.rate_code)

    def clear(self, who: str, now: float) -> None:
        """The account's day begins anew (clear_quota). Raises PlatformError 48006 after ten times in thirty days."""
        month = (who, int((now + _BEIJING) // (30 * 86_400)))
        if self._cleared.get(month, 0) >= CLEARS_A_MONTH:
            raise PlatformError(48006)
        self._cleared[month] = self._cleared.get(month, 0) + 1
        for (owner, _), used in self._used.items():
            if owner == who:
                used[1] = 0
