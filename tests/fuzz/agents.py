"""代办 among those who call: an agent who may what the table allows, and one for each reason why an agent may not.

What a route asks of an agent follows from its contract and `backend.access.ALLOWED`. Routes that are anybody's who is
logged in name no act there: what they ask stands in `ANYBODYS`, and one that is missing in it fails.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto

from backend.access import ALLOWED, Action
from backend.api.contract import Contract, Entry, Who
from backend.identity.acting import MOST_ACTS, AgentKind
from rules.statuses import Role

EVERY_ACT = frozenset(action for action, roles in ALLOWED.items() if Role.AGENT in roles)


@dataclass(frozen=True, slots=True)
class Acting:
    """An agent as the calls know one: what was recorded.

    `last`: how far from today its last day is. `ended`: it was ended before that. `of_applicant`: acts for the person
    whose cases those of the own village are; otherwise for a neighbour.
    """

    kind: AgentKind
    recorded: frozenset[Action] = EVERY_ACT
    last: timedelta = timedelta(days=365)
    ended: bool = False
    of_applicant: bool = True

    @property
    def in_force(self) -> bool:
        """Whether anything is done on its authority."""
        return not self.ended and self.last >= timedelta(0)

    @property
    def acts(self) -> frozenset[Action]:
        """What it covers: never more than somebody of this kind may."""
        return self.recorded & MOST_ACTS[self.kind]


AGENTS: dict[str, Acting] = {
    Role.AGENT.value: Acting(AgentKind.GUARDIAN),
    "agent who reads": Acting(AgentKind.RELATIVE, frozenset({Action.READ_OWN})),
    "agent who does not read": Acting(AgentKind.ENTRUSTED, EVERY_ACT - {Action.READ_OWN}),
    "agent until yesterday": Acting(AgentKind.RELATIVE, last=timedelta(days=-1)),
    "agent no more": Acting(AgentKind.GUARDIAN, ended=True),
    "agent of a neighbour": Acting(AgentKind.GUARDIAN, of_applicant=False),
}


class Asks(Enum):
    """What a route asks of an agent where no act of the table decides."""

    AGENCY = auto()
    """Any that is in force."""
    GUARDIAN = auto()
    """A guardian's: one's own data are read and spoken for by nobody else (docs/privacy.md)."""
    ONESELF = auto()
    """Nobody does this while they act for another: it would be done for themself under the other's name."""
    LOGIN = auto()
    """Nothing but the token: for whom somebody acts is not looked at."""


ANYBODYS: dict[tuple[str, str], Action | Asks] = {
    ("POST", "/api/applications"): Action.APPLY,
    ("GET", "/api/me/cases"): Action.READ_OWN,
    ("POST", "/api/me"): Action.DESCRIBE,
    ("GET", "/api/me"): Asks.AGENCY,
    ("POST", "/api/guide/carried"): Asks.AGENCY,
    ("GET", "/api/me/corrections"): Asks.GUARDIAN,
    ("POST", "/api/me/corrections"): Asks.GUARDIAN,
    ("GET", "/api/me/data"): Asks.GUARDIAN,
    ("GET", "/api/me/data/print"): Asks.GUARDIAN,
    ("GET", "/api/me/privacy"): Asks.GUARDIAN,
    ("POST", "/api/me/privacy/acknowledgement"): Asks.GUARDIAN,
    ("POST", "/api/me/privacy/agreements"): Asks.GUARDIAN,
    ("POST", "/api/privacy/agreements/{consent_id}/withdrawal"): Asks.GUARDIAN,
    ("POST", "/api/agencies/{agency_id}/end"): Asks.ONESELF,
    ("POST", "/api/deliberations/{deliberation_id}/answer"): Asks.ONESELF,
    ("GET", "/api/deliberations/{deliberation_id}/card"): Asks.ONESELF,
    ("GET", "/api/deliberations/{deliberation_id}/meeting.ics"): Asks.ONESELF,
    ("GET", "/api/deliberations/{deliberation_id}/substitutes"): Asks.ONESELF,
    ("GET", "/api/me/agencies"): Asks.ONESELF,
    ("POST", "/api/me/agencies"): Asks.ONESELF,
    ("GET", "/api/me/devices"): Asks.ONESELF,
    ("DELETE", "/api/me/devices"): Asks.ONESELF,
    ("DELETE", "/api/me/devices/{device_id}"): Asks.ONESELF,
    ("POST", "/api/me/invitation"): Asks.ONESELF,
    ("POST", "/api/me/list-subscription"): Asks.ONESELF,
    ("GET", "/api/me/meetings"): Asks.ONESELF,
    ("GET", "/api/me/messages"): Asks.ONESELF,
    ("POST", "/api/me/messages/{notice_id}/opened"): Asks.ONESELF,
    ("POST", "/api/me/phone"): Asks.ONESELF,
    ("GET", "/api/me/subscriptions"): Asks.ONESELF,
    ("POST", "/api/me/subscriptions"): Asks.ONESELF,
    ("GET", "/api/reference/readings"): Asks.ONESELF,
    ("GET", "/api/session/scan/{ticket}"): Asks.ONESELF,
    ("POST", "/api/session/scan/{ticket}"): Asks.ONESELF,
    ("POST", "/api/staff/invitations/{code}/accept"): Asks.ONESELF,
    ("POST", "/api/session/renew"): Asks.LOGIN,
}


def is_anybodys(declared: Contract) -> bool:
    """Whether everybody may call it who is logged in, so that no table says what an agent may."""
    return Who.PERSON in declared.needs and not declared.is_open


def asked_of_an_agent(row: Entry) -> frozenset[Action] | Asks:
    """The acts of which one is enough, or what is asked instead. Raises KeyError for a route that nobody decided on."""
    declared = row.contract
    assert declared is not None, row.path
    if not is_anybodys(declared):
        return frozenset(need for need in declared.needs if isinstance(need, Action)) & EVERY_ACT
    asks = ANYBODYS[row.method, row.path]
    return asks if isinstance(asks, Asks) else frozenset({asks})


def may(who: Acting, row: Entry) -> bool | None:
    """Whether the agent may do this for the principal; None where that is not asked."""
    match asked_of_an_agent(row):
        case Asks.LOGIN:
            return None
        case Asks.AGENCY:
            return who.in_force
        case Asks.GUARDIAN:
            return who.in_force and who.kind is AgentKind.GUARDIAN
        case Asks.ONESELF:
            return False
        case acts:
            return who.in_force and bool(acts & who.acts)
