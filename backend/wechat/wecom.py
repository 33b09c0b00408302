"""WeCom (企业微信) for cadres: wechatpy's endpoints on an aiohttp transport, one token for all workers.

Never checked against the live service (docs/channels.md). wechatpy's own client is synchronous and asks for a new
token without bound; only its map of endpoints is used.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError
from wechatpy.enterprise import WeChatClient as _Endpoints

from backend.outgoing import Outgoing, UnansweredError
from backend.wechat.errors import WeChatError
from backend.wechat.token import SharedToken
from notices.verdicts import Outcome, Receipt, Then

SAME_WITHIN_SECONDS = 14_400
"""Within these the platform shows a repeated message once: the same key may be sent again after no answer."""
OUTCOMES: dict[int, Outcome] = {
    -1: Outcome.NOT_SENT_RETRY,  # busy
    45033: Outcome.NOT_SENT_RETRY,  # too many calls at once
    40001: Outcome.NOT_SENT,  # secret refused
    40013: Outcome.NOT_SENT,  # corp id refused
    40014: Outcome.NOT_SENT,  # token refused, a new one too
    40056: Outcome.NOT_SENT,  # not our application
    40091: Outcome.NOT_SENT,  # secret refused
    42001: Outcome.NOT_SENT,  # token expired, a new one too
    45009: Outcome.NOT_SENT,  # the day's quota of the company
    48002: Outcome.NOT_SENT,  # the application may not send
    60020: Outcome.NOT_SENT,  # our address is not on the list
    81013: Outcome.NOT_SENT,  # nobody of this name, or out of the application's sight
    301002: Outcome.NOT_SENT,  # another application's token
}
"""errcode -> what it means for one message; what is not listed was refused and would be refused again."""
CHANNEL_WIDE = frozenset({40001, 40013, 40014, 40056, 40091, 42001, 45009, 48002, 60020, 301002})
"""Every other member would get the same answer: the channel is better left alone for a while."""
_DAY_IS_SPENT = 45009
OWN_LIMIT = "own_limit.member_minute"
_A_MINUTE = 15
_STALE = frozenset({40001, 40014, 42001})
_TITLE = "鹿城社会救助"
_MOST_BYTES = 512


class WeComClient(_Endpoints):
    """One application of one company."""

    def __init__(self, *, corp_id: str, secret: str, agent_id: int, base_url: str, redis: Redis) -> None:
        super().__init__(corp_id, secret, auto_retry=False)
        self._agent_id = agent_id
        self.API_BASE_URL = base_url.rstrip("/") + "/cgi-bin/"
        self._redis = redis
        self._outgoing = Outgoing(connections=32)
        # Another secret is another application: it must not be answered with this one's token.
        whose = hashlib.sha256(f"{corp_id}:{agent_id}:{secret}".encode()).hexdigest()[:16]
        self._key = f"wecom:{whose}"
        self._token = SharedToken(self._key, redis, self._fetch, forces=False)

    @property
    def access_token(self) -> str:
        """wechatpy reads this while it is built; the token is asked for with `token()`."""
        raise AttributeError("use token()")

    async def close(self) -> None:
        """Close the connections."""
        await self._outgoing.close()

    async def send(self, userid: str, text: str, url: str, *, key: str) -> Receipt:
        """A card with one line that opens `url`; says what happened, raises nothing of WeCom's.

        The platform compares whole messages: `key` stands in the address behind #, so that the same notice sent
        again is shown once and another with the same words is another.
        """
        mark = hashlib.sha256(key.encode()).hexdigest()[:16]
        card = {"title": _TITLE, "description": _clip(text), "url": f"{url}#{mark}", "btntxt": "点开查看"}
        message = {
            "msgtype": "textcard",
            "textcard": card,
            "enable_duplicate_check": 1,
            "duplicate_check_interval": SAME_WITHIN_SECONDS,
        }
        try:
            if await self._too_many(userid):
                return Receipt(Outcome.NOT_SENT_RETRY, None, OWN_LIMIT)
            answer = await self.message.send(self._agent_id, [userid], msg=message)
        except WeChatError as error:
            return Receipt(_outcome(error), error.errcode, error.errmsg, then=_then(error.errcode))
        except RedisError as error:  # asked before the message leaves, or after it was refused for its token
            return Receipt(Outcome.NOT_SENT_RETRY, None, f"no token: {type(error).__name__}")
        if answer.get("invaliduser") or answer.get("unlicenseduser"):
            return Receipt(Outcome.NOT_SENT, 0, "invaliduser")
        return Receipt(Outcome.SENT, 0, None, str(answer.get("msgid") or "") or None)

    async def token(self, *, stale: str | None = None) -> str:
        """The access token shared by all workers; `stale` is one that the platform just refused."""
        return await self._token.get(stale)

    async def _fetch(self, _force: bool) -> tuple[str, int]:
        params = {"corpid": self.corp_id, "corpsecret": self.secret}
        try:
            answer = await self._exchange("GET", f"{self.API_BASE_URL}gettoken", params=params)
        except WeChatError as error:
            # However the asking failed, the message had not left yet.
            raise WeChatError(error.errcode, error.errmsg) from error
        return str(answer["access_token"]), int(answer["expires_in"])

    async def _too_many(self, userid: str) -> bool:
        """What exceeds 30 a minute the platform drops and answers ok: we stop at half, since two minutes can touch."""
        key = f"{self._key}:minute:{hashlib.sha256(userid.lower().encode()).hexdigest()[:16]}"
        async with self._redis.pipeline(transaction=True) as together:
            together.set(key, 0, ex=60, nx=True)
            together.incr(key)
            _, number = await together.execute()
        return int(number) > _A_MINUTE

    async def _request(self, method: str, url_or_endpoint: str, **kwargs: Any) -> Any:
        """wechatpy's one transport method: token added, one retry on a stale token, errors as WeChatError."""
        url, body = f"{self.API_BASE_URL}{url_or_endpoint}", kwargs.get("data")
        token = await self.token()
        try:
            return await self._exchange(method, url, params=_with(kwargs, token), body=body)
        except WeChatError as error:
            if error.errcode not in _STALE:
                raise
            token = await self.token(stale=token)
            return await self._exchange(method, url, params=_with(kwargs, token), body=body)

    async def _exchange(self, method: str, url: str, *, params: Mapping[str, str], body: Any = None) -> Any:
        data = json.dumps(body, ensure_ascii=False).encode() if body is not None else None
        headers = {"Content-Type": "application/json"} if data else {}
        try:
            answer = await self._outgoing.call(method, url, params=params, data=data, headers=headers)
        except UnansweredError as error:
            raise WeChatError(0, str(error), sent=error.left) from None
        if answer.status >= 400:
            raise WeChatError(0, f"HTTP {answer.status}", sent=answer.status >= 500)
        return _understand(answer.content)


def _with(kwargs: Mapping[str, Any], token: str) -> dict[str, str]:
    return {**(kwargs.get("params") or {}), "access_token": token}


def _understand(content: bytes) -> Any:
    try:
        answer = json.loads(content)
        errcode = int(answer["errcode"])
    except (ValueError, KeyError, TypeError):
        raise WeChatError(0, "answer is not WeCom's", sent=True) from None
    if errcode != 0:
        raise WeChatError(errcode, _CODE_WORDS.get(errcode, "refused"))
    return answer


_CODE_WORDS = {
    -1: "busy",
    45009: "the day's quota is used up",
    45033: "too many calls at once",
    81013: "no such member",
}
"""Our words: the platform's own repeat who was written to and from where."""


def _outcome(error: WeChatError) -> Outcome:
    if error.errcode == 0:
        return Outcome.UNKNOWN if error.sent else Outcome.NOT_SENT_RETRY
    return OUTCOMES.get(error.errcode, Outcome.NOT_SENT)


def _then(errcode: int) -> Then:
    if errcode == _DAY_IS_SPENT:
        return Then.PAUSE_CHANNEL
    return Then.TRIP_CHANNEL if errcode in CHANNEL_WIDE else Then.NOTHING


def _clip(text: str) -> str:
    return text.encode()[:_MOST_BYTES].decode(errors="ignore")
