"""What a person was told (never a condition of help), and what they agreed to where agreeing decides."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from tortoise.transactions import in_transaction

from backend import audit
from backend.access import Action, Actor
from backend.casework.people import is_child
from backend.clock import local_day
from backend.errors import ConflictError, InvalidInputError, NotFoundError
from backend.privacy import persons, texts
from models.application import Photo
from models.disclosure import ListSubscription
from models.outbox import Consent
from models.people import Person
from models.privacy import GivenConsent, NoticeAcknowledgement
from rules.statuses import Role

PHONE = "phone"
OFF_THE_PHONE = {"read_aloud": "读给本人听", "paper": "纸上签字"}
GIVERS = {"self": "本人", "guardian": "监护人", "agent": "受托人"}
WITHDRAWN_MEANS = {
    "property_check": "撤回以后, 我们不再去查新的信息; 已经查到的按规定保存。"
    "不能核对时, 有的救助可能批不下来, 工作人员会先告诉您。",
    "child_under_14": "撤回以后, 不能再用手机替孩子提交新的申请; 已经提交的由工作人员当面接着办, 紧急救助不受影响。",
    "list_messages": "撤回以后不再给您发名单更新的消息; 名单您照样能看, 救助不受影响。",
    "photo_elsewhere": "撤回以后, 照片不再用于别的用途; 办理您的事项不受影响。",
}


@dataclass(frozen=True, slots=True)
class Giver:
    """Who agrees: the person (`self`), a guardian or an agent with name and relation, and their own row if known."""

    role: str = "self"
    name: str | None = None
    relation: str | None = None
    person_id: UUID | None = None


# -- the notice


async def acknowledge(actor: Actor, version: str, *, now: datetime) -> None:
    """The person has read this version on the phone; saying it twice changes nothing. Raises InvalidInputError."""
    await _acknowledge(actor, persons.subject_of(actor), version, PHONE, now)


async def acknowledge_for(actor: Actor, person_id: UUID, *, how: str, now: datetime) -> None:
    """Staff read it aloud, or had it signed on paper: the version of today.

    Raises NotFoundError, NotAllowedError, InvalidInputError.
    """
    _require_off_the_phone(how)
    await persons.found(person_id, actor, Action.ANSWER_RIGHTS)
    await _acknowledge(actor, person_id, texts.current(texts.NOTICE).version, how, now)


async def _acknowledge(actor: Actor, person_id: UUID | None, version: str, how: str, now: datetime) -> None:
    if version != texts.current(texts.NOTICE).version:
        raise InvalidInputError("version_not_current", "告知书有了新的版本, 请重新看一遍再点“知道了”。")
    async with in_transaction():
        recorded_by = actor.account_id if how != PHONE else None
        _, made = await NoticeAcknowledgement.get_or_create(
            defaults={"id": uuid4(), "how": how, "recorded_by_id": recorded_by, "at": now},
            person_id=person_id,
            version=version,
        )
        if made:
            detail = {"version": version, "how": how}
            await audit.record(actor, "notice_acknowledged", f"person:{person_id}", now=now, detail=detail)


async def standing(person_id: UUID | None) -> dict[str, Any]:
    """Whether the current notice was acknowledged (it is asked again after a new version), and what was agreed to."""
    version = texts.current(texts.NOTICE).version
    seen = await NoticeAcknowledgement.filter(person_id=person_id).order_by("-at")
    given = await GivenConsent.filter(person_id=person_id).order_by("-given_at")
    return {
        "current_version": version,
        "acknowledged": any(row.version == version for row in seen),
        "acknowledgements": [{"version": row.version, "how": row.how, "at": row.at} for row in seen],
        "consents": [_told(row) for row in given],
    }


def _told(row: GivenConsent) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "purpose": row.purpose,
        "title": texts.PURPOSES[row.purpose],
        "version": row.version,
        "given_by": row.given_by,
        "relation": row.relation,
        "how": row.how,
        "given_at": row.given_at,
        "withdrawn_at": row.withdrawn_at,
        "withdrawing_means": WITHDRAWN_MEANS[row.purpose],
    }


# -- what is agreed to


async def give(actor: Actor, purpose: str, version: str, giver: Giver, *, now: datetime) -> GivenConsent:
    """On the person's own phone, or on that of the guardian who acts for them, whose name is known then.

    Raises InvalidInputError; NotAllowedError for another agent; ConflictError where it is in force already.
    """
    subject = persons.subject_of(actor)
    if actor.role is Role.AGENT:
        giver = Giver("guardian", actor.name, giver.relation or GIVERS["guardian"], actor.person_id)
    return await _give(actor, subject, purpose, version, giver, how=PHONE, photo_id=None, now=now)


async def agree_to_messages(actor: Actor, *, now: datetime) -> None:
    """Subscribing to a list is agreeing to its messages: on record once, until it is taken back."""
    purpose = "list_messages"
    if not await GivenConsent.exists(person_id=actor.person_id, purpose=purpose, withdrawn_at=None):
        version = texts.current(purpose).version
        await _give(actor, actor.person_id, purpose, version, Giver(), how=PHONE, photo_id=None, now=now)


async def give_for(
    actor: Actor,
    person_id: UUID,
    purpose: str,
    giver: Giver,
    *,
    how: str,
    photo_id: UUID | None = None,
    now: datetime,
) -> GivenConsent:
    """Read aloud, or signed on paper with its photo among those of the person's case; recorded by staff.

    Raises NotFoundError, NotAllowedError, InvalidInputError, ConflictError.
    """
    _require_off_the_phone(how)
    await persons.found(person_id, actor, Action.ANSWER_RIGHTS)
    if photo_id is not None and not await Photo.exists(id=photo_id, case__applicant_id=person_id):
        raise NotFoundError("photo_not_found", "没有这张照片, 请先把签字的纸拍下来传到本人的事项里。")
    if purpose not in texts.PURPOSES:
        raise InvalidInputError("purpose_unknown", "没有这一项, 请重新选择。")
    version = texts.current(purpose).version
    return await _give(actor, person_id, purpose, version, giver, how=how, photo_id=photo_id, now=now)


async def _give(
    actor: Actor,
    person_id: UUID | None,
    purpose: str,
    version: str,
    giver: Giver,
    *,
    how: str,
    photo_id: UUID | None,
    now: datetime,
) -> GivenConsent:
    if purpose not in texts.PURPOSES:
        raise InvalidInputError("purpose_unknown", "没有这一项, 请重新选择。")
    if version != texts.current(purpose).version:
        raise InvalidInputError("version_not_current", "这份文书有了新的版本, 请重新看一遍。")
    name, relation = (giver.name or "").strip(), (giver.relation or "").strip()
    if giver.role not in GIVERS or (giver.role != "self" and not (name and relation)):
        raise InvalidInputError("giver_missing", "请写清楚是谁同意的: 姓名, 以及和本人的关系。")
    if purpose == "child_under_14" and giver.role != "guardian":
        raise InvalidInputError("guardian_missing", "不满14周岁的孩子, 要由监护人同意。")
    async with in_transaction():
        person = await Person.filter(id=person_id).select_for_update().get()
        if giver.role == "self" and is_child(person, local_day(now)):
            raise InvalidInputError("guardian_missing", "不满14周岁的孩子, 要由监护人同意。")
        if giver.person_id is not None and not await Person.exists(id=giver.person_id):
            raise NotFoundError("person_not_found", "没有找到同意的那个人, 请只写姓名和关系。")
        if await GivenConsent.exists(person_id=person_id, purpose=purpose, withdrawn_at=None):
            raise ConflictError("consent_in_force", "这一项已经同意过, 不用再办。")
        for_another = giver.role != "self"
        given = await GivenConsent.create(
            id=uuid4(),
            person_id=person_id,
            purpose=purpose,
            version=version,
            given_by=giver.role,
            giver_id=giver.person_id if for_another else None,
            giver_name=name if for_another else None,
            relation=relation[:20] if for_another else None,
            how=how,
            photo_id=photo_id,
            recorded_by_id=actor.account_id if how != PHONE else None,
            given_at=now,
        )
        detail = {"purpose": purpose, "version": version, "given_by": giver.role, "how": how}
        await audit.record(actor, "consent_given", f"person:{person_id}", now=now, detail=detail)
    return given


async def withdraw(actor: Actor, consent_id: UUID, *, now: datetime) -> GivenConsent:
    """The person takes it back, or staff for them. What had been done before stays done; what it means is said.

    Raises NotFoundError, NotAllowedError, ConflictError.
    """
    async with in_transaction():
        given = await GivenConsent.filter(id=consent_id).select_for_update().first()
        if given is None or (actor.account_id is None and given.person_id != persons.subject_of(actor)):
            raise NotFoundError("consent_not_found", "没有这一项, 请刷新页面。")
        if actor.account_id is not None:
            await persons.found(given.person_id, actor, Action.ANSWER_RIGHTS)
        if given.withdrawn_at is not None:
            raise ConflictError("consent_withdrawn", "这一项已经撤回了。")
        given.withdrawn_at = now
        await given.save(update_fields=["withdrawn_at"])
        if given.purpose == "list_messages":
            await ListSubscription.filter(person_id=given.person_id).delete()
            await Consent.filter(person_id=given.person_id, template_id="tmpl-list").delete()
        detail = {"purpose": given.purpose, "version": given.version}
        await audit.record(actor, "consent_withdrawn", f"person:{given.person_id}", now=now, detail=detail)
    return given


def _require_off_the_phone(how: str) -> None:
    if how not in OFF_THE_PHONE:
        raise InvalidInputError("how_missing", "请选是读给本人听的, 还是纸上签字的。")
