"""Channels: each makes of a letter what its client sends. Clients are handed in; none is imported here."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from models.people import Person
from notices.claims import Letter
from notices.sms_texts import TEXT_OF, parameters
from notices.verdicts import Outcome, Receipt
from notices.wording import Message, compose, plain


class SubscribeClient(Protocol):
    """Subscribe messages of the mini-program."""

    async def send(self, openid: str, template_id: str, page: str, fields: Mapping[str, str]) -> Receipt: ...


class SubscribeMessages:
    """订阅消息. `template_ids`: our template key -> the account's template id, where they differ."""

    def __init__(self, client: SubscribeClient, template_ids: Mapping[str, str]) -> None:
        self._client, self._ids = client, template_ids

    async def send(self, letter: Letter) -> Receipt:
        """One subscribe message."""
        message = _worded(letter, self._ids)
        if isinstance(message, Receipt):
            return message
        return await self._client.send(letter.address, message.template, message.page, message.fields)


class TemplateClient(Protocol):
    """Messages of the service account."""

    async def template_send(
        self,
        openid: str,
        template_id: str,
        fields: Mapping[str, str],
        *,
        client_msg_id: str,
        opens: tuple[str, str] | None = None,
    ) -> Receipt: ...


class ServiceAccount:
    """服务号模板消息. A letter passes once within ten minutes (client_msg_id)."""

    def __init__(self, client: TemplateClient, template_ids: Mapping[str, str], mini_program: str) -> None:
        self._client, self._ids, self._appid = client, template_ids, mini_program

    async def send(self, letter: Letter) -> Receipt:
        """One template message, whose click opens the mini-program."""
        message = _worded(letter, self._ids)
        if isinstance(message, Receipt):
            return message
        opens = (self._appid, message.page)
        return await self._client.template_send(
            letter.address, message.template, message.fields, client_msg_id=letter.key, opens=opens
        )


class CardClient(Protocol):
    """Cards of WeCom."""

    async def send(self, userid: str, text: str, url: str, *, key: str) -> Receipt: ...


class WeComCards:
    """企业微信, for cadres. The card opens our own page, where the person to whom this one was sent can answer."""

    def __init__(self, client: CardClient, public_url: str) -> None:
        self._client, self._url = client, public_url.rstrip("/")

    async def send(self, letter: Letter) -> Receipt:
        """One card."""
        try:
            text = plain(letter.kind, letter.facts)
        except (ValueError, KeyError) as error:
            return _unworded(error)
        return await self._client.send(letter.address, text, f"{self._url}/n/{letter.id}", key=letter.key)


class TextGateway(Protocol):
    """A gateway for text messages."""

    async def send(self, phone: str, template: str, params: Sequence[str], *, key: str) -> Receipt: ...


class TextMessages:
    """短信. The telephone is opened here and nowhere before; who has none is on the call list."""

    def __init__(self, gateway: TextGateway, contact_phone: str) -> None:
        self._gateway, self._contact = gateway, contact_phone

    async def send(self, letter: Letter) -> Receipt:
        """One text, of words that the gateway approved."""
        person = await Person.get_or_none(id=letter.person_id)
        if person is None or not person.phone:
            return Receipt(Outcome.NOT_SENT, None, "没有这个通道的联系方式")
        return await self._gateway.send(
            person.phone, TEXT_OF[letter.kind].key, parameters(self._contact), key=letter.key
        )


def _worded(letter: Letter, template_ids: Mapping[str, str]) -> Message | Receipt:
    """The message with the account's template and the page of this notice; why not, where the words fail."""
    try:
        message = compose(letter.kind, letter.facts)
    except (ValueError, KeyError) as error:
        return _unworded(error)
    template_id = template_ids.get(message.template, message.template)
    return Message(template_id, message.page_of(letter.notice_id), message.fields)


def _unworded(error: Exception) -> Receipt:
    return Receipt(Outcome.NOT_SENT, 47003, f"文字放不进模板: {type(error).__name__}")
