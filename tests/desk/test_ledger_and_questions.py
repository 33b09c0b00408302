"""What came of questions: counted by day, the unanswered kept without names, worked off by staff."""

import asyncio
from datetime import UTC, date, datetime

import pytest
from tortoise import Tortoise

from backend.access import Actor
from backend.desk import entries, figures, ledger, questions
from backend.desk.ledger import Ledger
from backend.errors import ConflictError, NotAllowedError, NotFoundError
from backend.talk import Asker, Talk, rate, reply
from bot.answers import Outcome
from bot.entries import load_entries
from models.desk import AskedQuestion, BotDay, EntryDraft
from models.trail import TrailEntry
from rules.statuses import Role
from tests.backend import district

NOW = datetime(2026, 9, 28, 1, 0, tzinfo=UTC)
DAY = date(2026, 9, 28)
TITLES = {intent: entry.title for intent, entry in load_entries().items()}
UNKNOWN = "呱呱呱叽里咕噜"


@pytest.fixture
async def actors(database: str) -> dict[Role, Actor]:
    await entries.seed_shipped(now=NOW)
    return (await district.build()).actors


async def kept(text: str = UNKNOWN) -> AskedQuestion:
    """One unanswered question as it lies in the work list."""
    book = Ledger()
    book.unanswered(text, DAY, Outcome.HANDOVER, None)
    await book.flush()
    return await AskedQuestion.all().order_by("-id").first()


async def test_every_question_is_counted_by_day_door_and_what_came_of_it(actors: dict[Role, Actor], the: Talk) -> None:
    for text in (TITLES["validity"], TITLES["validity"], TITLES["oos_crisis"], UNKNOWN):
        await reply(the, text, Asker("page"), now=NOW)
    await reply(the, TITLES["validity"], Asker("api", "phone-1"), now=NOW)
    assert await rate(the, Asker("api", "phone-1"), True, now=NOW)
    await the.ledger.flush()
    await the.ledger.flush()
    rows = await BotDay.all().values_list("door", "what", "count")
    assert sorted(rows) == [
        *[("api", "answer", 1), ("api", "useful", 1)],
        *[("page", "answer", 2), ("page", "handover", 1), ("page", "refuse", 1)],
    ]
    (row,) = await figures.by_day(actors[Role.BUREAU], DAY)
    assert (row["day"], row["asked"], row["answer"], row["useful"], row["useless"]) == (DAY, 5, 3, 1, 0)


async def test_an_unanswered_question_is_kept_once_without_names_and_counted(
    actors: dict[Role, Actor], the: Talk
) -> None:
    asked = f"{UNKNOWN}, 我叫王小明, 电话13800138000"
    for text in (asked, asked.replace("13800138000", "139 0013 9000"), asked + "！"):
        await reply(the, text, Asker("page"), now=NOW)
    await the.ledger.flush()
    (question,) = await AskedQuestion.all()
    assert question.text.startswith(f"{UNKNOWN}, 我叫〔姓名〕, 电话〔电话〕")
    assert (question.times, question.outcome, question.status) == (3, "handover", "open")
    await reply(the, asked, Asker("page"), now=NOW)
    await the.ledger.flush()
    assert (await AskedQuestion.get(id=question.id)).times == 4


async def test_an_answer_rated_useless_joins_the_list_once_and_despair_never_does(
    actors: dict[Role, Actor], the: Talk
) -> None:
    asker = Asker("api", "phone-1")
    assert not await rate(the, asker, False, now=NOW), "nothing was answered yet"
    await reply(the, "管几年", asker, now=NOW)
    assert await rate(the, asker, False, now=NOW)
    assert not await rate(the, asker, False, now=NOW), "one answer, one rating"
    await reply(the, "我不想活了", asker, now=NOW)
    assert await rate(the, asker, False, now=NOW)
    await the.ledger.flush()
    (question,) = await AskedQuestion.all()
    assert (question.text, question.bad_ratings, question.times, question.intent) == ("管几年", 1, 0, "validity")


async def test_a_word_rates_the_answer_in_a_chat(actors: dict[Role, Actor], the: Talk) -> None:
    asker = Asker("service_account", "service_account:o1", openid="o1")
    await reply(the, "管几年", asker, now=NOW)
    assert (await reply(the, "没用", asker, now=NOW)).text == "谢谢您告诉我们。"
    await the.ledger.flush()
    assert await BotDay.filter(what="useless").count() == 1


async def test_two_processes_write_the_same_rows_at_once_and_lose_nothing(actors: dict[Role, Actor]) -> None:
    books = [Ledger() for _ in range(8)]
    for book in books:
        for number in range(20):
            book.count(DAY, "page", "answer")
            book.unanswered(f"问题第{number}号呱呱", DAY, Outcome.SUGGEST, None)
    await asyncio.gather(*(book.flush() for book in books))
    assert (await BotDay.get(day=DAY, door="page", what="answer")).count == 160
    assert set(await AskedQuestion.all().values_list("times", flat=True)) == {8}


async def test_what_could_not_be_written_is_written_later(
    actors: dict[Role, Actor], monkeypatch: pytest.MonkeyPatch
) -> None:
    book = Ledger()
    book.count(DAY, "page", "answer")
    book.unanswered(UNKNOWN, DAY, Outcome.HANDOVER, None)

    async def gone(_rows: object) -> None:
        raise OSError("the database is away")

    with monkeypatch.context() as broken:
        broken.setattr(ledger, "_write_questions", gone)
        with pytest.raises(OSError, match="away"):
            await book.flush()
    assert await BotDay.all().count() == 0, "both or neither"
    await book.flush()
    assert await BotDay.all().count() == await AskedQuestion.all().count() == 1


async def test_nonsense_all_day_long_does_not_fill_the_list(
    actors: dict[Role, Actor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "MOST_NEW_A_DAY", 3)
    for number in range(5):
        await kept(f"胡话{'啊' * (number + 2)}")
    assert await AskedQuestion.all().count() == 3
    await kept("胡话啊啊")
    assert (await AskedQuestion.get(text="胡话啊啊")).times == 2, "known ones are still counted"
    book = Ledger()
    for number in range(ledger.MOST_GATHERED + 100):
        book.unanswered(f"胡话{number}", DAY, Outcome.HANDOVER, None)
    assert len(book._seen) == ledger.MOST_GATHERED


async def test_a_question_given_to_an_entry_becomes_a_way_of_asking_in_its_draft(actors: dict[Role, Actor]) -> None:
    question, worker = await kept("这个饭票能用到啥时候"), actors[Role.WORKER]
    await questions.give(worker, question.id, "validity", "这个饭票能用到啥时候", now=NOW)
    draft = await EntryDraft.get(intent="validity")
    assert draft.content["ask"][-1] == "这个饭票能用到啥时候"
    settled = await AskedQuestion.get(id=question.id)
    assert (settled.status, settled.right_intent, settled.settled_by) == ("settled", "validity", worker.label)
    assert await TrailEntry.exists(action="question_settled", subject=f"question:{question.id}")
    with pytest.raises(ConflictError):
        await questions.leave(actors[Role.TOWN], question.id, "", now=NOW)


async def test_a_decision_can_be_taken_back(actors: dict[Role, Actor]) -> None:
    question, worker = await kept(), actors[Role.WORKER]
    await questions.leave(worker, question.id, "乱码", now=NOW)
    assert await questions.work_list(worker) == ([], 0)
    (row,), total = await questions.work_list(worker, status="left")
    assert (row["note"], total) == ("乱码", 1)
    await questions.reopen(worker, question.id, now=NOW)
    assert (await questions.work_list(worker))[1] == 1


async def test_a_faulty_choice_settles_nothing(actors: dict[Role, Actor]) -> None:
    question, worker = await kept(), actors[Role.WORKER]
    for intent, way in (("no_such", ""), ("no_such", "某种问法")):
        with pytest.raises(NotFoundError):
            await questions.give(worker, question.id, intent, way, now=NOW)
    assert (await AskedQuestion.get(id=question.id)).status == "open"
    with pytest.raises(NotFoundError):
        await questions.leave(worker, 999_999, "", now=NOW)


async def test_what_is_asked_most_and_rated_worst_comes_first(actors: dict[Role, Actor]) -> None:
    book = Ledger()
    for text, times, bad in (("少有人问", 1, 0), ("常有人问", 5, 0), ("评得最差", 1, 3)):
        for _ in range(times):
            book.unanswered(text, DAY, Outcome.SUGGEST, None)
        for _ in range(bad):
            book.rated_badly(text, DAY, Outcome.ANSWER, "validity")
    await book.flush()
    rows, _ = await questions.work_list(actors[Role.TOWN])
    assert [row["text"] for row in rows] == ["评得最差", "常有人问", "少有人问"]


@pytest.mark.parametrize("role", [Role.VILLAGE, Role.SUPERVISOR, Role.LEADERS, Role.RESIDENT])
async def test_others_see_neither_questions_nor_figures(actors: dict[Role, Actor], role: Role) -> None:
    question = await kept()
    for refused in (
        questions.work_list(actors[role]),
        questions.give(actors[role], question.id, "validity", "", now=NOW),
        questions.leave(actors[role], question.id, "", now=NOW),
        questions.reopen(actors[role], question.id, now=NOW),
        figures.by_day(actors[role], DAY),
    ):
        with pytest.raises(NotAllowedError):
            await refused
    assert Tortoise._inited
