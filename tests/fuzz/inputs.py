"""What schemathesis generates, with real ids and real moments put in: so that a call comes further than 404."""

import io
import json
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from random import Random
from typing import Any

import schemathesis
from hypothesis import strategies as st
from PIL import Image
from schemathesis import GenerationMode

from backend.casework.calendar import shipped_year
from backend.demo import district
from notices.kinds import TEMPLATES
from tests.fuzz.world import World

STATUS = {
    "review": "submitted",
    "resolve": "under_review",
    "refer": "under_review",
    "refer-again": "declined",
    "initiate": "referred",
    "decline": "referred",
    "gather-evidence": "initiated",
    "visits": "gathering_evidence",
    "evidence": "gathering_evidence",
    "confirm": "gathering_evidence",
    "return-evidence": "gathering_evidence",
    "roster": "confirmed",
    "deliberations": "confirmed",
    "to-leaders": "deliberated",
    "cap": "confirmed",
    "approve": "before_leaders",
    "reject": "before_leaders",
    "return": "before_leaders",
    "receipts": "approved",
    "listing": "approved",
    "terminate": "in_force",
    "renew": "in_force",
}
"""Where a case has to stand for the last part of an address; elsewhere it was only submitted."""
RELIEFS = {"deliveries": "reported", "lift": "delivered", "paperwork": "lifted", "case": "delivered"}
LOOK_UP = ("/api/guide/carried", "/api/bot/person/replies", "/api/bot/person/more", "/api/applications")
_FAR_FROM = 0.12
"""How often an id is left as it was generated."""


def _picture(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "white").save(out, kind)
    return out.getvalue()


_JPEG, _PNG, _WEBP = _picture("JPEG"), _picture("PNG"), _picture("WEBP")
_PHOTOS = st.one_of(
    st.sampled_from([_JPEG, _PNG, _WEBP, _JPEG[:-40], _PNG[:50], b"GIF89a", b"<svg/>", b""]),
    st.binary(max_size=400).map(lambda tail: _JPEG[:200] + tail),
    st.binary(max_size=400),
)


def know_photos() -> None:
    """Teach schemathesis what a picture is."""
    for kind in ("image/jpeg", "image/png", "image/webp", "image/heic"):
        schemathesis.openapi.media_type(kind, _PHOTOS)


def strategy_of(operation: schemathesis.APIOperation) -> st.SearchStrategy[schemathesis.Case]:
    """Three good bodies for two bad ones; where there is nothing to negate, good ones."""
    good = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    if not operation.body and not operation.query:
        return good
    bad = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    return st.integers(0, 4).flatmap(lambda drawn: good if drawn < 3 else bad)


def boundaries(operation: schemathesis.APIOperation, most: int) -> Iterator[schemathesis.Case]:
    """The values at every bound of the schema, at most so many, spread over all that there are."""
    found = [
        case
        for case in operation.schema.iter_coverage_cases(
            operation,
            generation_modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE],
            generation_config=operation.schema.config.generation_for(operation=operation, phase="coverage"),
        )
        if case.method.upper() == operation.method.upper()
    ]
    return islice(found[:: max(1, len(found) // max(1, most))], most)


def put_in(case: schemathesis.Case, world: World, random: Random, *, fitting: bool) -> None:
    """Real ids for the address and for what stands in the body, mostly; in place.

    `fitting`: rows that stand where this call is wanted, and nobody else's.
    """
    last = case.path.rsplit("/", 1)[-1]
    parameters = case.path_parameters or {}
    if "case_id" in parameters:
        _choose(parameters, "case_id", _cases(world, last, fitting), random)
    if "deliberation_id" in parameters:
        _choose(parameters, "deliberation_id", world.meetings[-12:], random)
    if "relief_id" in parameters:
        _choose(parameters, "relief_id", _reliefs(world, last, fitting), random)
    if "delivery_id" in parameters:
        _choose(parameters, "delivery_id", world.calls, random)
    if "notice_id" in parameters:
        _choose(parameters, "notice_id", world.notices, random)
    if isinstance(case.body, dict):
        case.body = {name: _field(name, value, case.path, world, random) for name, value in case.body.items()}
        if case.path.endswith("/reference/calendar") and random.random() < 0.3:
            case.body = json.loads(shipped_year(2026))


def _cases(world: World, last: str, fitting: bool) -> list[str]:
    own = world.cases.get(STATUS.get(last, "submitted"), [])
    return own if fitting else [*own, *own, *world.foreign]


def _reliefs(world: World, last: str, fitting: bool) -> list[str]:
    own = world.reliefs.get(RELIEFS.get(last, "reported"), [])
    return own if fitting else [*own, *world.reliefs["foreign"]]


def _choose(into: dict[str, Any], name: str, among: list[str], random: Random) -> None:
    if among and random.random() > _FAR_FROM:
        into[name] = random.choice(among)


def _field(name: str, value: Any, path: str, world: World, random: Random) -> Any:
    if random.random() < _FAR_FROM:
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        if name == "village_id":
            return random.choice([world.own.id, world.own.id, world.near.id, world.far.id, value])
        if name == "monthly_fen" and path.endswith("/confirm"):
            return world.MONTHLY_FEN
        if name == "amount_fen":
            return random.choice([100_000, value])
        if name == "town_id":
            return random.choice([world.own.town_id, world.far.town_id, value])
        return value
    if isinstance(value, str):
        return _words(name, value, path, world, random)
    if name == "panel" and isinstance(value, list):
        return list(world.panel) if random.random() < 0.7 else [random.choice(world.people), *value[:5]]
    if name == "visitor_ids" and isinstance(value, list):
        return [random.choice(world.people) for _ in value[:3]]
    if name == "templates" and isinstance(value, list):
        return random.choice([[TEMPLATES[0].key], value])
    return value


def _words(name: str, value: str, path: str, world: World, random: Random) -> str:
    match name:
        case "person_id":
            return random.choice(world.people)
        case "supervisor":
            return str(world.supervisor)
        case "renewal_of":
            return random.choice(_cases(world, "renew", fitting=False))
        case "meets_at":
            return (world.now + timedelta(days=random.randint(-1, 20))).isoformat()
        case "visited_at" | "reported_at" | "delivered_at":
            return (world.now + timedelta(minutes=random.choice([0, 0, -30, 90]))).isoformat()
        case "code":
            return random.choice(world.codes if path.startswith("/api/session") else world.reply_codes or [value])
        case "number" | "guide_number":
            return random.choice([*world.carried, value])
        case "login":
            return "tengqiao-worker"
        case "password":
            return random.choice([district.PASSWORD, value])
        case "deposit" | "medical" | "granted":
            return random.choice(["50000", "8万", value])
        case "household":
            return random.choice(["3", "30", value])
        case "effective_from" if path.endswith("/confirm"):
            return random.choice([*world.standards, value])
        case "valid_from" | "effective_from":
            return str(world.now.date() + timedelta(days=random.choice([0, 0, 1, 400, -1])))
    return value
