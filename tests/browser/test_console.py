"""The console's page: log in, two people enter a standard, a year is imported; others may read and not change."""

import json
from datetime import date

import pytest
from playwright.async_api import Browser, Page

from backend.demo import district
from tests.backend.test_calendar_import import year_2027
from tests.browser.test_pages import serious
from tests.moments import at
from tests.stack import Stack

pytestmark = pytest.mark.browser


async def logged_in(stack: Stack, browser: Browser, login: str) -> Page:
    """A page of somebody who has logged in, without JavaScript."""
    context = await browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 800})
    page = await context.new_page()
    await page.goto(f"{stack.base}/console/reference")
    assert page.url.endswith("/console/login")
    await page.get_by_label("账号").fill(login)
    await page.get_by_label("密码").fill(district.PASSWORD)
    await page.get_by_role("button", name="登录").click()
    return page


async def test_two_people_bring_a_standard_into_force_and_typing_survives_a_mistake(
    stack: Stack, browser: Browser
) -> None:
    first = await logged_in(stack, browser, "quminzheng")
    await first.get_by_label("月标准(元)", exact=True).fill("1100")
    await first.get_by_label("生效日期").fill("2026-7-1")
    await first.get_by_label("文件名和文号").fill("虚构2号")
    await first.get_by_role("button", name="录入").click()
    assert "2026-07-01" in await first.get_by_role("alert").inner_text()
    assert await first.get_by_label("月标准(元)", exact=True).input_value() == "1100"
    await first.get_by_label("生效日期").fill("2026-07-01")
    await first.get_by_role("button", name="录入").click()
    assert "另一位同事" in await first.get_by_role("status").inner_text()

    async def confirm(page: Page, amount: str) -> str:
        await page.get_by_label("第二人对照文件").fill(amount)
        await page.get_by_role("button", name="确认生效").click()
        return await page.locator("[role=alert], [role=status]").first.inner_text()

    assert "两个人" in await confirm(first, "1100")
    second = await logged_in(stack, browser, "quminzheng-2")
    assert "不一样" in await confirm(second, "1000")
    assert "已确认生效" in await confirm(second, "1100")
    assert await second.get_by_role("button", name="确认生效").count() == 0, "nothing waits any more"
    answer = await stack.stage.call("", "GET", "/api/reference/standard")
    assert answer["monthly_fen"] == 110_000


async def test_a_year_is_imported_from_a_file_and_a_wrong_file_says_why(stack: Stack, browser: Browser) -> None:
    await stack.move_clock(at("2026-12-02 09:00"))
    page = await logged_in(stack, browser, "quminzheng")
    assert "2027年的放假安排还没有录入" in await page.locator("main").inner_text()
    ready = await stack.stage.call("", "GET", "/health/ready")
    assert ready["state"] == "amber"

    async def send(content: str, button: str = "导入, 重新计算") -> str:
        file = {"name": "2027.json", "mimeType": "application/json", "buffer": content.encode()}
        await page.get_by_label("放假安排文件").set_input_files(file)
        await page.get_by_role("button", name=button).click()
        return await page.locator("[role=alert], [role=status]").first.inner_text()

    assert "国庆" in await send(json.dumps(year_2027(days=year_2027()["days"][:5])))
    looked = await send(json.dumps(year_2027()), "先看看会改变什么")
    assert "还没有导入" in looked
    assert "365天新增或改变" in looked
    assert (await stack.stage.call("", "GET", "/health/ready"))["state"] == "amber"
    assert "已导入" in await send(json.dumps(year_2027()))
    assert (await stack.stage.call("", "GET", "/health/ready"))["state"] == "green"
    known = await stack.rows("SELECT count(*) AS n FROM calendar_day WHERE day >= $1", date(2027, 1, 1))
    assert known[0]["n"] == 365


async def test_a_town_reads_the_readings_and_finds_nothing_to_change(stack: Stack, browser: Browser) -> None:
    page = await logged_in(stack, browser, "tengqiao-town")
    assert "5个工作日从哪天起算" in await page.locator("main").inner_text()
    assert await page.get_by_label("月标准(元)").count() == 0
    cookies = {cookie["name"]: cookie for cookie in await page.context.cookies()}
    assert cookies["console"]["httpOnly"]
    assert cookies["console"]["sameSite"] == "Strict"
    async with stack.stage.service.post(
        "/console/standard",
        data={"monthly": "1", "effective_from": "2026-01-02", "document": "x"},
        cookies={"console": cookies["console"]["value"]},
    ) as response:
        assert response.status == 403
    async with stack.stage.service.post(
        "/console/logout",
        headers={"Origin": "http://elsewhere.example"},
        cookies={"console": cookies["console"]["value"]},
    ) as response:
        assert response.status == 403


async def test_a_wrong_password_is_said_and_the_page_is_accessible(stack: Stack, browser: Browser) -> None:
    page = await browser.new_page(viewport={"width": 360, "height": 800})
    await page.goto(f"{stack.base}/console/login")
    await page.get_by_label("账号").fill("quminzheng")
    await page.get_by_label("密码").fill("wrong")
    await page.get_by_role("button", name="登录").click()
    assert "账号或密码不对" in await page.get_by_role("alert").inner_text()
    assert await page.get_by_label("账号").input_value() == "quminzheng"
    assert await serious(page) == []
    await page.get_by_label("密码").fill(district.PASSWORD)
    await page.get_by_role("button", name="登录").click()
    assert await serious(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
