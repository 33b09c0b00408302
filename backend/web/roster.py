"""The console's pages of the roster: who is in office by village, and bringing in a sheet."""

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, raw

from backend.access import Action, Actor
from backend.api.contract import page as declared
from backend.api.http import services
from backend.clock import local_day
from backend.errors import CaseworkError, InvalidInputError
from backend.identity import roster, roster_sheet
from backend.identity.roster import Plan
from backend.identity.roster_sheet import CAPACITIES
from backend.web.console_session import act, look, page
from backend.web.pages import PRIVATE, typed

blueprint = Blueprint("console_roster", url_prefix="/console/roster")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MOST_SHOWN = 100


@blueprint.get("/")
@declared(Action.MANAGE_ROSTER)
async def in_office(request: Request) -> HTTPResponse:
    """Who is in office today."""
    return await look(request, lambda who: _page(request, who))


@blueprint.get("/template.xlsx")
@declared(Action.MANAGE_ROSTER)
async def template(request: Request) -> HTTPResponse:
    """An empty sheet with the columns."""

    async def show(_who: Actor) -> HTTPResponse:
        headers = PRIVATE | {"Content-Disposition": "attachment; filename*=UTF-8''%E5%90%8D%E5%86%8C.xlsx"}
        return raw(roster_sheet.template(), content_type=_XLSX, headers=headers)

    return await look(request, show)


@blueprint.post("/")
@declared(Action.MANAGE_ROSTER)
async def preview(request: Request) -> HTTPResponse:
    """What a sheet would change; nothing is changed by it."""

    async def work(who: Actor) -> HTTPResponse:
        live = services(request)
        try:
            file = request.files.get("file") if request.files else None
            if file is None or not file.body:
                raise InvalidInputError("file_missing", "请先选择填好的表格(.xlsx), 再上传。")
            seen = await roster.preview(live.redis, who, file.body, now=await live.clock.now())
        except CaseworkError as error:
            if error.status == 403:
                raise
            return await _page(request, who, wrong=error.message, reasons=error.reasons, status=error.status)
        return await page(
            request,
            who,
            "console_roster_preview.html",
            plan=seen.plan,
            token=seen.token,
            digest=seen.plan.digest,
            most=_MOST_SHOWN,
        )

    return await act(request, work)


@blueprint.post("/import")
@declared(Action.MANAGE_ROSTER)
async def carry_out(request: Request) -> HTTPResponse:
    """Import what was previewed."""

    async def work(who: Actor) -> HTTPResponse:
        live, ends = services(request), typed(request, "end_missing") == "yes"
        try:
            plan = await roster.carry_out(
                live.redis,
                who,
                typed(request, "token", 100),
                typed(request, "digest", 64),
                end_missing=ends,
                now=await live.clock.now(),
            )
        except CaseworkError as error:
            if error.status == 403:
                raise
            return await _page(request, who, wrong=error.message, status=error.status)
        return await _page(request, who, done=_told(plan, ends=ends))

    return await act(request, work)


def _told(plan: Plan, *, ends: bool) -> str:
    gone = f", 卸任{len(plan.gone)}人" if ends else f", 名单里没有的{len(plan.gone)}人没有改动" if plan.gone else ""
    return f"已导入: 新增{len(plan.added)}人, 任期有变{len(plan.changed)}人, 没有变化{plan.unchanged}人{gone}。"


async def _page(
    request: Request,
    who: Actor,
    *,
    done: str = "",
    wrong: str = "",
    reasons: tuple[str, ...] = (),
    status: int = 200,
) -> HTTPResponse:
    today = local_day(await services(request).clock.now())
    return await page(
        request,
        who,
        "console_roster.html",
        status=status,
        done=done,
        wrong=wrong,
        reasons=reasons,
        villages=await roster.in_office(who, today=today),
        capacities=CAPACITIES,
        most=roster_sheet.MAX_ROWS,
    )
