"""代办 over HTTP: staff record and confirm, residents name and end; the phone then sends `X-Acting-For`."""

from datetime import date
from uuid import UUID

from pydantic import Field
from sanic import Blueprint, Request
from sanic.response import HTTPResponse

from backend.access import Action
from backend.api.contract import Returned, Who, contract
from backend.api.fields import Day, Phone
from backend.api.http import Body, actor, answer, asked, services
from backend.api.shapes import Done
from backend.casework import agents
from backend.casework.agents import Agent, Terms
from backend.identity.acting import AgentKind
from models.agents import Agency

blueprint = Blueprint("agents", url_prefix="/api")


class NewAgency(Body):
    principal_id: UUID
    agent_id: UUID | None = None
    agent_name: str = Field(default="", max_length=40)
    agent_phone: Phone | None = None
    kind: AgentKind
    acts: frozenset[Action] = Field(min_length=1, max_length=5)
    authority: str = Field(min_length=1, max_length=500)
    wish: str = Field(min_length=1, max_length=500)
    from_day: Day | None = None
    to_day: Day | None = None
    photo_id: UUID | None = None
    principal_born_on: Day | None = None


class NamedRelative(Body):
    name: str = Field(min_length=1, max_length=40)
    phone: Phone
    acts: frozenset[Action] = Field(min_length=1, max_length=5)
    wish: str = Field(min_length=1, max_length=500)


class AgencyChecked(Body):
    authority: str = Field(min_length=1, max_length=500)


class AgencyEnded(Body):
    why: str = Field(min_length=1, max_length=500)


class AgencyState(Returned):
    id: UUID
    agent_id: UUID
    from_day: date
    to_day: date | None
    confirmed: bool


class AgencySeen(AgencyState):
    """`in_force`: today; `why_not`: the sentence that says why it does not hold."""

    kind: AgentKind
    kind_name: str
    agent: str
    acts: list[Action]
    in_force: bool
    why_not: str | None


class AgencyListed(AgencySeen):
    principal: str


class AgencyMine(AgencyListed):
    principal_id: UUID


class OwnAgencies(Returned):
    act_for_me: list[AgencySeen]
    i_act_for: list[AgencyMine]


def _agency(agency: Agency) -> dict[str, object]:
    return {
        "id": str(agency.id),
        "agent_id": str(agency.agent_id),
        "from_day": agency.from_day,
        "to_day": agency.to_day,
        "confirmed": agency.confirmed_at is not None,
    }


@blueprint.post("/agencies")
@contract(Action.RECORD_AGENT, body=NewAgency, returns=AgencyState, statuses=(201,), errors=(404, 409))
async def record(request: Request) -> HTTPResponse:
    """Staff: it holds from its first day. An agent given by name and telephone comes in with an invitation."""
    who, body, now = await asked(request, NewAgency)
    agency = await agents.record(
        who,
        body.principal_id,
        Agent(body.agent_id, body.agent_name, body.agent_phone),
        Terms(body.kind, body.acts, body.authority, body.wish, body.from_day, body.to_day, body.photo_id),
        born_on=body.principal_born_on,
        now=now,
    )
    return answer(_agency(agency), 201)


@blueprint.get("/agencies")
@contract(Action.RECORD_AGENT, returns=list[AgencyListed])
async def listed(request: Request) -> HTTPResponse:
    """Staff: those of the village or town."""
    return answer(await agents.listed(await actor(request), now=await services(request).clock.now()))


@blueprint.post("/agencies/<agency_id:uuid>/confirm")
@contract(Action.RECORD_AGENT, body=AgencyChecked, returns=AgencyState, errors=(409,))
async def confirm(request: Request, agency_id: UUID) -> HTTPResponse:
    """Staff: what a resident named is right."""
    who, body, now = await asked(request, AgencyChecked)
    return answer(_agency(await agents.confirm(who, agency_id, authority=body.authority, now=now)))


@blueprint.post("/agencies/<agency_id:uuid>/end")
@contract(Who.PERSON, body=AgencyEnded, returns=Done, errors=(409,))
async def end(request: Request, agency_id: UUID) -> HTTPResponse:
    """The person, the agent, or staff: at once."""
    who, body, now = await asked(request, AgencyEnded)
    await agents.end(who, agency_id, why=body.why, now=now)
    return answer({"ok": True})


@blueprint.get("/me/agencies")
@contract(Who.PERSON, returns=OwnAgencies)
async def own(request: Request) -> HTTPResponse:
    """替我办的, 我代办的."""
    return answer(await agents.own(await actor(request), now=await services(request).clock.now()))


@blueprint.post("/me/agencies")
@contract(Who.PERSON, body=NamedRelative, returns=AgencyState, statuses=(201,), errors=(404, 409))
async def name_relative(request: Request) -> HTTPResponse:
    """A relative who shall act for me; holds once the village has confirmed it."""
    who, body, now = await asked(request, NamedRelative)
    agency = await agents.name_relative(
        who, Agent(name=body.name, phone=body.phone), body.acts, wish=body.wish, now=now
    )
    return answer(_agency(agency), 201)
