"""Channels: each makes of a letter what its client sends. Clients are handed in; none is imported here."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

from notices.claims import Letter
from notices.verdicts import Outcome, Receipt
from notices.wording import Message, compose

NEVER = timedelta()
_CLIENT_MSG_ID_HOLDS = timedelta(minutes=10)


class SubscribeClient(Protocol):
    """Subscribe messages of the mini-program."""

    async def send(self, openid: str, template_id: str, page: str, fields: Mapping[str, str]) -> Receipt: ...


class SubscribeMessages:
    """订阅消息. `template_ids`: our template key -> the account's template id, where they differ."""

    repeats_safely_for = NEVER

    def __init__(self, client: SubscribeClient, template_ids: Mapping[str, str]) -> None:
        self._client, self._ids = client, template_ids

    async def send(self, letter: Letter) -> Receipt:
        """One subscribe message."""
        try:
            message = worded(letter)
        except (ValueError, KeyError) as error:
            return _unworded(error)
        template_id = self._ids.get(message.template, message.template)
        return await self._client.send(letter.address, template_id, message.page, message.fields)


def worded(letter: Letter) -> Message:
    """The words, and a page that tells which notice was opened."""
    message = compose(letter.kind, letter.facts)
    return Message(message.template, f"{message.page}&n={letter.notice_id}", message.fields)


def _unworded(error: Exception) -> Receipt:
    return Receipt(Outcome.NOT_SENT, 47003, f"文字放不进模板: {type(error).__name__}")
