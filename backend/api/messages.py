"""A person's own messages on the phone, what the phone asks for, and the figures of the promise."""

from dataclasses import asdict
from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, Field
from sanic import Blueprint, Request
from sanic.response import HTTPResponse

from backend.access import Action
from backend.api.contract import Returned, Who, contract
from backend.api.http import Body, actor, answer, asked, services
from backend.casework import my_messages, my_subscriptions, notice_figures

blueprint = Blueprint("messages", url_prefix="/api")


class PopupAnswered(Body):
    """`asked_id`: one a popup, made by the phone; `results`: template id -> as wx.requestSubscribeMessage answers."""

    asked_id: UUID
    results: dict[str, Literal["accept", "acceptWithAudio", "reject", "ban", "filter"]] = Field(
        min_length=1, max_length=5
    )


class MessageLine(Returned):
    label: str
    text: str


class InboxMessage(Returned):
    """`page`: what the phone opens. `called_off`: not valid any more."""

    id: UUID
    title: str
    lines: list[MessageLine]
    page: str
    at: AwareDatetime
    reached: bool
    called_off: bool


class MessageOpened(Returned):
    """`is_new`: for the first time."""

    ok: Literal[True]
    is_new: bool


class MySubscription(Returned):
    """`template`: the account's id, for wx.requestSubscribeMessage; `ask`: whether to ask at its `moment`."""

    template: str
    title: str
    left: int
    long_term: bool
    moment: str
    why: str
    ask: bool
    told: str


class MessagesLeft(Returned):
    """How many messages may still be sent, by template."""

    left: dict[str, int]


class PromiseDay(Returned):
    """Seconds; null where nothing was to be sent that day. `day` null: all days."""

    day: date | None
    number: int
    within: int
    share: float | None
    median: float | None
    p95: float | None
    worst: float | None
    no_channel: int


class ReachingDay(Returned):
    day: date | None
    people: int
    reached: int
    met: int
    before: int
    unreached: int


class ChannelCount(Returned):
    channel: str
    state: str
    number: int


class NoticeFigures(Returned):
    """`aim_percent` of urgent and meeting notices within `aim_seconds` of when they may be sent."""

    aim_percent: int
    aim_seconds: int
    promise: list[PromiseDay]
    reaching: list[ReachingDay]
    channels: list[ChannelCount]


@blueprint.get("/me/messages")
@contract(Who.PERSON, returns=list[InboxMessage])
async def my_own(request: Request) -> HTTPResponse:
    """One's own notices of the last sixty days, the newest first."""
    rows = await my_messages.messages(await actor(request), now=await services(request).clock.now())
    return answer(
        [asdict(row) | {"lines": [{"label": label, "text": text} for label, text in row.lines]} for row in rows]
    )


@blueprint.post("/me/messages/<notice_id:uuid>/opened")
@contract(Who.PERSON, returns=MessageOpened)
async def opened(request: Request, notice_id: UUID) -> HTTPResponse:
    """I opened it (`n=` of the page that a message opens); then nobody need telephone."""
    now = await services(request).clock.now()
    return answer({"ok": True, "is_new": await my_messages.open_message(await actor(request), notice_id, now=now)})


@blueprint.get("/me/subscriptions")
@contract(Who.PERSON, returns=list[MySubscription])
async def to_ask(request: Request) -> HTTPResponse:
    """What the phone may ask this person for, when and why, and how many are left."""
    live = services(request)
    rows = await my_subscriptions.wanted(await actor(request), live.template_ids, now=await live.clock.now())
    return answer([asdict(row) for row in rows])


@blueprint.post("/me/subscriptions")
@contract(Who.PERSON, body=PopupAnswered, returns=MessagesLeft)
async def answer_popup(request: Request) -> HTTPResponse:
    """What came of one popup; told twice, it counts once."""
    who, body, now = await asked(request, PopupAnswered)
    live = services(request)
    # A template that may speak is accepted with its voice: a message all the same.
    results = {name: "accept" if what == "acceptWithAudio" else what for name, what in body.results.items()}
    left = await my_subscriptions.answered(
        who, body.asked_id, results, live.template_ids, long_term=live.long_term_templates, now=now
    )
    return answer({"left": left})


@blueprint.get("/notices/figures")
@contract(Action.OPERATE_NOTICES, returns=NoticeFigures)
async def figures(request: Request) -> HTTPResponse:
    """The promise by day, from the rows; the first of each table is the sum."""
    live = services(request)
    found = await notice_figures.figures(await actor(request), live.quiet, now=await live.clock.now())
    channels = [{"channel": name, "state": state, "number": number} for name, state, number in found.channels]
    return answer(
        {
            "aim_percent": notice_figures.AIM_PERCENT,
            "aim_seconds": notice_figures.WITHIN_SECONDS,
            "promise": [asdict(row) for row in found.promise],
            "reaching": [asdict(row) for row in found.reaching],
            "channels": channels,
        }
    )
