"""The bureau's page of how long what is kept, what is due, and who agreed that it goes."""

from typing import Any
from uuid import UUID

from sanic import Blueprint, Request
from sanic.response import HTTPResponse

from backend.access import ALLOWED, Action, Actor
from backend.api.contract import page as declared
from backend.api.http import services
from backend.errors import CaseworkError, InvalidInputError
from backend.privacy import retention
from backend.web.console_session import act, look, page
from backend.web.pages import typed

blueprint = Blueprint("retention", url_prefix="/console")
STATUS = {"asked": "等另一位同事同意", "granted": "已同意, 正在删", "refused": "退回", "done": "已完成"}


@blueprint.get("/retention")
@declared(Action.RUN_RETENTION, Action.HOLD)
async def show(request: Request) -> HTTPResponse:
    """Schedule, preview, deletions of late, holds."""
    return await look(request, lambda who: _page(request, who))


@blueprint.post("/retention/<what:ask|grant|refuse|hold|lift>")
@declared(Action.RUN_RETENTION, Action.HOLD)
async def do(request: Request, what: str) -> HTTPResponse:
    """One step by one human."""

    async def work(who: Actor) -> HTTPResponse:
        live = services(request)
        now = await live.clock.now()
        try:
            match what:
                case "ask":
                    _sure(request)
                    await retention.ask(who, typed(request, "seen"), periods=live.retention, now=now)
                    done = "已申请, 请区里另一位同事来看、来同意。"
                case "grant":
                    _sure(request)
                    await retention.grant(_id(request), who, periods=live.retention, now=now)
                    done = "已同意, 一分钟内开始删; 刷新本页看结果。"
                case "refuse":
                    await retention.refuse(_id(request), who, now=now)
                    done = "已退回。"
                case "hold":
                    number, kind, note = typed(request, "number", 24), typed(request, "kind"), typed(request, "note")
                    await retention.hold(who, number, kind=kind, note=note, now=now)
                    done = "这个个案已暂停删除。"
                case _:
                    await retention.lift(_id(request), who, now=now)
                    done = "已解除, 以后按期限删除。"
        except CaseworkError as error:
            if error.code == "role_not_allowed":
                raise
            return await _page(request, who, wrong=error.message, status=error.status)
        return await _page(request, who, done=done)

    return await act(request, work)


def _sure(request: Request) -> None:
    if typed(request, "sure") != "yes":
        raise InvalidInputError("not_confirmed", "请先勾选“我看过清单”, 再按。删了就找不回来。")


def _id(request: Request) -> UUID:
    try:
        return UUID(typed(request, "id"))
    except ValueError as error:
        raise InvalidInputError("choice_missing", "请刷新页面再试。") from error


async def _page(request: Request, who: Actor, **values: Any) -> HTTPResponse:
    """The supervisor sees the holds alone; the bureau everything."""
    live = services(request)
    decides = who.role in ALLOWED[Action.RUN_RETENTION]
    seen = await retention.overview(who, periods=live.retention, now=await live.clock.now()) if decides else {}
    return await page(
        request,
        who,
        "retention.html",
        **{"seen": seen, "statuses": STATUS, "kinds": retention.HOLDS, "holds": await retention.holds(who), **values},
    )
