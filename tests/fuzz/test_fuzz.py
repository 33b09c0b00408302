"""A tenth of `make proof`: schemathesis over the whole document against the running service."""

from tests.conftest import NOW
from tests.fuzz import odd
from tests.fuzz.run import LEFT_OUT
from tests.fuzz.service import fuzz
from tests.fuzz.world import ACTORS
from tests.stack import Stack

CALLS = 2_000


async def test_no_call_of_any_actor_breaks_a_contract_or_leaks(busy_stack: Stack) -> None:
    assert await odd.broken(busy_stack.base) == []
    report = await fuzz(busy_stack, NOW, calls=CALLS)
    failures = [f"{failure.operation} {failure.status} {failure.why}" for failure in report.failures.values()]
    assert failures == [], "\n".join(failures)
    assert report.calls >= CALLS
    assert set(report.by_actor) == set(ACTORS)
    assert min(report.by_actor.values()) >= CALLS * 0.075
    assert min(report.done_by[actor] for actor in ACTORS) > 0
    assert len(LEFT_OUT) == 2
    # The marked words are there to be found: who may read them does.
    # An identity number in a text is masked for everybody but who wrote it.
    assert set(report.read_by_right) == {"name", "phone", "illness"}
    # Calls that come through, not a wall of 404: most operations were done at least once.
    done = sum(1 for name in report.operations if report.done[name])
    # The rest wants ids that only a longer story makes: lists of numbers, agencies, invitations, half-open logins.
    assert done >= 0.65 * len(report.operations)
