"""`python -m backend check-rules FILE.jsonl`: an auditor's own cases through the rules, one finding a line.

Every line is one JSON object with a `kind`; docs/check-rules.md shows an example of each. No database is needed: the
shipped calendar of 2025 and 2026 is used unless a line brings its own days. Money is 分, dates are ISO dates.
"""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, TextIO

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from backend.casework.calendar import known_days
from backend.clock import local_day
from rules import caps, circumstances, commands, deadlines, disclosure, eligibility, process, quorum, urgent
from rules.circumstances import Circumstance
from rules.facts import HouseholdFacts
from rules.readings import choose
from rules.statuses import Role, Status


class _Case(BaseModel):
    """Base of every kind: `id` and `note` are handed through; unknown keys are an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str | int | None = None
    note: str = ""


class WorkingDays(_Case):
    """The `count`-th working day after `start`. `calendar`: days that differ from the shipped years, or new ones."""

    kind: Literal["working_days"]
    start: date
    count: int = Field(default=5, ge=1, le=60)
    calendar: dict[date, bool] = Field(default_factory=dict)
    known: bool = True


class Term(_Case):
    """The one-year term from `valid_from`; with `on`, whether that day is inside."""

    kind: Literal["term"]
    valid_from: date
    on: date | None = None


class Savings(_Case):
    """三(四): where a deposit lies."""

    kind: Literal["savings"]
    deposit_fen: int = Field(ge=0)
    monthly_standard_fen: int | None = Field(gt=0)


class Caps(_Case):
    """三(五): the most that may still be granted; with `amount_fen`, whether that is allowed."""

    kind: Literal["caps"]
    household: int = Field(ge=1)
    monthly_standard_fen: int | None = Field(gt=0)
    remaining_medical_fen: int | None = Field(default=None, ge=0)
    already_granted_fen: int = Field(default=0, ge=0)
    amount_fen: int | None = Field(default=None, ge=0)


class Urgent(_Case):
    """四(二)b: one delivery after others; with `command` any other move of the urgent track."""

    kind: Literal["urgent"]
    reported_at: AwareDatetime
    delivered_at: AwareDatetime | None = None
    amount_fen: int = 0
    command: Literal["Deliver", "Lift", "CompletePaperwork", "Refuse"] = "Deliver"
    status: urgent.UrgentStatus | None = None
    role: Role = Role.WORKER
    reason: str = "-"
    already_delivered_fen: int = Field(default=0, ge=0)
    late_reason: str = ""
    informed_at: AwareDatetime | None = None
    readings: dict[str, Any] = Field(default_factory=dict)


class _Attendee(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    person: str
    capacities: list[quorum.Capacity] = Field(default_factory=list)
    duty: quorum.Duty = quorum.Duty.MEMBER
    present: bool = True
    recused: bool = False
    relation: str | None = None


class _Override(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    reason: str
    town_leader: str
    supervisor_note: str


class Quorum(_Case):
    """四(二)a: may this meeting conclude. `crowd` adds that many representatives, present and unnamed."""

    kind: Literal["quorum"]
    in_village: bool
    attendees: list[_Attendee] = Field(default_factory=list)
    crowd: int = Field(default=0, ge=0, le=500)
    agree: int | None = None
    against: int = 0
    abstain: int = 0
    override: _Override | None = None
    readings: dict[str, Any] = Field(default_factory=dict)


class Transition(_Case):
    """One move of the process. `command_facts` are the command's own fields."""

    kind: Literal["transition"]
    status: Status
    command: str
    role: Role
    now: AwareDatetime = datetime(2026, 9, 28, tzinfo=UTC)
    circumstance: Circumstance | None = None
    visitors: int = 0
    visit_signed: bool = False
    evidence_count: int = 0
    evidence_waiver: str | None = None
    deliberation_passed: bool | None = None
    valid_from: date | None = None
    savings: caps.Band | None = None
    ordinary_case_ref: str = "-"
    supplement_open: bool = False
    overdue: frozenset[Literal["review", "result", "listing"]] = frozenset()
    quorum_met: bool = True
    command_facts: dict[str, Any] = Field(default_factory=dict)
    readings: dict[str, Any] = Field(default_factory=dict)


class Circumstances(_Case):
    """三(一)-(七) and the guide's answer for a household on a day. `clauses`: which to report, all by default."""

    kind: Literal["circumstances"]
    on: date
    facts: dict[str, Any]
    monthly_standard_fen: int | None = Field(default=None, gt=0)
    clauses: list[Circumstance] = Field(default_factory=lambda: list(Circumstance))
    readings: dict[str, Any] = Field(default_factory=dict)


class Listing(_Case):
    """四(四)a: may this row be online, under which name; and what of `text` may not be public."""

    kind: Literal["listing"]
    name: str
    born_on: date | None
    decided_on: date
    viewed_on: date
    village_households: int = Field(default=300, ge=1)
    text: str = ""
    readings: dict[str, Any] = Field(default_factory=dict)


Case = Annotated[
    WorkingDays | Term | Savings | Caps | Urgent | Quorum | Transition | Circumstances | Listing,
    Field(discriminator="kind"),
]
_CASE: TypeAdapter[Any] = TypeAdapter(Case)
_FACTS: TypeAdapter[HouseholdFacts] = TypeAdapter(HouseholdFacts)


def check(raw: object) -> dict[str, Any]:
    """The finding for one case as plain values. Raises ValueError (pydantic's among them) for a case that cannot be."""
    case = _CASE.validate_python(raw) if not isinstance(raw, str | bytes) else _CASE.validate_json(raw)
    return _CHECKS[type(case)](case)


def check_file(file: Path, out: TextIO) -> int:
    """One line out for each line in, in order; a line that cannot be read says why. Returns 1 when one could not."""
    failed = False
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                raw = json.loads(line.decode("utf-8-sig"))
                found = {"line": number} | ({"id": raw["id"]} if "id" in raw else {}) | check(raw)
            except (
                ValueError,
                TypeError,
                OverflowError,
                RecursionError,
            ) as error:  # OverflowError: after the year 9999
                failed = True
                found = {"line": number, "error": _reason(error)}
            out.write(json.dumps(found, ensure_ascii=False, default=str) + "\n")
    return int(failed)


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_context=False)[0]
        return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    return str(error)


def _working_days(case: WorkingDays) -> dict[str, Any]:
    known = known_days() if case.known else deadlines.Calendar({})
    calendar = deadlines.Calendar({**known.days, **case.calendar}, known.names)
    found = deadlines.add_working_days(case.start, case.count, calendar)
    return {"due": found.due, "provisional": found.provisional, "alarm_on": found.alarm_on, "days": found.as_json()}


def _term(case: Term) -> dict[str, Any]:
    found = deadlines.one_year_term(case.valid_from)
    inside = None if case.on is None else found.first_day <= case.on <= found.last_day
    return {"first_day": found.first_day, "last_day": found.last_day, "inside": inside}


def _savings(case: Savings) -> dict[str, Any]:
    if case.monthly_standard_fen is None:
        return {"band": None, "message": "标准未配置"}
    annual = 12 * case.monthly_standard_fen
    return {
        "band": caps.savings_band(case.deposit_fen, case.monthly_standard_fen),
        "lower_fen": 4 * annual,
        "upper_fen": 10 * annual,
    }


def _caps(case: Caps) -> dict[str, Any]:
    if case.monthly_standard_fen is None:
        return {"allowed_fen": None, "message": "标准未配置"}
    cap = caps.temporary_aid_cap(
        household=case.household,
        monthly_standard_fen=case.monthly_standard_fen,
        remaining_medical_fen=case.remaining_medical_fen,
        already_granted_fen=case.already_granted_fen,
    )
    within = None if case.amount_fen is None else 0 < case.amount_fen <= cap.allowed_fen
    return {"allowed_fen": cap.allowed_fen, "within": within, "lines": cap.lines, "notes": cap.notes}


def _urgent(case: Urgent) -> dict[str, Any]:
    given, readings = case.already_delivered_fen, choose(case.readings)
    status = case.status or (urgent.UrgentStatus.DELIVERED if given else urgent.UrgentStatus.REPORTED)
    due = urgent.due_at(case.reported_at, case.informed_at, readings)
    state = urgent.UrgentState(status, case.reported_at, given, due)
    found = urgent.advance_urgent(state, _urgent_command(case), role=case.role)
    if isinstance(found, process.Refused):
        return {"allowed": False, "code": found.code, "message": found.message, "due_at": due}
    return {
        "allowed": True,
        "late": found.late,
        "total_fen": found.state.delivered_fen,
        "due_at": due,
        "status": found.state.status,
        "event": found.event,
        "tells": found.tells,
    }


def _urgent_command(case: Urgent) -> urgent.UrgentCommand:
    if case.command == "Deliver":
        if case.delivered_at is None:
            raise ValueError("delivered_at: a delivery has its moment")
        return urgent.Deliver(case.amount_fen, case.delivered_at, case.late_reason)
    if case.command == "Refuse":
        return urgent.Refuse(case.reason)
    return urgent.Lift() if case.command == "Lift" else urgent.CompletePaperwork()


def _quorum(case: Quorum) -> dict[str, Any]:
    attendees = [
        quorum.Attendee(a.person, frozenset(a.capacities), a.duty, a.present, a.recused, a.relation)
        for a in case.attendees
    ]
    crowd = frozenset({quorum.Capacity.VILLAGE_REPRESENTATIVE})
    attendees += [quorum.Attendee(f"crowd-{number}", crowd) for number in range(case.crowd)]
    tally = None if case.agree is None else quorum.Tally(case.agree, case.against, case.abstain)
    override = quorum.Override(**case.override.model_dump()) if case.override else None
    found = quorum.count(
        attendees, in_village=case.in_village, tally=tally, override=override, readings=choose(case.readings)
    )
    return {
        "met": found.met,
        "counted": found.counted,
        "short_of": found.short_of,
        "missing": found.missing,
        "warnings": found.warnings,
        "overridden": found.overridden,
        "passed": found.passed,
        "sentence": found.sentence,
    }


_COMMANDS = {row.command.__name__: row.command for row in process.TRANSITIONS}


def _transition(case: Transition) -> dict[str, Any]:
    kind = _COMMANDS.get(case.command)
    if kind is None:
        raise ValueError(f"command: unknown {case.command}; known are {', '.join(sorted(_COMMANDS))}")
    readings = choose(case.readings)
    found = process.advance(_state(case), _command(kind, case), role=case.role, now=case.now, readings=readings)
    if isinstance(found, process.Refused):
        return {"allowed": False, "code": found.code, "message": found.message, "reasons": found.reasons}
    return {
        "allowed": True,
        "status": found.status,
        "clause": found.clause,
        "starts": found.starts,
        "stops": found.stops,
        "event": found.event,
        "tells": found.tells,
    }


def _state(case: Transition) -> process.CaseState:
    return process.CaseState(
        status=case.status,
        circumstance=case.circumstance,
        visitors=case.visitors,
        visit_signed=case.visit_signed,
        evidence_count=case.evidence_count,
        evidence_waiver=case.evidence_waiver,
        deliberation_passed=case.deliberation_passed,
        valid_from=case.valid_from,
        savings=case.savings,
        overdue=case.overdue,
        ordinary_case_ref=case.ordinary_case_ref,
        supplement_open=case.supplement_open,
    )


def _command(kind: type, case: Transition) -> commands.Command:
    """The command with plausible fields where the line gives none; the quorum is met or not as `quorum_met` says."""
    met = quorum.QuorumFinding(13, 0, () if case.quorum_met else ("12人",), passed=case.deliberation_passed)
    filled: dict[str, Any] = {
        "ordinary_case_ref": "-",
        "reason": "-",
        "circumstance": case.circumstance or Circumstance.C7,
        "meets_at": case.now + timedelta(days=1),
        "forecast": met,
        "finding": met,
        "amount_fen": 1,
        "cap_fen": None,
        "departure_reason": "",
        "late_reason": "",
        "change_reason": "",
        "today": local_day(case.now),
    }
    names = kind.__dataclass_fields__  # type: ignore[attr-defined]
    given = {name: filled[name] for name in names} | case.command_facts
    if kind in (commands.Confirm, commands.ReferAgain) and "circumstance" not in case.command_facts:
        given["circumstance"] = None
    return TypeAdapter(kind).validate_python(given)


def _circumstances(case: Circumstances) -> dict[str, Any]:
    unknown = set(case.facts) - set(HouseholdFacts.__dataclass_fields__)
    if unknown:
        raise ValueError(f"facts: unknown {', '.join(sorted(unknown))}")
    facts, readings = _FACTS.validate_python(case.facts), choose(case.readings)
    every = circumstances.assess_all(facts, case.on, case.monthly_standard_fen, readings)
    found = [finding for finding in every if finding.circumstance in case.clauses]
    guidance = eligibility.assess(facts, case.on, case.monthly_standard_fen, readings)
    return {
        "outcome": guidance.outcome.value,
        "ordinary": [scheme.name for scheme in guidance.ordinary],
        "findings": {finding.circumstance.clause: finding.truth for finding in found},
        "open": {f.circumstance.clause: f.open_conditions for f in found if f.open_conditions},
        "unmet": {
            f.circumstance.clause: tuple(c.name for c in f.conditions if c.truth is circumstances.Truth.UNMET)
            for f in found
            if f.truth is circumstances.Truth.UNMET
        },
        "conditions": [
            {"clause": c.clause, "name": c.name, "truth": c.truth, "missing": c.missing, "prove": c.prove}
            for f in found
            for c in f.conditions
        ],
        "notes": [note for f in found for note in f.notes],
    }


def _listing(case: Listing) -> dict[str, Any]:
    found = disclosure.online_row(
        born_on=case.born_on,
        decided_on=case.decided_on,
        viewed_on=case.viewed_on,
        village_households=case.village_households,
        readings=choose(case.readings),
    )
    return {
        "online": found.online,
        "reason": found.reason,
        "shown_name": disclosure.mask_name(case.name),
        "blocked": disclosure.pii_findings(case.text),
    }


_CHECKS: dict[type, Callable[[Any], dict[str, Any]]] = {
    WorkingDays: _working_days,
    Term: _term,
    Savings: _savings,
    Caps: _caps,
    Urgent: _urgent,
    Quorum: _quorum,
    Transition: _transition,
    Circumstances: _circumstances,
    Listing: _listing,
}
