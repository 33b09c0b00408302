"""What a person does in a chat, and the fields that the platform pushes about it."""

from collections.abc import Mapping
from dataclasses import dataclass

from simulator.accounts import Account

_KINDS = {
    "mini": ("text", "image", "miniprogrampage", "event"),
    "service": ("text", "image", "voice", "video", "location", "link", "event"),
}
_EVENTS = {
    "mini": ("user_enter_tempsession",),
    "service": ("subscribe", "unsubscribe", "SCAN", "CLICK", "VIEW"),
}


@dataclass(frozen=True, slots=True)
class Act:
    """A message or an event. `key`: EventKey, SessionFrom, or the page of a mini-program's card."""

    kind: str = "text"
    text: str = ""
    event: str = ""
    key: str = ""
    recognition: str = ""
    """What the platform understood of a voice message."""

    @classmethod
    def of(cls, body: Mapping[str, object]) -> "Act":
        """From an admin call; a text needs its text, an event its name. Raises KeyError, ValueError."""
        values = {name: str(body[name]) for name in cls.__dataclass_fields__ if body.get(name) is not None}
        act = cls(**values)
        if act.kind == "text" and not act.text.strip():
            raise ValueError("text is empty")
        return act

    def check(self, account: Account) -> None:
        """Raises ValueError when nobody can do this at such an account."""
        if self.kind not in _KINDS[account.kind]:
            raise ValueError(f"no {self.kind} is pushed to a {account.kind} account")
        if self.kind == "event" and self.event not in _EVENTS[account.kind]:
            raise ValueError(f"no event {self.event!r} is pushed to a {account.kind} account")

    @property
    def action(self) -> str:
        """The action that may open a window."""
        return self.event if self.kind == "event" else "message"

    @property
    def shown(self) -> str:
        """The person's line in the chat; empty for an event, which shows nothing."""
        names = {"image": "图片", "video": "视频", "location": "位置", "link": "链接", "miniprogrampage": "小程序卡片"}
        if self.kind == "voice":
            return f"[语音] {self.recognition}".rstrip()
        return f"[{names[self.kind]}]" if self.kind in names else self.text

    def fields(self, account: Account) -> dict[str, str]:
        """What is pushed besides the sender, the time and the message id."""
        match self.kind:
            case "text":
                return {"Content": self.text}
            case "image":
                return {"PicUrl": "http://127.0.0.1:9/picture.jpg", "MediaId": "demo-media"}
            case "voice":
                heard = {"Recognition": self.recognition} if self.recognition else {}
                return {"MediaId": "demo-media", "Format": "amr"} | heard
            case "video":
                return {"MediaId": "demo-media", "ThumbMediaId": "demo-thumb"}
            case "location":
                return {"Location_X": "28.0", "Location_Y": "120.6", "Scale": "15", "Label": self.text or "某地"}
            case "link":
                return {"Title": self.text or "链接", "Description": "", "Url": self.key or "http://127.0.0.1:9/"}
            case "miniprogrampage":
                card = {"Title": self.text or "小程序", "AppId": account.appid, "PagePath": self.key or "pages/index"}
                return card | {"ThumbUrl": "http://127.0.0.1:9/thumb.jpg", "ThumbMediaId": "demo-thumb"}
        return {"Event": self.event, "SessionFrom" if account.kind == "mini" else "EventKey": self.key}
