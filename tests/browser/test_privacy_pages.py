"""The pages of persons, corrections, lists, retention and the notice in Chromium: axe, every width, no JavaScript."""

import pytest
from playwright.async_api import Browser

from tests.browser.test_console import logged_in
from tests.browser.test_pages import WIDTHS, serious
from tests.journeys.acts import Household
from tests.privacy.people import id_number
from tests.stack import Stack

pytestmark = pytest.mark.browser
NUMBER = id_number(born="19580520")


async def test_a_worker_finds_writes_sees_and_tells_without_javascript(stack: Stack, browser: Browser) -> None:
    house = await Household.move_in(stack)
    await house.apply()
    person = (await stack.rows('SELECT applicant_id FROM "case"'))[0]["applicant_id"]
    page = await logged_in(stack, browser, "tengqiao-worker")
    await page.goto(f"{stack.base}/console/persons/{person}")
    await page.get_by_text("登记或更改", exact=True).click()
    await page.get_by_label("身份证号(不改就空着)").fill(NUMBER[:-1] + ("1" if NUMBER[-1] != "1" else "2"))
    await page.get_by_role("button", name="保存").click()
    assert "校验位" in await page.get_by_role("alert").inner_text()
    await page.get_by_label("身份证号(不改就空着)").fill(NUMBER)
    await page.get_by_role("button", name="保存").click()
    assert "已保存: 身份证号" in await page.get_by_role("status").inner_text()
    assert NUMBER not in await page.content()
    await page.get_by_text("看一个完整的号码", exact=True).click()
    await page.get_by_label("身份证号", exact=True).check()
    await page.get_by_label("核对身份", exact=True).check()
    await page.get_by_role("button", name="显示一次").click()
    assert NUMBER in await page.get_by_role("status").inner_text()
    await page.goto(f"{stack.base}/console/persons/{person}")
    assert NUMBER not in await page.content(), "shown once"
    await page.get_by_text("登记告知", exact=True).first.click()
    await page.get_by_label("读给本人听", exact=True).first.check()
    await page.get_by_role("button", name="登记告知").click()
    assert "已告知" in await page.locator("main").inner_text()
    await page.get_by_text("打印本人的全部信息, 交给本人", exact=True).click()
    await page.get_by_role("button", name="打开打印页").click()
    assert "先核对本人身份" in await page.get_by_role("alert").inner_text()
    await page.get_by_text("打印本人的全部信息, 交给本人", exact=True).click()
    await page.get_by_label("看了身份证原件").check()
    await page.get_by_role("button", name="打开打印页").click()
    assert NUMBER in await page.locator("main").inner_text()
    await page.goto(f"{stack.base}/console/persons")
    await page.get_by_label("完整的号码").fill(NUMBER)
    await page.get_by_role("button", name="找", exact=True).click()
    assert NUMBER not in page.url
    assert await page.get_by_role("link", name="陈").count() + await page.locator(".rows h2 a").count() >= 1


async def test_every_page_is_accessible_and_fits_at_every_width(stack: Stack, browser: Browser) -> None:
    house = await Household.move_in(stack)
    await house.apply()
    person = (await stack.rows('SELECT applicant_id FROM "case"'))[0]["applicant_id"]
    call = stack.stage.call
    await call("tengqiao-worker", "POST", f"/api/people/{person}/particulars", {"id_number": NUMBER})
    await call("居民", "POST", "/api/me/corrections", {"field": "phone", "wanted": "13812345678", "why": "换了"})
    staff = await logged_in(stack, browser, "quminzheng")
    cookies = await staff.context.cookies()
    opened = "document.querySelectorAll('details').forEach(one => one.open = true)"
    pages = [
        *("/privacy", "/privacy?type=large", "/privacy/property_check", "/console/persons"),
        *(f"/console/persons/{person}", "/console/corrections", "/console/persons/lists", "/console/retention"),
    ]
    for width in WIDTHS:
        context = await browser.new_context(viewport={"width": width, "height": 800})
        await context.add_cookies(cookies)
        page = await context.new_page()
        for path in pages:
            response = await page.goto(f"{stack.base}{path}")
            assert response is not None
            assert response.status == 200
            assert "/login" not in page.url
            await page.evaluate(opened)
            assert await serious(page) == [], (path, width)
            overflow = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert overflow <= 0, f"{path} scrolls sideways at {width}"
    mine = await browser.new_page(viewport={"width": 320, "height": 800})
    await mine.set_extra_http_headers({"Authorization": f"Bearer {stack.stage.tokens['居民']}"})
    await mine.goto(f"{stack.base}/api/me/data/print")
    assert await serious(mine) == []
    assert await mine.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
