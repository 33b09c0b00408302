"""When an account may write to a person on its own account: what the person did opens a window for a few messages.

Windows never add up: a message counts in every window that is open, and the largest rest is what is left.
"""

from simulator.accounts import Account, User
from simulator.errors import PlatformError

_MINUTE = 60.0
_ACTIONS: dict[str, dict[str, tuple[int, float]]] = {
    "mini": {"message": (5, 48 * 3600.0), "user_enter_tempsession": (2, _MINUTE)},
    "service": {
        "message": (5, 48 * 3600.0),
        "CLICK": (3, _MINUTE),
        "subscribe": (3, _MINUTE),
        "SCAN": (3, _MINUTE),
    },
}


def acted(user: User, account: Account, action: str, now: float) -> None:
    """The person did `action` (`message`, or an event's name); who unsubscribes closes every window."""
    windows = user.windows.setdefault(account.kind, {})
    if action == "unsubscribe":
        windows.clear()
    elif action in _ACTIONS[account.kind]:
        most, seconds = _ACTIONS[account.kind][action]
        windows[action] = {"left": most, "until": now + seconds}


def use(user: User, account: Account, now: float) -> None:
    """One message of the account's. Raises PlatformError 45015 outside all windows, 45047 when they are used up."""
    open_now = [window for window in user.windows.get(account.kind, {}).values() if now < window["until"]]
    if not open_now:
        raise PlatformError(45015)
    if max(window["left"] for window in open_now) < 1:
        raise PlatformError(45047)
    for window in open_now:
        window["left"] = max(0, window["left"] - 1)
