"""The guide and the calculators for the mini-program: no login, nothing stored unless the person chooses to."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import date
from typing import Literal

from pydantic import Field, create_model
from sanic import Blueprint, Request
from sanic.response import HTTPResponse

from backend.api.contract import Who, contract
from backend.api.fields import Day, Fen
from backend.api.guide_shapes import (
    Advice,
    CallNow,
    Carried,
    Forgotten,
    GuideResult,
    Kept,
    NextQuestion,
    Topic,
    TopicRow,
    Worked,
)
from backend.api.http import Body, answer, asked, parse, services
from backend.casework.readings_in_force import in_force
from backend.casework.standard import standard_on
from backend.clock import local_day
from backend.errors import InvalidInputError
from backend.guide import calculators, carry, questions
from backend.guide.advice import HOW_LONG, advise, state_in_words
from backend.guide.questions import EMERGENCY, TOPICS, place_of
from rules.circumstances import Finding
from rules.eligibility import Guidance, Outcome, assess
from rules.facts import HouseholdFacts

blueprint = Blueprint("guide", url_prefix="/api")

_BOUNDED: dict[object, object] = {date | None: Day | None, int | None: Fen | None}
# One schema source: the facts that the rules know are the fields that may be sent.
Facts = create_model(
    "Facts",
    __base__=Body,
    **{
        name: (_BOUNDED.get(annotation, annotation), Field(default=None))
        for name, annotation in HouseholdFacts.__annotations__.items()
    },
)


class Answers(Body):
    """`answers`: fact -> y, n, u (不清楚), or an amount as it was typed. `urgent` anywhere goes to the telephone."""

    topic: Topic | Literal["urgent"]
    answers: dict[str, str] = Field(default_factory=dict, max_length=questions.MOST_ANSWERS)


class Savings(Body):
    deposit: str = Field(max_length=20)


class Caps(Body):
    household: str = Field(max_length=2)
    medical: str = Field(default="", max_length=20)
    granted: str = Field(default="", max_length=20)


class CarriedNumber(Body):
    number: str = Field(min_length=10, max_length=20)


def as_json(guidance: Guidance, about: Sequence[Finding]) -> dict[str, object]:
    """Guidance in the words that a page or a mini-program shows. `about`: the clauses to show, one condition a line."""
    return {
        "outcome": guidance.outcome.value,
        "sentence": guidance.sentence,
        "may_fit": [{"clause": found.clause, "plain": found.plain} for found in guidance.may_fit],
        "findings": [_finding(finding) for finding in about],
        "ordinary": [{"name": scheme.name, "why": scheme.why} for scheme in guidance.ordinary],
        "to_bring": guidance.to_bring,
        "how_long": HOW_LONG,
        "advice_only": "这是参考, 不是决定; 由工作人员核实、镇(街道)认定。",
    }


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "clause": finding.circumstance.clause,
        "plain": finding.circumstance.plain,
        "truth": finding.truth.value,
        "conditions": [
            {
                "name": c.name,
                "truth": c.truth.value,
                "said": state_in_words(c),
                "missing": c.missing,
                "prove": c.prove,
            }
            for c in finding.conditions
        ],
        "open": finding.open_conditions,
        "notes": finding.notes,
    }


@blueprint.post("/guide")
@contract(Who.OPEN, body=Facts, returns=Advice)
async def guide(request: Request) -> HTTPResponse:
    """Facts in, advice out."""
    facts = HouseholdFacts(**parse(request, Facts).model_dump())
    today, monthly = await _today(request)
    guidance = assess(facts, today, monthly, in_force())
    return answer(as_json(guidance, guidance.findings))


@blueprint.get("/guide/topics")
@contract(Who.OPEN, returns=list[TopicRow])
async def topics(_request: Request) -> HTTPResponse:
    """家里现在最难的是哪一件?"""
    urgent = {"topic": EMERGENCY, "text": "情况紧急, 马上要帮助"}
    return answer([urgent, *({"topic": topic, "text": text} for topic, text in TOPICS.items())])


@blueprint.post("/guide/next")
@contract(Who.OPEN, body=Answers, returns=NextQuestion | GuideResult | CallNow)
async def next_question(request: Request) -> HTTPResponse:
    """The first question that has no answer yet, or the result. The answers so far stay with the phone."""
    body = parse(request, Answers)
    if EMERGENCY in (body.topic, *body.answers.values()):
        return answer({"question": None, "result": {"outcome": Outcome.URGENT.value, "page": "/urgent"}})
    place = place_of(body.topic, body.answers)
    for question in place.way:
        said = body.answers.get(question.fact, "")
        if wrong := questions.wrong_with(question, said):
            raise InvalidInputError("answer_unreadable", wrong, (question.fact,))
    progress = {"step": place.step, "total": place.total}
    if (question := place.question) is not None:
        shown = {"fact": question.fact, "text": question.text, "hint": question.hint, "is_amount": question.is_amount}
        return answer({"question": shown, "progress": progress, "result": None})
    found = advise(body.topic, body.answers, *await _today(request), in_force())
    return answer({"question": None, "progress": progress, "result": as_json(found.guidance, found.about)})


@blueprint.post("/guide/carry")
@contract(Who.OPEN, body=Answers, returns=Kept, statuses=(201,))
async def take_along(request: Request) -> HTTPResponse:
    """Keep the answers for seven days under a number, because the person chose to."""
    body, now = parse(request, Answers), await services(request).clock.now()
    if body.topic == EMERGENCY:
        raise InvalidInputError("urgent_is_not_carried", "情况紧急请先打电话, 不用先填表。")
    given = {fact: said for fact, said in body.answers.items() if fact in _FACT_NAMES}
    kept = {fact: said[: questions.MOST_CHARACTERS] for fact, said in given.items()}
    number, until = await carry.keep(services(request).redis, carry.Carried(body.topic, kept), now=now)
    return answer({"number": number, "until": until}, 201)


_FACT_NAMES = frozenset(field.name for field in fields(HouseholdFacts))


@blueprint.post("/guide/carried")
@contract(Who.PERSON, body=CarriedNumber, returns=Carried, errors=(403, 404))
async def look_up(request: Request) -> HTTPResponse:
    """What is kept under a number: for the person who applies, and for the worker whom a person tells it."""
    who, body, _ = await asked(request, CarriedNumber)
    found = await carry.look_up(services(request).redis, body.number, asker=who.label)
    told = [{"question": question.text, "said": said} for question, said in questions.told(found.topic, found.answers)]
    return answer({"topic": found.topic, "text": TOPICS[found.topic], "told": told})


@blueprint.post("/guide/forget")
@contract(Who.OPEN, body=CarriedNumber, returns=Forgotten)
async def forget(request: Request) -> HTTPResponse:
    """Delete what is kept under a number, at once."""
    await carry.forget(services(request).redis, parse(request, CarriedNumber).number)
    return answer({"forgotten": True})


@blueprint.post("/calculators/savings")
@contract(Who.OPEN, body=Savings, returns=Worked)
async def savings(request: Request) -> HTTPResponse:
    """三(四) with its working."""
    body = parse(request, Savings)
    return _worked(calculators.savings(body.deposit, (await _today(request))[1]))


@blueprint.post("/calculators/caps")
@contract(Who.OPEN, body=Caps, returns=Worked)
async def caps(request: Request) -> HTTPResponse:
    """三(五) with its working."""
    body = parse(request, Caps)
    _, monthly = await _today(request)
    return _worked(calculators.caps(body.household, body.medical, body.granted, monthly))


def _worked(worked: calculators.Worked) -> HTTPResponse:
    if worked.wrong:
        raise InvalidInputError("amount_unreadable", worked.wrong)
    return answer({"formula": worked.formula, "lines": worked.lines})


async def _today(request: Request) -> tuple[date, int | None]:
    """The day and the monthly standard in force on it, None when 标准未配置."""
    today = local_day(await services(request).clock.now())
    standard = await standard_on(today)
    return today, standard.monthly_fen if standard else None


async def carried(request: Request, number: str, asker: str) -> dict[str, object]:
    """What somebody took along from the guide, as it was answered. Raises NotFoundError, NotAllowedError."""
    found = await carry.look_up(services(request).redis, number, asker=asker)
    return {"topic": found.topic, "answers": dict(found.answers)}


def given(facts: HouseholdFacts) -> dict[str, object]:
    """Only what is known, as plain values."""
    known = {field.name: getattr(facts, field.name) for field in fields(facts)}
    plain = {name: value.isoformat() if isinstance(value, date) else value for name, value in known.items()}
    return {name: value for name, value in plain.items() if value is not None}
