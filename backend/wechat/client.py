"""wechatpy's endpoints on an aiohttp transport: one shared token, time limits everywhere, no retry loops.

wechatpy 1.8.18 is synchronous and its retry on a stale token recurses without bound; only its map of endpoints,
result handling and error classes are used (docs/decisions/0004).
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakValueDictionary

import aiohttp
from redis.asyncio import Redis
from wechatpy import WeChatClient as _Endpoints

from backend.wechat.errors import STALE_TOKEN, WeChatError
from notices.delivery import Outcome, Receipt

_TIMEOUT = aiohttp.ClientTimeout(total=10, connect=3)
_TOKEN_MARGIN_SECONDS = 300
_LOCK_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a login code belongs to. The platform's session_key is dropped here: nothing of ours needs it."""

    openid: str
    unionid: str | None


class WeChatClient(_Endpoints):
    """The mini-program's client. Endpoint methods inherited from wechatpy become awaitable."""

    def __init__(self, *, appid: str, secret: str, base_url: str, redis: Redis) -> None:
        super().__init__(appid, secret, auto_retry=False)
        self.API_BASE_URL = base_url.rstrip("/") + "/cgi-bin/"
        self._root = base_url.rstrip("/")
        self._redis = redis
        self._http: aiohttp.ClientSession | None = None
        self._asking = asyncio.Lock()
        self._token_key = f"wechat:token:{appid}"
        # The platform refuses two calls for one openid at once (43108); a lock lives as long as somebody holds it.
        self._per_openid: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @property
    def access_token(self) -> str:
        """wechatpy reads this while it is built; the token is asked for with `token()`."""
        raise AttributeError("use token()")

    async def close(self) -> None:
        """Close the connections."""
        if self._http is not None:
            await self._http.close()

    async def token(self, *, stale: str | None = None) -> str:
        """The shared access token; `stale` is one that the platform just refused. One fetch for all workers."""
        known = await self._redis.get(self._token_key)
        if known and known.decode() != stale:
            return known.decode()
        # One of this process asks at a time, so a burst costs Redis one waiter a process and not one a message.
        async with (
            self._asking,
            self._redis.lock(f"{self._token_key}:lock", timeout=_LOCK_SECONDS, blocking_timeout=_LOCK_SECONDS),
        ):
            known = await self._redis.get(self._token_key)
            if known and known.decode() != stale:
                return known.decode()
            answer = await self._exchange(
                "POST",
                f"{self._root}/cgi-bin/stable_token",
                body={
                    "grant_type": "client_credential",
                    "appid": self.appid,
                    "secret": self.secret,
                    "force_refresh": stale is not None,
                },
            )
            seconds = max(60, int(answer["expires_in"]) - _TOKEN_MARGIN_SECONDS)
            await self._redis.set(self._token_key, answer["access_token"], ex=seconds)
            return str(answer["access_token"])

    async def code_to_session(self, code: str) -> Identity:
        """Exchange a wx.login code. Raises WeChatError (40029, 40163, 40226, 45011, ...)."""
        answer = await self._exchange(
            "GET",
            f"{self._root}/sns/jscode2session",
            params={"appid": self.appid, "secret": self.secret, "js_code": code, "grant_type": "authorization_code"},
        )
        return Identity(answer["openid"], answer.get("unionid"))

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

    async def send(self, openid: str, template_id: str, page: str, fields: Mapping[str, str]) -> Receipt:
        """One subscribe message, as the notices' sender: says what happened, raises nothing of WeChat's."""
        lock = self._per_openid.setdefault(openid, asyncio.Lock())
        async with lock:
            try:
                await self.wxa.send_subscribe_message(
                    openid, template_id, {name: {"value": value} for name, value in fields.items()}, page
                )
            except WeChatError as error:
                return Receipt(_outcome(error), error.errcode, error.errmsg)
        return Receipt(Outcome.SENT, 0)

    async def send_text(self, openid: str, text: str) -> Receipt:
        """One customer-service text (custom/send); says what happened, raises nothing of WeChat's."""
        lock = self._per_openid.setdefault(openid, asyncio.Lock())
        async with lock:
            try:
                await self.message.send_text(openid, text)
            except WeChatError as error:
                return Receipt(_outcome(error), error.errcode, error.errmsg)
        return Receipt(Outcome.SENT, 0)

    async def _request(self, method: str, url_or_endpoint: str, **kwargs: Any) -> Any:
        """wechatpy's one transport method: token added, one retry on a stale token, errors as WeChatError."""
        processor = kwargs.pop("result_processor", None)
        base = kwargs.pop("api_base_url", self.API_BASE_URL)
        url = f"{base}{url_or_endpoint}".replace("https://api.weixin.qq.com", self._root)
        params = dict(kwargs.get("params") or {})
        token = await self.token()
        try:
            answer = await self._exchange(
                method, url, params={**params, "access_token": token}, body=kwargs.get("data"), processor=processor
            )
        except WeChatError as error:
            if error.errcode not in STALE_TOKEN:
                raise
            token = await self.token(stale=token)
            answer = await self._exchange(
                method, url, params={**params, "access_token": token}, body=kwargs.get("data"), processor=processor
            )
        return answer

    async def _exchange(
        self, method: str, url: str, *, params: Mapping[str, str] | None = None, body: Any = None, processor: Any = None
    ) -> Any:
        if self._http is None:
            # trust_env stays off: a proxy variable on the machine must not see tokens and openids.
            self._http = aiohttp.ClientSession(timeout=_TIMEOUT, connector=aiohttp.TCPConnector(limit=64))
        data = json.dumps(body, ensure_ascii=False).encode() if body is not None else None
        headers = {"Content-Type": "application/json"} if data else {}
        try:
            async with self._http.request(method, url, params=params, data=data, headers=headers) as response:
                content = await response.read()
                status = response.status
        except aiohttp.ClientConnectorError as error:
            raise WeChatError(0, f"cannot connect: {type(error).__name__}") from error
        except aiohttp.ConnectionTimeoutError as error:
            raise WeChatError(0, "cannot connect: timeout") from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise WeChatError(0, f"no answer: {type(error).__name__}", sent=True) from error
        if status >= 500:
            raise WeChatError(0, f"HTTP {status}", sent=True)
        return _understand(content, processor)


def _understand(content: bytes, processor: Any) -> Any:
    try:
        result = json.loads(content)
    except ValueError as error:
        raise WeChatError(0, "answer is not JSON", sent=True) from error
    if isinstance(result, dict) and int(result.get("errcode") or 0) != 0:
        raise WeChatError(int(result["errcode"]), str(result.get("errmsg", "")))
    return processor(result) if processor else result


def _outcome(error: WeChatError) -> Outcome:
    if error.consent_spent:
        return Outcome.NO_CONSENT
    if error.retryable:
        return Outcome.NOT_SENT_RETRY
    return Outcome.UNKNOWN if error.ambiguous else Outcome.NOT_SENT
