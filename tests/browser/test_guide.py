"""The guide in Chromium without JavaScript: forward, back, unknown, emergency, result; and the calculators."""

import pytest
from playwright.async_api import Browser, Page

from backend.demo import district
from backend.demo.tour import TourError
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
    assert await page.get_by_role("button", name="不清楚(刚才选的)").count() == 1
    for _ in range(3):
        await page.get_by_role("button", name="是", exact=True).click()
    text = await page.locator("main").inner_text()
    assert "可能符合" in text
    assert "三(一)" in text
    assert "这是参考, 不是决定" in text
    assert "材料不齐也可以先去说" in text
    assert "由工作人员上门核实" in text, "what only a visit can find is not said to be so"
    assert "5个工作日内开民主评议会" in text
    assert "三(七)" in text
    assert await page.get_by_role("link", name="办法三(一)").get_attribute("href") == "/policy#p3-1"
    assert "?" not in page.url, "no answer stands in the address"


async def test_one_answer_is_changed_on_the_result_and_the_others_are_kept(stack: Stack, browser: Browser) -> None:
    page = await plain_page(browser)
    await page.goto(f"{stack.base}/guide")
    await page.get_by_role("button", name="家里有人离家").click()
    for _ in range(5):
        await page.get_by_role("button", name="是", exact=True).click()
    assert "可能符合" in await page.locator("h1").inner_text()
    await page.get_by_role("button", name="改这个回答: 确实联系不上吗?").click()
    assert "确实联系不上吗" in await page.locator("h1").inner_text()
    await page.get_by_role("button", name="不清楚").click()
    assert "需要工作人员判断" in await page.locator("h1").inner_text()
    await page.get_by_role("button", name="上一步").click()
    await page.get_by_role("button", name="不清楚(刚才选的)").click()
    assert "需要工作人员判断" in await page.locator("h1").inner_text()


async def test_larger_type_in_the_middle_loses_no_answer(stack: Stack, browser: Browser) -> None:
    page = await plain_page(browser)
    await page.goto(f"{stack.base}/guide")
    await page.get_by_role("button", name="家里有人离家").click()
    await page.get_by_role("button", name="是", exact=True).click()
    asked = await page.locator("h1").inner_text()
    await page.get_by_role("button", name="换大字").click()
    assert await page.locator("h1").inner_text() == asked
    size = await page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
    assert size >= 23
    await page.get_by_role("button", name="上一步").click()
    assert await page.get_by_role("button", name="是(刚才选的)").count() == 1
    await page.get_by_role("button", name="上一步").click()
    await page.get_by_role("button", name="普通字体").click()
    await page.get_by_role("button", name="家里有人离家").click()
    assert await page.locator("h1").inner_text() == asked, "from the start page too, the answers are still there"
    await page.get_by_role("button", name="换大字").click()
    await page.get_by_role("button", name="情况紧急").click()
    assert page.url.endswith("/urgent?type=large")


async def test_an_amount_that_cannot_be_read_is_kept_and_explained(stack: Stack, browser: Browser) -> None:
    page = await plain_page(browser)
    await page.goto(f"{stack.base}/guide")
    await page.get_by_role("button", name="怕存款多了被停").click()
    for _ in range(5):
        await page.get_by_role("button", name="是", exact=True).click()
    await page.get_by_label("金额(元)").fill("五万多")
    await page.get_by_role("button", name="下一步").click()
    assert "看不懂" in await page.get_by_role("alert").inner_text()
    assert await page.get_by_label("金额(元)").input_value() == "五万多"
    await page.get_by_role("button", name="不清楚, 跳过").click()
    assert "需要工作人员判断" in await page.locator("h1").inner_text(), "a typed word does not hold anybody back"
    await page.get_by_role("button", name="改这个回答: 银行存款").click()
    await page.get_by_label("金额(元)").fill("5万")
    await page.get_by_role("button", name="下一步").click()
    text = await page.locator("main").inner_text()
    assert "可能符合" in text
    assert "三(四)" in text
    assert "三(六)" not in text, "keeping what one has is not asking anew"


async def test_answers_are_kept_only_on_a_wish_reach_the_application_and_can_be_deleted_at_once(
    stack: Stack, browser: Browser
) -> None:
    async def kept() -> int:
        return len([key async for key in stack.redis.scan_iter("guide-carried:*")])

    page = await plain_page(browser)
    for ending in ("use", "delete"):
        await page.goto(f"{stack.base}/guide")
        await page.get_by_role("button", name="家里有人重病").click()
        for _ in range(2):
            await page.get_by_role("button", name="是", exact=True).click()
        assert await kept() == 0
        await page.get_by_role("button", name="保存7天").click()
        assert await kept() == 1
        number = await page.locator(".number").inner_text()
        await page.get_by_role("button", name="换大字").click()
        assert await page.locator(".number").inner_text() == number, "the same number, larger"
        assert await kept() == 1
        assert "没有姓名和电话" in await page.locator("main").inner_text()
        if ending == "delete":
            await page.get_by_role("button", name="现在就删掉").click()
            assert "已经删掉" in await page.get_by_role("status").inner_text()
            assert await kept() == 0
            continue
        await stack.stage.phone("居民", district.RESIDENT_OPENID)
        await stack.stage.staff("tengqiao-worker")
        seen = await stack.stage.call("tengqiao-worker", "POST", "/api/guide/carried", {"number": number})
        assert seen["told"][1] == {"question": "家里有人重病或重度残疾吗?", "said": "是"}
        body = {"submission_key": "carried-1", "story": "难", "household_size": 2, "guide_number": number}
        case = await stack.stage.call("居民", "POST", "/api/applications", body)
        again = await stack.stage.call("居民", "POST", "/api/applications", body)
        assert again == case, "a weak signal's second try finds the first"
        assert await kept() == 0
        read = await stack.stage.call("tengqiao-worker", "GET", f"/api/cases/{case['id']}")
        assert read["application"]["facts"] == {}, "answers are carried, not facts made of them"
        assert read["application"]["guide"] == seen["told"]
        with pytest.raises(TourError, match="没有找到这个号码"):
            await stack.stage.call(
                "居民",
                "POST",
                "/api/applications",
                body | {"submission_key": "carried-2", "guide_number": "0000000000"},
            )


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
    await page.goto(f"{stack.base}/guide")
    await page.get_by_role("button", name="老人一个人过").click()
    assert await page.locator("a[href^='tel:']").first.is_visible(), "one tap to a person on every page"
    await page.get_by_role("button", name="情况紧急, 不填了").click()
    assert page.url.endswith("/urgent")


async def test_nothing_that_is_typed_is_stored(stack: Stack, browser: Browser) -> None:
    tables = ("trail_entry", "application", '"case"', "notice")
    before = [(await stack.rows(f"SELECT count(*) AS n FROM {table}"))[0]["n"] for table in tables]
    page = await plain_page(browser)
    await page.goto(f"{stack.base}/guide")
    await page.get_by_role("button", name="家里有人重病").click()
    for _ in range(2):
        await page.get_by_role("button", name="是", exact=True).click()
    assert "可能符合" in await page.locator("h1").inner_text()
    assert [key async for key in stack.redis.scan_iter("guide-*")] == []
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
    await page.get_by_label("已经给过的").fill("3000")
    await page.get_by_role("button", name="算最高额").click()
    assert "本次最高: 37000元" in await page.locator(".lines").inner_text()
    await page.get_by_label("银行存款").fill("很多")
    await page.get_by_role("button", name="算存款倍数").click()
    assert "例如 50000 或 5万" in await page.get_by_role("alert").inner_text()
    assert await page.get_by_label("银行存款").input_value() == "很多"


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
        assert await page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, width
        await page.get_by_role("button", name="保存7天").click()
        assert await serious(page) == []


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
