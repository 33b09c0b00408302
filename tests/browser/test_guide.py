"""The guide in Chromium without JavaScript: forward, back, unknown, emergency, result; and the calculators."""

import pytest
from playwright.async_api import Browser, Page

from tests.browser.test_pages import serious
from tests.stack import Stack

pytestmark = pytest.mark.browser


async def plain_page(browser: Browser, width: int = 320) -> Page:
    """A page without JavaScript."""
    context = await browser.new_context(java_script_enabled=False, viewport={"width": width, "height": 800})
    return await context.new_page()


async def test_a_person_finds_the_clause_goes_back_once_and_reads_what_to_bring(stack: Stack, browser: Browser) -> None:
    page = await plain_page(browser)
    await page.goto(f"{stack.base}/guide")
    await page.get_by_role("button", name="家里有人离家或很久联系不上").click()
    assert "第 2 步" in await page.locator("main").inner_text()
    await page.get_by_role("button", name="是", exact=True).click()
    await page.get_by_role("button", name="是", exact=True).click()
    assert "满三年了吗" in await page.locator("h1").inner_text()
    await page.get_by_role("button", name="不清楚").click()
    await page.get_by_role("button", name="上一步").click()
    assert "满三年了吗" in await page.locator("h1").inner_text(), "back, and the answers before it are kept"
    for _ in range(3):
        await page.get_by_role("button", name="是", exact=True).click()
    text = await page.locator("main").inner_text()
    assert "可能符合" in text
    assert "三(一)" in text
    assert "这是参考, 不是决定" in text
    assert "材料不齐也可以先去说" in text
    assert await page.get_by_role("link", name="办法三(一)").get_attribute("href") == "/policy#p3-1"
    assert "?" not in page.url, "no answer stands in the address"


async def test_a_no_leads_on_and_an_emergency_goes_to_the_telephone_at_once(stack: Stack, browser: Browser) -> None:
    page = await plain_page(browser)
    await page.goto(f"{stack.base}/guide")
    await page.get_by_role("button", name="老人一个人过").click()
    await page.get_by_role("button", name="是", exact=True).click()
    await page.get_by_role("button", name="不是 / 没有").click()
    assert "重病或重度残疾" in await page.locator("h1").inner_text()
    await page.get_by_role("button", name="不清楚").click()
    text = await page.locator("main").inner_text()
    assert "需要工作人员判断" in text
    assert "不行" not in text
    await page.goto(f"{stack.base}/guide")
    await page.get_by_role("button", name="情况紧急").click()
    assert page.url.endswith("/urgent")
    assert await page.locator("a[href='tel:120']").is_visible()
    assert await page.locator("form").count() == 0


async def test_nothing_that_is_typed_is_stored(stack: Stack, browser: Browser) -> None:
    tables = ("trail_entry", "application", '"case"', "notice")
    before = [(await stack.rows(f"SELECT count(*) AS n FROM {table}"))[0]["n"] for table in tables]
    page = await plain_page(browser)
    await page.goto(f"{stack.base}/guide")
    await page.get_by_role("button", name="家里有人重病").click()
    for _ in range(2):
        await page.get_by_role("button", name="是", exact=True).click()
    assert "可能符合" in await page.locator("h1").inner_text()
    assert before == [(await stack.rows(f"SELECT count(*) AS n FROM {table}"))[0]["n"] for table in tables]


async def test_the_calculators_show_their_working_and_keep_what_was_typed(stack: Stack, browser: Browser) -> None:
    page = await plain_page(browser)
    await page.goto(f"{stack.base}/calculators")
    await page.get_by_label("家庭人数").fill("2")
    await page.get_by_label("剩余医疗费用").fill("80000")
    await page.get_by_role("button", name="算最高额").click()
    text = await page.locator(".lines").inner_text()
    assert "两个上限取低: 40000元" in text
    assert await page.get_by_label("家庭人数").input_value() == "2"
    await page.get_by_label("银行存款").fill("五万")
    await page.get_by_role("button", name="算存款倍数").click()
    assert "只写数字" in await page.get_by_role("alert").inner_text()
    assert await page.get_by_label("银行存款").input_value() == "五万"


async def test_without_a_standard_the_calculator_shows_the_formula_and_nothing_breaks(
    stack: Stack, browser: Browser
) -> None:
    await stack.rows("DELETE FROM living_standard")
    page = await plain_page(browser)
    await page.goto(f"{stack.base}/calculators")
    await page.get_by_label("银行存款").fill("50000")
    await page.get_by_role("button", name="算存款倍数").click()
    text = await page.locator("main").inner_text()
    assert "标准未配置" in text
    assert "月标准×12×4" in text


async def test_the_guides_pages_have_no_serious_finding_and_fit_narrow_screens(stack: Stack, browser: Browser) -> None:
    for width in (320, 1280):
        page = await browser.new_page(viewport={"width": width, "height": 800})
        for path in ("/guide", "/guide?type=large", "/urgent", "/calculators", "/ask"):
            await page.goto(f"{stack.base}{path}")
            assert await serious(page) == [], (path, width)
            assert await page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, (path, width)
        await page.goto(f"{stack.base}/guide")
        await page.get_by_role("button", name="孩子的父母").click()
        assert await serious(page) == []
        for _ in range(8):
            buttons = page.get_by_role("button", name="不清楚")
            if not await buttons.count():
                break
            box = await buttons.bounding_box()
            assert box is not None
            assert box["height"] >= 60
            await buttons.click()
        assert await serious(page) == []
        assert "建议先走普通救助" in await page.locator("h1").inner_text()
        assert "事实无人抚养儿童" in await page.locator("main").inner_text()


async def test_a_question_is_answered_with_its_clause_and_a_suggestion_is_one_tap(
    stack: Stack, browser: Browser
) -> None:
    page = await plain_page(browser)
    await page.goto(f"{stack.base}/ask")
    await page.get_by_label("您的问题").fill("评议会要多少人参加")
    await page.get_by_role("button", name="问", exact=True).click()
    assert "一般不得少于12人" in await page.get_by_role("status").inner_text()
    assert await page.get_by_role("link", name="看原文").get_attribute("href") == "/policy#p4-2a"
    await page.get_by_label("您的问题").fill("<script>alert(1)</script>我不想活了")
    await page.get_by_role("button", name="问", exact=True).click()
    answer = await page.get_by_role("status").inner_text()
    assert "<script>" in answer, "shown as text"
    assert "120" in answer
    await page.get_by_label("您的问题").fill("儿子的事情要不要说")
    await page.get_by_role("button", name="问", exact=True).click()
    choices = page.locator("form .choices button")
    if await choices.count():
        await choices.first.click()
        assert "温鹿民" in await page.get_by_role("status").inner_text()
