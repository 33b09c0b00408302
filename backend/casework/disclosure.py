"""公布名单: the row of an approved case, and the only reader of the public list (四(四)a; §1.8, §1.10.15)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from tortoise.expressions import Q

from backend.access import Action, Actor
from backend.audit import record
from backend.casework import telling
from backend.casework.moves import step
from backend.casework.readings_in_force import in_force
from backend.clock import local_day
from backend.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from models.determination import Determination
from models.disclosure import Listing, ListSubscription
from models.people import Person
from models.places import Town, Village
from notices.kinds import Kind
from notices.outbox import announce
from rules.disclosure import adult_on, mask_name, online_row, pii_findings
from rules.statuses import Status


@dataclass(frozen=True, slots=True)
class PublicRow:
    """What the public may see of one case, and nothing else."""

    masked_name: str
    household_size: int
    aid_type: str
    amount_fen: int
    decided_on: date
    valid_from: date
    valid_to: date


@dataclass(frozen=True, slots=True)
class VillageCount:
    """A village in the index of lists, with the number of rows online."""

    village: Village
    rows: int


async def prepare(case_id: UUID, actor: Actor, *, now: datetime) -> Listing:
    """One person writes the row of an approved case as it would be shown; doing it again writes it anew.

    A row that may not be online (minor, unknown age, tiny village) is for the board alone, with the reason.
    Raises ConflictError for a case that is not approved or is published already, InvalidInputError.
    """
    async with step(case_id, actor, Action.PUBLISH, now) as work:
        case, village = work.case, work.case.village
        if case.status not in (Status.APPROVED, Status.IN_FORCE):
            raise ConflictError("not_approved", "只有认定通过并在有效期内的事项才能公布。")
        known = await Listing.get_or_none(case_id=case_id)
        if known is not None and known.published_at is not None:
            raise ConflictError("listed_already", "这个事项已经公布过了。")
        decision = await Determination.get(case_id=case_id, outcome="approved")
        person = await Person.get(id=case.applicant_id)
        masked = mask_name(person.name)
        # The gate stands before the only door: a name field that somebody filled with an identity number stops here.
        if found := pii_findings(f"{masked} {village.name}"):
            raise InvalidInputError("personal_information", f"公布内容里有{'、'.join(found)}, 请先改正姓名或村名。")
        finding = online_row(
            born_on=person.born_on,
            decided_on=decision.decided_on,
            viewed_on=local_day(now),
            village_households=village.households,
            readings=in_force(),
        )
        listing = known or Listing(id=uuid4(), case_id=case_id, village_id=village.id)
        listing.update_from_dict(
            {
                "masked_name": masked,
                "household_size": case.household_size,
                "aid_type": decision.aid_type,
                "amount_fen": decision.amount_fen,
                "decided_on": decision.decided_on,
                "valid_from": decision.valid_from,
                "valid_to": decision.valid_to,
                "turns_adult_on": adult_on(person.born_on) if person.born_on else None,
                "online": finding.online,
                "offline_reason": finding.reason or None,
                "prepared_at": now,
                "prepared_by": actor.person_id,
            }
        )
        await listing.save()
        await record(actor, "listing_prepared", f"case:{case_id}", now=now, clause="四(四)a")
    return listing


async def publish(case_id: UUID, actor: Actor, *, late_reason: str = "", now: datetime) -> Listing:
    """Another person has looked at the row and publishes it: the village's subscribers are told, without a name.

    Raises ConflictError where nothing is prepared, what it was written from has changed, or the five days are over
    without a reason; NotAllowedError for who prepared it.
    """
    async with step(case_id, actor, Action.RELEASE_LISTING, now) as work:
        case, village = work.case, work.case.village
        if case.status not in (Status.APPROVED, Status.IN_FORCE):
            raise ConflictError("not_approved", "只有认定通过并在有效期内的事项才能公布。")
        listing = await Listing.filter(case_id=case_id).select_for_update().first()
        if listing is None:
            raise ConflictError("not_prepared", "还没有人准备公布内容, 请先由经办人准备。")
        if listing.published_at is not None:
            raise ConflictError("listed_already", "这个事项已经公布过了。")
        if listing.prepared_by == actor.person_id:
            raise NotAllowedError("same_person", "准备和公布要由两个人分别办理, 请另一位同事核对后公布。")
        person = await Person.get(id=case.applicant_id)
        turns_adult_on = adult_on(person.born_on) if person.born_on else None
        if (mask_name(person.name), turns_adult_on) != (listing.masked_name, listing.turns_adult_on):
            raise ConflictError("changed_meanwhile", "申请人的姓名或生日改过了, 请经办人重新准备。")
        listing.published_at, listing.published_by = now, actor.person_id
        await listing.save(update_fields=["published_at", "published_by"])
        await work.stop_clock("listing", late_reason)
        await record(actor, "listed", f"case:{case_id}", now=now, clause="四(四)a", detail={"online": listing.online})
        await announce(
            Kind.CASE_LISTED,
            f"listed:{listing.id}",
            telling.case_facts(case),
            [case.applicant_id],
            now=now,
            subject=telling.about(case),
        )
        if listing.online:
            subscribers = await ListSubscription.filter(village_id=village.id).values_list("person_id", flat=True)
            await announce(
                Kind.LIST_CHANGED,
                f"list:{listing.id}",
                {"village": village.name, "town": village.town.name, "page_id": str(village.id)},
                list(subscribers),
                now=now,
                subject=f"list:{listing.id}",
            )
    return listing


def _online(today: date) -> Q:
    """Rows that the public may see today: in their year and the tail of reading A36, nobody who is a minor today."""
    readings = in_force()
    return Q(
        online=True,
        published_at__isnull=False,
        withdrawn_at=None,
        valid_from__lte=today,
        valid_to__gte=today - timedelta(days=readings.listing_tail_days),
        turns_adult_on__lte=today,
        village__households__gte=readings.small_village_households,
    )


async def public_rows(village_id: int, today: date) -> tuple[Village, list[PublicRow]]:
    """The online list of one village. The one exit for everything public. Raises NotFoundError."""
    # PostgreSQL refuses a number that its column cannot hold; an address can have any.
    known = 0 < village_id < 2**31
    village = await Village.get_or_none(id=village_id).select_related("town") if known else None
    if village is None:
        raise NotFoundError("village_not_found", "没有找到这个村(社区), 请从名单首页重新选择。")
    rows = await Listing.filter(_online(today), village_id=village_id).order_by("-decided_on", "id")
    return village, [
        PublicRow(
            row.masked_name,
            row.household_size,
            row.aid_type,
            row.amount_fen,
            row.decided_on,
            row.valid_from,
            row.valid_to,
        )
        for row in rows
    ]


async def public_index(today: date) -> list[tuple[Town, list[VillageCount]]]:
    """All towns with their villages and how many rows each has online: two queries for the whole district."""
    villages = await Village.all().select_related("town").order_by("town__code", "id")
    counts: dict[int, int] = {}
    for village_id in await Listing.filter(_online(today)).values_list("village_id", flat=True):
        counts[village_id] = counts.get(village_id, 0) + 1
    towns: dict[int, tuple[Town, list[VillageCount]]] = {}
    for village in villages:
        _, rows = towns.setdefault(village.town_id, (village.town, []))
        rows.append(VillageCount(village, counts.get(village.id, 0)))
    return list(towns.values())
