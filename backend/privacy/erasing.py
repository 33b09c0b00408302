"""How each thing goes: rows deleted, sealed columns overwritten, photos noted for deletion; statistics stay.

Everything here runs inside a transaction of the caller. Bytes in the photo store go after the commit: a row never
points at a picture that is not there, and a picture whose row is gone is found again by its note.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID

import obstore
from obstore.store import ObjectStore
from tortoise.expressions import Q

from backend import audit
from backend.access import SYSTEM
from backend.clock import local_day
from backend.privacy import persons
from backend.privacy.persons import NOBODY
from models.agents import Agency
from models.application import Application, Case, CaseClock, Evidence, HomeVisit, Photo
from models.deliberation import Deliberation, PanelMember
from models.desk import AskedQuestion, BotModel, Handover, HandoverReply
from models.determination import Determination, ResultReceipt
from models.disclosure import Listing
from models.duties import NearRelative
from models.identities import Invitation, PlatformIdentity
from models.outbox import Delivery, Notice, RetiredAddress
from models.people import Person
from models.privacy import Erasure, LeftoverObject, LegalHold
from models.sealing import SealedModel
from models.urgent_relief import UrgentRelief

GONE = "(已按保存期限删除)"
"""Stands where a column must say something; long enough for the constraints that ask for words."""


_ROWS_OF_A_CASE = (
    ("applications", Application),
    ("visits", HomeVisit),
    ("evidence", Evidence),
    ("near_relatives", NearRelative),
)


async def erase(key: str, ids: Sequence[str], *, now: datetime) -> Counter[str]:
    """Erase what `due` has just found, locked or not; returns how many rows of what."""
    match key:
        case "case_helped" | "case_not_helped":
            return await _each(ids, lambda one: _case(UUID(one), key, now))
        case "photos":
            return await _photos(await Photo.filter(id__in=ids).select_for_update(), now)
        case "urgent":
            return await _each(ids, lambda one: _urgent(UUID(one), key, now))
        case "bank_account":
            return await _each(ids, lambda one: _bank_account(UUID(one), now))
        case "person":
            return await _each(ids, lambda one: _person(UUID(one), now))
        case "conversation":
            replies = await HandoverReply.filter(handover_id__in=ids).delete()
            return Counter(conversations=await Handover.filter(id__in=ids).delete(), replies=replies)
        case "question":
            return Counter(questions=await AskedQuestion.filter(id__in=[int(one) for one in ids]).delete())
        case "bot_model":
            return Counter(models=await BotModel.filter(digest__in=ids).delete())
    raise ValueError(key)


async def clear_objects(store: ObjectStore) -> int:
    """Delete the pictures whose rows are gone; called after a commit, and again by the next run for what was left."""
    cleared = 0
    for leftover in await LeftoverObject.all().order_by("key"):
        # Missing: an earlier run deleted the bytes and was stopped before it took the note away.
        with suppress(FileNotFoundError):
            await obstore.delete_async(store, leftover.key)
        await leftover.delete()
        cleared += 1
    return cleared


async def _each(ids: Sequence[str], one: Callable[[str], Awaitable[Counter[str]]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for each in ids:
        total += await one(each)
    return total


async def _case(case_id: UUID, category: str, now: datetime) -> Counter[str]:
    case = await Case.get(id=case_id)
    person_id = case.applicant_id
    counts = await _photos(await Photo.filter(case_id=case_id).select_for_update(), now)
    for name, model in _ROWS_OF_A_CASE:
        counts[name] = await model.filter(case_id=case_id).delete()
    counts["listings"] = await Listing.filter(case_id=case_id).delete()
    meetings = await Deliberation.filter(case_id=case_id)
    counts["panel"] = await PanelMember.filter(deliberation_id__in=[row.id for row in meetings]).delete()
    clocks = await CaseClock.filter(case_id=case_id).values_list("id", flat=True)
    subjects = [f"case:{case_id}", *(f"deliberation:{meeting.id}" for meeting in meetings)]
    subjects += [f"clock:{clock}" for clock in clocks]
    about = Q(subject__in=subjects) | Q(event_key__startswith=f"decided:{case_id}:")
    for meeting in meetings:
        about |= Q(event_key__endswith=f":{meeting.id}")
        await _overwrite(meeting, kept=("supervisor_opinion",) if meeting.status == "held" else ())
    counts["messages"] = await _notices(about)
    for decision in await Determination.filter(case_id=case_id):
        await _overwrite(decision, kept=("reason",))
        for receipt in await ResultReceipt.filter(determination_id=decision.id):
            await _overwrite(receipt, kept=("note",))
    for row in [*await CaseClock.filter(case_id=case_id), *await LegalHold.filter(case_id=case_id)]:
        await _overwrite(row)
    case.applicant_id, case.ordinary_case_ref = (await _nobody(now)).id, None
    await _overwrite(case, also=("applicant_id", "ordinary_case_ref"))
    await Erasure.create(subject=f"case:{case_id}", category=category, erased_at=now)
    await audit.record(SYSTEM, "case_erased", f"case:{case_id}", now=now, detail=dict(counts) | {"category": category})
    return counts + await _let_go(person_id, now)


async def _overwrite(row: SealedModel, *, kept: Sequence[str] = (), also: Sequence[str] = ()) -> None:
    """Write NULL over every sealed column, and the same few words over those that must say something."""
    columns = list(row.sealed_columns())
    for name in columns:
        setattr(row, name, GONE if name in kept else None)
    if isinstance(row, Deliberation):
        row.override_leader, also = None, ("override_leader",)
    await row.save(update_fields=[*columns, *also])


async def _photos(rows: Sequence[Photo], now: datetime) -> Counter[str]:
    for row in rows:
        await LeftoverObject.get_or_create(defaults={"since": now}, key=row.key)
    await Photo.filter(id__in=[row.id for row in rows]).delete()
    return Counter(photos=len(rows))


async def _urgent(relief_id: UUID, category: str, now: datetime) -> Counter[str]:
    relief = await UrgentRelief.get(id=relief_id)
    person_id, relief.person_id = relief.person_id, (await _nobody(now)).id
    await _overwrite(relief, kept=("what_happened",), also=("person_id",))
    counts = Counter(
        messages=await _notices(Q(subject=f"urgent:{relief_id}") | Q(event_key__startswith=f"urgent:{relief_id}:"))
    )
    await Erasure.create(subject=f"urgent:{relief_id}", category=category, erased_at=now)
    await audit.record(SYSTEM, "urgent_erased", f"urgent:{relief_id}", now=now, detail=dict(counts))
    return counts + await _let_go(person_id, now)


async def _notices(about: Q) -> int:
    ids = await Notice.filter(about).values_list("id", flat=True)
    gone = await Delivery.filter(notice_id__in=ids).delete()
    await Notice.filter(id__in=ids).delete()
    return gone


async def _bank_account(person_id: UUID, now: datetime) -> Counter[str]:
    person = await Person.get(id=person_id)
    person.bank_account = None
    await person.save(update_fields=["bank_account"])
    await audit.record(SYSTEM, "bank_account_erased", f"person:{person_id}", now=now)
    return Counter(bank_accounts=1)


async def _nobody(now: datetime) -> Person:
    """Who stands where a case must have an applicant."""
    person, _ = await Person.get_or_create(defaults={"name": GONE, "created_at": now}, id=NOBODY)
    return person


async def _let_go(person_id: object, now: datetime) -> Counter[str]:
    """After a case or an urgent relief went: the person goes too, where nothing else is about them."""
    # Held first: who applies anew meanwhile waits, or has been seen.
    await Person.filter(id=person_id).select_for_update().get()
    if await Case.exists(applicant_id=person_id) or await UrgentRelief.exists(person_id=person_id):
        return Counter()
    return await _person(person_id, now)


async def _person(person_id: object, now: datetime) -> Counter[str]:
    """The row and what hangs on it; somebody who is also staff, on a panel or subscribed keeps name and telephone."""
    person = await Person.filter(id=person_id).select_for_update().get()
    if await persons.is_needed(person, local_day(now)):
        person.id_number = person.bank_account = person.address = None
        await person.save(update_fields=["id_number", "bank_account", "address"])
        await audit.record(SYSTEM, "particulars_erased", f"person:{person_id}", now=now)
        return Counter(particulars=1)
    openids = await persons.openids_of(person)
    whose = persons.talks_of(person, openids)
    talks = await Handover.filter(whose).values_list("id", flat=True)
    await HandoverReply.filter(handover_id__in=talks).delete()
    counts = Counter(conversations=await Handover.filter(id__in=talks).delete())
    counts["messages"] = await Delivery.filter(person_id=person_id).delete()
    await RetiredAddress.filter(address__in=openids).delete()
    counts["identities"] = await PlatformIdentity.filter(person_id=person_id).delete()
    counts["invitations"] = await Invitation.filter(person_id=person_id).delete()
    counts["agencies"] = await Agency.filter(principal_id=person_id).delete()
    await person.delete()
    counts["persons"] = 1
    await audit.record(SYSTEM, "person_erased", f"person:{person_id}", now=now, detail=dict(counts))
    return counts
