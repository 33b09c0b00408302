"""我的设备 at the console in Chromium: narrow and wide, with axe, with fingers."""

import pytest
from playwright.async_api import Browser

from tests.browser.test_console import logged_in
from tests.browser.test_pages import WIDTHS, serious
from tests.stack import Stack

pytestmark = pytest.mark.browser


async def test_the_devices_fit_every_width_and_the_other_one_is_logged_out(stack: Stack, browser: Browser) -> None:
    other = await logged_in(stack, browser, "tengqiao-worker")
    staff = await logged_in(stack, browser, "tengqiao-worker")
    await staff.get_by_role("link", name="我的设备").click()
    for width in WIDTHS:
        await staff.set_viewport_size({"width": width, "height": 800})
        overflow = await staff.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert overflow <= 0, width
        for button in await staff.get_by_role("button").all():
            box = await button.bounding_box()
            assert box is not None
            assert box["height"] >= 44, await button.inner_text()
    assert await staff.locator("h2", has_text="电脑浏览器").count() == 2
    await staff.get_by_role("button", name="退出电脑浏览器").click()
    assert await staff.locator("h2").count() == 1
    await other.reload()
    assert "/console/login" in other.url
    page = await (await browser.new_context()).new_page()
    await page.context.add_cookies(await staff.context.cookies())
    await page.goto(f"{stack.base}/console/devices")
    assert await serious(page) == []
