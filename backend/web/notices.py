"""The console's pages of notices: what became of each by person and channel, the promise, what the operator does."""

from contextlib import suppress
from datetime import date, datetime
from uuid import UUID

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, redirect

from backend.access import ALLOWED, Action, Actor
from backend.api.contract import page as declared
from backend.api.http import services
from backend.casework import call_list, notice_alerts, notice_board, notice_figures, rsvp
from backend.casework.notice_board import Filter
from backend.casework.notice_words import LANES
from backend.errors import CaseworkError, InvalidInputError
from backend.web.console_session import act, look, page
from backend.web.pages import typed
from notices.kinds import LABELS, Kind, Lane

blueprint = Blueprint("notice_pages", url_prefix="/console/notices")
_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2200, 1, 1)


# -- notices


@blueprint.get("/")
@declared(Action.READ_NOTICES, Action.OPERATE_NOTICES)
async def show(request: Request) -> HTTPResponse:
    """The notices of one's region, the newest first; an administrator sees numbers alone."""
    return await look(request, lambda who: _list(request, who))


async def _list(request: Request, who: Actor) -> HTTPResponse:
    now = await services(request).clock.now()
    operates = who.role in ALLOWED[Action.OPERATE_NOTICES]
    if who.role not in ALLOWED[Action.READ_NOTICES]:
        counts = await notice_board.counts(who, now=now)
        return await page(request, who, "notice_counts.html", counts=counts)
    wrong, status, rows, more, number = "", 200, [], False, _page_number(request)
    try:
        rows, more = await notice_board.listed(who, _filter(request), page=number, now=now)
    except InvalidInputError as error:
        wrong, status = error.message, error.status
    return await page(
        request,
        who,
        "notices.html",
        status=status,
        rows=rows,
        more=more,
        number=number,
        query=_query(request),
        asked={name: request.args.get(name) or "" for name in ("kind", "lane", "day", "unreached")},
        kinds=LABELS,
        lanes=LANES,
        operates=operates,
        calls=who.role in ALLOWED[Action.CALL],
        wrong=wrong,
    )


def _filter(request: Request) -> Filter:
    """What the address asks for. Raises InvalidInputError."""
    kind, lane, day = (request.args.get(name) or "" for name in ("kind", "lane", "day"))
    try:
        return Filter(
            Kind(kind) if kind else None,
            Lane(int(lane)) if lane else None,
            _day(day) if day else None,
            request.args.get("unreached") == "yes",
        )
    except ValueError as error:
        raise InvalidInputError(
            "filter_unknown", "筛选的条件看不懂: 种类请从单子里选, 日期要像 2026-09-28 这样写。"
        ) from error


def _day(text: str) -> date:
    """A day that notices can be of. Raises ValueError."""
    if not _FIRST_DAY <= (day := date.fromisoformat(text)) < _LAST_DAY:
        raise ValueError(text)
    return day


def _query(request: Request) -> str:
    """The filter again, for the way to the next page: only what was understood goes into the address."""
    try:
        wanted = _filter(request)
    except InvalidInputError:
        return ""
    parts = {
        "kind": wanted.kind or "",
        "lane": "" if wanted.lane is None else wanted.lane.value,
        "day": wanted.day or "",
        "unreached": "yes" if wanted.unreached else "",
    }
    return "&".join(f"{name}={value}" for name, value in parts.items() if value != "")


def _page_number(request: Request) -> int:
    text = request.args.get("page") or "1"
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 5 else 1


@blueprint.get("/<notice_id:uuid>")
@declared(Action.READ_NOTICES)
async def one(request: Request, notice_id: UUID) -> HTTPResponse:
    """One notice: a row a person, the unreached first."""
    return await look(request, lambda who: _one(request, who, notice_id))


@blueprint.post("/<notice_id:uuid>/<what:again|told>")
@declared(Action.CALL)
async def act_on_one(request: Request, notice_id: UUID, what: str) -> HTTPResponse:
    """Send once more; or record that somebody telephoned or went there."""

    async def work(who: Actor) -> HTTPResponse:
        live = services(request)
        now = await live.clock.now()
        try:
            if what == "again":
                await notice_board.send_again(who, notice_id, _uuid(request, "delivery"), now=now)
                await live.wake()
                done = "已经排上, 马上再发一次。"
            else:
                outcome, note = typed(request, "outcome"), typed(request, "note")
                await call_list.record(who, notice_id, _uuid(request, "person"), outcome, note=note, now=now)
                done = "已登记。" if outcome in call_list.REACHES else "已登记, 这个人还在电话名单上。"
        except CaseworkError as error:
            if error.status in (403, 404):
                raise
            return await _one(request, who, notice_id, wrong=error.message, status=error.status)
        return await _one(request, who, notice_id, done=done)

    return await act(request, work)


async def _one(
    request: Request, who: Actor, notice_id: UUID, *, status: int = 200, wrong: str = "", done: str = ""
) -> HTTPResponse:
    number = _page_number(request)
    now = await services(request).clock.now()
    heading, people, more = await notice_board.opened(who, notice_id, page=number, now=now)
    return await page(
        request,
        who,
        "notice.html",
        status=status,
        notice=heading,
        people=people,
        more=more,
        number=number,
        coming=await coming(who, heading, now=now),
        may_act=who.role in ALLOWED[Action.CALL],
        outcomes=call_list.OUTCOMES,
        answers=call_list.ANSWERS,
        most=call_list.MOST_NOTE,
        typed_note=typed(request, "note") if wrong else "",
        typed_outcome=typed(request, "outcome") if wrong else "",
        typed_person=typed(request, "person") if wrong else "",
        wrong=wrong,
        done=done,
    )


async def coming(who: Actor, heading: notice_board.Heading, *, now: datetime) -> dict[str, object] | None:
    """For the convener: who is expected at the meeting; None where it is another town's, over or no meeting."""
    if heading.meeting is None or heading.called_off or who.role not in ALLOWED[Action.CONVENE]:
        return None
    with suppress(CaseworkError):
        return await rsvp.read_forecast(heading.meeting, who, now=now)
    return None


def _uuid(request: Request, name: str) -> UUID:
    try:
        return UUID(typed(request, name))
    except ValueError as error:
        raise InvalidInputError("choice_missing", "请刷新页面再试。") from error


# -- the promise


@blueprint.get("/figures")
@declared(Action.OPERATE_NOTICES)
async def figures(request: Request) -> HTTPResponse:
    """By day, from the rows."""

    async def draw(who: Actor) -> HTTPResponse:
        live = services(request)
        found = await notice_figures.figures(who, live.quiet, now=await live.clock.now())
        aim = {"percent": notice_figures.AIM_PERCENT, "seconds": notice_figures.WITHIN_SECONDS}
        return await page(request, who, "notice_figures.html", found=found, aim=aim)

    return await look(request, draw)


# -- what the operator does


@blueprint.get("/alerts")
@declared(Action.OPERATE_NOTICES)
async def alerts(request: Request) -> HTTPResponse:
    """Open faults and paused channels."""
    return await look(request, lambda who: _alerts(request, who))


@blueprint.post("/alerts/<alert_id:int>/settle")
@declared(Action.OPERATE_NOTICES)
async def settle(request: Request, alert_id: int) -> HTTPResponse:
    """It is put right."""

    async def work(who: Actor) -> HTTPResponse:
        await notice_alerts.settle(who, alert_id, now=await services(request).clock.now())
        return redirect("/console/notices/alerts", status=303)

    return await act(request, work)


@blueprint.post("/pauses/<pause_id:int>/resume")
@declared(Action.OPERATE_NOTICES)
async def resume(request: Request, pause_id: int) -> HTTPResponse:
    """Use the channel again now."""

    async def work(who: Actor) -> HTTPResponse:
        live = services(request)
        sure = typed(request, "sure") == "yes"
        try:
            await notice_alerts.resume(who, pause_id, sure=sure, now=await live.clock.now())
        except InvalidInputError as error:
            return await _alerts(request, who, wrong=error.message, status=error.status)
        await live.wake()
        return redirect("/console/notices/alerts", status=303)

    return await act(request, work)


async def _alerts(request: Request, who: Actor, *, status: int = 200, wrong: str = "") -> HTTPResponse:
    now = await services(request).clock.now()
    return await page(
        request,
        who,
        "notice_alerts.html",
        status=status,
        rows=await notice_alerts.open_alerts(who),
        pauses=await notice_alerts.pauses(who, now=now),
        wrong=wrong,
    )
