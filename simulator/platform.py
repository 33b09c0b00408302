"""The platform's state: accounts, users, codes, tokens, templates, inboxes, faults. In memory, saved as one file."""

import json
import os
import secrets
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

from simulator.errors import PlatformError

CODE_SECONDS = 300
TOKEN_SECONDS = 7200


@dataclass
class User:
    """A phone: its owner's ids, the credits by template, what arrived."""

    openid: str
    unionid: str
    name: str
    credits: dict[str, int] = field(default_factory=dict)
    inbox: list[dict[str, object]] = field(default_factory=list)
    chat: list[dict[str, object]] = field(default_factory=list)
    session_key: str = ""


@dataclass
class Faults:
    """What goes wrong on purpose; `times` counts down (0: for ever until cleared)."""

    errcode: int = 0
    latency: float = 0.0
    http_status: int = 0
    reset: str = ""
    """`before` or `after` processing: the connection is cut."""
    times: int = 0


class Platform:
    """One mini-program on the platform. All times are real seconds plus an offset that tests move."""

    def __init__(self, *, appid: str, secret: str, push_token: str, push_aes_key: str, state: Path | None) -> None:
        self.appid = appid
        self.secret = secret
        self.push_token = push_token
        self.push_aes_key = push_aes_key
        self._state = state
        self.offset = 0.0
        self.users: dict[str, User] = {}
        self.templates: dict[str, dict[str, object]] = {}
        self.pages: set[str] = set()
        self.codes: dict[str, tuple[str, float]] = {}
        self.used_codes: set[str] = set()
        self.tokens: dict[str, float] = {}
        self.stable = ""
        self.faults = Faults()
        self.busy: set[str] = set()
        self.calls: Counter[str] = Counter()
        self.load()

    def now(self) -> float:
        """The platform's clock."""
        return time.time() + self.offset

    # -- persistence: a phone keeps its inbox when the platform restarts

    def load(self) -> None:
        """Read the state file, when there is one."""
        if self._state and self._state.exists():
            saved = json.loads(self._state.read_text())
            self.users = {user["openid"]: User(**user) for user in saved["users"]}
            self.templates = saved["templates"]
            self.pages = set(saved["pages"])

    def save(self) -> None:
        """Write the state file, whole or not at all."""
        if self._state is None:
            return
        self._state.parent.mkdir(parents=True, exist_ok=True)
        part = self._state.with_suffix(".part")
        part.write_text(
            json.dumps(
                {
                    "users": [asdict(user) for user in self.users.values()],
                    "templates": self.templates,
                    "pages": sorted(self.pages),
                },
                ensure_ascii=False,
            )
        )
        os.replace(part, self._state)

    # -- users and codes

    def add_user(self, name: str, openid: str | None = None) -> User:
        """A new phone; the same openid again is the same phone."""
        openid = openid or "o" + secrets.token_urlsafe(20)
        user = self.users.get(openid)
        if user is None:
            user = self.users[openid] = User(openid, "u" + secrets.token_urlsafe(20), name)
        user.name = name
        return user

    def user(self, openid: object) -> User:
        """A user of this app. Raises PlatformError 40003."""
        if not isinstance(openid, str) or openid not in self.users:
            raise PlatformError(40003)
        return self.users[openid]

    def login_code(self, openid: str) -> str:
        """What wx.login gives the phone: single use, five minutes."""
        code = "0" + secrets.token_urlsafe(20)
        self.codes[code] = (self.user(openid).openid, self.now() + CODE_SECONDS)
        return code

    def redeem(self, code: str) -> User:
        """Use up a login code. Raises PlatformError 40029, 40163."""
        if code in self.used_codes:
            raise PlatformError(40163)
        openid, until = self.codes.pop(code, ("", 0.0))
        if not openid or until < self.now():
            raise PlatformError(40029)
        self.used_codes.add(code)
        user = self.users[openid]
        user.session_key = secrets.token_urlsafe(16)
        return user

    # -- tokens

    def check_app(self, appid: object, secret: object) -> None:
        """Raises PlatformError 40013, 40125."""
        if appid != self.appid:
            raise PlatformError(40013)
        if secret != self.secret:
            raise PlatformError(40125)

    def stable_token(self, *, force: bool) -> tuple[str, int]:
        """The same token while it is valid; `force` makes a new one and kills the old at once."""
        left = self.tokens.get(self.stable, 0.0) - self.now()
        if force or left <= 300:
            if force:
                self.tokens.pop(self.stable, None)
            self.stable = secrets.token_urlsafe(96)
            self.tokens[self.stable] = self.now() + TOKEN_SECONDS
            left = TOKEN_SECONDS
            self.calls["tokens_issued"] += 1
        return self.stable, int(left)

    def check_token(self, token: str | None) -> None:
        """Raises PlatformError 41001, 40001, 42001."""
        if not token:
            raise PlatformError(41001)
        until = self.tokens.get(token)
        if until is None:
            raise PlatformError(40001)
        if until < self.now():
            raise PlatformError(42001)

    # -- consent and messages

    def accept(self, openid: str, template_id: str) -> int:
        """The person ticks and accepts: one more message of this template."""
        user = self.user(openid)
        if template_id not in self.templates:
            raise PlatformError(40037)
        user.credits[template_id] = user.credits.get(template_id, 0) + 1
        return user.credits[template_id]

    def take_fault(self) -> Faults | None:
        """The fault for this call, if one is switched on."""
        fault = self.faults
        if not (fault.errcode or fault.latency or fault.http_status or fault.reset):
            return None
        if fault.times:
            fault.times -= 1
            if not fault.times:
                self.faults = Faults()
        return fault
