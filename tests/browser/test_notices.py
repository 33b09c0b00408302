"""The console's pages of notices in Chromium: without JavaScript, narrow and wide, with axe; and on paper."""

from datetime import date
from uuid import uuid4

import pytest
from playwright.async_api import Browser

from backend.demo import district
from models.people import Person, RosterEntry
from models.places import Village
from notices.kinds import Kind
from notices.outbox import announce
from tests.backend import district as small_district
from tests.backend.steps import convened as meeting_of
from tests.backend.test_by_link import sent
from tests.browser.test_console import logged_in
from tests.browser.test_pages import WIDTHS, serious
from tests.conftest import NOW
from tests.moments import at
from tests.stack import Stack, connected

pytestmark = pytest.mark.browser


async def convened(stack: Stack) -> None:
    """Four people of the village, none of them with WeChat, one without a telephone, are asked to a meeting."""
    async with connected(stack):
        village = await Village.get(town__name=district.VILLAGE_TOWN, name=district.LARGE_VILLAGE)
        people = [
            await Person.create(id=uuid4(), name=f"委员{name}", village_id=village.id, phone=phone, created_at=NOW)
            for name, phone in (("甲", "13800000001"), ("乙", "13800000002"), ("丙", "13800000003"), ("丁", None))
        ]
        for person in people:
            await RosterEntry.create(
                person_id=person.id, village_id=village.id, capacity="village_representative", from_day=date(2026, 1, 1)
            )
        facts = {"town": "藤桥镇", "place": "文化礼堂", "meets_at": "2026-09-29T14:00:00+08:00", "page_id": "1"}
        ids = [person.id for person in people]
        await announce(Kind.MEETING_CONVENED, "meeting:1", facts, ids, now=NOW, useless_after=at("2026-09-29 14:00"))

    async def to_call() -> bool:
        query = "SELECT count(*) AS n FROM delivery WHERE channel = 'call_list' AND status = 'pending'"
        return bool((await stack.rows(query))[0]["n"] == 4)

    await stack.until(to_call, "four must be told by somebody")


async def test_who_was_not_reached_is_telephoned_and_the_record_takes_them_off_the_list(
    stack: Stack, browser: Browser
) -> None:
    await convened(stack)
    page = await logged_in(stack, browser, "tengqiao-town")
    await page.goto(f"{stack.base}/console/calls")
    waiting = await page.locator("form.screen li").count()
    assert waiting == 4
    assert "没有电话, 请上门" in await page.locator("form.screen").inner_text()
    await page.get_by_role("button", name="登记选好的结果").click()
    assert "至少给一个人选结果" in await page.get_by_role("alert").inner_text()
    await page.get_by_label("结果").nth(0).select_option("told")
    await page.get_by_label("结果").nth(1).select_option("no_answer")
    await page.get_by_role("button", name="登记选好的结果").click()
    assert "说到了 1 个, 没人接 1 个" in await page.get_by_role("status").inner_text()
    assert await page.locator("form.screen li").count() == waiting - 1
    assert "打过 1 次, 上次没人接" in await page.locator("form.screen").inner_text()

    await page.goto(f"{stack.base}/console/notices?unreached=yes")
    await page.locator("ul.rows a").first.click()
    first = page.locator("main > ul.rows > li").first
    assert "还没通知到" in await first.inner_text()
    name = (await first.locator("h2").inner_text()).strip()
    await first.locator("summary").click()
    await first.get_by_label("结果").select_option("in_person")
    await first.get_by_role("button", name="登记").click()
    assert "已登记" in await page.get_by_role("status").inner_text()
    told = page.locator("main > ul.rows > li", has_text="知道了: 当面说到了")
    assert name in await told.inner_text()

    await page.goto(f"{stack.base}/console/calls")
    await page.emulate_media(media="print")
    paper = await page.locator("body").inner_text()
    assert "谁打的" in paper
    assert "登记选好的结果" not in paper
    assert await page.locator(".paper tbody tr").count() == waiting - 2


async def test_every_page_of_notices_is_accessible_and_fits_at_every_width(stack: Stack, browser: Browser) -> None:
    await convened(stack)
    await stack.rows(
        "INSERT INTO operator_alert (what, errcode, count, first_at, last_at) "
        "VALUES ('subscribe_message:tmpl-meeting', 40037, 2, now(), now())"
    )
    await stack.rows(
        "INSERT INTO channel_pause (channel, template_id, until, errcode) "
        "VALUES ('wecom', '', timestamptz '2026-10-01 00:00+08', 45009)"
    )
    notice = (await stack.rows("SELECT id FROM notice WHERE kind = 'meeting_convened'"))[0]["id"]
    bureau = await logged_in(stack, browser, "quminzheng")
    await bureau.goto(f"{stack.base}/console/notices/alerts")
    await bureau.get_by_role("button", name="现在恢复").click()
    assert "勾选" in await bureau.get_by_role("alert").inner_text()
    other = await bureau.context.new_page()
    for wrong in ("day=9999-12-31", "day=0001-01-01", "kind=x", "lane=9"):
        answer = await other.goto(f"{stack.base}/console/notices?{wrong}")
        assert answer is not None
        assert answer.status == 422, wrong
    cookies = await bureau.context.cookies()
    pages = [f"/console/{path}" for path in ("notices", "notices?day=x", f"notices/{notice}", "calls")]
    pages += ["/console/notices/figures", "/console/notices/alerts", "/console/notices?type=large"]
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
    await bureau.get_by_label("原因已经排除").check()
    await bureau.get_by_role("button", name="现在恢复").click()
    await bureau.get_by_role("button", name="处理好了").click()
    assert "现在没有故障" in await bureau.locator("main").inner_text()
    assert "没有暂停的通道" in await bureau.locator("main").inner_text()


async def test_the_cards_page_answers_without_javascript_at_every_width(stack: Stack, browser: Browser) -> None:
    async with connected(stack):
        place = await small_district.build()
        await meeting_of(place)
        link = await sent(place.members[0])
    page_address = f"{stack.base}/n/{link}"
    for width in WIDTHS:
        context = await browser.new_context(viewport={"width": width, "height": 800}, java_script_enabled=True)
        page = await context.new_page()
        for path in (page_address, f"{page_address}?type=large", f"{stack.base}/n/{uuid4()}"):
            await page.goto(path)
            assert await serious(page) == [], (path, width)
            overflow = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert overflow <= 0, f"{path} scrolls sideways at {width}"
        for button in await page.locator("button").all():
            box = await button.bounding_box()
            assert box is not None
            assert box["height"] >= 60
        await context.close()

    plain = await browser.new_context(viewport={"width": 320, "height": 800}, java_script_enabled=False)
    page = await plain.new_page()
    await page.goto(page_address)
    assert "礼堂" in await page.locator("main").inner_text()
    assert place.resident.name not in await page.content()
    await page.get_by_label("请假时").fill("查无此人")
    await page.get_by_label("请假时").press("Enter")
    assert "核对名字" in await page.get_by_role("alert").inner_text()
    assert await page.get_by_label("请假时").input_value() == "查无此人"
    await page.get_by_role("button", name="参加", exact=True).click()
    assert "您已回复: 参加" in await page.get_by_role("status").inner_text()
    rows = await stack.rows("SELECT answer FROM panel_member WHERE person_id = $1", place.members[0])
    assert [row["answer"] for row in rows] == ["attending"]

    async with stack.stage.service.get("/lists") as lists:
        assert "Location" not in lists.headers, "the link is the member's alone"

    foreign = await stack.stage.service.post(
        f"/n/{link}", data={"answer": "leave"}, headers={"Origin": "https://elsewhere.example"}
    )
    assert foreign.status == 403
