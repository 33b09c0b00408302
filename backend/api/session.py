"""Logging in and out, and what a person says about themself."""

from datetime import date

from pydantic import Field
from sanic import Blueprint, Request
from sanic.response import HTTPResponse

from backend.api.http import Body, actor, address_of, answer, asked, parse, services, token_of
from backend.casework import people
from backend.errors import NotLoggedInError
from backend.identity import residents, sessions, staff
from backend.privacy import consents
from backend.wechat.errors import WeChatError

blueprint = Blueprint("session", url_prefix="/api")

_LOGIN_SENTENCES = {
    40029: "登录码已失效, 请重新打开小程序。",
    40163: "登录码已用过, 请重新打开小程序。",
    40226: "微信暂不允许此账号登录, 请打电话或到窗口办理。",
    45011: "登录太频繁, 请过一分钟再试。",
}


class WeChatLogin(Body):
    code: str = Field(min_length=1, max_length=128)


class StaffLogin(Body):
    login: str = Field(min_length=1, max_length=40)
    password: str = Field(min_length=1, max_length=128)


class AboutMe(Body):
    name: str = Field(min_length=1, max_length=40)
    village_id: int
    born_on: date | None = None
    phone: str | None = Field(default=None, pattern=r"^[0-9+\- ]{5,20}$")


class Accepted(Body):
    templates: list[str] = Field(min_length=1, max_length=5)


class Subscribe(Body):
    village_id: int


@blueprint.post("/session/wechat")
async def log_in_with_wechat(request: Request) -> HTTPResponse:
    """wx.login code -> our session token."""
    body = parse(request, WeChatLogin)
    live = services(request)
    try:
        token, person = await residents.log_in_with_wechat(
            live.redis, live.wechat, code=body.code, now=await live.clock.now()
        )
    except WeChatError as error:
        sentence = _LOGIN_SENTENCES.get(error.errcode, "微信暂时连不上, 请稍后再试, 急事请打电话。")
        raise NotLoggedInError(f"wechat_{error.errcode}", sentence) from error
    return answer({"token": token, "name": person.name, "village_id": person.village_id})


@blueprint.post("/session/staff")
async def log_in_staff(request: Request) -> HTTPResponse:
    """Login and password -> our session token."""
    body = parse(request, StaffLogin)
    token, account = await staff.log_in(
        services(request).redis, login=body.login, password=body.password, address=address_of(request)
    )
    return answer({"token": token, "role": account.role})


@blueprint.delete("/session")
async def log_out(request: Request) -> HTTPResponse:
    """Forget this session."""
    await sessions.close_session(services(request).redis, token_of(request))
    return answer({"ok": True})


@blueprint.get("/me")
async def who_am_i(request: Request) -> HTTPResponse:
    """The person behind this session."""
    who = await actor(request)
    return answer({"person_id": str(who.person_id), "name": who.name, "role": who.role, "village_id": who.village_id})


@blueprint.post("/me")
async def about_me(request: Request) -> HTTPResponse:
    """Name, village and birthday, as the person gives them."""
    who, body, now = await asked(request, AboutMe)
    await people.describe(who, now=now, **body.model_dump())
    return answer({"ok": True})


@blueprint.post("/me/consents")
async def accept_messages(request: Request) -> HTTPResponse:
    """The phone reports that the person accepted one message of each template."""
    who, body, now = await asked(request, Accepted)
    return answer({"left": await people.accept_messages(who, body.templates, now=now)})


@blueprint.post("/me/list-subscription")
async def subscribe(request: Request) -> HTTPResponse:
    """Tell me when my village's list changes."""
    who, body, now = await asked(request, Subscribe)
    await consents.agree_to_messages(who, now=now)
    await people.subscribe_to_list(who, village_id=body.village_id, now=now)
    return answer({"ok": True})
