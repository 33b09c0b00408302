"""The console's pages of the bot: who waits for a person, what was not answered, the entries, the figures."""

from uuid import UUID

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, redirect

from backend.access import ALLOWED, Action, Actor
from backend.api.contract import page as declared
from backend.api.http import services
from backend.clock import local_day
from backend.desk import entries, figures, handover, questions
from backend.desk.entries import Change
from backend.errors import CaseworkError, InvalidInputError
from backend.web.console_session import act, look, page
from backend.web.pages import typed
from bot.entries import Entry, entry_of
from bot.entry_checks import faults_of
from models.places import Town

blueprint = Blueprint("desk", url_prefix="/console")

DOORS = {"service_account": "公众号", "mini_program": "小程序客服", "api": "小程序", "page": "网页"}
REPLY_STATUS = {
    "pending": "正在发送",
    "sending": "正在发送",
    "sent": "已发到微信",
    "shown": "群众已看到",
    "kept": "微信现在不让发(超过48小时或5条), 群众再来时会看到",
    "by_code": "等群众凭回复码来看",
    "uncertain": "不能确定是否送到",
}
STATUS = {"waiting": "等人回复", "taken": "有人在回", "answered": "已回复", "closed": "已结束"}


# -- people who wait


@blueprint.get("/people")
@declared(Action.ANSWER_PERSON)
async def people(request: Request) -> HTTPResponse:
    """Who waits for a person, longest first."""

    async def show(who: Actor) -> HTTPResponse:
        rows = await handover.queue(who)
        return await page(request, who, "desk_people.html", rows=rows, doors=DOORS, statuses=STATUS)

    return await look(request, show)


@blueprint.get("/people/<handover_id:uuid>")
@declared(Action.ANSWER_PERSON)
async def person(request: Request, handover_id: UUID) -> HTTPResponse:
    """One conversation."""
    return await look(request, lambda who: _conversation(request, who, handover_id))


@blueprint.post("/people/<handover_id:uuid>/<what:take|answer|move|close|resend>")
@declared(Action.ANSWER_PERSON)
async def act_on_person(request: Request, handover_id: UUID, what: str) -> HTTPResponse:
    """Take, answer, pass on, close, send again."""

    async def work(who: Actor) -> HTTPResponse:
        now = await services(request).clock.now()
        try:
            match what:
                case "take":
                    await handover.take(handover_id, who, now=now)
                case "answer":
                    await handover.answer(handover_id, who, typed(request, "text"), now=now)
                case "move":
                    await handover.move(handover_id, who, _number(request, "town"), now=now)
                    return redirect("/console/people", status=303)
                case "close":
                    await handover.close(handover_id, who, now=now)
                    return redirect("/console/people", status=303)
                case "resend":
                    await handover.resend(_uuid(request, "reply"), who, now=now)
        except CaseworkError as error:
            if error.status in (403, 404):
                raise
            return await _conversation(
                request, who, handover_id, wrong=error.message, text=typed(request, "text"), status=error.status
            )
        return redirect(f"/console/people/{handover_id}", status=303)

    return await act(request, work)


async def _conversation(
    request: Request, who: Actor, handover_id: UUID, *, wrong: str = "", text: str = "", status: int = 200
) -> HTTPResponse:
    row, replies = await handover.read(handover_id, who, now=await services(request).clock.now())
    return await page(
        request,
        who,
        "desk_person.html",
        status=status,
        row=row,
        replies=replies,
        towns=await Town.all().order_by("id"),
        doors=DOORS,
        statuses=STATUS,
        reply_statuses=REPLY_STATUS,
        mine=row.taken_by_id == who.account_id,
        wrong=wrong,
        text=text,
        most=handover.MOST_REPLY,
    )


# -- questions that were not answered


@blueprint.get("/questions")
@declared(Action.EDIT_ENTRIES)
async def unanswered(request: Request) -> HTTPResponse:
    """The work list."""
    return await look(request, lambda who: _questions(request, who))


@blueprint.post("/questions/<question_id:[0-9]{1,9}>/<what:give|leave|reopen>")
@declared(Action.EDIT_ENTRIES)
async def settle(request: Request, question_id: str, what: str) -> HTTPResponse:
    """It belongs to an entry, or nothing is to be done, or neither after all."""
    number = int(question_id)

    async def work(who: Actor) -> HTTPResponse:
        now = await services(request).clock.now()
        try:
            match what:
                case "give":
                    intent = typed(request, "intent")
                    if not intent:
                        raise InvalidInputError("intent_missing", "请先选它属于哪一条。")
                    way = typed(request, "way") if typed(request, "add") == "yes" else ""
                    await questions.give(who, number, intent, way, now=now)
                    done = "已归到这一条, 问法加进了草稿; 试答、发布以后生效。" if way else "已归到这一条。"
                case "leave":
                    await questions.leave(who, number, typed(request, "note"), now=now)
                    done = "已记为不用处理。"
                case _:
                    await questions.reopen(who, number, now=now)
                    done = "已放回待处理。"
        except CaseworkError as error:
            return await _questions(request, who, wrong=error.message, status=error.status, kept=number)
        return await _questions(request, who, done=done)

    return await act(request, work)


async def _questions(
    request: Request, who: Actor, *, done: str = "", wrong: str = "", status: int = 200, kept: int = 0
) -> HTTPResponse:
    number = request.args.get("page") or "1"
    at = int(number) if number.isdecimal() and len(number) < 6 else 1
    shown = request.args.get("status") if request.args.get("status") in ("settled", "left") else "open"
    rows, total = await questions.work_list(who, page=at, status=str(shown))
    titles = {heading["intent"]: heading["title"] for heading in await entries.headings()}
    return await page(
        request,
        who,
        "desk_questions.html",
        status=status,
        rows=rows,
        total=total,
        at=at,
        pages=-(-total // questions.PAGE),
        shown=shown,
        titles=titles,
        outcomes={"answer": "回答了", "suggest": "给了选项", "handover": "答不了", "refuse": "不受理"},
        done=done,
        wrong=wrong,
        kept=kept,
        way=typed(request, "way"),
        chosen=typed(request, "intent"),
    )


# -- entries


@blueprint.get("/entries")
@declared(Action.EDIT_ENTRIES)
async def list_entries(request: Request) -> HTTPResponse:
    """All entries, with their drafts."""

    async def show(who: Actor) -> HTTPResponse:
        found, drafts = await entries.headings(), await entries.drafted(who)
        return await page(request, who, "desk_entries.html", found=found, drafts=drafts)

    return await look(request, show)


@blueprint.get("/entries/<intent:[a-z0-9_]+>")
@declared(Action.EDIT_ENTRIES)
async def entry(request: Request, intent: str) -> HTTPResponse:
    """One entry: its draft or what is in force, the trial, the history."""
    return await look(request, lambda who: _entry(request, who, intent))


@blueprint.post("/entries/<intent:[a-z0-9_]+>/<what:save|try|publish|discard|restore>")
@declared(Action.EDIT_ENTRIES, Action.PUBLISH_ENTRIES)
async def act_on_entry(request: Request, intent: str, what: str) -> HTTPResponse:
    """Save a draft, try it out, publish it, throw it away, or begin one from an earlier version."""

    async def work(who: Actor) -> HTTPResponse:
        now = await services(request).clock.now()
        change = _change(request) if what in ("save", "try") and "short" in (request.form or {}) else None
        done = ""
        try:
            match what:
                case "save" | "try":
                    if change is not None:
                        await entries.save_draft(who, intent, change, seen=typed(request, "seen"), now=now)
                    if what == "try":
                        await entries.want_trial(who, intent, now=now)
                    done = "草稿已保存。" if what == "save" else ""
                case "publish":
                    if typed(request, "sure") != "yes":
                        raise InvalidInputError("not_confirmed", "请先勾选“我看过上面的变化”, 再发布。")
                    await entries.publish(who, intent, why=typed(request, "why"), seen=typed(request, "seen"), now=now)
                    done = "已发布, 几秒钟内所有窗口都按新的回答。"
                case "discard":
                    await entries.discard(who, intent, seen=typed(request, "seen"), now=now)
                    done = "草稿已丢弃。"
                case "restore":
                    await entries.restore(who, intent, _number(request, "number"), now=now)
                    done = "旧版本已放进草稿, 请试答后发布。"
        except CaseworkError as error:
            if error.status in (403, 404):
                raise
            # A save that failed must not lose the words; a trial that was refused has saved them already.
            lost = change if error.code in _NOT_SAVED else None
            return await _entry(request, who, intent, error=error, lost=lost)
        if what == "try":
            return redirect(f"/console/entries/{intent}#trial", status=303)
        return await _entry(request, who, intent, done=done)

    return await act(request, work)


_NOT_SAVED = ("draft_changed", "entry_too_long", "too_many_ways")


async def _entry(
    request: Request,
    who: Actor,
    intent: str,
    *,
    done: str = "",
    error: CaseworkError | None = None,
    lost: Change | None = None,
) -> HTTPResponse:
    versions, draft = await entries.history(who, intent), await entries.draft_of(who, intent)
    published = next(version for version in versions if version.published_at)
    current = entry_of(intent, published.content)
    written = entry_of(intent, draft.content) if draft else current
    mark = entries.mark_of(draft, published.number)
    # What is being tried has no faults; looking for them takes all entries, every three seconds.
    being_tried = draft is not None and draft.trial in ("wanted", "working")
    faults = faults_of(written, await entries.in_force()) if draft and not being_tried else []
    return await page(
        request,
        who,
        "desk_entry.html",
        status=error.status if error else 200,
        current=current,
        draft=draft,
        shown=lost or written,
        # A form that was refused goes on standing on what it stood on: saving it again must not overwrite unseen.
        seen=typed(request, "seen") if lost else mark,
        mark=mark,
        faults=faults,
        changes=_changes(current, written) if draft else [],
        versions=versions,
        may_publish=who.role in ALLOWED[Action.PUBLISH_ENTRIES],
        being_tried=being_tried,
        refresh=request.method == "GET" and being_tried,
        done=done,
        wrong=error.message if error else "",
        reasons=error.reasons if error else (),
        why=typed(request, "why"),
    )


def _changes(before: Entry, after: Entry) -> list[tuple[str, str, str]]:
    """(what, before, after) of every field that differs; of the ways of asking those that go and come."""
    found = [
        (label, getattr(before, name), getattr(after, name))
        for name, label in (("title", "标题"), ("short", "短回答"), ("long", "详细回答"), ("next", "下一步"))
        if getattr(before, name) != getattr(after, name)
    ]
    gone, come = [w for w in before.ask if w not in after.ask], [w for w in after.ask if w not in before.ask]
    if gone or come:
        found.append((f"问法(去掉{len(gone)}条, 新增{len(come)}条)", "\n".join(gone), "\n".join(come)))
    return found


def _change(request: Request) -> Change:
    ways = [line.strip() for line in typed(request, "ask").splitlines()]
    texts = {name: typed(request, name).replace("\r\n", "\n") for name in entries.MOST_LENGTH}
    return Change(**texts, ask=tuple(dict.fromkeys(way for way in ways if way)))


# -- figures


@blueprint.get("/figures")
@declared(Action.EDIT_ENTRIES)
async def show_figures(request: Request) -> HTTPResponse:
    """By day."""

    async def show(who: Actor) -> HTTPResponse:
        today = local_day(await services(request).clock.now())
        return await page(request, who, "desk_figures.html", rows=await figures.by_day(who, today))

    return await look(request, show)


# -- shared


def _number(request: Request, name: str) -> int:
    text = typed(request, name)
    if not text.isdecimal() or len(text) > 9:
        raise InvalidInputError("choice_missing", "请先选一项。")
    return int(text)


def _uuid(request: Request, name: str) -> UUID:
    try:
        return UUID(typed(request, name))
    except ValueError as error:
        raise InvalidInputError("choice_missing", "请先选一项。") from error
