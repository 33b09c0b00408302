"""The bot's pages and the console's behind it in Chromium: narrow and wide, with axe, without JavaScript."""

import pytest
from playwright.async_api import Browser

from tests.browser.test_console import logged_in
from tests.browser.test_pages import WIDTHS, serious
from tests.stack import Stack

pytestmark = pytest.mark.browser


async def test_somebody_asks_rates_and_reaches_a_person_without_javascript(stack: Stack, browser: Browser) -> None:
    context = await browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 700})
    page = await context.new_page()
    await page.goto(f"{stack.base}/ask?type=large")
    await page.get_by_label("您的问题").fill("救助能管几年")
    await page.get_by_role("button", name="问", exact=True).click()
    assert "一年" in await page.locator(".answer").first.inner_text()
    assert await page.locator("html.elder").count() == 1, "the larger type stays"
    await page.get_by_label("您的问题").fill("家里着火了怎么办")
    await page.get_by_role("button", name="问", exact=True).click()
    assert await page.get_by_role("link", name="火警 119").get_attribute("href") == "tel:119"
    await page.get_by_role("button", name="转给工作人员").click()
    await page.get_by_label("还有要补充的").fill("腿脚不便")
    await page.get_by_role("button", name="转给工作人员").click()
    assert "请选一个镇" in await page.get_by_role("alert").inner_text()
    assert await page.get_by_label("还有要补充的").input_value() == "腿脚不便"
    await page.get_by_label("藤桥镇").check()
    await page.get_by_role("button", name="转给工作人员").click()
    assert "已转给藤桥镇" in await page.get_by_role("status").inner_text()
    staff = await logged_in(stack, browser, "tengqiao-worker")
    await staff.goto(f"{stack.base}/console/people")
    await staff.get_by_role("link", name="等人回复: ").click()
    assert "腿脚不便" in await staff.locator("main").inner_text()
    await staff.get_by_label("回复(").fill("我们上门来办。")
    await staff.get_by_role("button", name="发给群众").click()
    await page.get_by_role("button", name="看有没有回复").click()
    assert "我们上门来办。" in await page.locator("main").inner_text()


async def test_every_page_of_the_bot_is_accessible_and_fits_at_every_width(stack: Stack, browser: Browser) -> None:
    body = {"text": "叽里咕噜呱呱呱"}
    await stack.stage.call("", "POST", "/api/bot/ask", body)
    await stack.stage.call("", "POST", "/api/bot/person", {"text": "腿脚不便"})
    staff = await logged_in(stack, browser, "quminzheng")
    await staff.goto(f"{stack.base}/console/people")
    waiting = await staff.get_by_role("link", name="等人回复: ").get_attribute("href")
    await staff.goto(f"{stack.base}/console/entries/validity")
    await staff.get_by_label("短回答").fill("到期就停。")
    await staff.get_by_role("button", name="保存草稿").click()
    cookies = await staff.context.cookies()

    async def listed() -> bool:
        return bool(await stack.rows("SELECT 1 FROM asked_question"))

    await stack.until(listed, "the question is in the work list")
    pages = [
        *("/ask", "/ask?type=large", "/ask/person", "/ask/replies", "/console/people", str(waiting)),
        *("/console/questions", "/console/entries", "/console/entries/validity", "/console/figures"),
        "/console/reference",
    ]
    for width in WIDTHS:
        context = await browser.new_context(viewport={"width": width, "height": 800})
        await context.add_cookies(cookies)
        page = await context.new_page()
        for path in pages:
            await page.goto(f"{stack.base}{path}")
            assert "/login" not in page.url
            assert await serious(page) == [], (path, width)
            overflow = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert overflow <= 0, f"{path} scrolls sideways at {width}"
