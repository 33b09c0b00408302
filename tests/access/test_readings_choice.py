"""A changed reading waits for two people of the bureau."""

from dataclasses import replace

import pytest

from backend.casework import readings_choice
from backend.casework.readings_in_force import configure, in_force
from backend.errors import ConflictError, NotAllowedError
from rules.readings import DEFAULT, PassRule, Readings
from rules.statuses import Role
from tests.backend import district
from tests.backend.steps import NOW

CONFIGURED = Readings(pass_rule=PassRule.TWO_THIRDS)


async def test_what_is_configured_is_in_force_when_two_people_have_agreed(database: str) -> None:
    place, other = await district.build(), await district.build("乙")
    first, second = place.actors[Role.BUREAU], other.actors[Role.BUREAU]
    try:
        await readings_choice.settle(CONFIGURED, two_people=True)
        assert in_force() == DEFAULT
        waits = await readings_choice.waiting(CONFIGURED, two_people=True)
        assert waits is not None
        (change,) = waits.changes
        assert "三分之二" in change
        digest = waits.digest
        assert not await readings_choice.agree(first, CONFIGURED, digest=digest, now=NOW)
        for same in (first, replace(first, account_id=second.account_id)):
            with pytest.raises(ConflictError, match="另一位"):
                await readings_choice.agree(same, CONFIGURED, digest=digest, now=NOW)
        await readings_choice.settle(CONFIGURED, two_people=True)
        assert in_force() == DEFAULT
        with pytest.raises(ConflictError, match="又改过"):
            await readings_choice.agree(second, replace(CONFIGURED, card_days=9), digest=digest, now=NOW)
        with pytest.raises(NotAllowedError):
            await readings_choice.agree(place.actors[Role.TOWN], CONFIGURED, digest=digest, now=NOW)
        assert await readings_choice.agree(second, CONFIGURED, digest=digest, now=NOW)
        await readings_choice.settle(CONFIGURED, two_people=True)
        assert in_force() == CONFIGURED
        assert await readings_choice.waiting(CONFIGURED, two_people=True) is None
        assert await readings_choice.waiting(DEFAULT, two_people=True) is not None, "the way back takes two as well"
    finally:
        configure(DEFAULT)


async def test_a_demonstration_has_no_bureau_to_ask(database: str) -> None:
    try:
        await readings_choice.settle(CONFIGURED, two_people=False)
        assert in_force() == CONFIGURED
        assert await readings_choice.waiting(CONFIGURED, two_people=False) is None
    finally:
        configure(DEFAULT)
