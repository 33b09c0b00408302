"""Where a case is, who acts, who is told (policy-model §1.1, §1.2). Persisted names are for ever."""

from enum import StrEnum


class Status(StrEnum):
    """Where a case is. Persisted: these names are for ever."""

    SUBMITTED = "submitted"
    UNDER_REVIEW = "under_review"
    RESOLVED = "resolved"
    REFERRED = "referred"
    DECLINED = "declined"
    INITIATED = "initiated"
    GATHERING_EVIDENCE = "gathering_evidence"
    CONFIRMED = "confirmed"
    SCHEDULED = "scheduled"
    VOID = "void"
    DELIBERATED = "deliberated"
    BEFORE_LEADERS = "before_leaders"
    APPROVED = "approved"
    REJECTED = "rejected"
    IN_FORCE = "in_force"
    EXPIRED = "expired"
    TERMINATED = "terminated"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


class Role(StrEnum):
    """Who acts."""

    RESIDENT = "resident"
    AGENT = "agent"
    WORKER = "worker"
    VILLAGE = "village"
    TOWN = "town"
    SUPERVISOR = "supervisor"
    LEADERS = "leaders"
    BUREAU = "bureau"
    ADMIN = "admin"
    """系统管理员: accounts and settings, and no case content."""
    SYSTEM = "system"


class Recipient(StrEnum):
    """Who must be told the result (四(三))."""

    APPLICANT = "applicant"
    DISCIPLINE = "discipline"
    BUREAU = "bureau"


class Audience(StrEnum):
    """Who is to be told of a move, beside whoever made it. In the village and town of the case."""

    APPLICANT = "applicant"
    WORKER = "worker"
    VILLAGE = "village"
    TOWN = "town"
    PANEL = "panel"
    DISCIPLINE = "discipline"
    LEADERS = "leaders"
    BUREAU = "bureau"
    SUBSCRIBERS = "subscribers"


class Origin(StrEnum):
    """What a case comes from (§1.10.3)."""

    LEAD = "lead"
    """A preliminary application or a discovery: staff look at it first."""
    RENEWAL = "renewal"
    """The year is over, or nearly: the whole procedure again, evidence carried over."""
    AFTER_URGENT = "after_urgent"
    """Lasting help is wanted after an urgent relief."""


STARTS = {
    Origin.LEAD: Status.SUBMITTED,
    Origin.RENEWAL: Status.UNDER_REVIEW,
    Origin.AFTER_URGENT: Status.UNDER_REVIEW,
}
TERMINAL = frozenset(
    {Status.RESOLVED, Status.REJECTED, Status.EXPIRED, Status.TERMINATED, Status.WITHDRAWN, Status.CLOSED}
)
UNDECIDED = frozenset(Status) - TERMINAL - {Status.APPROVED, Status.IN_FORCE}
