"""The simulator's pages in Chromium: with axe, at every width, with large targets, without JavaScript."""

import pytest
from playwright.async_api import Browser, Page

from tests.browser.test_pages import WIDTHS, serious
from tests.simulator.receiver import World, world

pytestmark = pytest.mark.browser
LONG = {"id": "tmpl-long", "title": "办理进度提醒", "fields": {"thing1": "提示"}, "type": 3}
_SMALL = """() => [...document.querySelectorAll('button, .tick, select, input[type=text], input[type=number], a')]
    .map(each => [each.textContent || each.name, each.getBoundingClientRect()])
    .filter(([, box]) => box.height < 60 || box.width < 60).map(([words]) => words)"""


async def prepared(wechat: World) -> None:
    """A phone with a message, both chats, both kinds of templates; a fault is on, something was pushed."""
    await wechat.admin("templates", {"templates": [LONG]})
    user = wechat.platform.users["o1"]
    message = {
        "title": "会议通知",
        "fields": {"会议事项": "藤桥镇有一个会议"},
        "page": "pages/meeting/index",
        "at": 0.0,
    }
    user.inbox.append(message)
    await wechat.admin("say", {"openid": "o1", "text": "要多少人"})
    await wechat.admin("say", {"openid": "o1", "account": "mini", "text": "要多少人"})
    await wechat.admin("faults", {"errcode": -1, "path": "/cgi-bin/message/subscribe/send"})


async def test_the_phones_and_the_faults_are_accessible_and_fit_at_every_width(browser: Browser) -> None:
    async with world() as wechat:
        await prepared(wechat)
        for width in WIDTHS:
            page = await browser.new_page(viewport={"width": width, "height": 800})
            for path in ("/", "/phones/o1", "/phones/o1?told=20004", "/faults", "/faults?wrong=number"):
                await page.goto(f"{wechat.base_url}{path}")
                where = f"{path} at {width}"
                assert await serious(page) == [], where
                assert await page.evaluate("document.documentElement.scrollWidth") <= width, where
                assert await page.evaluate(_SMALL) == [], where
            await page.close()


async def test_a_person_answers_the_popup_and_breaks_wechat_without_javascript(browser: Browser) -> None:
    async with world() as wechat:
        await prepared(wechat)
        context = await browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 700})
        page = await context.new_page()
        await page.goto(f"{wechat.base_url}/phones/o1")
        await answer(page, "会议通知", "允许")
        assert "还能收 4 条" in await page.locator("#consent").inner_text()
        await answer(page, "办理进度提醒", "允许")
        assert "长期接收: 开着" in await page.locator("#consent").inner_text()
        await page.get_by_role("button", name="取消关注").click()
        assert "没有关注公众号" in await page.locator("#follow").inner_text()
        await page.goto(f"{wechat.base_url}/faults")
        await page.get_by_label("网关错误 (HTTP 502)").check()
        await page.get_by_label("哪个接口").select_option("发客服消息")
        await page.get_by_label("几次").fill("3")
        await page.get_by_role("button", name="打开故障").click()
        assert "发客服消息: 网关错误 (HTTP 502), 还有 3 次" in await page.locator("#now").inner_text()
        await page.get_by_role("button", name="全部关掉").click()
        assert "一切正常" in await page.locator("#now").inner_text()
        await context.close()


async def answer(page: Page, title: str, choice: str) -> None:
    """Tick one template of its popup, and press the popup's button."""
    popup = page.locator("#popup form", has=page.get_by_role("group", name=title))
    await popup.get_by_role("group", name=title).get_by_label(choice, exact=True).check()
    await popup.get_by_role("button", name="确定").click()
