"""What is due by the schedule at a moment: asked a category at a time, in the preview and before each deletion."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from tortoise.queryset import QuerySet

from backend.clock import local_day
from backend.desk import entries
from backend.privacy.persons import NOBODY, is_needed
from bot.training import digest_of
from models.application import Case, Photo
from models.desk import AskedQuestion, BotModel, Handover
from models.disclosure import ListSubscription
from models.people import Person, RosterEntry, StaffAccount
from models.privacy import Erasure, LegalHold
from models.urgent_relief import UrgentRelief
from rules import retention
from rules.retention import Category, Period, is_due
from rules.statuses import TERMINAL, Status

_HELPED = (Status.EXPIRED.value, Status.TERMINATED.value)
_ENDED = tuple(status.value for status in TERMINAL)
_NOT_HELPED = tuple(status for status in _ENDED if status not in _HELPED)
_URGENT_ENDED = ("paperwork_done", "refused")


@dataclass(frozen=True, slots=True)
class Due:
    """One thing to go. `label`: what staff know it by; never a name."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Question:
    """What is due of a category: at which day, by which period, of which ids (None: all)."""

    today: date
    period: Period
    only: Collection[str] | None = None

    def is_due(self, moment: datetime) -> bool:
        """Whether what happened then is beyond the period."""
        return is_due(local_day(moment), self.period, self.today)

    def of(self, rows: QuerySet, column: str = "id") -> QuerySet:
        """These rows, of the asked ids."""
        return rows if self.only is None else rows.filter(**{f"{column}__in": list(self.only)})


async def due(category: Category, period: Period, *, now: datetime, only: Collection[str] | None = None) -> list[Due]:
    """What of this category is due at `now`, in a steady order."""
    question = Question(local_day(now), period, only)
    match category.key:
        case "case_helped":
            return await _cases(question, _HELPED)
        case "case_not_helped":
            return await _cases(question, _NOT_HELPED)
        case "photos":
            return await _photos(question)
        case "urgent":
            return await _urgent(question)
        case "bank_account":
            return await _bank_accounts(question)
        case "person":
            return await _persons(question)
        case "conversation":
            rows = await question.of(Handover.filter(status="closed")).order_by("id")
            return [Due(str(row.id), "") for row in rows if row.closed_at and question.is_due(row.closed_at)]
        case "question":
            asked = await question.of(AskedQuestion.exclude(status="open")).order_by("id")
            return [Due(str(row.id), "") for row in asked if row.settled_at and question.is_due(row.settled_at)]
        case "bot_model":
            return await _models(question)
    raise ValueError(category.key)


async def preview(now: datetime, periods: Mapping[str, Period], *, by_itself: bool = False) -> dict[str, list[Due]]:
    """Category -> what is due, of the categories that have a period and go by themselves or do not."""
    return {
        category.key: await due(category, periods[category.key], now=now)
        for category in retention.SCHEDULE
        if category.key in periods and category.by_itself is by_itself
    }


async def _ended_cases(question: Question, statuses: Collection[str]) -> list[Case]:
    """Ended long enough, held by nobody, and nothing that came of it is still going on."""
    rows = await question.of(Case.filter(status__in=statuses)).order_by("number")
    rows = [row for row in rows if question.is_due(row.changed_at)]
    ids = [row.id for row in rows]
    held = set(await LegalHold.filter(case_id__in=ids, lifted_at=None).values_list("case_id", flat=True))
    going_on = Case.filter(renewal_of_id__in=ids).exclude(status__in=_ENDED)
    renewed = set(await going_on.values_list("renewal_of_id", flat=True))
    return [row for row in rows if row.id not in held | renewed]


async def _cases(question: Question, statuses: Collection[str]) -> list[Due]:
    rows = await _ended_cases(question, statuses)
    gone = await _erased("case", [row.id for row in rows])
    return [Due(str(row.id), row.number) for row in rows if row.id not in gone]


async def _photos(question: Question) -> list[Due]:
    cases = await _ended_cases(Question(question.today, question.period), _ENDED)
    rows = await question.of(Photo.filter(case_id__in=[case.id for case in cases])).order_by("id")
    numbers = {case.id: case.number for case in cases}
    return [Due(str(row.id), numbers[row.case_id]) for row in rows]


async def _urgent(question: Question) -> list[Due]:
    rows = await question.of(UrgentRelief.filter(status__in=_URGENT_ENDED)).order_by("number")
    rows = [row for row in rows if question.is_due(row.paperwork_done_at or row.reported_at)]
    ids = [row.id for row in rows]
    gone = await _erased("urgent", ids)
    going_on = set(
        await Case.filter(after_urgent_id__in=ids).exclude(status__in=_ENDED).values_list("after_urgent_id", flat=True)
    )
    held = set(
        await LegalHold.filter(case__after_urgent_id__in=ids, lifted_at=None).values_list(
            "case__after_urgent_id", flat=True
        )
    )
    return [Due(str(row.id), row.number) for row in rows if row.id not in gone | going_on | held]


async def _bank_accounts(question: Question) -> list[Due]:
    found = []
    for person in await question.of(Person.filter(bank_account__not_isnull=True)).order_by("id"):
        cases = await Case.filter(applicant_id=person.id)
        open_urgent = UrgentRelief.filter(person_id=person.id).exclude(status__in=_URGENT_ENDED)
        held = LegalHold.filter(case__applicant_id=person.id, lifted_at=None)
        if not cases or any(case.status not in _ENDED for case in cases):
            continue
        last = max(case.changed_at for case in cases)
        if question.is_due(last) and not await open_urgent.exists() and not await held.exists():
            found.append(Due(str(person.id), ""))
    return found


async def _persons(question: Question) -> list[Due]:
    rows = await question.of(Person.exclude(id=NOBODY)).order_by("id")
    rows = [row for row in rows if question.is_due(row.created_at)]
    ids = [row.id for row in rows]
    known: set[UUID] = set()
    for model, column in (
        (Case, "applicant_id"),
        (UrgentRelief, "person_id"),
        (StaffAccount, "person_id"),
        (RosterEntry, "person_id"),
        (ListSubscription, "person_id"),
    ):
        known |= set(await model.filter(**{f"{column}__in": ids}).values_list(column, flat=True))
    rows = [row for row in rows if row.id not in known]
    return [Due(str(row.id), "") for row in rows if not await is_needed(row, question.today)]


async def _models(question: Question) -> list[Due]:
    newest = await BotModel.all().order_by("-trained_at").first()
    keep = {digest_of(await entries.in_force()), newest.digest if newest else ""}
    rows = (
        await question.of(BotModel.exclude(digest__in=list(keep)), "digest")
        .order_by("digest")
        .only("digest", "trained_at")
    )
    return [Due(row.digest, "") for row in rows if question.is_due(row.trained_at)]


async def _erased(kind: str, ids: Collection[UUID]) -> set[UUID]:
    subjects = [f"{kind}:{one}" for one in ids]
    gone = await Erasure.filter(subject__in=subjects).values_list("subject", flat=True)
    return {UUID(subject.split(":", 1)[1]) for subject in gone}
