"""WeCom (企业微信) as far as we call it: gettoken and message/send. Never checked against the live service.

One company, one application of its own, members by userid. `make_app` is mounted under a prefix or served alone.
"""

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from simulator import ends
from simulator.ends import END, End, Fault, Refusal, public

TOKEN_SECONDS = 7200
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
A_MINUTE, AN_HOUR, A_SEAT_AND_DAY = 30, 1000, 200
MOST_RECEIVERS = 1000
DUPLICATE_DEFAULT, DUPLICATE_MOST = 1800, 14_400
MESSAGES = {
    "-1": "system error",
    "40001": "invalid credential",
    "40008": "invalid message type",
    "40013": "invalid corpid",
    "40014": "invalid access_token",
    "40032": "invalid userid list length",
    "40056": "invalid agentid",
    "40058": "invalid Request Parameter",
    "40091": "invalid secret",
    "41001": "access_token missing",
    "41002": "corpid missing",
    "41004": "corpsecret missing",
    "41011": "agentid missing",
    "42001": "access_token expired",
    "43002": "require POST method",
    "44004": "empty content",
    "45009": "reach max api daily quota limit",
    "45033": "api concurrent out of limit",
    "47001": "data format error",
    "48002": "api forbidden",
    "60020": "not allow to access from your ip",
    "81013": "user & party & tag all invalid",
    "82001": "all of user, party and tag are empty",
    "301002": "not allow operate another agent with this accesstoken",
}


@dataclass
class Member:
    """Somebody in the company's address book, with what the application showed them."""

    userid: str
    name: str
    inbox: list[dict[str, Any]] = field(default_factory=list)
    shown_at: list[float] = field(default_factory=list)


class WeCom(End):
    """The company. `seats`: how many accounts it may have, which decides the messages a day."""

    def __init__(self, *, corp_id: str, secret: str, agent_id: int, seats: int = 200) -> None:
        super().__init__()
        self.corp_id, self.secret, self.agent_id, self.seats = corp_id, secret, agent_id, seats
        self.members: dict[str, Member] = {}
        self.tokens: dict[str, float] = {}
        self._current = ""
        self._recent: dict[tuple[str, str], float] = {}
        self._sent: list[float] = []

    def refused(self, refusal: Refusal) -> web.Response:
        """errcode and errmsg with HTTP 200."""
        words = " ".join(filter(None, (MESSAGES.get(refusal.code, "error"), refusal.detail)))
        hint = f", hint: [{secrets.token_hex(8)}], from ip: 127.0.0.1"
        return web.json_response({"errcode": int(refusal.code), "errmsg": words + hint})

    def add(self, userid: str, name: str) -> Member:
        """A member; the same userid, in whichever case, is the same member."""
        return self.members.setdefault(userid.lower(), Member(userid, name))

    def token(self) -> tuple[str, int]:
        """(token, seconds left): the same while it is valid."""
        left = self.tokens.get(self._current, 0.0) - self.now()
        if left <= 0:
            self._current, left = secrets.token_urlsafe(96), float(TOKEN_SECONDS)
            self.tokens[self._current] = self.now() + left
            self.calls["tokens_issued"] += 1
        return self._current, int(left)

    def check_token(self, token: str | None) -> None:
        """Raises Refusal 41001, 40014, 42001."""
        if not token:
            raise Refusal("41001")
        if token not in self.tokens:
            raise Refusal("40014")
        if self.tokens[token] <= self.now():
            raise Refusal("42001")

    def spend_quota(self, number: int) -> None:
        """Every receiver counts, of the seats' messages in a day. Raises Refusal 45009."""
        now = self.now()
        self._sent = [at for at in self._sent if at > now - DAY]
        if len(self._sent) + number > self.seats * A_SEAT_AND_DAY:
            raise Refusal("45009")
        self._sent += [now] * number

    def show(self, member: Member, message: dict[str, Any], *, same_within: float, digest: str) -> None:
        """The message on the phone, unless it is there already or the member had too many: nobody is told of either."""
        now, mark = self.now(), (member.userid, digest)
        if same_within and self._recent.get(mark, 0.0) > now:
            return
        member.shown_at = [at for at in member.shown_at if at > now - HOUR]
        in_minute = sum(at > now - MINUTE for at in member.shown_at)
        if in_minute >= A_MINUTE or len(member.shown_at) >= AN_HOUR:
            return
        self._recent[mark] = now + same_within
        member.shown_at.append(now)
        member.inbox.append(message | {"at": now})


WECOM = web.AppKey("wecom", WeCom)
routes = web.RouteTableDef()


def make_app(wecom: WeCom) -> web.Application:
    """The company's end as an aiohttp application."""
    app = web.Application()
    app[END] = app[WECOM] = wecom
    app.add_routes(routes)
    return app


@routes.get("/cgi-bin/gettoken")
@public
async def gettoken(request: web.Request, _fault: Fault) -> web.Response:
    """The application's token."""
    wecom = request.app[WECOM]
    for name, code in (("corpid", "41002"), ("corpsecret", "41004")):
        if not request.query.get(name):
            raise Refusal(code)
    if request.query["corpid"] != wecom.corp_id:
        raise Refusal("40013")
    if request.query["corpsecret"] != wecom.secret:
        raise Refusal("40001")
    token, seconds = wecom.token()
    return web.json_response({"errcode": 0, "errmsg": "ok", "access_token": token, "expires_in": seconds})


@routes.route("*", "/cgi-bin/message/send")
@public
async def send(request: web.Request, _fault: Fault) -> web.Response:
    """One message to members: token, body, application, receivers, content, in this order."""
    wecom = request.app[WECOM]
    wecom.check_token(request.query.get("access_token"))
    body = await _body(request)
    if "agentid" not in body:
        raise Refusal("41011")
    if str(body["agentid"]) != str(wecom.agent_id):
        raise Refusal("40056")
    known, unknown = _receivers(wecom, body)
    message = _content(body)
    wecom.spend_quota(len(known))
    same_within = _duplicate_seconds(body)
    for member in known:
        wecom.show(member, message, same_within=same_within, digest=json.dumps(body, sort_keys=True))
    answer = {"errcode": 0, "errmsg": "ok", "msgid": secrets.token_urlsafe(48)}
    return web.json_response(answer | ({"invaliduser": "|".join(unknown)} if unknown else {}))


async def _body(request: web.Request) -> dict[str, Any]:
    if request.method != "POST":
        raise Refusal("43002")
    try:
        body = json.loads(await request.read())
    except ValueError as error:
        raise Refusal("47001") from error
    if not isinstance(body, dict):
        raise Refusal("47001")
    return body


def _receivers(wecom: WeCom, body: dict[str, Any]) -> tuple[list[Member], list[str]]:
    """(who gets it, who is nobody here), the latter in lower case. Raises Refusal 82001, 40032, 81013."""
    if not any(body.get(name) for name in ("touser", "toparty", "totag")):
        raise Refusal("82001")
    if body.get("touser") == "@all":
        return list(wecom.members.values()), []
    userids = [userid for userid in str(body.get("touser") or "").lower().split("|") if userid]
    if len(userids) > MOST_RECEIVERS:
        raise Refusal("40032")
    known = [wecom.members[userid] for userid in dict.fromkeys(userids) if userid in wecom.members]
    if not known:
        raise Refusal("81013")
    return known, [userid for userid in userids if userid not in wecom.members]


def _content(body: dict[str, Any]) -> dict[str, Any]:
    """What the phone shows; too long is cut, as the documents say. Raises Refusal 40008, 40058, 44004."""
    kind = body.get("msgtype")
    said = body.get(kind) if kind in ("text", "textcard") else None
    if kind not in ("text", "textcard"):
        raise Refusal("40008")
    if not isinstance(said, dict):
        raise Refusal("40058", f"missing {kind}")
    if kind == "text":
        if not said.get("content"):
            raise Refusal("44004")
        return {"text": _cut(str(said["content"]), 2048)}
    _require(said, ("title", "description", "url"))
    if len(str(said["url"]).encode()) > 2048:
        raise Refusal("40058", "textcard.url too long")
    return {
        "title": _cut(str(said["title"]), 128),
        "text": _cut(str(said["description"]), 512),
        "url": str(said["url"]),
    }


def _require(said: dict[str, Any], names: Iterable[str]) -> None:
    for name in names:
        if not said.get(name):
            raise Refusal("40058", f"missing textcard.{name}")


def _duplicate_seconds(body: dict[str, Any]) -> float:
    """Within how many seconds the same body is shown once; 0: every time."""
    if body.get("enable_duplicate_check") != 1:
        return 0.0
    wanted = body.get("duplicate_check_interval", DUPLICATE_DEFAULT)
    if not isinstance(wanted, int) or not 0 < wanted <= DUPLICATE_MOST:
        raise Refusal("40058", "duplicate_check_interval")
    return float(wanted)


def _cut(text: str, most: int) -> str:
    return text.encode()[:most].decode(errors="ignore")


# -- admin and page


@routes.post("/admin/members")
async def add_members(request: web.Request) -> web.Response:
    """{"members": [{"userid", "name"}]}: the address book."""
    for wanted in (await request.json())["members"]:
        request.app[WECOM].add(str(wanted["userid"]), str(wanted["name"]))
    return web.json_response({"members": len(request.app[WECOM].members)})


@routes.get("/admin/inbox")
async def inbox(request: web.Request) -> web.Response:
    """?userid= -> everything that this member was shown."""
    member = request.app[WECOM].members.get(request.query.get("userid", "").lower())
    return web.json_response(member.inbox if member else [])


@routes.post("/admin/revoke_token")
async def revoke_token(request: web.Request) -> web.Response:
    """Every token becomes invalid at once, as the documents warn of."""
    request.app[WECOM].tokens.clear()
    return web.json_response({"ok": True})


ends.admin_of(routes)


@routes.get("/")
async def shown(request: web.Request) -> web.Response:
    """The members and what they were shown."""
    members = sorted(request.app[WECOM].members.values(), key=lambda member: (-len(member.inbox), member.userid))
    return ends.page(
        "模拟企业微信",
        "演示用的企业微信, 不是真的。",
        [(f"{member.name}({member.userid})", member.inbox) for member in members],
    )
