"""The staff console's first page: readings in force, living standard by two people, a year's calendar."""

from collections.abc import Awaitable, Callable
from datetime import date
from urllib.parse import urlsplit

from sanic import Blueprint, Request
from sanic.response import HTTPResponse

from backend.access import ALLOWED, Action, Actor, require_district
from backend.api.contract import Who
from backend.api.contract import page as declared
from backend.api.http import services
from backend.casework import calendar, readings_choice, standard
from backend.casework.readings_in_force import in_force
from backend.clock import local_day
from backend.errors import CaseworkError, InvalidInputError
from backend.web.console_session import act, look, page
from backend.web.pages import typed
from rules.readings import READINGS

blueprint = Blueprint("console", url_prefix="/console")
_MAX_CALENDAR_BYTES = 200_000


@blueprint.get("/reference")
@declared(Who.STAFF)
async def reference(request: Request) -> HTTPResponse:
    """Everything that the rules take from this installation."""
    return await look(request, lambda who: _page(request, who))


@blueprint.post("/standard")
@declared(Action.SET_STANDARD)
async def enter_standard(request: Request) -> HTTPResponse:
    """The first person."""

    async def work(who: Actor) -> str:
        await standard.enter(
            who,
            monthly_fen=_yuan(request, "monthly"),
            effective_from=_day(request, "effective_from"),
            document=typed(request, "document")[:120] or _missing("文件名和文号"),
            source_url=_link(request, "source_url"),
            now=await services(request).clock.now(),
        )
        return "已录入, 请另一位同事再填一遍确认。"

    return await _act(request, Action.SET_STANDARD, work)


@blueprint.post("/standard/confirm")
@declared(Action.SET_STANDARD)
async def confirm_standard(request: Request) -> HTTPResponse:
    """The second person."""

    async def work(who: Actor) -> str:
        await standard.confirm(
            who,
            monthly_fen=_yuan(request, "monthly"),
            effective_from=_day(request, "effective_from"),
            now=await services(request).clock.now(),
        )
        return "已确认生效。"

    return await _act(request, Action.SET_STANDARD, work)


@blueprint.post("/readings")
@declared(Action.CONFIRM_READINGS)
async def agree_to_readings(request: Request) -> HTTPResponse:
    """One of the two."""

    async def work(who: Actor) -> str:
        live = services(request)
        digest, now = typed(request, "digest", 64), await live.clock.now()
        if await readings_choice.agree(who, live.configured_readings, digest=digest, now=now):
            return "两人都已核对, 几秒钟后开始采用; 已经确认的事项不受影响。"
        return "已记下您的核对, 请另一位同事再核对一遍。"

    return await _act(request, Action.CONFIRM_READINGS, work)


@blueprint.post("/calendar")
@declared(Action.IMPORT_CALENDAR)
async def import_calendar(request: Request) -> HTTPResponse:
    """A year's announcement as a file."""

    async def work(who: Actor) -> str:
        file = request.files.get("file") if request.files else None
        if file is None or not file.body:
            raise InvalidInputError("file_missing", "请先选择放假安排文件, 再导入。")
        if len(file.body) > _MAX_CALENDAR_BYTES:
            raise InvalidInputError("calendar_malformed", "文件太大, 不像是一年的放假安排, 请核对。")
        text, now = file.body.decode(errors="replace"), await services(request).clock.now()
        if typed(request, "only") == "look":
            found = await calendar.preview_year(who, text, now=now)
            return f"只是看看, 还没有导入。导入以后: {_changes(found)}要导入请再选一次文件。"
        return f"已导入。{_changes(await calendar.import_year(who, text, now=now))}"

    return await _act(request, Action.IMPORT_CALENDAR, work)


_MOST_SHOWN = 20


def _changes(found: calendar.Imported) -> str:
    days = f"{found.year}年有{found.days_changed}天新增或改变"
    if not found.moved:
        return f"{days}, 没有期限改变。"
    shown = "; ".join(f"{item.number} 由{item.before}改为{item.after}" for item in found.moved[:_MOST_SHOWN])
    more = f"; 另有{len(found.moved) - _MOST_SHOWN}个" if len(found.moved) > _MOST_SHOWN else ""
    return f"{days}, {len(found.moved)}个期限改变: {shown}{more}。"


async def _act(request: Request, action: Action, work: Callable[[Actor], Awaitable[str]]) -> HTTPResponse:
    async def done_or_wrong(who: Actor) -> HTTPResponse:
        try:
            require_district(who, action)
            return await _page(request, who, done=await work(who))
        except CaseworkError as error:
            return await _page(request, who, wrong="; ".join((error.message, *error.reasons)), status=error.status)

    return await act(request, done_or_wrong)


async def _page(request: Request, who: Actor, *, done: str = "", wrong: str = "", status: int = 200) -> HTTPResponse:
    live = services(request)
    today = local_day(await live.clock.now())
    years = await calendar.known_years()
    return await page(
        request,
        who,
        "console_reference.html",
        status=status,
        done=done,
        wrong=wrong,
        waiting_readings=await readings_choice.waiting(live.configured_readings, two_people=not live.is_demo),
        readings=[(item, item.said(in_force()), item.otherwise(in_force())) for item in READINGS],
        standards=await standard.history(),
        today=today,
        years=years,
        missing_years=await calendar.missing_years(today),
        may_change=who.role in ALLOWED[Action.SET_STANDARD],
        typed={name: values[0] for name, values in (request.form or {}).items()} if wrong else {},
    )


def _missing(name: str) -> str:
    raise InvalidInputError("field_missing", f"请填写{name}。")


def _yuan(request: Request, name: str) -> int:
    text = typed(request, name)
    if not text.isdecimal() or len(text) > 6 or int(text) == 0:
        raise InvalidInputError("amount_invalid", "月标准请只写元数, 例如 1000。")
    return int(text) * 100


def _link(request: Request, name: str) -> str:
    text = typed(request, name)
    if text and (urlsplit(text).scheme not in ("http", "https") or len(text) > 200):
        raise InvalidInputError("link_invalid", "网址要以 http 开头, 没有可以空着。")
    return text


def _day(request: Request, name: str) -> date:
    try:
        return date.fromisoformat(typed(request, name))
    except ValueError as error:
        raise InvalidInputError("day_invalid", "生效日期请写成 2026-07-01 这样。") from error
