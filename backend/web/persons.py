"""The console's pages of persons: found by number, masked, whole for a reason, written, told; lists by two people."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, redirect

from backend.access import ALLOWED, Action, Actor
from backend.api.contract import page as declared
from backend.api.http import services
from backend.api.people import file_of
from backend.casework.people import is_child
from backend.clock import local_day
from backend.errors import CaseworkError, InvalidInputError
from backend.privacy import consents, corrections, lists, own_data, particulars, persons, texts
from backend.privacy.consents import Giver
from backend.web.console_session import act, look, page
from backend.web.pages import PRIVATE, render, typed
from models.places import Town, Village
from rules.statuses import Role

blueprint = Blueprint("persons", url_prefix="/console")

LIST_STATUS = {
    "asked": "等另一位同事同意",
    "granted": "已同意, 30分钟内下载一次",
    "refused": "没有同意",
    "taken": "已下载",
    "lapsed": "过期",
}


# -- one person


@blueprint.get("/persons")
@declared(Action.READ_PARTICULARS)
async def start(request: Request) -> HTTPResponse:
    """The search form."""
    return await look(request, lambda who: _search(request, who))


@blueprint.post("/persons")
@declared(Action.READ_PARTICULARS)
async def search(request: Request) -> HTTPResponse:
    """Found by a number that stands in the body, never in an address."""

    async def work(who: Actor) -> HTTPResponse:
        live = services(request)
        try:
            found = await particulars.search(
                live.redis, who, typed(request, "field"), typed(request, "number", 40), now=await live.clock.now()
            )
        except CaseworkError as error:
            if error.code == "role_not_allowed":
                raise
            return await _search(request, who, wrong=error.message, status=error.status)
        return await _search(request, who, found=found)

    return await act(request, work)


async def _search(
    request: Request, who: Actor, *, found: list[dict[str, Any]] | None = None, wrong: str = "", status: int = 200
) -> HTTPResponse:
    field = typed(request, "field") or "id_number"
    return await page(request, who, "persons.html", status=status, found=found, wrong=wrong, field=field)


@blueprint.get("/persons/<person_id:uuid>")
@declared(Action.READ_PARTICULARS)
async def show(request: Request, person_id: UUID) -> HTTPResponse:
    """Masked."""
    return await look(request, lambda who: _person(request, who, person_id))


@blueprint.post("/persons/<person_id:uuid>/unmask")
@declared(Action.UNMASK)
async def unmask(request: Request, person_id: UUID) -> HTTPResponse:
    """One number whole, on this page and never again."""

    async def work(who: Actor, now: Any) -> dict[str, Any]:
        field = typed(request, "field")
        value = await particulars.unmask(
            services(request).redis,
            who,
            person_id,
            field,
            kind=typed(request, "reason"),
            text=typed(request, "text", 100),
            now=now,
        )
        return {"shown": (particulars.TITLES[field], value)}

    return await _act(request, person_id, work)


@blueprint.post("/persons/<person_id:uuid>/particulars")
@declared(Action.WRITE_PARTICULARS)
async def write(request: Request, person_id: UUID) -> HTTPResponse:
    """An empty field stays as it is; what is ticked is cleared."""

    async def work(who: Actor, now: Any) -> dict[str, Any]:
        given = {name: typed(request, name, 200) for name in particulars.TITLES}
        clear = {name for name in particulars.TITLES if typed(request, f"clear_{name}") == "yes"}
        changes: dict[str, str | None] = {name: text for name, text in given.items() if text}
        if not changes and not clear:
            raise InvalidInputError("nothing_written", "请先填要登记的内容。")
        written = await particulars.write(
            who,
            person_id,
            changes | dict.fromkeys(clear),
            sure=typed(request, "sure") == "yes",
            take_birthday=typed(request, "take_birthday") == "yes",
            now=now,
        )
        done = "、".join(corrections.FIELDS[name] for name in written.changed)
        return {"done": (f"已保存: {done}。" if done else "没有变化。") + "".join(written.warnings)}

    return await _act(request, person_id, work, keep=True)


@blueprint.post("/persons/<person_id:uuid>/wecom")
@declared(Action.WRITE_PARTICULARS)
async def write_wecom(request: Request, person_id: UUID) -> HTTPResponse:
    """The whole field as it shall be; empty clears it."""

    async def work(who: Actor, now: Any) -> dict[str, Any]:
        changed = await particulars.write_wecom(who, person_id, typed(request, "userid", 100), now=now)
        return {"done": "已保存: 企业微信账号。" if changed else "没有变化。"}

    return await _act(request, person_id, work)


@blueprint.post("/persons/<person_id:uuid>/acknowledgement")
@declared(Action.ANSWER_RIGHTS)
async def acknowledge(request: Request, person_id: UUID) -> HTTPResponse:
    """Read aloud, or signed."""

    async def work(who: Actor, now: Any) -> dict[str, Any]:
        await consents.acknowledge_for(who, person_id, how=typed(request, "how"), now=now)
        return {"done": "已登记: 告知书已告知本人。"}

    return await _act(request, person_id, work)


@blueprint.post("/persons/<person_id:uuid>/agreements")
@declared(Action.ANSWER_RIGHTS)
async def agree(request: Request, person_id: UUID) -> HTTPResponse:
    """Agreed to in person."""

    async def work(who: Actor, now: Any) -> dict[str, Any]:
        giver = Giver(typed(request, "given_by") or "self", typed(request, "name", 40), typed(request, "relation", 20))
        photo = typed(request, "photo")
        await consents.give_for(
            who,
            person_id,
            typed(request, "purpose"),
            giver,
            how=typed(request, "how"),
            photo_id=_uuid(photo) if photo else None,
            now=now,
        )
        return {"done": "已登记。"}

    return await _act(request, person_id, work)


@blueprint.post("/persons/<person_id:uuid>/withdrawal")
@declared(Action.ANSWER_RIGHTS)
async def withdraw(request: Request, person_id: UUID) -> HTTPResponse:
    """Taken back; what that means is said."""

    async def work(who: Actor, now: Any) -> dict[str, Any]:
        given = await consents.withdraw(who, _uuid(typed(request, "agreement")), now=now)
        return {"done": f"已撤回。请告诉本人: {consents.WITHDRAWN_MEANS[given.purpose]}"}

    return await _act(request, person_id, work)


@blueprint.post("/persons/<person_id:uuid>/corrections")
@declared(Action.ANSWER_RIGHTS)
async def correct(request: Request, person_id: UUID) -> HTTPResponse:
    """Written down for somebody without a phone."""

    async def work(who: Actor, now: Any) -> dict[str, Any]:
        row = await corrections.ask_for(
            who,
            person_id,
            field=typed(request, "field"),
            wanted=typed(request, "wanted"),
            why=typed(request, "why"),
            answer_days=services(request).answer_days,
            now=now,
        )
        return {"done": "更正请求已登记" + (f", 要在{row.due_on}前答复。" if row.due_on else "。")}

    return await _act(request, person_id, work)


@blueprint.post("/persons/<person_id:uuid>/data")
@declared(Action.ANSWER_RIGHTS)
async def hand_over(request: Request, person_id: UUID) -> HTTPResponse:
    """Everything about the person, to print, after the papers were looked at."""

    async def work(who: Actor) -> HTTPResponse:
        try:
            document = await own_data.handed_over(
                who, person_id, checked=typed(request, "checked"), now=await services(request).clock.now()
            )
        except InvalidInputError as error:
            return await _person(request, who, person_id, wrong=error.message, status=error.status)
        return render(request, "own_data.html", headers=PRIVATE, document=document)

    return await act(request, work)


async def _act(
    request: Request,
    person_id: UUID,
    work: Callable[[Actor, Any], Awaitable[dict[str, Any]]],
    *,
    keep: bool = False,
) -> HTTPResponse:
    """Do it and show the person again with what came of it; `keep`: what was typed survives a mistake."""

    async def done_or_wrong(who: Actor) -> HTTPResponse:
        try:
            return await _person(request, who, person_id, **await work(who, await services(request).clock.now()))
        except CaseworkError as error:
            if error.code in ("role_not_allowed", "not_your_region", "person_not_found"):
                raise
            kept = {name: typed(request, name, 200) for name in particulars.TITLES} if keep else {}
            return await _person(request, who, person_id, wrong=error.message, status=error.status, kept=kept)

    return await act(request, done_or_wrong)


async def _person(
    request: Request, who: Actor, person_id: UUID, *, kept: dict[str, str] | None = None, **values: Any
) -> HTTPResponse:
    now = await services(request).clock.now()
    seen = await particulars.read(who, person_id, now=now)
    person = await persons.found(person_id, who, Action.READ_PARTICULARS)
    standing = await consents.standing(person_id)
    in_force = {row["purpose"] for row in standing["consents"] if row["withdrawn_at"] is None}
    return await page(
        request,
        who,
        "person.html",
        **{
            "seen": seen,
            "wecom": person.wecom_userid or "",
            "titles": particulars.TITLES,
            "reasons": (),
            "why": particulars.REASONS,
            "shown": None,
            "kept": kept or {},
            "standing": standing,
            "purposes": texts.PURPOSES,
            "givers": consents.GIVERS,
            "ways": consents.OFF_THE_PHONE | {"phone": "手机上"},
            "fields": corrections.FIELDS,
            "papers": own_data.IDENTITY_CHECKED,
            "guardian_wanted": is_child(person, local_day(now)) and "child_under_14" not in in_force,
            "may_write": who.role in ALLOWED[Action.WRITE_PARTICULARS],
            "may_unmask": who.role in ALLOWED[Action.UNMASK],
            "may_answer": who.role in ALLOWED[Action.ANSWER_RIGHTS],
            **values,
        },
    )


# -- corrections


@blueprint.get("/corrections")
@declared(Action.ANSWER_RIGHTS)
async def waiting(request: Request) -> HTTPResponse:
    """What waits for an answer."""
    return await look(request, lambda who: _corrections(request, who))


@blueprint.post("/corrections/<request_id:uuid>/<what:accept|refuse|look>")
@declared(Action.ANSWER_RIGHTS)
async def answer(request: Request, request_id: UUID, what: str) -> HTTPResponse:
    """Accept, refuse with the reason, or see what is wanted whole."""

    async def work(who: Actor) -> HTTPResponse:
        live = services(request)
        now = await live.clock.now()
        try:
            if what == "look":
                kind, text = typed(request, "reason"), typed(request, "text", 100)
                value = await corrections.look(live.redis, request_id, who, kind=kind, text=text, now=now)
                return await _corrections(request, who, whole={request_id: value})
            row = await corrections.answer(
                request_id,
                who,
                accept=what == "accept",
                words=typed(request, "words"),
                sure=typed(request, "sure") == "yes",
                now=now,
            )
        except CaseworkError as error:
            if error.code in ("role_not_allowed", "not_your_region"):
                raise
            return await _corrections(request, who, wrong=error.message, status=error.status)
        done = "已更正。" if row.status == "accepted" else f"已答复。请告诉本人理由, 以及: {corrections.COMPLAIN}"
        return await _corrections(request, who, done=done)

    return await act(request, work)


async def _corrections(request: Request, who: Actor, *, whole: dict[UUID, str] | None = None, **values: Any) -> Any:
    rows = [(row, (whole or {}).get(row.id) or corrections.shown(row)) for row in await corrections.waiting(who)]
    return await page(
        request, who, "corrections.html", rows=rows, titles=corrections.FIELDS, why=particulars.REASONS, **values
    )


# -- lists


@blueprint.get("/persons/lists")
@declared(Action.UNMASK, Action.GRANT_UNMASK)
async def show_lists(request: Request) -> HTTPResponse:
    """What I asked for, and what waits for my word."""
    return await look(request, lambda who: _lists(request, who))


@blueprint.post("/persons/lists")
@declared(Action.UNMASK)
async def ask_list(request: Request) -> HTTPResponse:
    """The first human."""

    async def work(who: Actor) -> HTTPResponse:
        town, _, village = typed(request, "scope").partition(":")
        try:
            if not town.isdecimal() or len(town) > 9 or len(village) > 9:
                raise InvalidInputError("scope_missing", "请先选镇(街道)或者村(社区)。")
            row = await lists.ask(
                who,
                town_id=int(town),
                village_id=int(village) if village.isdecimal() else None,
                columns=[str(name) for name in (request.form or {}).getlist("columns", [])],
                kind=typed(request, "reason"),
                text=typed(request, "text", 100),
                now=await services(request).clock.now(),
            )
        except CaseworkError as error:
            if error.status == 403:
                raise
            return await _lists(request, who, wrong=error.message, status=error.status)
        return await _lists(request, who, done=f"已申请, 共{row.number}人; 请另一位同事(镇领导班子或区民政)来同意。")

    return await act(request, work)


@blueprint.post("/persons/lists/<list_id:uuid>/<what:grant|refuse|file>")
@declared(Action.UNMASK, Action.GRANT_UNMASK)
async def settle_list(request: Request, list_id: UUID, what: str) -> HTTPResponse:
    """The second human; or the file, once, for the first."""

    async def work(who: Actor) -> HTTPResponse:
        now = await services(request).clock.now()
        try:
            match what:
                case "grant":
                    await lists.grant(list_id, who, now=now)
                case "refuse":
                    await lists.refuse(list_id, who, now=now)
                case _:
                    return file_of(await lists.take(list_id, who, now=now))
        except CaseworkError as error:
            if error.code in ("role_not_allowed", "not_your_region"):
                raise
            return await _lists(request, who, wrong=error.message, status=error.status)
        return redirect("/console/persons/lists", status=303)

    return await act(request, work)


async def _lists(request: Request, who: Actor, **values: Any) -> HTTPResponse:
    rows = await lists.listed(who)
    towns = Town.all() if who.role is Role.BUREAU else Town.filter(id=who.town_id or 0)
    scopes = []
    for town in await towns.order_by("id"):
        scopes.append((f"{town.id}:", f"{town.name}(全部)"))
        scopes += [(f"{town.id}:{v.id}", f"{town.name}{v.name}") for v in await Village.filter(town_id=town.id)]
    return await page(
        request,
        who,
        "person_lists.html",
        rows=rows,
        scopes=scopes,
        columns=[(name, particulars.TITLES[name]) for name in lists.COLUMNS],
        why=particulars.REASONS,
        statuses=LIST_STATUS,
        may_ask=who.role in ALLOWED[Action.UNMASK],
        may_grant=who.role in ALLOWED[Action.GRANT_UNMASK],
        **values,
    )


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise InvalidInputError("choice_missing", "编号不对, 请核对。") from error
