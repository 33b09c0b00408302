"""The guide over HTTP: facts -> which clauses may fit. No login, nothing stored."""

from pydantic import Field, create_model
from sanic import Blueprint, Request
from sanic.response import HTTPResponse

from backend.api.http import Body, answer, parse, services
from backend.casework.standard import standard_on
from backend.clock import local_day
from rules.circumstances import Truth
from rules.eligibility import Guidance, assess
from rules.facts import HouseholdFacts

blueprint = Blueprint("guide", url_prefix="/api")

# One schema source: the facts that the rules know are the fields that may be sent.
Facts = create_model(
    "Facts",
    __base__=Body,
    **{name: (annotation, Field(default=None)) for name, annotation in HouseholdFacts.__annotations__.items()},
)


def as_json(guidance: Guidance) -> dict[str, object]:
    """Guidance in the words that a page or a mini-program shows."""
    return {
        "outcome": guidance.outcome.value,
        "sentence": guidance.sentence,
        "may_fit": [{"clause": found.clause, "plain": found.plain} for found in guidance.may_fit],
        "findings": [
            {
                "clause": finding.circumstance.clause,
                "plain": finding.circumstance.plain,
                "truth": finding.truth.value,
                "conditions": [
                    {"name": condition.name, "truth": condition.truth.value}
                    for condition in finding.conditions
                    if condition.truth is not Truth.UNMET
                ],
                "open": finding.open_conditions,
            }
            for finding in guidance.findings
        ],
        "to_bring": guidance.to_bring,
        "advice_only": "这是参考, 不是决定; 由工作人员核实、镇(街道)认定。",
    }


@blueprint.post("/guide")
async def guide(request: Request) -> HTTPResponse:
    """Facts in, advice out."""
    body = parse(request, Facts)
    today = local_day(await services(request).clock.now())
    standard = await standard_on(today)
    guidance = assess(HouseholdFacts(**body.model_dump()), today, standard.monthly_fen if standard else None)
    return answer(as_json(guidance))
