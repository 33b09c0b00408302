"""The pages in Chromium: narrow and wide, with axe, without JavaScript; and what they must not show."""

import itertools

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page

from tests.journeys.acts import Household
from tests.moments import at
from tests.stack import Stack

pytestmark = pytest.mark.browser
WIDTHS = (320, 360, 1280)


async def list_one_case(stack: Stack) -> Household:
    """Bring one case as far as the public list."""
    house = await Household.move_in(stack)
    case = await house.apply()
    await house.review_and_refer(case)
    await house.village("initiate", case)
    await house.visit_with_evidence(case)
    await house.town("confirm", case, {"household_size": 3})
    meeting = await house.convene(case, at("2026-09-29 14:00"))
    await house.all_told(case)
    await stack.move_clock(at("2026-09-29 14:00"))
    await house.hold(case, meeting)
    await house.town("to-leaders", case)
    await house.approve(case, valid_from="2026-09-29")
    await house.publish(case)
    return house


async def serious(page: Page) -> list[str]:
    """Serious and critical findings of axe."""
    results = await Axe().run(page)
    found = [v for v in results.response["violations"] if v["impact"] in ("serious", "critical")]
    return [f"{item['id']}: {item['nodes'][0]['html'][:120]}" for item in found]


async def test_every_public_page_is_accessible_and_fits_at_every_width(stack: Stack, browser: Browser) -> None:
    house = await list_one_case(stack)
    pages = [
        f"{stack.base}/lists",
        f"{stack.base}/lists/{house.village_id}",
        f"{stack.base}/lists/{house.village_id}?type=large",
        f"{stack.base}/lists/999999",
        f"{stack.base}/policy",
        f"{stack.base}/complaints",
        f"{stack.phones}/",
        f"{stack.phones}/phones/oDemoMember0001",
    ]
    for width in WIDTHS:
        page = await browser.new_page(viewport={"width": width, "height": 800})
        for url in pages:
            await page.goto(url)
            assert await serious(page) == [], (url, width)
            overflow = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert overflow <= 0, f"{url} scrolls sideways at {width}"
        await page.close()


async def test_the_list_shows_what_may_be_shown_and_nothing_else(stack: Stack, browser: Browser) -> None:
    house = await list_one_case(stack)
    context = await browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 800})
    page = await context.new_page()
    response = await page.goto(f"{stack.base}/lists/{house.village_id}")
    assert response is not None
    assert "noindex" in response.headers["x-robots-tag"]
    assert response.headers["cache-control"] == "no-store"
    row = await page.locator(".rows li").inner_text()
    assert row.split("\n")[0].endswith("**")
    for shown in ("3 人", "低保", "980 元", "2026年9月29日"):
        assert shown in row
    text = await page.locator("body").inner_text()
    for person in await stack.rows("SELECT name FROM person"):
        assert person["name"] not in text
    for phone in await stack.opened("person", "phone"):
        assert phone not in text
    for never in ("三(六)", "C6", "重病", "家里困难", "身份证"):
        assert never not in text
    assert await page.get_by_role("link", name="对名单有异议").is_visible()


async def test_the_elder_view_has_large_type_and_main_actions_are_easy_to_hit(stack: Stack, browser: Browser) -> None:
    house = await Household.move_in(stack)
    page = await browser.new_page(viewport={"width": 360, "height": 800})
    sizes = {}
    for view, url in itertools.product(("", "?type=large"), [f"{stack.base}/lists/{house.village_id}"]):
        await page.goto(url + view)
        sizes[view] = await page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
        box = await page.locator(".main-action").bounding_box()
        assert box is not None
        assert box["height"] >= 60
    assert sizes[""] >= 18
    assert sizes["?type=large"] >= 24
    assert "没有可以在网上公布的名单" in await page.locator("main").inner_text()


async def test_a_person_types_a_question_into_the_phone_and_reads_the_answer(stack: Stack, browser: Browser) -> None:
    page = await browser.new_page(viewport={"width": 360, "height": 800})
    await page.goto(f"{stack.phones}/phones/oDemoResident0002")
    await page.get_by_label("问一问").fill("评议会要多少人参加")
    await page.get_by_role("button", name="发送").click()
    assert "一般不得少于12人" in await page.locator(".it").last.inner_text()


async def test_the_accessibility_check_itself_finds_what_is_wrong(browser: Browser) -> None:
    page = await browser.new_page()
    await page.set_content("<html><body><img src='data:,'><input><p style='color:#bbb'>浅</p></body></html>")
    assert len(await serious(page)) >= 3
