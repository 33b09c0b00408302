"""What only the operator can put right, and channels that are left alone for a while."""

from dataclasses import dataclass
from datetime import datetime

from tortoise.transactions import in_transaction

from backend import audit
from backend.access import Action, Actor
from backend.casework import notice_words as words
from backend.casework.notice_regions import require_role
from backend.errors import InvalidInputError, NotFoundError
from models.outbox import ChannelPause, Delivery, OperatorAlert
from notices.kinds import POLICIES
from notices.states import State


@dataclass(frozen=True, slots=True)
class Alert:
    """One open fault: where, what it means, what to do, how often."""

    id: int
    where: str
    meaning: str
    todo: str
    count: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Pause:
    """One channel, or one template of it, that is left alone until then."""

    id: int
    where: str
    meaning: str
    until: datetime


async def open_alerts(actor: Actor) -> list[Alert]:
    """The latest first, at most 100."""
    require_role(actor, Action.OPERATE_NOTICES)
    rows = await OperatorAlert.filter(settled_at=None).order_by("-last_at").limit(100)
    return [
        Alert(
            row.id,
            words.place_of_alert(row.what),
            words.reason(row.errcode, row.error, row.what.partition(":")[0]) or "没有说明原因",
            words.advice(row.errcode, row.error, row.what.partition(":")[0]),
            row.count,
            row.first_at,
            row.last_at,
        )
        for row in rows
    ]


async def pauses(actor: Actor, *, now: datetime) -> list[Pause]:
    """The pauses that hold now."""
    require_role(actor, Action.OPERATE_NOTICES)
    return [
        Pause(row.id, _where(row), words.reason(row.errcode, row.error, row.channel) or "没有说明原因", row.until)
        for row in await ChannelPause.filter(until__gt=now).order_by("until")
    ]


def _known(number: int) -> int:
    """Zero, which is nobody's, for what no column of numbers holds."""
    return number if number < 2**31 else 0


async def settle(actor: Actor, alert_id: int, *, now: datetime) -> None:
    """It is put right; should it come again, that is a new alert. Raises NotFoundError, NotAllowedError."""
    require_role(actor, Action.OPERATE_NOTICES)
    async with in_transaction():
        row = await OperatorAlert.filter(id=_known(alert_id)).select_for_update().first()
        if row is None:
            raise NotFoundError("alert_not_found", "没有找到这条故障, 请刷新页面。")
        if row.settled_at is None:
            row.settled_at, row.settled_by = now, actor.account_id
            await row.save(update_fields=["settled_at", "settled_by"])
            await audit.record(actor, "alert_settled", f"alert:{alert_id}", now=now, detail={"what": row.what})


async def resume(actor: Actor, pause_id: int, *, sure: bool, now: datetime) -> None:
    """A channel is used again, and what waited for it is due now.

    Raises NotFoundError, NotAllowedError; InvalidInputError where it was not confirmed.
    """
    require_role(actor, Action.OPERATE_NOTICES)
    if not sure:
        raise InvalidInputError("not_confirmed", "请先勾选“原因已经排除”, 再按“现在恢复”。")
    async with in_transaction():
        row = await ChannelPause.filter(id=_known(pause_id)).select_for_update().first()
        if row is None:
            raise NotFoundError("pause_not_found", "没有找到这条暂停, 可能已经恢复了, 请刷新页面。")
        kinds = [kind for kind, policy in POLICIES.items() if row.template_id in ("", policy.template.key)]
        waiting = Delivery.filter(channel=row.channel, status=State.PENDING.value, due_at=row.until)
        await waiting.filter(notice__kind__in=kinds).update(due_at=now)
        detail = {"channel": row.channel, "template": row.template_id}
        await row.delete()
        await audit.record(actor, "channel_resumed", f"channel:{row.channel}", now=now, detail=detail)


def _where(row: ChannelPause) -> str:
    return f"{words.CHANNELS.get(row.channel, row.channel)}{words.template_title(row.template_id)}"
