"""The applicant is told that a case has moved; what a move makes wrong or old is taken back first."""

from datetime import datetime, timedelta

from models.application import Case
from notices.kinds import Kind
from notices.outbox import announce, call_off
from rules.process import Moved
from rules.statuses import TERMINAL, Audience, Status

_OLD_AFTER = timedelta(days=7)
_HAVE_THEIR_OWN = frozenset({"Approved", "Rejected"})
"""Events with a notice of their own: the result."""
_WANT_MATERIAL = frozenset({"EvidenceReturned", "SupplementWanted"})
_ON_THE_WAY = (Kind.CASE_MOVED, Kind.MATERIAL_WANTED)
_ENDED_EARLY = frozenset({Status.WITHDRAWN, Status.CLOSED, Status.TERMINATED})


def about(case: Case) -> str:
    """What notices of a case are found by."""
    return f"case:{case.id}"


def case_facts(case: Case) -> dict[str, str]:
    """What every notice of a case says."""
    return {"number": case.number, "page_id": str(case.id)}


def about_clock(clock_id: object) -> str:
    """What notices of one running clock are found by: another of the same case has notices of its own."""
    return f"clock:{clock_id}"


async def take_back(case: Case, *kinds: Kind, now: datetime) -> None:
    """What still waits of these kinds is not sent any more."""
    await call_off(about(case), now=now, but=[kind for kind in Kind if kind not in kinds])


async def tell_move(case: Case, moved: Moved, *, now: datetime) -> None:
    """The notice of a move, in its transaction: the newest word alone; a case that ended early leaves no other."""
    if moved.status in _ENDED_EARLY:
        await call_off(about(case), now=now)
    elif moved.status in TERMINAL or moved.event in _HAVE_THEIR_OWN:
        await take_back(case, *_ON_THE_WAY, now=now)
    if moved.event in _WANT_MATERIAL:
        # The worker stands in the table as who is told: it is their list that the case comes back to.
        await _tell(Kind.MATERIAL_WANTED, case, now)
    elif Audience.APPLICANT in moved.tells and moved.event not in _HAVE_THEIR_OWN:
        await take_back(case, Kind.CASE_MOVED, now=now)
        await _tell(Kind.CASE_MOVED, case, now)


async def _tell(kind: Kind, case: Case, now: datetime) -> None:
    await announce(
        kind,
        f"{kind}:{case.id}:{case.version}",
        case_facts(case),
        [case.applicant_id],
        now=now,
        subject=about(case),
        useless_after=now + _OLD_AFTER if kind is Kind.CASE_MOVED else None,
    )
