"""A row that must go is gone: terminated help leaves the page within seconds, in every process."""

from tests.browser.test_pages import list_one_case
from tests.stack import Stack


async def test_terminated_help_leaves_the_list_and_its_row_stays_in_the_archive(stack: Stack) -> None:
    house = await list_one_case(stack)
    assert "980 元" in await house.public_page()
    case = (await stack.rows('SELECT id FROM "case"'))[0]["id"]
    await house.town("terminate", str(case), {"reason": "情形消除"})

    async def gone() -> bool:
        return "980 元" not in await house.public_page()

    await stack.until(gone, "the row leaves the page", seconds=5)
    assert await stack.rows("SELECT id FROM listing WHERE withdrawn_at IS NOT NULL")
    assert await house.is_(str(case), "terminated")
