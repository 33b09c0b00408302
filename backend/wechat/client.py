"""wechatpy's endpoints on an aiohttp transport: one shared token, time limits everywhere, no retry loops.

wechatpy 1.8.18 is synchronous and its retry on a stale token recurses without bound; only its map of endpoints is used
(docs/decisions/0004). What it lacks stands in messages, codes, safety and templates, in its own form.
"""

import contextlib
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

import aiohttp
from redis.asyncio import Redis
from redis.exceptions import RedisError
from wechatpy import WeChatClient as _Endpoints

from backend.outgoing import TIMEOUT, Outgoing, UnansweredError
from backend.wechat.codes import Codes
from backend.wechat.errors import Meaning, WeChatError
from backend.wechat.messages import Messages
from backend.wechat.safety import Safety
from backend.wechat.templates import OwnTemplates
from backend.wechat.token import FETCH_SECONDS, SharedToken

Alert = Callable[[str, int, str], Awaitable[None]]
"""What an operator must hear: `stale_token` or `credentials`, the errcode, the platform's words. Raises nothing."""

_TOKEN_TIMEOUT = aiohttp.ClientTimeout(total=FETCH_SECONDS, connect=3)
_CONNECTIONS = 400
"""Two lanes with 200 messages each in the air: a meeting never waits for a connection that a list holds."""
_ALERTS_APART_SECONDS = 600
_WORDS = ("text/", "application/json")
_WRITE = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a login code belongs to. The platform's session_key is dropped here: nothing of ours needs it."""

    openid: str
    unionid: str | None


class WeChatClient(Messages, _Endpoints):
    """One account's client. Endpoint methods inherited from wechatpy become awaitable and raise WeChatError."""

    codes = Codes()
    safety = Safety()
    own_templates = OwnTemplates()

    def __init__(self, *, appid: str, secret: str, base_url: str, redis: Redis, alert: Alert | None = None) -> None:
        Messages.__init__(self)
        _Endpoints.__init__(self, appid, secret, auto_retry=False)
        self.API_BASE_URL = base_url.rstrip("/") + "/cgi-bin/"
        self._root = base_url.rstrip("/")
        self._redis = redis
        self._alert = alert
        self._told: dict[int, float] = {}
        self._outgoing = Outgoing(connections=_CONNECTIONS)
        self._token = SharedToken(appid, redis, self._stable_token)

    @property
    def access_token(self) -> str:
        """wechatpy reads this while it is built; the token is asked for with `token()`."""
        raise AttributeError("use token()")

    async def close(self) -> None:
        """Close the connections."""
        await self._outgoing.close()

    async def token(self, *, stale: str | None = None) -> str:
        """The access token shared by all workers; `stale` is one that the platform just refused."""
        return await self._token.get(stale)

    async def code_to_session(self, code: str) -> Identity:
        """Exchange a wx.login code. Raises WeChatError (40029, 40163, 40226, 45011, ...)."""
        answer = await self._exchange(
            "GET",
            f"{self._root}/sns/jscode2session",
            params={"appid": self.appid, "secret": self.secret, "js_code": code, "grant_type": "authorization_code"},
        )
        return Identity(answer["openid"], answer.get("unionid"))

    async def session_holds(self, openid: str, session_key: str) -> bool:
        """Whether a session_key is still the person's (checksession). Raises WeChatError but 87007 and 87009."""
        params = {
            "openid": openid,
            "signature": session_signature(session_key),
            "sig_method": "hmac_sha256",
        }
        try:
            await self.get("wxa/checksession", api_base_url=f"{self._root}/", params=params)
        except WeChatError as error:
            if error.errcode in (87007, 87009):
                return False
            raise
        return True

    async def phone_number(self, code: str) -> str:
        """The telephone behind a code of the getPhoneNumber button (not of wx.login); used up by this call.

        Raises WeChatError (40029: unknown, used or older than five minutes; 45011, -1, ...).
        """
        answer = await self.post("wxa/business/getuserphonenumber", api_base_url=f"{self._root}/", data={"code": code})
        info = answer["phone_info"]
        abroad = str(info["countryCode"]) != "86"
        return f"+{info['countryCode']} {info['purePhoneNumber']}" if abroad else str(info["purePhoneNumber"])

    async def unionid_of(self, openid: str) -> str | None:
        """The unionid of somebody who follows the service account; None where the platform tells none.

        Raises WeChatError (40003 for an openid of another account, ...).
        """
        return (await self.user.get(openid)).get("unionid") or None

    # -- the transport

    async def _request(self, method: str, url_or_endpoint: str, **kwargs: Any) -> Any:
        """wechatpy's one transport method: token added, one retry on a stale token, errors as WeChatError."""
        base = kwargs.pop("api_base_url", self.API_BASE_URL)
        is_whole = url_or_endpoint.startswith(("http://", "https://"))
        url = url_or_endpoint if is_whole else f"{base}{url_or_endpoint}"
        url = url.replace("https://api.weixin.qq.com", self._root)
        params, processor = dict(kwargs.get("params") or {}), kwargs.get("result_processor")
        # Read before the first try: a file that was sent is at its end when it must be sent again.
        files = {
            name: file.read() if hasattr(file, "read") else file for name, file in (kwargs.get("files") or {}).items()
        }

        async def call(token: str) -> Any:
            with_token = {**params, "access_token": token}
            return await self._exchange(method, url, params=with_token, body=kwargs.get("data"), files=files)

        token = await self.token()
        try:
            answer = await call(token)
        except WeChatError as error:
            if error.meaning is not Meaning.STALE_TOKEN:
                raise
            answer = await self._once_more(call, token)
        return processor(answer) if processor else answer

    async def _once_more(self, call: Callable[[str], Awaitable[Any]], stale: str) -> Any:
        token = await self.token(stale=stale)
        try:
            return await call(token)
        except WeChatError as error:
            if error.meaning is Meaning.STALE_TOKEN:
                await self._tell("stale_token", error)
            raise

    async def _stable_token(self, force: bool) -> tuple[str, int]:
        body = {
            "grant_type": "client_credential",
            "appid": self.appid,
            "secret": self.secret,
            "force_refresh": force,
        }
        try:
            url = f"{self._root}/cgi-bin/stable_token"
            answer = await self._exchange("POST", url, body=body, limits=_TOKEN_TIMEOUT)
        except WeChatError as error:
            if error.meaning in (Meaning.CREDENTIALS, Meaning.STALE_TOKEN):  # 40001 is said of a wrong secret too
                await self._tell("credentials", error)
            # Whatever the answer was, the call that wanted the token never left.
            raise WeChatError(error.errcode, f"no token: {error.errmsg}") from error
        return str(answer["access_token"]), int(answer["expires_in"])

    async def _tell(self, what: str, error: WeChatError) -> None:
        """The operator hears of it once in ten minutes, from one worker of all."""
        if self._alert is None or self._told.get(error.errcode, 0.0) > monotonic():
            return
        self._told[error.errcode] = monotonic() + _ALERTS_APART_SECONDS
        with contextlib.suppress(RedisError, OSError):
            key = f"wechat:alert:{self.appid}:{error.errcode}"
            if not await self._redis.set(key, 1, nx=True, ex=_ALERTS_APART_SECONDS):
                return
        await self._alert(what, error.errcode, error.errmsg)

    async def _exchange(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        files: Mapping[str, Any] | None = None,
        limits: aiohttp.ClientTimeout = TIMEOUT,
    ) -> Any:
        data, headers = _payload(body, files)
        try:
            answer = await self._outgoing.call(method, url, params=params, data=data, headers=headers, limits=limits)
        except UnansweredError as error:
            raise WeChatError(0, str(error), sent=error.left) from None
        if answer.status != 200:
            raise WeChatError(0, f"HTTP {answer.status}", sent=True)
        return _understand(answer.content, answer.content_type)


def session_signature(session_key: str, message: str = "") -> str:
    """HMAC-SHA-256 in hex, with the key as the platform wrote it, not decoded."""
    return hmac.new(session_key.encode(), message.encode(), hashlib.sha256).hexdigest()


def _payload(body: Any, files: Mapping[str, Any] | None) -> tuple[Any, dict[str, str]]:
    if files:
        form = aiohttp.FormData()
        for name, file in files.items():
            form.add_field(name, file, filename=name)
        return form, {}
    if body is None:
        return None, {}
    return _WRITE(body).encode(), {"Content-Type": "application/json"}


def _understand(content: bytes, content_type: str) -> Any:
    """The answer's object, or bytes that are no words. Raises WeChatError.

    The platform calls JSON text/plain at times, and errors come as JSON where a picture was asked for: what the bytes
    are goes before what they are called.
    """
    try:
        if content[:1] not in (b"{", b"["):
            raise ValueError("no object")
        result = json.loads(content)
    except ValueError as error:
        if content and not content_type.startswith(_WORDS):
            return content
        raise WeChatError(0, "answer is not JSON", sent=True) from error
    if isinstance(result, dict) and int(result.get("errcode") or 0) != 0:
        raise WeChatError(int(result["errcode"]), str(result.get("errmsg", "")))
    return result
