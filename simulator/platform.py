"""The platform's state: users, codes, tokens, templates, inboxes, faults. In memory, saved as one file."""

import asyncio
import base64
import json
import os
import secrets
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulator.accounts import Account, Kind, User
from simulator.errors import PlatformError
from simulator.faults import Faults
from simulator.quotas import Limit, Quotas
from simulator.tokens import Tokens

CODE_SECONDS = 300
_LOGINS = Limit(rate=100)


@dataclass
class Pushing:
    """How events are told that nobody's message asks for."""

    events: bool = False
    """Whether choices and what became of messages are told at all; results of picture checks always are."""
    delay: float = 0.3
    """Seconds."""
    mode: str = "safe"
    """plain, compatible or safe."""
    written: str = "json"
    """xml or json, of the mini-program."""
    created_as_string: bool = False
    change_under_popup: bool = False
    """The change event's lines stand under the popup event's name in XML, as in the official sample."""
    media_errcode: int = 0
    """-1008: a picture could not be fetched."""
    media_result: dict[str, Any] = field(default_factory=dict)
    """What checks find, {"suggest", "label"}; empty: pass."""


class Platform:
    """A mini-program and a service account. All times are real seconds plus an offset that tests move."""

    def __init__(self, *, mini: Account, service: Account, state: Path | None) -> None:
        self.accounts: dict[str, Account] = {"mini": mini, "service": service}
        self._state = state
        self.offset = 0.0
        self.users: dict[str, User] = {}
        self._by_service_openid: dict[str, User] = {}
        self.templates: dict[str, dict[str, Any]] = {}
        """By id: {"id", "title", "fields", "type"?: 2 | 3, "account"?: Kind, "sort"?: "subscribe" | "message", ...}."""
        self.pages: set[str] = set()
        self.codes: dict[str, tuple[str, float]] = {}
        self.used_codes: set[str] = set()
        self.phone_codes: dict[str, tuple[str, float]] = {}
        self.tokens = Tokens()
        self.quotas = Quotas()
        self.faults = Faults()
        self.faults_at: dict[str, Faults] = {}
        """By path; such a fault comes before the one for all calls."""
        self.busy: set[str] = set()
        """openids with a subscribe message on its way."""
        self.calls: Counter[str] = Counter()
        self.whitelist: set[str] = set()
        """Addresses that may ask for tokens; empty asks nobody for his."""
        self.banned: set[str] = set()
        """Templates and kinds of account that may send no subscribe messages (43107)."""
        self.sensitive_words: set[str] = {"赌博", "代开发票"}
        self.keywords: dict[str, dict[str, Any]] = {
            "赌博": {"label": 20006, "suggest": "risky"},
            "加微信": {"label": 10001, "suggest": "review"},
        }
        """What the content check finds: word -> {"label", "suggest"}."""
        self.check_delay = 5.0
        """Seconds until the result of a picture's check is due."""
        self.pending_checks: list[dict[str, Any]] = []
        """{"trace_id", "openid", "media_url", "media_type", "due"}: results that are to be pushed."""
        self.sent_events: deque[dict[str, str]] = deque(maxlen=100_000)
        """{"openid", "template_id", "msgid", "error"}: subscribe messages of the mini-program, to be pushed about."""
        self.pushing = Pushing()
        self.to_tell: deque[tuple[str, str, dict[str, Any]]] = deque()
        """(openid, event, inner fields): choices of people, to be pushed about."""
        self.nothing_to_tell = asyncio.Event()
        self.pushes: deque[dict[str, Any]] = deque(maxlen=5000)
        """What was pushed, and what came of it."""
        self.sent_once: dict[tuple[str, str], tuple[int, float]] = {}
        """(openid, client_msg_id) -> (msgid, until when it is not sent again)."""
        self.media: dict[str, dict[str, Any]] = {}
        self.links: dict[str, dict[str, Any]] = {}
        self.is_released = True
        self._msgid = int(time.time() * 1000) * 1000
        self._is_changed = False
        self.load()

    def now(self) -> float:
        """The platform's clock."""
        return time.time() + self.offset

    # -- persistence: a phone keeps its inbox when the platform restarts

    def load(self) -> None:
        """Read the state file, when there is one."""
        if self._state and self._state.exists():
            saved = json.loads(self._state.read_text())
            for user in saved["users"]:
                self._add(User(**user))
            self.templates = saved["templates"]
            self.pages = set(saved["pages"])

    def save(self) -> None:
        """Write the state file, whole or not at all."""
        if self._state is None:
            return
        self._state.parent.mkdir(parents=True, exist_ok=True)
        part = self._state.with_suffix(".part")
        state = {
            "users": [vars(user) for user in self.users.values()],
            "templates": self.templates,
            "pages": sorted(self.pages),
        }
        part.write_text(json.dumps(state, ensure_ascii=False))
        os.replace(part, self._state)
        self._is_changed = False

    def touch(self) -> None:
        """Something changed that the next `save_changes` writes: one file a second, not one a message."""
        self._is_changed = True

    def save_changes(self) -> None:
        """Write the state file, when there is something new."""
        if self._is_changed:
            self.save()

    # -- users and codes

    def add_user(self, name: str, openid: str | None = None) -> User:
        """A new phone; the same openid again is the same phone."""
        openid = openid or "o" + secrets.token_urlsafe(20)
        user = self.users.get(openid)
        if user is None:
            user = self._add(User(openid, "u" + secrets.token_urlsafe(20), name))
        user.name = name
        return user

    def _add(self, user: User) -> User:
        self.users[user.openid] = self._by_service_openid[user.service_openid] = user
        return user

    def user(self, openid: object) -> User:
        """A user of the mini-program. Raises PlatformError 40003."""
        return self.user_at(self.accounts["mini"], openid)

    def user_at(self, account: Account, openid: object) -> User:
        """Whom this account knows by `openid`; the other account's openid is nobody. Raises PlatformError 40003."""
        if isinstance(openid, str):
            known = self.users if account.kind == "mini" else self._by_service_openid
            if (user := known.get(openid)) is not None:
                return user
        raise PlatformError(40003)

    def phone(self, openid: object) -> User:
        """Whose openid this is at either account. Raises PlatformError 40003."""
        if isinstance(openid, str) and (user := self.users.get(openid) or self._by_service_openid.get(openid)):
            return user
        raise PlatformError(40003)

    def login_code(self, openid: str) -> str:
        """What wx.login gives the phone: single use, five minutes."""
        code = "0" + secrets.token_urlsafe(20)
        user = self.user(openid)
        user.last_visit = self.now()
        self.codes[code] = (user.openid, self.now() + CODE_SECONDS)
        return code

    def redeem(self, code: str) -> User:
        """Use up a login code. Raises PlatformError 40029, 40163, 40226, and 45011 after a hundred in a minute."""
        if code in self.used_codes:
            raise PlatformError(40163)
        openid, until = self.codes.pop(code, ("", 0.0))
        if not openid or until < self.now():
            raise PlatformError(40029)
        self.used_codes.add(code)
        user = self.users[openid]
        self.quotas.count(openid, "jscode2session", _LOGINS, self.now())
        if user.blocked:
            raise PlatformError(40226)
        return self.new_session(user)

    def new_session(self, user: User) -> User:
        """The person has a new session_key; the old one is dead."""
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

    def check_address(self, address: str | None) -> None:
        """Raises PlatformError 40164 for who is not on the list, when there is one."""
        if self.whitelist and address not in self.whitelist:
            raise PlatformError(40164, f"{address}, not in whitelist")

    def stable_token(self, kind: Kind = "mini", *, force: bool) -> tuple[str, int]:
        """An account's token of the stable family, and the seconds that it has left."""
        token, left, is_new = self.tokens.stable(kind, self.now(), force=force)
        self.calls["tokens_issued"] += is_new
        return token, left

    def check_token(self, token: str | None) -> Account:
        """Whose token this is. Raises PlatformError 41001, 40014, 40001, 42001."""
        return self.accounts[self.tokens.check(token, self.now())]

    # -- consent and messages

    def accept(self, openid: str, template_id: str) -> int:
        """The person ticks and accepts: one more message of this template, or any number of a long-term one."""
        user = self.user(openid)
        if template_id not in self.templates:
            raise PlatformError(40037)
        if self.templates[template_id].get("type") == 3:
            if template_id not in user.long_term:
                user.long_term.append(template_id)
            return 0
        user.credits[template_id] = user.credits.get(template_id, 0) + 1
        return user.credits[template_id]

    def new_msgid(self) -> int:
        """The number of the next message."""
        self._msgid += 1
        return self._msgid

    def take_fault(self, path: str) -> Faults | None:
        """The fault for this call, if one is switched on."""
        at_path = path in self.faults_at
        fault = self.faults_at[path] if at_path else self.faults
        if not fault.hits():
            return None
        if fault.times:
            fault.times -= 1
            if not fault.times:
                if at_path:
                    del self.faults_at[path]
                else:
                    self.faults = Faults()
        return fault
