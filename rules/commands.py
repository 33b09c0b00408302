"""What can be done to a case, imperative. A reason is a sentence for the record."""

from dataclasses import dataclass
from datetime import date, datetime

from rules.circumstances import Circumstance
from rules.quorum import QuorumFinding


@dataclass(frozen=True, slots=True)
class BeginReview:
    ordinary_case_ref: str


@dataclass(frozen=True, slots=True)
class ResolveByOrdinaryAid:
    reason: str


@dataclass(frozen=True, slots=True)
class ReferToVillage:
    circumstance: Circumstance
    reason: str


@dataclass(frozen=True, slots=True)
class ReferAgain:
    """`circumstance`: where another fits better than the one that the village declined."""

    reason: str
    circumstance: Circumstance | None = None


@dataclass(frozen=True, slots=True)
class Initiate:
    pass


@dataclass(frozen=True, slots=True)
class Decline:
    reason: str


@dataclass(frozen=True, slots=True)
class GatherEvidence:
    pass


@dataclass(frozen=True, slots=True)
class ReturnEvidence:
    reason: str


@dataclass(frozen=True, slots=True)
class Confirm:
    """The circumstance is fixed here (§1.2 row 7); another than the referral's needs its reason."""

    circumstance: Circumstance | None = None
    change_reason: str = ""


@dataclass(frozen=True, slots=True)
class Schedule:
    """`forecast`: the quorum finding for everybody invited, as if all came."""

    meets_at: datetime
    forecast: QuorumFinding


@dataclass(frozen=True, slots=True)
class ChangeMeeting:
    """Another time or place for a meeting that is convened; `forecast` as for `Schedule`."""

    meets_at: datetime
    forecast: QuorumFinding


@dataclass(frozen=True, slots=True)
class VoidMeeting:
    reason: str


@dataclass(frozen=True, slots=True)
class RecordDeliberation:
    """`finding`: the quorum finding at the close of the vote, tally counted. `late_reason`: why not in time."""

    finding: QuorumFinding
    late_reason: str = ""


@dataclass(frozen=True, slots=True)
class SubmitToLeaders:
    pass


@dataclass(frozen=True, slots=True)
class Approve:
    """`cap_fen`: the most that 三(五) allows, None where no cap applies."""

    amount_fen: int
    cap_fen: int | None
    departure_reason: str


@dataclass(frozen=True, slots=True)
class Reject:
    reason: str


@dataclass(frozen=True, slots=True)
class ReturnToDeliberation:
    reason: str


@dataclass(frozen=True, slots=True)
class ReturnForSupplement:
    reason: str


@dataclass(frozen=True, slots=True)
class EnterForce:
    today: date


@dataclass(frozen=True, slots=True)
class Expire:
    today: date


@dataclass(frozen=True, slots=True)
class Terminate:
    reason: str


@dataclass(frozen=True, slots=True)
class Withdraw:
    reason: str


@dataclass(frozen=True, slots=True)
class Close:
    reason: str


Command = (
    BeginReview
    | ResolveByOrdinaryAid
    | ReferToVillage
    | ReferAgain
    | Initiate
    | Decline
    | GatherEvidence
    | ReturnEvidence
    | Confirm
    | Schedule
    | ChangeMeeting
    | VoidMeeting
    | RecordDeliberation
    | SubmitToLeaders
    | Approve
    | Reject
    | ReturnToDeliberation
    | ReturnForSupplement
    | EnterForce
    | Expire
    | Terminate
    | Withdraw
    | Close
)
