"""What we send to a person: every way says what happened, and raises nothing of WeChat's."""

import asyncio
from collections.abc import Mapping
from typing import Any
from weakref import WeakValueDictionary

from backend.wechat.errors import Meaning, WeChatError
from notices.delivery import Outcome, Receipt

_OUTCOMES = {Meaning.NO_CONSENT: Outcome.NO_CONSENT, Meaning.AMBIGUOUS: Outcome.UNKNOWN}


class Messages:
    """The part of the client that sends; `post` is the client's. A receipt's errcode is the platform's own."""

    post: Any

    def __init__(self) -> None:
        # The platform refuses two calls for one openid at once (43108); a lock lives as long as somebody holds it.
        self._per_openid: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def send(
        self,
        openid: str,
        template_id: str,
        page: str,
        fields: Mapping[str, str],
        *,
        miniprogram_state: str = "formal",
        lang: str = "zh_CN",
    ) -> Receipt:
        """One subscribe message of the mini-program (subscribe/send), to its own openid.

        `miniprogram_state`: which version the message opens, formal, trial or developer.
        """
        body = _to(openid, template_id, fields)
        body |= {"page": page, "miniprogram_state": miniprogram_state, "lang": lang}
        return await self._send(openid, "message/subscribe/send", body)

    async def bizsend(
        self, openid: str, template_id: str, fields: Mapping[str, str], *, opens: tuple[str, str] | None = None
    ) -> Receipt:
        """One subscribe message of the service account, to its own openid, whether the person follows it or not.

        `opens`: (appid, page) of the mini-program. With the mini-program's client the platform refuses (48001).
        """
        return await self._send(openid, "message/subscribe/bizsend", _to(openid, template_id, fields) | _card(opens))

    async def template_send(
        self,
        openid: str,
        template_id: str,
        fields: Mapping[str, str],
        *,
        client_msg_id: str,
        opens: tuple[str, str] | None = None,
    ) -> Receipt:
        """One template message of the service account, to who follows it (43004 otherwise).

        `client_msg_id`: the platform sends the same to one openid once in ten minutes, so within them an uncertain
        one may be sent again.
        """
        body = _to(openid, template_id, fields) | _card(opens) | {"client_msg_id": client_msg_id}
        return await self._send(openid, "message/template/send", body)

    async def send_text(self, openid: str, text: str) -> Receipt:
        """One customer-service text (custom/send)."""
        body = {"touser": openid, "msgtype": "text", "text": {"content": text}}
        return await self._send(openid, "message/custom/send", body)

    async def _send(self, openid: str, endpoint: str, body: Mapping[str, Any]) -> Receipt:
        lock = self._per_openid.setdefault(openid, asyncio.Lock())
        async with lock:
            try:
                answer = await self.post(endpoint, data=body)
            except WeChatError as error:
                return Receipt(_outcome(error), error.errcode, error.errmsg)
        # The documents promise a msgid of template messages alone; where there is one, later events name it.
        return Receipt(Outcome.SENT, 0, msgid=str(answer.get("msgid") or "") or None)


def _to(openid: str, template_id: str, fields: Mapping[str, str]) -> dict[str, Any]:
    data = {name: {"value": value} for name, value in fields.items()}
    return {"touser": openid, "template_id": template_id, "data": data}


def _card(opens: tuple[str, str] | None) -> dict[str, Any]:
    return {"miniprogram": {"appid": opens[0], "pagepath": opens[1]}} if opens else {}


def _outcome(error: WeChatError) -> Outcome:
    if error.retryable:
        return Outcome.NOT_SENT_RETRY
    return _OUTCOMES.get(error.meaning, Outcome.NOT_SENT)
