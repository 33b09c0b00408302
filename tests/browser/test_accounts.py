"""From an invitation to a roster in Chromium at 360 px, without JavaScript; and the pages of accounts with axe."""

import pyotp
import pytest
from playwright.async_api import Browser, Page

from backend.demo import district
from backend.identity.scan import PREFIX
from tests.browser.test_console import logged_in
from tests.browser.test_pages import WIDTHS, serious
from tests.identity.test_roster_sheet import sheet
from tests.stack import Stack

pytestmark = pytest.mark.browser
PASSWORD = "qing he zhen 2026"


async def invite(stack: Stack, browser: Browser, by: str, **fields: str) -> str:
    """An invitation's link."""
    page = await logged_in(stack, browser, by)
    await page.goto(f"{stack.base}/console/accounts")
    await page.get_by_label("姓名").fill("林小雨")
    await page.get_by_label("手机").fill("138 0000 0001")
    for label, value in fields.items():
        await page.get_by_label(label).select_option(label=value)
    await page.get_by_role("button", name="生成邀请").click()
    assert await page.get_by_alt_text("邀请链接的二维码").is_visible()
    return await page.get_by_label("邀请链接").input_value()


async def narrow(browser: Browser) -> Page:
    context = await browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 800})
    return await context.new_page()


async def join(page: Page, link: str, login: str) -> pyotp.TOTP:
    """Accept, set 动态码 up, note the recovery codes."""
    await page.goto(link)
    await page.get_by_label("账号名").fill(login)
    await page.get_by_label("密码(至少").fill("short")
    await page.get_by_label("密码再填一遍").fill("short")
    await page.get_by_role("button", name="下一步").click()
    assert "至少要10个字" in await page.get_by_role("alert").inner_text()
    assert await page.get_by_label("账号名").input_value() == login
    await page.get_by_label("密码(至少").fill(PASSWORD)
    await page.get_by_label("密码再填一遍").fill(PASSWORD)
    await page.get_by_role("button", name="下一步").click()
    await page.get_by_text("扫不了").click()
    secret = (await page.locator("details strong").inner_text()).replace(" ", "")
    await page.get_by_label("填手机上现在").fill("000000")
    await page.get_by_role("button", name="确认").click()
    assert "动态码不对" in await page.get_by_role("alert").inner_text()
    totp = pyotp.TOTP(secret)
    await page.get_by_label("填手机上现在").fill(totp.now())
    await page.get_by_role("button", name="确认").click()
    assert await page.locator("ul.rows li").count() == 10
    return totp


async def test_somebody_joins_logs_in_with_a_code_and_brings_a_roster_in_without_javascript(
    stack: Stack, browser: Browser
) -> None:
    link = await invite(stack, browser, "guanliyuan", 岗位="镇(街道)", 镇="藤桥镇")
    page = await narrow(browser)
    await join(page, link, "lin.xiaoyu")
    recovery = await page.locator("ul.rows li").first.inner_text()
    await page.get_by_role("link", name="我已经抄好").click()
    assert "lin.xiaoyu" in await page.locator("main").inner_text()
    await page.get_by_role("button", name="退出", exact=True).click()
    other = await narrow(browser)
    await other.goto(link)
    assert "用过了" in await other.get_by_role("alert").inner_text()

    await page.get_by_label("账号").fill("lin.xiaoyu")
    await page.get_by_label("密码").fill(PASSWORD)
    await page.get_by_role("button", name="登录", exact=True).click()
    await page.goto(f"{stack.base}/console/accounts")
    assert page.url.endswith("/console/login"), "half a login opens nothing"
    await page.goto(f"{stack.base}/console/login/next")
    await page.get_by_label("手机验证器上的").fill(recovery)
    await page.get_by_role("button", name="登录").click()

    await page.get_by_role("link", name="账号", exact=True).click()
    text = await page.locator("main").inner_text()
    assert "林小雨(lin.xiaoyu)" in text
    assert "有动态码" in text
    assert "五马" not in text, "another town's accounts are not there"
    assert await page.get_by_label("岗位").locator("option").all_inner_texts() == ["请选择", "救助员", "村(社区)"]

    await page.get_by_role("link", name="评议名册").click()
    await page.get_by_text(f"{district.LARGE_VILLAGE}:").click()
    rows = [(district.LARGE_VILLAGE, "王大山", "13800000002", "村民代表", "2026-1-5", "去年")]
    await _upload(page, sheet(*rows))
    assert "第2行 任期结束" in await page.get_by_role("alert").inner_text()
    await _upload(page, sheet((*rows[0][:5], "")))
    text = await page.locator("main").inner_text()
    assert "还没有导入" in text
    assert "新增1人" in text
    assert await page.get_by_label("名单里没有的人按卸任处理(44人)").count() == 1, (
        "the village's own 44, not the town's"
    )
    await page.get_by_role("button", name="确认导入").click()
    assert "新增1人" in await page.get_by_role("status").inner_text()
    rows_kept = await stack.rows("SELECT 1 FROM roster_entry WHERE to_day IS NOT NULL")
    assert rows_kept == []


async def _upload(page: Page, content: bytes) -> None:
    file = {"name": "名册.xlsx", "mimeType": "application/octet-stream", "buffer": content}
    await page.get_by_label("填好的表格").set_input_files(file)
    await page.get_by_role("button", name="上传").click()


async def test_a_phone_logs_a_browser_in_by_scanning(stack: Stack, browser: Browser) -> None:
    page = await narrow(browser)
    await page.goto(f"{stack.base}/console/login")
    await page.get_by_role("button", name="用微信扫码").click()
    assert await page.get_by_alt_text("登录的二维码").is_visible()
    cookies = {cookie["name"]: cookie for cookie in await page.context.cookies()}
    assert cookies["console_scan"]["httpOnly"]
    ticket = cookies["console_scan"]["value"].partition(".")[0]
    assert PREFIX + ticket not in await page.content(), "the code is in the picture alone"
    await stack.stage.phone("民政", district.BUREAU_OPENID)
    seen = await stack.stage.call("民政", "GET", f"/api/session/scan/{ticket}")
    assert seen["number"] in await page.locator("main").inner_text()
    assert [one["login"] for one in seen["accounts"]] == ["quminzheng"]
    body = {"account_id": seen["accounts"][0]["id"]}
    await stack.stage.call("民政", "POST", f"/api/session/scan/{ticket}", body)
    await page.wait_for_url("**/console/reference", timeout=15_000)


async def test_the_pages_of_accounts_are_accessible_and_fit_at_every_width(stack: Stack, browser: Browser) -> None:
    link = await invite(stack, browser, "guanliyuan", 岗位="区民政")
    admin = await logged_in(stack, browser, "guanliyuan")
    town = await logged_in(stack, browser, "tengqiao-town")
    account = (await stack.rows("SELECT id FROM staff_account WHERE login = 'tengqiao-worker'"))[0]["id"]
    looks = [
        (None, ["/console/login", link.removeprefix(stack.base)]),
        (admin, ["/console/accounts", f"/console/accounts/{account}", "/console/me"]),
        (town, ["/console/accounts", "/console/roster"]),
    ]
    for width in WIDTHS:
        for who, paths in looks:
            context = await browser.new_context(viewport={"width": width, "height": 800})
            if who is not None:
                await context.add_cookies(await who.context.cookies())
            page = await context.new_page()
            for path in paths:
                await page.goto(f"{stack.base}{path}")
                await _is_fine(page, f"{path} {width}")
            if who is town:
                await page.goto(f"{stack.base}/console/roster")
                await _upload(page, sheet((district.LARGE_VILLAGE, "王大山", "", "村民代表", "2026-1-5", "")))
                assert "还没有导入" in await page.locator("main").inner_text()
                await _is_fine(page, f"preview {width}")
            if who is None:
                await page.goto(f"{stack.base}/console/login")
                await page.get_by_role("button", name="用微信扫码").click()
                await page.goto(f"{stack.base}/console/scan?still=1")
                await _is_fine(page, f"scan {width}")
    await page.goto(f"{stack.base}{link.removeprefix(stack.base)}")
    await page.get_by_label("账号名").fill("bureau.lin")
    await page.get_by_label("密码(至少").fill(PASSWORD)
    await page.get_by_label("密码再填一遍").fill(PASSWORD)
    await page.get_by_role("button", name="下一步").click()
    await page.set_viewport_size({"width": 320, "height": 700})
    await _is_fine(page, "setup")
    await page.get_by_text("扫不了").click()
    secret = (await page.locator("details strong").inner_text()).replace(" ", "")
    await page.get_by_label("填手机上现在").fill(pyotp.TOTP(secret).now())
    await page.get_by_role("button", name="确认").click()
    assert await page.locator("ul.rows li").count() == 10
    await _is_fine(page, "codes")
    await page.goto(f"{stack.base}/console/login")
    await page.get_by_label("账号").fill("bureau.lin")
    await page.get_by_label("密码").fill(PASSWORD)
    await page.get_by_role("button", name="登录", exact=True).click()
    await _is_fine(page, "code")


async def _is_fine(page: Page, where: str) -> None:
    assert await serious(page) == [], where
    overflow = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert overflow <= 0, f"{where} scrolls sideways"
