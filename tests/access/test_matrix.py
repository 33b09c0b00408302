"""The access matrix: the running service answers every cell as the table says."""

from rules.statuses import Status
from tests.access import matrix
from tests.conftest import NOW
from tests.contract.table import rows
from tests.fuzz import world
from tests.fuzz.world import ACTORS
from tests.stack import Stack, connected

EVERY = 6
"""Each route is called by each role at each place in every sixth status; the full product is `make proof`'s."""


def test_no_route_is_open_by_oversight() -> None:
    """What anybody may call without a login, by name: a new one is put here on purpose or not at all."""
    found = {f"{row.method} {row.path}" for row in rows() if row.contract is not None and row.contract.is_open}
    guarded = {f"{row.method} {row.path}" for row in matrix.guarded()}
    assert not found & guarded
    inside = {path for path in found if "/cases" in path or "/me" in path or "/console" in path or "/people" in path}
    assert inside == {
        "GET /console/join/{code}",
        "POST /console/join/{code}",
        "GET /console/login",
        "POST /console/login",
        "POST /console/login/code",
        "GET /console/login/next",
        "POST /console/login/setup",
        "POST /console/logout",
        "GET /console/scan",
        "POST /console/scan",
    }


async def test_every_route_answers_every_role_in_every_place_as_the_table_says(busy_stack: Stack) -> None:
    stack = busy_stack
    async with connected(stack):
        place = await world.build(NOW, stack.phones)
        ids = matrix.Ids(place)
        statuses = [status.value for status in Status]
        await ids.plant(statuses, many=3)
        tokens = await place.tokens(stack.redis)
        number, wrong = await matrix.run(stack.base, tokens, matrix.calls(ids, ACTORS, statuses, every=EVERY))
    assert sorted(wrong) == [], "\n".join(sorted(wrong))
    assert number > 2000
