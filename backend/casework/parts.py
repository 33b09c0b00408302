"""The parts of a case as `access.SIGHT` names them: one reader a part, so that nothing is shown that has no part."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date

from backend.access import Actor, Part
from backend.casework.readings_in_force import readings_of
from backend.clock import SHANGHAI
from backend.guide.questions import told as told_of
from models.application import Application, Case, CaseClock, Evidence, HomeVisit, Photo
from models.deliberation import Deliberation
from models.determination import Determination
from models.duties import NearRelative
from rules import figures
from rules.circumstances import Circumstance
from rules.dates import full_years
from rules.masking import in_text
from rules.readings import READINGS
from rules.statuses import Role


@dataclass(frozen=True, slots=True)
class Opened:
    """A case that somebody may read: with its village and applicant, the newest decision, and who reads."""

    case: Case
    decision: Determination | None
    actor: Actor


async def _applicant(opened: Opened) -> dict[str, object]:
    return {"applicant": opened.case.applicant.name, "household_size": opened.case.household_size}


async def _circumstance(opened: Opened) -> dict[str, object]:
    case = opened.case
    return {
        "circumstance": Circumstance[case.circumstance].clause if case.circumstance else None,
        "warnings": age_warnings(case.circumstance, case.applicant.born_on, case.confirmed_on),
        "ordinary_case_ref": case.ordinary_case_ref,
        "renewal_of": case.renewal_of.number if case.renewal_of else None,
        "after_urgent": case.after_urgent.number if case.after_urgent else None,
    }


async def _story(opened: Opened) -> dict[str, object]:
    """What the household wrote, and took along from the guide; numbers in it are masked but for themselves."""
    found = await Application.get_or_none(case_id=opened.case.id)
    if found is None:
        return {"application": None}
    facts = dict(found.facts)
    guide = facts.pop("guide", None)
    told = [(question.text, said) for question, said in told_of(guide["topic"], guide["answers"])] if guide else []
    return {
        "application": {
            "story": found.story if opened.actor.role is Role.RESIDENT else in_text(found.story),
            "facts": facts,
            "guide": [{"question": question, "said": said} for question, said in told],
            "submitted_at": found.submitted_at,
        }
    }


async def _findings(opened: Opened) -> dict[str, object]:
    """What staff found out: referral, visits, evidence."""
    case = opened.case
    return {
        "referral_reason": _masked(case.referral_reason),
        "evidence_waiver": _masked(case.evidence_waiver),
        "visits": [
            {
                "visited_at": row.visited_at,
                "visitors": row.visitors,
                "signed": row.signed,
                "findings": in_text(row.findings),
            }
            for row in await HomeVisit.filter(case_id=case.id).order_by("visited_at")
        ],
        "evidence": [
            {"title": in_text(row.title), "recorded_at": row.recorded_at, "carried_over": row.carried_over}
            for row in await Evidence.filter(case_id=case.id).order_by("recorded_at")
        ],
    }


def _masked(text: str | None) -> str | None:
    return text and in_text(text)


async def _photos(opened: Opened) -> dict[str, object]:
    rows = await Photo.filter(case_id=opened.case.id).order_by("stored_at")
    return {
        "photos": [
            {"id": str(row.id), "width": row.width, "height": row.height, "stored_at": row.stored_at} for row in rows
        ]
    }


async def _money(opened: Opened) -> dict[str, object]:
    """Deposit, caps with their working, and the living standards of both days (§1.10.10)."""
    case, decision = opened.case, opened.decision
    decided = decision.standard_fen if decision else None
    differ = case.standard_fen is not None and decided is not None and case.standard_fen != decided
    return {
        "deposit_fen": case.deposit_fen,
        "standards": {"confirmed_fen": case.standard_fen, "decided_fen": decided, "differ": differ},
        "cap_lines": decision.cap_lines if decision else None,
        "other_causes": decision.other_causes if decision else None,
    }


async def _meetings(opened: Opened) -> dict[str, object]:
    rows = await Deliberation.filter(case_id=opened.case.id).order_by("meets_at")
    return {
        "deliberations": [
            {
                "id": str(row.id),
                "meets_at": row.meets_at.astimezone(SHANGHAI).isoformat(),
                "place": row.place,
                "status": row.status,
                "counted": row.counted,
                "agree": row.agree,
                "against": row.against,
                "abstain": row.abstain,
                "passed": row.passed,
                "override_reason": row.override_reason,
                "override_leader": row.override_leader,
            }
            for row in rows
        ]
    }


async def _deadlines(opened: Opened) -> dict[str, object]:
    case = opened.case
    return {
        "clocks": [
            {
                "name": clock.name,
                "clause": clock.clause,
                "started_on": clock.started_on,
                "due_on": clock.due_on,
                "alarm_on": clock.alarm_on,
                "provisional": clock.provisional,
                "outcome": clock.outcome,
                "late_reason": clock.late_reason,
                "days": clock.days,
            }
            for clock in await CaseClock.filter(case_id=case.id).order_by("started_on")
        ],
        "readings": case.readings,
        "readings_said": [
            {"clause": item.clause, "question": item.question, "said": item.said(readings_of(case))}
            for item in READINGS
            if item.name
        ],
    }


async def _relatives(opened: Opened) -> dict[str, object]:
    rows = await NearRelative.filter(case_id=opened.case.id).select_related("person").order_by("declared_at")
    return {"near_relatives": [{"name": row.person.name, "relation": row.relation} for row in rows]}


READERS: dict[Part, Callable[[Opened], Awaitable[dict[str, object]]]] = {
    Part.APPLICANT: _applicant,
    Part.CIRCUMSTANCE: _circumstance,
    Part.STORY: _story,
    Part.FINDINGS: _findings,
    Part.PHOTOS: _photos,
    Part.MONEY: _money,
    Part.MEETINGS: _meetings,
    Part.DEADLINES: _deadlines,
    Part.RELATIVES: _relatives,
}
"""`Part.PROGRESS` is what everybody sees who may open the case at all."""


def age_warnings(circumstance: str | None, born_on: date | None, confirmed_on: date | None) -> list[str]:
    """What the applicant's birthday says against the circumstance on the day of confirmation (§1.10.8); warns only.

    The applicant of a child's case may be who acts for the child, so that staff judge.
    """
    if born_on is None or confirmed_on is None:
        return []
    age = full_years(born_on, confirmed_on)
    if circumstance == Circumstance.C2.name and age >= figures.ADULT_AGE:
        return [f"登记的申请人在确认当天已满{figures.ADULT_AGE}周岁; 如果登记的是代办人, 请核对孩子的年龄。"]
    if circumstance == Circumstance.C3.name and age < figures.ELDER_AGE:
        return [f"登记的申请人在确认当天不满{figures.ELDER_AGE}周岁, 请核对出生日期。"]
    return []
