"""我的设备 over HTTP: where one is logged in, logging out elsewhere, a new token for an old one."""

from pydantic import AwareDatetime
from sanic import Blueprint, Request
from sanic.response import HTTPResponse

from backend import audit
from backend.api.contract import Returned, Who, contract
from backend.api.http import actor, answer, services, token_of
from backend.api.shapes import Done
from backend.clock import SHANGHAI
from backend.identity import sessions

blueprint = Blueprint("devices", url_prefix="/api")


class Renewed(Returned):
    token: str


class DeviceSeen(Returned):
    """One login: `current` is the one that asks."""

    id: str
    kind: str
    opened_at: AwareDatetime
    used_at: AwareDatetime
    current: bool


class DevicesClosed(Returned):
    closed: int


@blueprint.post("/session/renew")
@contract(Who.PERSON, returns=Renewed)
async def renew(request: Request) -> HTTPResponse:
    """A new token; the old one works for thirty seconds more, so an answer that was lost is asked for again."""
    return answer({"token": await sessions.renew(services(request).redis, token_of(request))})


@blueprint.get("/me/devices")
@contract(Who.PERSON, returns=list[DeviceSeen])
async def devices(request: Request) -> HTTPResponse:
    """Where this login is open, the last used first; `used_at` is to the hour, no address is kept."""
    who = await actor(request)
    current = sessions.device_of(token_of(request))
    return answer(
        [
            {
                "id": device.id,
                "kind": device.kind,
                "opened_at": device.opened_at.astimezone(SHANGHAI).isoformat(),
                "used_at": device.used_at.astimezone(SHANGHAI).isoformat(),
                "current": device.id == current,
            }
            for device in await sessions.devices(services(request).redis, who)
        ]
    )


@blueprint.delete("/me/devices/<device_id:[0-9a-f]{32}>")
@contract(Who.PERSON, returns=Done)
async def close_device(request: Request, device_id: str) -> HTTPResponse:
    """Log out on one device, this one or another."""
    who, live = await actor(request), services(request)
    await sessions.close_device(live.redis, who, device_id)
    await audit.record(who, "device_logged_out", who.label, now=await live.clock.now())
    return answer({"ok": True})


@blueprint.delete("/me/devices")
@contract(Who.PERSON, returns=DevicesClosed)
async def close_all(request: Request) -> HTTPResponse:
    """全部退出, this device too."""
    who, live = await actor(request), services(request)
    closed = await sessions.close_own(live.redis, who)
    await audit.record(who, "all_devices_logged_out", who.label, now=await live.clock.now(), detail={"devices": closed})
    return answer({"closed": closed})
