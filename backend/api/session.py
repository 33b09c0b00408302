"""Logging in and out, the ways in, and what a person says about themself."""

from uuid import UUID

from pydantic import AwareDatetime, Field
from sanic import Blueprint, Request
from sanic.response import HTTPResponse

from backend.access import Action
from backend.api.contract import Returned, Who, contract
from backend.api.fields import Day, Number, Phone
from backend.api.http import Body, actor, address_of, answer, asked, device_of, parse, services, token_of
from backend.api.shapes import Done
from backend.casework import invitations, people
from backend.clock import SHANGHAI
from backend.errors import InvalidInputError, NotLoggedInError
from backend.identity import residents, sessions, staff
from backend.identity.staff import Moment
from backend.privacy import consents
from backend.wechat.errors import WeChatError
from rules.statuses import Role

blueprint = Blueprint("session", url_prefix="/api")

_LOGIN_SENTENCES = {
    40029: "登录码已失效, 请重新打开小程序。",
    40163: "登录码已用过, 请重新打开小程序。",
    40226: "微信暂不允许此账号登录, 请打电话或到窗口办理。",
    45011: "登录太频繁, 请过一分钟再试。",
}


_PHONE_SENTENCES = {
    40029: "这次授权已失效, 请再按一次“用微信手机号”; 不给手机号也能办, 可以自己填写或不填。",
    45011: "现在用的人太多, 请过一会儿再试; 不给手机号也能办。",
}


class WeChatLogin(Body):
    code: str = Field(min_length=1, max_length=128)


class StaffLogin(Body):
    login: str = Field(min_length=1, max_length=40)
    password: str = Field(min_length=1, max_length=128)
    totp: str = Field(default="", max_length=40)


class AboutMe(Body):
    name: str = Field(min_length=1, max_length=40)
    village_id: Number
    born_on: Day | None = None
    phone: Phone | None = None


class PhoneCode(Body):
    code: str = Field(min_length=1, max_length=128)


class Invite(Body):
    person_id: UUID


class InvitationCode(Body):
    code: str = Field(min_length=8, max_length=20)


class Subscribe(Body):
    village_id: Number


class PersonSession(Returned):
    token: str
    name: str
    village_id: int | None


class StaffSession(Returned):
    token: str
    role: Role


class Me(Returned):
    """`acting_for`: whose affairs these are, in 代办; `renew`: the phone should ask for a new token."""

    person_id: UUID
    name: str
    role: Role
    village_id: int | None
    acting_for: UUID | None
    renew: bool


class PhoneTaken(Returned):
    """Masked."""

    phone: str


class InvitationMade(Returned):
    """`code`: shown this once."""

    code: str
    ends_at: AwareDatetime


@blueprint.post("/session/wechat")
@contract(Who.OPEN, body=WeChatLogin, returns=PersonSession, errors=(401,))
async def log_in_with_wechat(request: Request) -> HTTPResponse:
    """wx.login code -> our session token."""
    body = parse(request, WeChatLogin)
    live = services(request)
    try:
        token, person = await residents.log_in_with_wechat(
            live.redis, live.wechat, code=body.code, device=device_of(request), now=await live.clock.now()
        )
    except WeChatError as error:
        sentence = _LOGIN_SENTENCES.get(error.errcode, "微信暂时连不上, 请稍后再试, 急事请打电话。")
        raise NotLoggedInError(f"wechat_{error.errcode}", sentence) from error
    return answer({"token": token, "name": person.name, "village_id": person.village_id})


@blueprint.post("/session/staff")
@contract(Who.OPEN, body=StaffLogin, returns=StaffSession, errors=(401, 403))
async def log_in_staff(request: Request) -> HTTPResponse:
    """Login, password and, where the account has one, 动态码 or a recovery code -> our session token."""
    body, live = parse(request, StaffLogin), services(request)
    at = Moment(await live.clock.now(), live.clock.wall(), address_of(request), device_of(request))
    token, account = await staff.log_in(
        live.redis, body.login, body.password, body.totp, at, everyone_has_codes=not live.is_demo
    )
    return answer({"token": token, "role": account.role})


@blueprint.delete("/session")
@contract(Who.OPEN, returns=Done)
async def log_out(request: Request) -> HTTPResponse:
    """Forget this session."""
    await sessions.close_session(services(request).redis, token_of(request))
    return answer({"ok": True})


@blueprint.get("/me")
@contract(Who.PERSON, returns=Me)
async def who_am_i(request: Request) -> HTTPResponse:
    """The person behind this session; `renew`: the token is so old that the phone should ask for a new one."""
    who = await actor(request)
    return answer(
        {
            "person_id": str(who.person_id),
            "name": who.name,
            "role": who.role,
            "village_id": who.village_id,
            "acting_for": str(who.acting_for) if who.acting_for else None,
            "renew": await sessions.should_renew(services(request).redis, token_of(request)),
        }
    )


@blueprint.post("/me")
@contract(Who.PERSON, body=AboutMe, returns=Done, errors=(404,))
async def about_me(request: Request) -> HTTPResponse:
    """Name, village and birthday, as the person gives them."""
    who, body, now = await asked(request, AboutMe)
    await people.describe(who, now=now, **body.model_dump())
    return answer({"ok": True})


@blueprint.post("/me/phone")
@contract(Who.PERSON, body=PhoneCode, returns=PhoneTaken)
async def take_phone(request: Request) -> HTTPResponse:
    """The code of WeChat's getPhoneNumber button -> the telephone, masked. Nobody has to press that button."""
    who, body, now = await asked(request, PhoneCode)
    try:
        return answer({"phone": await residents.take_phone(who, services(request).wechat, code=body.code, now=now)})
    except WeChatError as error:
        sentence = _PHONE_SENTENCES.get(error.errcode, "微信暂时连不上, 手机号没有保存; 不给手机号也能办。")
        raise InvalidInputError(f"wechat_{error.errcode}", sentence) from error


@blueprint.post("/invitations")
@contract(Action.INVITE_RESIDENT, body=Invite, returns=InvitationMade, statuses=(201,), errors=(404, 409))
async def invite(request: Request) -> HTTPResponse:
    """Staff: a code for somebody who was written down, shown this once."""
    who, body, now = await asked(request, Invite)
    code, ends_at = await invitations.invite(who, body.person_id, now=now)
    return answer({"code": invitations.spoken(code), "ends_at": ends_at.astimezone(SHANGHAI).isoformat()}, 201)


@blueprint.post("/me/invitation")
@contract(Who.PERSON, body=InvitationCode, returns=PersonSession, errors=(404, 409))
async def accept_invitation(request: Request) -> HTTPResponse:
    """The code from the village: this WeChat login is the written-down person's from now on, under a new token."""
    who, body, now = await asked(request, InvitationCode)
    redis, token = services(request).redis, token_of(request)
    joined = await invitations.accept(redis, who, body.code, now=now)
    if joined.moved:
        await sessions.close_all(redis, person_id=who.person_id)
        token = await sessions.open_session(redis, person_id=joined.person.id, device=device_of(request))
    return answer({"token": token, "name": joined.person.name, "village_id": joined.person.village_id})


@blueprint.post("/me/list-subscription")
@contract(Who.PERSON, body=Subscribe, returns=Done, errors=(404,))
async def subscribe(request: Request) -> HTTPResponse:
    """Tell me when my village's list changes."""
    who, body, now = await asked(request, Subscribe)
    await consents.agree_to_messages(who, now=now)
    await people.subscribe_to_list(who, village_id=body.village_id, now=now)
    return answer({"ok": True})
