"""The platform's state: users, codes, tokens, templates, inboxes, faults. In memory, saved as one file."""

import base64
import json
import os
import secrets
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

from simulator.accounts import Account, Kind, User
from simulator.errors import PlatformError

CODE_SECONDS = 300
TOKEN_SECONDS = 7200


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
    """A mini-program and a service account. All times are real seconds plus an offset that tests move."""

    def __init__(self, *, mini: Account, service: Account, state: Path | None) -> None:
        self.accounts: dict[str, Account] = {"mini": mini, "service": service}
        self._state = state
        self.offset = 0.0
        self.users: dict[str, User] = {}
        self.templates: dict[str, dict[str, object]] = {}
        self.pages: set[str] = set()
        self.codes: dict[str, tuple[str, float]] = {}
        self.used_codes: set[str] = set()
        self.phone_codes: dict[str, tuple[str, float]] = {}
        self.tokens: dict[str, tuple[Kind, float]] = {}
        """token -> its account, and when it ends."""
        self._stable: dict[Kind, str] = {}
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
        """A user of the mini-program. Raises PlatformError 40003."""
        return self.user_at(self.accounts["mini"], openid)

    def user_at(self, account: Account, openid: object) -> User:
        """Whom this account knows by `openid`; the other account's openid is nobody. Raises PlatformError 40003."""
        for user in self._known_as(openid):
            if user.openid_at(account) == openid:
                return user
        raise PlatformError(40003)

    def phone(self, openid: object) -> User:
        """Whose openid this is at either account. Raises PlatformError 40003."""
        for user in self._known_as(openid):
            return user
        raise PlatformError(40003)

    def _known_as(self, openid: object) -> list[User]:
        if not isinstance(openid, str):
            return []
        if openid in self.users:
            return [self.users[openid]]
        return [user for user in self.users.values() if user.service_openid == openid]

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
        user.session_key = base64.b64encode(secrets.token_bytes(16)).decode()
        return user

    def phone_code(self, openid: str) -> str:
        """What the getPhoneNumber button gives the phone: single use, five minutes from the press."""
        code = secrets.token_hex(32)
        self.phone_codes[code] = (self.user(openid).openid, self.now() + CODE_SECONDS)
        return code

    def redeem_phone(self, code: object) -> User:
        """Use up a code of the button. Raises PlatformError 40029 for any other, a login code and a used one too."""
        openid, until = self.phone_codes.pop(str(code), ("", 0.0))
        if not openid or until < self.now():
            raise PlatformError(40029)
        return self.users[openid]

    # -- tokens

    def check_app(self, appid: object, secret: object) -> Account:
        """Whose pair this is. Raises PlatformError 40013, 40125."""
        account = next((account for account in self.accounts.values() if account.appid == appid), None)
        if account is None:
            raise PlatformError(40013)
        if secret != account.secret:
            raise PlatformError(40125)
        return account

    def stable_token(self, kind: Kind = "mini", *, force: bool) -> tuple[str, int]:
        """An account's token, the same while it is valid; `force` makes a new one and kills the old at once."""
        token = self._stable.get(kind, "")
        left = self.tokens.get(token, (kind, 0.0))[1] - self.now()
        if force or left <= 300:
            if force:
                self.tokens.pop(token, None)
            token = self._stable[kind] = secrets.token_urlsafe(96)
            self.tokens[token] = (kind, self.now() + TOKEN_SECONDS)
            left = TOKEN_SECONDS
            self.calls["tokens_issued"] += 1
        return token, int(left)

    def check_token(self, token: str | None) -> Account:
        """Whose token this is. Raises PlatformError 41001, 40001, 42001."""
        if not token:
            raise PlatformError(41001)
        known = self.tokens.get(token)
        if known is None:
            raise PlatformError(40001)
        kind, until = known
        if until < self.now():
            raise PlatformError(42001)
        return self.accounts[kind]

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
