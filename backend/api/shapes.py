"""What several areas answer, and a case as it is read."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime

from backend.api.contract import Returned
from notices.kinds import Channel
from notices.states import State
from rules.statuses import Status


class Done(Returned):
    ok: Literal[True]


class Made(Returned):
    id: UUID


class StatusNow(Returned):
    status: Status


class CaseState(Returned):
    id: UUID
    number: str
    status: Status


class OwnCase(CaseState):
    plain: str


class VillageRow(Returned):
    id: int
    name: str
    town: str
    phone: str


class ToldRow(Returned):
    """One message to one person: what it was about, through which channel, what became of it."""

    kind: str
    who: str
    channel: Channel
    status: State


class Result(Returned):
    outcome: Literal["approved", "rejected"]
    decided_on: date
    aid_type: Literal["低保", "特困", "临时救助"] | None
    amount_fen: int | None
    valid_from: date | None
    valid_to: date | None
    reason: str


class ResultInBrief(Returned):
    """What a cadre who runs errands for somebody is told of it."""

    outcome: Literal["approved", "rejected"]
    decided_on: date


class CaseProgress(OwnCase):
    """What everybody reads who may open the case at all."""

    village: str
    can_do: list[str]
    result: Result | ResultInBrief | None
    reason: str | None


class Standards(Returned):
    """The living standard of the confirmation and of the decision."""

    confirmed_fen: int | None
    decided_fen: int | None
    differ: bool


class ReadingPinned(Returned):
    clause: str
    question: str
    said: str


class GuideSaid(Returned):
    question: str
    said: str


class Written(Returned):
    """What the household wrote."""

    story: str
    facts: dict[str, bool | int | str]
    guide: list[GuideSaid]
    submitted_at: AwareDatetime


class DayCounted(Returned):
    date: date
    counted: bool
    reason: str


class Clock(Returned):
    name: Literal["review", "result", "listing"]
    clause: str
    started_on: date
    due_on: date
    alarm_on: date
    provisional: bool
    outcome: Literal["on_time", "late", "moot"] | None
    late_reason: str | None
    days: list[DayCounted]


class MeetingSeen(Returned):
    id: UUID
    meets_at: AwareDatetime
    place: str
    status: Literal["convened", "held", "void"]
    counted: int | None
    agree: int | None
    against: int | None
    abstain: int | None
    passed: bool | None
    override_reason: str | None
    override_leader: str | None


class VisitSeen(Returned):
    visited_at: AwareDatetime
    visitors: int
    signed: bool
    findings: str


class EvidenceSeen(Returned):
    title: str
    recorded_at: AwareDatetime
    carried_over: bool


class PhotoSeen(Returned):
    id: UUID
    width: int
    height: int
    stored_at: AwareDatetime


class RelativeSeen(Returned):
    name: str
    relation: str


class DoneByAgent(Returned):
    """What somebody did for the applicant (代办)."""

    at: AwareDatetime
    what: str
    who: str


class CaseFile(CaseProgress):
    """A case in the parts that the reader may see (`access.SIGHT`); what is not for them is not there."""

    applicant: str | None = None
    household_size: int | None = None
    circumstance: str | None = None
    warnings: list[str] | None = None
    ordinary_case_ref: str | None = None
    renewal_of: str | None = None
    after_urgent: str | None = None
    application: Written | None = None
    referral_reason: str | None = None
    evidence_waiver: str | None = None
    visits: list[VisitSeen] | None = None
    evidence: list[EvidenceSeen] | None = None
    photos: list[PhotoSeen] | None = None
    deposit_fen: int | None = None
    standards: Standards | None = None
    cap_lines: list[str] | None = None
    other_causes: dict[str, str] | None = None
    deliberations: list[MeetingSeen] | None = None
    clocks: list[Clock] | None = None
    readings: dict[str, bool | int | str] | None = None
    readings_said: list[ReadingPinned] | None = None
    near_relatives: list[RelativeSeen] | None = None
    by_agents: list[DoneByAgent] | None = None
