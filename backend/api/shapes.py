"""What several areas answer, and a case as it is read."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime

from backend.api.contract import Returned
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
    channel: Literal["subscribe_message", "call_list"]
    status: Literal["pending", "sending", "sent", "uncertain", "failed"]


class Result(Returned):
    outcome: Literal["approved", "rejected"]
    decided_on: date
    aid_type: Literal["低保", "特困", "临时救助"] | None
    amount_fen: int | None
    valid_from: date | None
    valid_to: date | None
    reason: str


class CaseProgress(OwnCase):
    """What the applicant reads."""

    village: str
    can_do: list[str]
    result: Result | None
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
    """What the household wrote; for those who review and confirm."""

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


class CaseFile(CaseProgress):
    """What staff read."""

    applicant: str
    household_size: int
    circumstance: str | None
    warnings: list[str]
    standards: Standards
    readings: dict[str, bool | int | str] | None
    readings_said: list[ReadingPinned]
    ordinary_case_ref: str | None
    application: Written | None
    renewal_of: str | None
    after_urgent: str | None
    cap_lines: list[str] | None
    other_causes: dict[str, str] | None
    clocks: list[Clock]
    deliberations: list[MeetingSeen]
