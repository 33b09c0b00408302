"""What WeChat tells by itself is written down, and what is said to a person with a message of its own is sent once."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from datetime import datetime
from functools import partial

from sanic.response import HTTPResponse, text

from backend.api.pushed import Said, begin, once, within
from backend.desk import handover
from backend.services import Services
from backend.talk import KEPT
from backend.wechat import push
from backend.wechat.client import WeChatClient
from backend.wechat.passive import NOTHING, clip
from notices import consent, receipts
from notices.delivery import Outcome
from notices.events import SubscriptionEvent

HEARD_SECONDS = 3 * push.WINDOW_SECONDS
"""A push is taken for its window before and after its time: whoever repeats one in it must find it known."""
_STORES_ARE_BACK_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
_AGAIN_SECONDS = (1.0, 2.0, 4.0)


class ComeAgainError(Exception):
    """Certainly not sent, and worth another try."""


async def hear(live: Services, message: push.Push) -> HTTPResponse | None:
    """Write down what a push tells of subscriptions, deliveries and pictures; None for any other push.

    What is not written down in time is not acknowledged: the platform repeats, and it is heard once all the same.
    """
    if message.media is not None:
        # Nothing of ours asks for these checks yet; a verdict that nobody waits for is seen at least.
        live.log.info("media_checked", errcode=message.media.errcode, outcome=message.media.suggest or "unknown")
        return text(NOTHING)
    if not message.subscriptions:
        return None
    is_heard = await within(begin(_hear_all(live, message.subscriptions)))
    return text(NOTHING) if is_heard else text("", status=503)


async def _hear_all(live: Services, events: tuple[SubscriptionEvent, ...]) -> bool:
    for event in events:
        ours = replace(event, template_id=live.templates.get(event.template_id, event.template_id))
        await _patiently(live, f"heard:{event.dedupe_key}", partial(_hear, ours, live.long_term_templates))
    return True


async def _patiently(live: Services, key: str, work: Callable[[datetime], Awaitable[str]]) -> None:
    """The platform tells three times within seconds: a store that restarts takes longer, and is waited for."""
    for seconds in (*_STORES_ARE_BACK_SECONDS, None):
        try:
            await once(live, key, work, keep=HEARD_SECONDS)
        except Exception:
            if seconds is None:
                raise
            await asyncio.sleep(seconds)
        else:
            return


async def _hear(event: SubscriptionEvent, long_term: Collection[str], now: datetime) -> str:
    if event.what == "sent":
        return "told" if await receipts.sent_event(event, now=now) else "unmatched"
    await consent.popup_event(event, now=now, long_term=long_term)
    return "told"


async def send_once(live: Services, client: WeChatClient, door: str, openid: str, key: str, said: Said) -> None:
    """Say it with a message of its own, once for every repeat of the push `key`; perhaps sent is never sent again.

    Raises ComeAgainError.
    """
    if said.words:
        await once(live, f"{key}:sent", partial(_send, live, client, door, openid, said))


async def answer_later(
    live: Services, client: WeChatClient, door: str, openid: str, key: str, words: Callable[[], Awaitable[Said]]
) -> Said | None:
    """Work the words out and send them after the push was acknowledged; None where that was given up.

    WeChat repeats nothing any more: what certainly failed, at whichever part, is tried again here.
    """
    for seconds in (*_AGAIN_SECONDS, None):
        try:
            said = await words()
            await send_once(live, client, door, openid, key, said)
            return said
        except Exception as error:  # nothing was sent; a platform, a database, a Redis that is away
            if seconds is None:
                live.log.error("answer_given_up", error=type(error).__name__)
                return None
        await asyncio.sleep(seconds)
    return None


async def _send(live: Services, client: WeChatClient, door: str, openid: str, said: Said, _now: datetime) -> str:
    receipt = await client.send_text(openid, clip(said.words))
    if receipt.outcome is not Outcome.SENT:
        live.log.warning("customer_service_not_sent", errcode=receipt.errcode, outcome=receipt.outcome.value)
    if receipt.outcome is Outcome.NOT_SENT_RETRY:
        raise ComeAgainError
    if receipt.outcome is Outcome.SENT and said.words.startswith(KEPT):
        await handover.mark_shown(door, openid, now=said.at)
    return receipt.outcome.value
