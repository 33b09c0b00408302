"""What a card on WeCom opens: the neutral page of every notice, and the answer to a meeting for whom it was sent."""

from uuid import UUID

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, redirect

from backend.api.contract import Who
from backend.api.contract import page as declared
from backend.api.http import address_of, services
from backend.casework import by_link
from backend.errors import CaseworkError
from backend.web.pages import UNLISTED, render, size_of, typed

blueprint = Blueprint("answer")
_MOST_NAME = 40


@blueprint.get("/n/<delivery_id:uuid>")
@declared(Who.OPEN)
async def notice(request: Request, delivery_id: UUID) -> HTTPResponse:
    """The same for every notice, there or not, but for a meeting: time, place and the three answers.

    Opening it says nothing of who was reached: WeCom and others fetch a link before a person does.
    """
    return await _page(request, delivery_id)


@blueprint.post("/n/<delivery_id:uuid>")
@declared(Who.OPEN)
async def answer(request: Request, delivery_id: UUID) -> HTTPResponse:
    """参加, 请假, 需要回避; until the meeting another answer may follow."""
    now = await services(request).clock.now()
    try:
        await by_link.answer(
            delivery_id,
            answer=typed(request, "answer", 20),
            substitute=typed(request, "substitute", _MOST_NAME),
            changes=typed(request, "changes", 5),
            address=address_of(request),
            request_id=str(request.id),
            now=now,
        )
    except CaseworkError as error:
        return await _page(request, delivery_id, wrong=error.message, status=error.status)
    return redirect(request.path + size_of(request), status=303, headers=dict(UNLISTED))


async def _page(request: Request, delivery_id: UUID, *, wrong: str = "", status: int = 200) -> HTTPResponse:
    about = await by_link.asked(delivery_id, now=await services(request).clock.now())
    if about is None:
        return render(request, "notice_card.html", headers=UNLISTED, status=status)
    return render(
        request,
        "meeting_answer.html",
        headers=UNLISTED,
        status=status,
        about=about,
        substitute=typed(request, "substitute", _MOST_NAME),
        most=_MOST_NAME,
        wrong=wrong,
    )
