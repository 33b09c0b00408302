"""The guide as pages: no login, no JavaScript, nothing stored unless somebody chooses to take the answers along."""

from datetime import date

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, redirect

from backend.api.contract import Who
from backend.api.contract import page as declared
from backend.api.http import services
from backend.casework.readings_in_force import in_force
from backend.casework.standard import standard_on
from backend.clock import SHANGHAI, local_day
from backend.errors import InvalidInputError
from backend.guide import carry, questions
from backend.guide.advice import HOW_LONG, advise, state_in_words
from backend.guide.questions import Place
from backend.web import pages
from backend.web.pages import PRIVATE, render, size_of
from models.places import Town

blueprint = Blueprint("guide_pages")


@blueprint.get("/guide")
@declared(Who.OPEN)
async def begin(request: Request) -> HTTPResponse:
    """家里现在最难的是哪一件?"""
    return _start(request, Place("", {}))


@blueprint.post("/guide")
@declared(Who.OPEN)
async def go_on(request: Request) -> HTTPResponse:
    """The next question, the one before, one to change, the telephone, or the result: whatever the form says."""
    place = _place(request)
    go, fact = _typed(request, "go"), _typed(request, "fact")
    if questions.EMERGENCY in (place.topic, go):
        return _to_the_telephone(request)
    if place.topic not in questions.TOPICS or (go == "stay" and _typed(request, "back_at_start")):
        return _start(request, place)
    if go == "back":
        return _start(request, place) if place.at == 0 else _page(request, place.back())
    if go.startswith("change:"):
        return _page(request, place.back_to(go.removeprefix("change:")))
    if fact and go != "stay":
        said = questions.UNKNOWN if go == "skip" else _typed(request, "said") or questions.UNKNOWN
        question = next((question for question in place.way if question.fact == fact), None)
        if question is not None and (wrong := questions.wrong_with(question, said)):
            return _page(request, place.back_to(fact), wrong=wrong, typed=said)
        if question is not None:
            place = place.answered(fact, said)
    elif go != "stay":
        place = place.first_open()
    return _page(request, place) if place.question else await _result(request, place)


@blueprint.post("/guide/carry")
@declared(Who.OPEN)
async def take_along(request: Request) -> HTTPResponse:
    """Keep the answers under a number, because the person chose to."""
    place = _place(request)
    if place.topic not in questions.TOPICS:
        return _start(request, place)
    live = services(request)
    carried = carry.Carried(place.topic, place.answers)
    number, until = await carry.keep(live.redis, carried, now=await live.clock.now())
    return _number(request, number, until.astimezone(SHANGHAI).date())


def _number(request: Request, number: str, until: date) -> HTTPResponse:
    values = {"number": number, "spoken": carry.spoken(number), "until": until}
    return render(request, "guide_carried.html", headers=PRIVATE, **values)


@blueprint.post("/guide/carried")
@declared(Who.OPEN)
async def show_again(request: Request) -> HTTPResponse:
    """The same number in another size of type: it is shown once, so the page that has it brings it along."""
    number = "".join(character for character in _typed(request, "number") if character.isdecimal())[:10]
    try:
        until = date.fromisoformat(_typed(request, "until"))
    except ValueError:
        return _start(request, Place("", {}))
    return _number(request, number, until)


@blueprint.post("/guide/forget")
@declared(Who.OPEN)
async def forget(request: Request) -> HTTPResponse:
    """Delete what was kept, at once."""
    await carry.forget(services(request).redis, _typed(request, "number"))
    return render(request, "guide_forgotten.html", headers=PRIVATE)


@blueprint.get("/urgent")
@declared(Who.OPEN)
async def urgent(request: Request) -> HTTPResponse:
    """Telephone first, no form."""
    towns = await Town.exclude(phone="").order_by("code")
    return render(request, "urgent.html", towns=towns)


def _typed(request: Request, name: str) -> str:
    return pages.typed(request, name, 60)


def _place(request: Request) -> Place:
    given = request.form.getlist("answer") if request.form else None
    at = _typed(request, "at")
    number = int(at) if at.isdecimal() and len(at) <= 2 else 0
    return Place(_typed(request, "topic"), questions.read_kept(given or []), number)


def _to_the_telephone(request: Request) -> HTTPResponse:
    return redirect(f"/urgent{size_of(request)}", status=303)


def _start(request: Request, place: Place) -> HTTPResponse:
    return render(request, "guide_start.html", headers=PRIVATE, topics=questions.TOPICS, place=place)


def _page(request: Request, place: Place, *, wrong: str = "", typed: str | None = None) -> HTTPResponse:
    question = place.question
    if question is None:
        raise InvalidInputError("guide_place", "这一步找不到了, 请从头再来。")
    before = place.answers.get(question.fact, "")
    return render(
        request,
        "guide_question.html",
        status=422 if wrong else 200,
        headers=PRIVATE,
        place=place,
        question=question,
        said=questions.SAID,
        before=before,
        typed=typed if typed is not None else "" if before == questions.UNKNOWN else before,
        wrong=wrong,
    )


async def _result(request: Request, place: Place) -> HTTPResponse:
    today = local_day(await services(request).clock.now())
    standard = await standard_on(today)
    found = advise(place.topic, place.answers, today, standard.monthly_fen if standard else None, in_force())
    return render(
        request,
        "guide_result.html",
        headers=PRIVATE,
        place=place,
        told=questions.told(place.topic, place.answers),
        guidance=found.guidance,
        findings=found.about,
        state=state_in_words,
        anchor=questions.anchor,
        how_long=HOW_LONG,
        standard=standard,
        today=today,
    )
