"""邀请码: a WeChat login is joined to a person whom staff wrote down, by a code that staff hand over.

The other ways in stay open: nobody must give a telephone, and staff do everything for who has neither.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from redis.asyncio import Redis
from tortoise.expressions import Q
from tortoise.transactions import in_transaction

from backend import audit
from backend.access import Action, Actor, Place, require
from backend.edge import limits
from backend.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from models.agents import Agency
from models.application import Application, Case
from models.deliberation import PanelMember
from models.desk import Handover
from models.disclosure import ListSubscription
from models.identities import Invitation, PlatformIdentity
from models.keyring import held
from models.outbox import Consent, ConsentEntry
from models.people import Person, RosterEntry, StaffAccount
from models.privacy import CorrectionRequest, GivenConsent, NoticeAcknowledgement
from models.urgent_relief import UrgentRelief
from rules.statuses import Role

HOLDS = timedelta(days=7)
DIGITS = 8


@dataclass(frozen=True, slots=True)
class Joined:
    """Who is logged in after a code was entered; `moved`: the login belongs to another person now."""

    person: Person
    moved: bool


def spoken(code: str) -> str:
    """12345678 -> 1234 5678: as it is read out and written down."""
    return f"{code[:4]} {code[4:]}"


def _digest(code: str) -> str:
    # Keyed: eight digits alone would be found from a plain digest in a second.
    return held().blind("invitation.code", "".join(character for character in code if character.isdecimal()))


async def invite(actor: Actor, person_id: UUID, *, now: datetime) -> tuple[str, datetime]:
    """A code for a person of the actor's region whom staff wrote down; (it, until when it holds).

    A code that the person had before stops working. Raises NotFoundError for who is neither applicant nor on a roster
    nor an agent here, NotAllowedError, ConflictError for who has a WeChat login already.
    """
    async with in_transaction():
        person = (
            await Person.filter(id=person_id).select_for_update(of=("person",)).select_related("village").get_or_none()
        )
        if person is None or person.village is None:
            raise NotFoundError("person_not_found", "没有找到这个人, 或还没有登记他住在哪个村(社区)。")
        require(actor, Action.INVITE_RESIDENT, Place(person.village.town_id, person.village.id))
        if not (await _own_things(person.id) or await Agency.exists(agent_id=person.id, ended_at=None)):
            raise NotFoundError("person_not_found", "只能邀请登记过事项、在名册上或登记为代办人的人。")
        if await _has_login(person):
            raise ConflictError("already_joined", "他已经用微信登录了, 不用邀请码; 换了微信的, 由工作人员代为办理。")
        await Invitation.filter(person_id=person.id, used_at=None, revoked_at=None).update(revoked_at=now)
        code = await _fresh_code()
        await Invitation.create(
            id=uuid4(),
            person_id=person.id,
            code_digest=_digest(code),
            made_by_id=actor.account_id,
            made_at=now,
            ends_at=now + HOLDS,
        )
        await audit.record(actor, "resident_invited", f"person:{person.id}", now=now)
    return code, now + HOLDS


async def accept(redis: Redis, actor: Actor, code: str, *, now: datetime) -> Joined:
    """Join this WeChat login to the person that the code was made for; used up by that.

    Whichever of the two has nothing of its own gives way, so nothing is lost; where both have, it is refused with what
    to do next and the code stays good. Raises NotAllowedError after too many tries or for a staff session,
    NotFoundError, ConflictError.
    """
    if actor.role is not Role.RESIDENT or actor.person_id is None:
        raise NotAllowedError("residents_only", "请退出代办或工作账号, 用本人的微信输入邀请码。")
    await _count_try(redis, actor)
    async with in_transaction():
        open_now = Invitation.filter(code_digest=_digest(code), used_at=None, revoked_at=None, ends_at__gt=now)
        whose = await open_now.first()
        # Persons before the invitation, and in one order: nobody waits in a circle.
        wanted = [actor.person_id, whose.person_id] if whose else []
        locked = {person.id: person for person in await Person.filter(id__in=wanted).order_by("id").select_for_update()}
        found = await open_now.select_for_update().first() if whose else None
        if found is None:
            raise NotFoundError("invitation_not_found", "邀请码不对、用过了或过了7天。请核对, 或请村(社区)再给一个。")
        mine, invited = locked[actor.person_id], locked[found.person_id]
        joined = await _join(mine, invited)
        found.used_at = now
        await found.save(update_fields=["used_at"])
        detail = {"login": str(mine.id), "invited": str(invited.id), "invitation": str(found.id)}
        await audit.record(actor, "invitation_used", f"person:{joined.id}", now=now, detail=detail)
    return Joined(joined, moved=joined.id != mine.id)


async def _join(mine: Person, invited: Person) -> Person:
    if mine.id == invited.id or await _has_login(invited):
        raise ConflictError("already_joined", "这个邀请码的登记已经有人用微信登录了, 请打电话给村(社区)核对。")
    pair = Q(principal_id=invited.id, agent_id=mine.id) | Q(principal_id=mine.id, agent_id=invited.id)
    if await Agency.filter(pair, ended_at=None).exists():
        raise ConflictError("is_agent", "您是他的代办人, 不用邀请码: 请在“我代办的”里看他的进度。")
    if not await _own_things(mine.id):
        await _hand_over(mine, invited)
        return invited
    if not await _own_things(invited.id):
        # Somebody written down only to act for others, who has affairs of their own on the phone.
        await _act_as(invited, mine)
        return mine
    raise ConflictError(
        "both_have_cases",
        "您的微信名下已经有自己的事项, 不能和村里登记的合在一起, 两边都没有改动。"
        "请把这句话给村(社区)看, 请他登记您为那份登记的代办人, 就能在“我代办的”里看到。",
    )


async def _own_things(person_id: object) -> bool:
    """Whether the procedure knows this person as somebody: applicant, in office, on a panel, helped, acted for."""
    for rows in (
        Case.filter(applicant_id=person_id),
        Application.filter(person_id=person_id),
        UrgentRelief.filter(person_id=person_id),
        RosterEntry.filter(person_id=person_id),
        StaffAccount.filter(person_id=person_id),
        PanelMember.filter(person_id=person_id),
        Agency.filter(principal_id=person_id),
    ):
        if await rows.exists():
            return True
    return False


async def _has_login(person: Person) -> bool:
    return person.openid is not None or await PlatformIdentity.exists(person_id=person.id)


async def _hand_over(login: Person, to: Person) -> None:
    """The login and what hangs on the phone become the written-down person's; what staff wrote down stays as it is."""
    openid, unionid = login.openid, login.unionid
    login.openid = login.unionid = None
    await login.save(update_fields=["openid", "unionid"])  # before the other has them: each is one person's alone
    to.openid, to.unionid = openid, unionid
    to.phone, to.born_on = to.phone or login.phone, to.born_on or login.born_on
    await to.save(update_fields=["openid", "unionid", "phone", "born_on"])
    await PlatformIdentity.filter(person_id=login.id).update(person_id=to.id)
    await Handover.filter(person_id=login.id).update(person_id=to.id)
    await _act_as(login, to)
    known = await NoticeAcknowledgement.filter(person_id=to.id).values_list("version", flat=True)
    await NoticeAcknowledgement.filter(person_id=login.id).exclude(version__in=[*known, ""]).update(person_id=to.id)
    in_force = await GivenConsent.filter(person_id=to.id, withdrawn_at=None).values_list("purpose", flat=True)
    await GivenConsent.filter(person_id=login.id).exclude(purpose__in=[*in_force, ""]).update(person_id=to.id)
    await CorrectionRequest.filter(person_id=login.id).update(person_id=to.id)
    for subscription in await ListSubscription.filter(person_id=login.id):
        await ListSubscription.get_or_create(
            defaults={"since": subscription.since}, person_id=to.id, village_id=subscription.village_id
        )
        await subscription.delete()
    for consent in await Consent.filter(person_id=login.id).order_by("id").select_for_update():
        await Consent.get_or_create(person_id=to.id, template_id=consent.template_id)
        held_too = await Consent.filter(person_id=to.id, template_id=consent.template_id).select_for_update().get()
        held_too.credits += consent.credits
        held_too.long_term = held_too.long_term or consent.long_term
        await held_too.save(update_fields=["credits", "long_term"])
        await consent.delete()
    # The platform's word of a popup may come after this, and must find what the phone told of it.
    await ConsentEntry.filter(person_id=login.id).update(person_id=to.id)


async def _act_as(before: Person, now_is: Person) -> None:
    """The same human acts for the same people; where both were recorded for one, the older record stays."""
    twice = await Agency.filter(agent_id=now_is.id, ended_at=None).values_list("principal_id", flat=True)
    kept = [*twice, now_is.id]
    await Agency.filter(agent_id=before.id).exclude(principal_id__in=kept).update(agent_id=now_is.id)


async def _count_try(redis: Redis, actor: Actor) -> None:
    """Counted before the code is looked at, so that tries at once do not slip through."""
    await limits.spend(redis, "invitation_tries", actor.label)
    await limits.spend(redis, "invitation_tries_here", str(actor.address))


async def _fresh_code() -> str:
    """Digits that no invitation has had: a second one of the same would find the wrong person."""
    for _ in range(10):
        code = "".join(secrets.choice("0123456789") for _ in range(DIGITS))
        if not await Invitation.exists(code_digest=_digest(code)):
            return code
    raise InvalidInputError("no_code", "现在没有空的邀请码, 请过几天再试。")
