"""代办 over HTTP: staff record and confirm, residents name and end; the phone then sends `X-Acting-For`."""

from datetime import date
from uuid import UUID

from pydantic import Field
from sanic import Blueprint, Request
from sanic.response import HTTPResponse

from backend.access import Action
from backend.api.http import Body, actor, answer, asked, services
from backend.casework import agents
from backend.casework.agents import Agent, Terms
from backend.identity.acting import AgentKind
from models.agents import Agency

blueprint = Blueprint("agents", url_prefix="/api")


class NewAgency(Body):
    principal_id: UUID
    agent_id: UUID | None = None
    agent_name: str = Field(default="", max_length=40)
    agent_phone: str | None = Field(default=None, pattern=r"^[0-9+\- ]{5,20}$")
    kind: AgentKind
    acts: frozenset[Action] = Field(min_length=1, max_length=5)
    authority: str = Field(min_length=1, max_length=500)
    wish: str = Field(min_length=1, max_length=500)
    from_day: date | None = None
    to_day: date | None = None
    photo_id: UUID | None = None
    principal_born_on: date | None = None


class Named(Body):
    name: str = Field(min_length=1, max_length=40)
    phone: str = Field(pattern=r"^[0-9+\- ]{5,20}$")
    acts: frozenset[Action] = Field(min_length=1, max_length=5)
    wish: str = Field(min_length=1, max_length=500)


class Checked(Body):
    authority: str = Field(min_length=1, max_length=500)


class Why(Body):
    why: str = Field(min_length=1, max_length=500)


def _agency(agency: Agency) -> dict[str, object]:
    return {
        "id": str(agency.id),
        "agent_id": str(agency.agent_id),
        "from_day": agency.from_day,
        "to_day": agency.to_day,
        "confirmed": agency.confirmed_at is not None,
    }


@blueprint.post("/agencies")
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
async def listed(request: Request) -> HTTPResponse:
    """Staff: those of the village or town."""
    return answer(await agents.listed(await actor(request), now=await services(request).clock.now()))


@blueprint.post("/agencies/<agency_id:uuid>/confirm")
async def confirm(request: Request, agency_id: UUID) -> HTTPResponse:
    """Staff: what a resident named is right."""
    who, body, now = await asked(request, Checked)
    return answer(_agency(await agents.confirm(who, agency_id, authority=body.authority, now=now)))


@blueprint.post("/agencies/<agency_id:uuid>/end")
async def end(request: Request, agency_id: UUID) -> HTTPResponse:
    """The person, the agent, or staff: at once."""
    who, body, now = await asked(request, Why)
    await agents.end(who, agency_id, why=body.why, now=now)
    return answer({"ok": True})


@blueprint.get("/me/agencies")
async def own(request: Request) -> HTTPResponse:
    """替我办的, 我代办的."""
    return answer(await agents.own(await actor(request), now=await services(request).clock.now()))


@blueprint.post("/me/agencies")
async def name_relative(request: Request) -> HTTPResponse:
    """A relative who shall act for me; holds once the village has confirmed it."""
    who, body, now = await asked(request, Named)
    agency = await agents.name_relative(
        who, Agent(name=body.name, phone=body.phone), body.acts, wish=body.wish, now=now
    )
    return answer(_agency(agency), 201)
