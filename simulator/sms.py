"""An SMS gateway in the form of Tencent Cloud's SendSms (2021-01-11). Never checked against the live service.

A company's account: no limit on one parameter's length (a personal one has twelve characters), no URL in parameters.
"""

import asyncio
import json
import re
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import aiohttp
from aiohttp import web

from simulator import ends, tc3
from simulator.ends import END, End, Fault, Refusal, public

VERSION = "2021-01-11"
REGIONS = ("ap-beijing", "ap-guangzhou", "ap-nanjing")
MOST_NUMBERS, MOST_CHARACTERS, PERSONAL_PARAMETER = 200, 500, 12
WINDOWS = (
    (30.0, 1, "LimitExceeded.PhoneNumberThirtySecondLimit"),
    (3600.0, 5, "LimitExceeded.PhoneNumberOneHourLimit"),
    (86_400.0, 10, "LimitExceeded.PhoneNumberDailyLimit"),
)
"""(seconds, how many to one number, what one more is refused with): the usual settings of a console."""
REPORT_TRIES, REPORT_WAIT = 3, 0.5
_MOBILE = re.compile(r"\+86(1[3-9]\d{9})")
_PLACE = re.compile(r"\{(\d+)\}")
_CHINA = timezone(timedelta(hours=8))


@dataclass
class Template:
    """An approved text; {1} {2} ... are its parameters."""

    text: str

    @property
    def parameters(self) -> int:
        """How many it takes."""
        return len(set(_PLACE.findall(self.text)))

    def filled(self, values: list[str]) -> str:
        """With its parameters."""
        return _PLACE.sub(lambda found: values[int(found[1]) - 1], self.text)


@dataclass
class Sms(End):
    """The account. `unreachable`: numbers whose status report says that nothing arrived."""

    secret_id: str
    secret_key: str
    app_id: str
    sign: str
    templates: dict[str, Template] = field(default_factory=dict)
    report_url: str = ""
    reports: bool = True
    balance: int = 100_000
    is_personal: bool = False
    blacklist: set[str] = field(default_factory=set)
    unreachable: set[str] = field(default_factory=set)
    inboxes: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    windows: tuple[tuple[float, int, str], ...] = WINDOWS

    def __post_init__(self) -> None:
        """The state that every end has."""
        super().__init__()
        self.waiting: set[asyncio.Task[None]] = set()

    def refused(self, refusal: Refusal) -> web.Response:
        """The whole call refused, with HTTP 200."""
        error = {"Code": refusal.code, "Message": refusal.detail or refusal.code.rpartition(".")[2]}
        return _response({"Error": error})

    def send_one(self, number: str, template_id: str, sign: str, values: list[str]) -> str:
        """One number: its message on the phone, and the serial number. Raises Refusal with the code of the status."""
        found = _MOBILE.fullmatch(number)
        if found is None:
            raise Refusal("InvalidParameterValue.IncorrectPhoneNumber")
        phone, template = found[1], self.templates.get(template_id)
        if sign != self.sign:
            raise Refusal("FailedOperation.SignatureIncorrectOrUnapproved")
        if template is None:
            raise Refusal("FailedOperation.TemplateIncorrectOrUnapproved")
        self._check_values(template, values)
        if phone in self.blacklist:
            raise Refusal("FailedOperation.PhoneNumberInBlacklist")
        if self.balance < 1:
            raise Refusal("FailedOperation.InsufficientBalanceInSmsPackage")
        inbox, now = self.inboxes.setdefault(phone, []), self.now()
        for seconds, most, code in self.windows:
            if sum(message["at"] > now - seconds for message in inbox) >= most:
                raise Refusal(code)
        self.balance -= 1
        sid = f"5000:{secrets.randbelow(10**20):020d}"
        inbox.append({"text": f"【{sign}】{template.filled(values)}", "sid": sid, "at": now})
        return sid

    def _check_values(self, template: Template, values: list[str]) -> None:
        if len(values) != template.parameters:
            raise Refusal("FailedOperation.TemplateParamSetNotMatchApprovedTemplate")
        if self.is_personal and any(len(value) > PERSONAL_PARAMETER for value in values):
            raise Refusal("InvalidParameterValue.TemplateParameterLengthLimit")
        if any("://" in value for value in values):
            raise Refusal("InvalidParameterValue.ProhibitedUseUrlInTemplateParameter")
        if len(template.filled(values)) > MOST_CHARACTERS:
            raise Refusal("InvalidParameterValue.ContentLengthLimit")


SMS = web.AppKey("sms", Sms)
_HTTP = web.AppKey("sms_http", aiohttp.ClientSession)
routes = web.RouteTableDef()


def make_app(sms: Sms) -> web.Application:
    """The gateway as an aiohttp application."""
    app = web.Application()
    app[END] = app[SMS] = sms

    async def http(app: web.Application) -> AsyncIterator[None]:
        app[_HTTP] = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5))
        yield
        for task in sms.waiting:
            task.cancel()
        await app[_HTTP].close()

    app.cleanup_ctx.append(http)
    app.add_routes(routes)
    return app


def _response(body: dict[str, Any]) -> web.Response:
    return web.json_response({"Response": body | {"RequestId": secrets.token_hex(16)}})


@routes.post("/")
@public
async def send_sms(request: web.Request, fault: Fault) -> web.Response:
    """SendSms: who signs, which action, what is in the body; then every number by itself."""
    sms, payload, headers = request.app[SMS], await request.read(), request.headers
    if request.content_type != "application/json":
        raise Refusal("UnsupportedProtocol")
    tc3.verify(
        headers,
        payload,
        service="sms",
        secret_of=lambda known: sms.secret_key if known == sms.secret_id else None,
        now=sms.now(),
    )
    if headers.get("X-TC-Action") != "SendSms":
        raise Refusal("InvalidAction")
    if headers.get("X-TC-Version") != VERSION:
        raise Refusal("NoSuchVersion")
    if headers.get("X-TC-Region") not in REGIONS:
        raise Refusal("UnsupportedRegion")
    body = _checked(payload, sms)
    statuses = [_status(sms, number, body, fault) for number in body["PhoneNumberSet"]]
    sent = [status for status in statuses if status["Code"] == "Ok"]
    if sent and sms.reports and sms.report_url:
        task = asyncio.create_task(_report(request.app, [status["SerialNo"] for status in sent]))
        sms.waiting.add(task)
        task.add_done_callback(sms.waiting.discard)
    return _response({"SendStatusSet": statuses})


def _checked(payload: bytes, sms: Sms) -> dict[str, Any]:
    """The body as it must be. Raises Refusal for the whole call."""
    try:
        body = json.loads(payload)
    except ValueError as error:
        raise Refusal("FailedOperation.JsonParseFail") from error
    if not isinstance(body, dict):
        raise Refusal("InvalidParameter")
    for name in ("PhoneNumberSet", "SmsSdkAppId", "TemplateId"):
        if name not in body:
            raise Refusal("MissingParameter", f"The request is missing a required parameter `{name}`.")
    lists = (body["PhoneNumberSet"], body.setdefault("TemplateParamSet", []))
    if not all(isinstance(values, list) and all(isinstance(value, str) for value in values) for values in lists):
        raise Refusal("InvalidParameter")
    if not body["PhoneNumberSet"]:
        raise Refusal("MissingParameter.EmptyPhoneNumberSet")
    if len(body["PhoneNumberSet"]) > MOST_NUMBERS:
        raise Refusal("LimitExceeded.PhoneNumberCountLimit")
    if body["SmsSdkAppId"] != sms.app_id:
        raise Refusal("UnauthorizedOperation.SmsSdkAppIdVerifyFail")
    return body


def _status(sms: Sms, number: str, body: dict[str, Any], fault: Fault) -> dict[str, Any]:
    code, message, sid = "Ok", "send success", ""
    try:
        if fault.code:
            raise Refusal(fault.code)
        sid = sms.send_one(number, str(body["TemplateId"]), str(body.get("SignName", "")), body["TemplateParamSet"])
    except Refusal as refusal:
        code = message = refusal.code
    return {
        "SerialNo": sid,
        "PhoneNumber": number,
        "Fee": 1 if sid else 0,
        "SessionContext": str(body.get("SessionContext", "")),
        "Code": code,
        "Message": message,
        "IsoCode": "CN" if number.startswith("+86") else "",
    }


async def _report(app: web.Application, sids: list[str]) -> None:
    """The status of what was sent, told to whoever asked for it; again where nobody listens."""
    sms = app[SMS]
    rows = [_reported(sms, phone, message) for phone, message in _messages(sms) if message["sid"] in sids]
    for _ in range(REPORT_TRIES):
        try:
            async with app[_HTTP].post(sms.report_url, json=rows) as answer:
                sms.calls[f"report_{answer.status}"] += 1
                if answer.status == 200:
                    return
        except (aiohttp.ClientError, TimeoutError, OSError):
            sms.calls["report_lost"] += 1
        await asyncio.sleep(REPORT_WAIT)


def _messages(sms: Sms) -> list[tuple[str, dict[str, Any]]]:
    return [(phone, message) for phone, inbox in sms.inboxes.items() for message in inbox]


def _reported(sms: Sms, phone: str, message: dict[str, Any]) -> dict[str, str]:
    arrived = phone not in sms.unreachable
    return {
        "user_receive_time": f"{datetime.fromtimestamp(sms.now(), _CHINA):%Y-%m-%d %H:%M:%S}",
        "nationcode": "86",
        "mobile": phone,
        "report_status": "SUCCESS" if arrived else "FAIL",
        "errmsg": "DELIVRD" if arrived else "MK:0001",
        "description": "用户短信送达成功" if arrived else "空号",
        "sid": message["sid"],
    }


# -- admin and page


@routes.post("/admin/account")
async def account(request: web.Request) -> web.Response:
    """{"balance"?, "reports"?, "report_url"?, "is_personal"?, "blacklist"?, "unreachable"?}: what is named, changes."""
    sms, kinds = request.app[SMS], {"balance": int, "reports": bool, "report_url": str, "is_personal": bool}
    for name, value in (await request.json()).items():
        setattr(sms, name, {"blacklist": set, "unreachable": set, **kinds}[name](value))
    return web.json_response({"ok": True})


@routes.post("/admin/templates")
async def add_templates(request: web.Request) -> web.Response:
    """{"templates": {id: text}}: what the gateway has approved."""
    for name, text in (await request.json())["templates"].items():
        request.app[SMS].templates[str(name)] = Template(str(text))
    return web.json_response({"templates": len(request.app[SMS].templates)})


@routes.get("/admin/inbox")
async def inbox(request: web.Request) -> web.Response:
    """?phone= -> every SMS of this number; eleven digits."""
    return web.json_response(request.app[SMS].inboxes.get(request.query.get("phone", ""), []))


ends.admin_of(routes)


@routes.get("/")
async def shown(request: web.Request) -> web.Response:
    """The phones and their messages."""
    phones = sorted(request.app[SMS].inboxes.items())
    return ends.page("模拟短信", "演示用的短信网关, 不是真的。", phones)
