"""From a person's finger and the platform's receipts to our tables, through real processes."""

import itertools
from uuid import UUID, uuid4

import pytest
from tortoise.transactions import in_transaction

from models.outbox import Consent, Delivery
from notices import consent
from notices.kinds import MEETING, Kind
from notices.outbox import announce
from tests.backend import district
from tests.notices.test_delivery import FACTS, NOW
from tests.pushes.conftest import Line

MODES = list(itertools.product(("plain", "compatible", "safe"), ("xml", "json")))


async def somebody(line: Line, **pushing: object) -> UUID:
    """The person of the phone `o1`; events are told at once."""
    await line.admin("pushing", {"events": True, "delay": 0, **pushing})
    someone = await district.person("甲", None, openid="o1")
    return someone.id


async def choose(line: Line, choice: str) -> None:
    await line.admin("popup", {"openid": "o1", "templates": {"tmpl-meeting": choice}})


async def test_a_choice_is_written_down_in_every_mode_and_format(line: Line) -> None:
    person = await somebody(line)
    for number, (mode, written) in enumerate(MODES, start=1):
        await line.admin("pushing", {"mode": mode, "written": written, "created_as_string": number % 2 == 0})
        # Two choices of one person for one template in one second cannot be told from a repeat.
        await Consent.filter(person_id=person).update(credits=number - 1)
        await line.until_the_next_second()
        await choose(line, "accept")
        (*_, last) = await line.pushed()
        assert (last["mode"], last["format"], last["answer"], last["tries"]) == (mode, written, "success", 1)
        assert await consent.balance(person, MEETING.key) == number, (mode, written)


@pytest.mark.parametrize("lost", [1, 2])
async def test_a_choice_that_comes_three_times_counts_once(line: Line, lost: int) -> None:
    person = await somebody(line)
    line.door.lose_answers = lost
    await choose(line, "accept")
    (pushed,) = await line.pushed()
    assert pushed["tries"] == lost + 1
    assert len(set(line.door.taken)) == 2, "two processes heard it"
    assert await consent.balance(person, MEETING.key) == 1


@pytest.mark.parametrize("under_popup", [False, True])
async def test_who_refuses_in_the_settings_has_no_long_term_consent_any_more(line: Line, under_popup: bool) -> None:
    person = await somebody(line, written="xml", change_under_popup=under_popup)
    await consent.accept(person, MEETING.key)
    await Consent.filter(person_id=person).update(long_term=True)
    await line.admin("refuse", {"openid": "o1", "template": "tmpl-meeting"})
    await line.pushed()
    kept = await Consent.get(person_id=person)
    assert (kept.credits, kept.long_term) == (1, False)


@pytest.mark.parametrize(("error", "status"), [("", "sent"), ("user refuse", "failed")])
async def test_a_message_in_doubt_is_cleared_by_what_the_platform_tells(line: Line, error: str, status: str) -> None:
    person = await somebody(line)
    async with in_transaction():
        await announce(Kind.MEETING_CONVENED, "meeting:1", FACTS, [person], now=NOW)
    await Delivery.all().update(status="uncertain", address="o1")
    await line.admin("tell", {"openid": "o1", "template_id": "tmpl-meeting", "msgid": "7", "error": error})
    await line.pushed()
    assert await Delivery.all().values_list("status", flat=True) == [status]


async def test_what_the_service_account_tells_of_its_template_messages_is_heard(line: Line) -> None:
    await somebody(line)
    for error in ("", "failed:user block"):
        entry = {"openid": "o1", "msgid": str(uuid4().int)[:12], "account": "service", "sort": "message"}
        await line.admin("tell", entry | {"error": error})
        (*_, last) = await line.pushed()
        assert (last["what"], last["tries"], last["answer"]) == ("TEMPLATESENDJOBFINISH", 1, "success")


async def test_a_choice_of_a_phone_that_we_do_not_know_is_taken_and_changes_nothing(line: Line) -> None:
    await line.admin("pushing", {"events": True, "delay": 0})
    await choose(line, "accept")
    (pushed,) = await line.pushed()
    assert (pushed["tries"], pushed["answer"]) == (1, "success")
    assert await Consent.all().count() == 0
