"""Which messages the phone asks for and when, and what the person answered: one accept is one message."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from tortoise.expressions import Q
from tortoise.transactions import in_transaction

from backend import audit
from backend.access import Actor
from backend.clock import local_day
from backend.errors import InvalidInputError
from models.application import Application, Case
from models.deliberation import PanelMember
from models.disclosure import ListSubscription
from models.outbox import Consent, ConsentEntry
from models.people import RosterEntry
from notices import alerts, consent
from notices.kinds import LIST, MEETING, PROGRESS, TEMPLATES, URGENT, Template
from rules.statuses import Role

PLENTY = 3
"""With so many left, what is of low need is not asked for."""
ENOUGH = 20
ASKED_NOT_AGAIN = timedelta(days=7)
_AT_A_DESK = (Role.WORKER, Role.VILLAGE, Role.TOWN, Role.BUREAU)
_ON_DUTY = (Role.WORKER, Role.TOWN, Role.BUREAU)


@dataclass(frozen=True, slots=True)
class Moment:
    """When and why a template is asked for. `is_needed`: what it announces must not be missed."""

    template: Template
    when: str
    why: str
    is_needed: bool


_MOMENTS = (
    Moment(URGENT, "打开待办时", "有紧急事项马上告诉您, 夜里也会发。", True),
    Moment(MEETING, "点参加时", "会议有变、快要开会时告诉您。", True),
    Moment(PROGRESS, "提交申请时", "事项有进展、要补材料、有结果时告诉您。", True),
    Moment(LIST, "订阅名单时", "本村(社区)公布名单有更新时告诉您。", False),
)
_AT_WORK = Moment(PROGRESS, "打开待办时", "办理期限快到或者有变时告诉您。", False)


@dataclass(frozen=True, slots=True)
class Asking:
    """One template. `template`: the account's id of it; `ask`: whether the popup is wanted at its moment."""

    template: str
    title: str
    left: int
    long_term: bool
    moment: str
    why: str
    ask: bool
    told: str


async def wanted(actor: Actor, ids: Mapping[str, str], *, now: datetime) -> list[Asking]:
    """What to ask this person for, the most needed first. `ids`: our key of a template -> the account's."""
    moments = await _moments(actor, now)
    held = {row.template_id: row for row in await Consent.filter(person_id=actor.person_id)}
    refused = set(
        await ConsentEntry.filter(
            person_id=actor.person_id, what="rejected", source="phone", at__gt=now - ASKED_NOT_AGAIN
        ).values_list("template_id", flat=True)
    )
    return [_asking(moment, held.get(moment.template.key), ids, refused) for moment in moments]


def _asking(moment: Moment, row: Consent | None, ids: Mapping[str, str], refused: set[str]) -> Asking:
    key, left, long_term = moment.template.key, row.credits if row else 0, row.long_term if row else False
    enough = left >= (ENOUGH if moment.is_needed else PLENTY)
    bothers = key in refused and not moment.is_needed
    return Asking(
        template=ids.get(key, key),
        title=moment.template.title,
        left=left,
        long_term=long_term,
        moment=moment.when,
        why=moment.why,
        ask=not (long_term or enough or bothers),
        told="一直可以收到" if long_term else f"还可收到 {left} 条提醒",
    )


async def _moments(actor: Actor, now: datetime) -> list[Moment]:
    person, today = actor.person_id, local_day(now)
    in_office = Q(to_day=None) | Q(to_day__gte=today)
    has_case = await Case.exists(applicant_id=person) or await Application.exists(person_id=person)
    on_panel = await RosterEntry.filter(in_office, person_id=person).exists() or await PanelMember.exists(
        person_id=person, deliberation__status="convened"
    )
    wants = {
        URGENT.key: actor.role in _ON_DUTY,
        MEETING.key: on_panel or actor.role in (Role.TOWN, Role.SUPERVISOR),
        PROGRESS.key: has_case,
        LIST.key: await ListSubscription.exists(person_id=person),
    }
    found = [moment for moment in _MOMENTS if wants[moment.template.key]]
    if not has_case and actor.role in _AT_A_DESK:
        found.append(_AT_WORK)
    return found


async def answered(
    actor: Actor,
    asked_id: UUID,
    results: Mapping[str, str],
    ids: Mapping[str, str],
    *,
    now: datetime,
    long_term: Collection[str] = (),
) -> dict[str, int]:
    """The phone tells what came of one popup; told twice, it counts once. How many are left, by template as it came.

    The message comes to the phone that accepted: an agent's accepts are the agent's, whoever they act for.
    `long_term`: our keys of the templates that the account has been granted for good.
    A template that the platform banned or filtered is the operator's affair. Raises InvalidInputError for an unknown
    template; nothing is changed then.
    """
    keys = {template.key: template.key for template in TEMPLATES} | {given: key for key, given in ids.items()}
    if not keys.keys() >= results.keys():
        raise InvalidInputError("template_unknown", "没有这种消息, 请更新小程序后再试。")
    async with in_transaction():
        told_before = [
            name
            for name in results
            if not await _count(actor, asked_id, keys[name], results[name], keys[name] in long_term, now)
        ]
        if len(told_before) < len(results):
            accepted = sorted(keys[name] for name, what in results.items() if what == "accept")
            await audit.record(
                actor, "messages_accepted", f"person:{actor.person_id}", now=now, detail={"templates": accepted}
            )
    return {name: await consent.balance(actor.person_id, keys[name]) for name in results}


async def _count(actor: Actor, asked_id: UUID, template: str, what: str, for_good: bool, now: datetime) -> bool:
    """Write one answer down; whether it is new."""
    key = f"phone:{asked_id}:{template}"
    if await ConsentEntry.exists(event_key=key):
        return False
    if what == "accept" and for_good:
        await consent.allow_always(actor.person_id, template, key=key, now=now)
        return True
    if what == "accept":
        await consent.accept(actor.person_id, template, source="phone", key=key, at=now)
        return True
    _, made = await ConsentEntry.get_or_create(
        defaults={
            "person_id": actor.person_id,
            "template_id": template,
            "what": "rejected",
            "source": "phone",
            "at": now,
        },
        event_key=key,
    )
    if made and what in ("ban", "filter"):
        await alerts.raise_alert(f"subscribe_message:{template}", errcode=None, error=_NOT_ASKED[what], now=now)
    return made


_NOT_ASKED = {"ban": "手机上问不出来: 模板被平台停用", "filter": "手机上问不出来: 有两个模板标题相同"}
