"""Two accounts on one open platform, and the people who use both: an openid at each, one unionid."""

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["mini", "service"]


@dataclass(frozen=True, slots=True)
class Account:
    """A mini-program or a service account: its secrets, and where its messages are pushed to."""

    kind: Kind
    appid: str
    secret: str
    push_token: str
    push_aes_key: str
    original_id: str
    push_url: str


@dataclass
class User:
    """A phone: its owner's ids, the credits by template, what arrived, and the open windows of each account."""

    openid: str
    """At the mini-program; the phone goes by it."""
    unionid: str
    name: str
    credits: dict[str, int] = field(default_factory=dict)
    inbox: list[dict[str, object]] = field(default_factory=list)
    chat: list[dict[str, object]] = field(default_factory=list)
    """{"account", "from": "me" | "account", "kind", "text", "at"}, the oldest first, both accounts' together."""
    session_key: str = ""
    service_openid: str = ""
    windows: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)
    """account -> action -> {"left", "until"}: see simulator.windows."""
    phone: str = ""
    """The number without its country."""
    country_code: str = "86"
    follows: bool = True
    """Whether the phone follows the service account."""
    long_term: list[str] = field(default_factory=list)
    """Templates of type 3 that the person allows until further notice."""
    always: dict[str, str] = field(default_factory=dict)
    """Template -> accept or reject: what the person ticked with `always`; no popup asks again."""
    main_switch: bool = True
    """Off: no subscribe message of any template, whatever was accepted."""
    last_visit: float = 0.0
    """When the person was last in the mini-program, on the platform's clock."""
    blocked: bool = False
    """A person whom the platform holds for a risk: no login code is exchanged (40226)."""

    def __post_init__(self) -> None:
        if not self.service_openid:
            # Derived, so that a phone of an older state file has the same one after every start.
            digest = hashlib.sha256(f"service account:{self.openid}".encode()).digest()
            self.service_openid = "oS" + base64.urlsafe_b64encode(digest).decode()[:26]
        if not self.phone:
            # 100 begins nobody's mobile number.
            self.phone = f"100{int(hashlib.sha256(f'phone:{self.openid}'.encode()).hexdigest(), 16) % 10**8:08d}"
        for line in self.chat:
            line.setdefault("account", "service")
            line.setdefault("kind", "text")

    def openid_at(self, account: Account) -> str:
        """The openid by which this account knows the person."""
        return self.openid if account.kind == "mini" else self.service_openid

    def chat_with(self, kind: str) -> list[dict[str, object]]:
        """The lines of one account's chat."""
        return [line for line in self.chat if line["account"] == kind]
