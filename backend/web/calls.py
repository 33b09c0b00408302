"""The call list as a page: printed on A4, and what came of the calls recorded afterwards, several at once."""

from uuid import UUID

from sanic import Blueprint, Request
from sanic.response import HTTPResponse

from backend.access import Action, Actor
from backend.api.contract import page as declared
from backend.api.http import services
from backend.casework import call_list
from backend.errors import CaseworkError, InvalidInputError
from backend.web.console_session import act, look, page
from backend.web.pages import typed

blueprint = Blueprint("call_pages", url_prefix="/console")

_SAID = call_list.OUTCOMES | call_list.ANSWERS


@blueprint.get("/calls")
@declared(Action.CALL)
async def show(request: Request) -> HTTPResponse:
    """Whom to telephone."""
    return await look(request, lambda who: _calls(request, who))


@blueprint.post("/calls")
@declared(Action.CALL)
async def record(request: Request) -> HTTPResponse:
    """What came of the calls."""

    async def work(who: Actor) -> HTTPResponse:
        try:
            numbers = await call_list.record_many(who, _told(request), now=await services(request).clock.now())
        except CaseworkError as error:
            if error.status == 403:
                raise
            return await _calls(request, who, wrong=error.message, status=error.status)
        said = ", ".join(f"{_SAID[outcome]} {number} 个" for outcome, number in numbers.items())
        return await _calls(request, who, done=f"已登记: {said}。没有说到的还留在名单上。")

    return await act(request, work)


def _told(request: Request) -> dict[UUID, tuple[str, str]]:
    """The rows of the form whose outcome was chosen. Raises InvalidInputError."""
    told = {}
    for field in request.form or {}:
        head, _, row = field.partition("-")
        outcome = typed(request, field)
        if head == "outcome" and outcome:
            try:
                told[UUID(row)] = (outcome, typed(request, f"note-{row}"))
            except ValueError as error:
                raise InvalidInputError("choice_missing", "请刷新页面再试。") from error
    return told


async def _calls(request: Request, who: Actor, *, status: int = 200, wrong: str = "", done: str = "") -> HTTPResponse:
    now = await services(request).clock.now()
    rows = await call_list.to_call(who, now=now)
    # What was typed survives a mistake.
    kept = {str(row.id): (typed(request, f"outcome-{row.id}"), typed(request, f"note-{row.id}")) for row in rows}
    return await page(
        request,
        who,
        "calls.html",
        status=status,
        rows=rows,
        kept=kept if wrong else {},
        outcomes=call_list.OUTCOMES,
        answers=call_list.ANSWERS,
        most=call_list.MOST_NOTE,
        is_full=len(rows) == call_list.MOST,
        now=now,
        wrong=wrong,
        done=done,
    )
