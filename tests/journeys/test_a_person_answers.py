"""人工 through every door: queued, answered at the console, and back through the same channel."""

import re
from typing import Any

import aiohttp

from backend.demo import district
from tests.stack import Console, Stack, at_console

PHONE = district.NEIGHBOUR_OPENID


async def say(stack: Stack, text: str, account: str, **more: Any) -> str:
    """Somebody types; what the account answers in place (the service account) or by custom/send (the mini-program)."""
    answer = await stack.platform("say", {"openid": PHONE, "text": text, "account": account, **more})
    return answer["answer"] if account == "service" else (await chat(stack, account))[-1]["text"]


async def chat(stack: Stack, account: str) -> list[dict[str, Any]]:
    params = {"openid": PHONE, "account": account}
    async with stack.stage.platform.get("/admin/chat", params=params) as response:
        return await response.json()


async def only_one_waiting(console: Console) -> str:
    """The address of the one conversation in the queue."""
    page = await console.get("/console/people")
    found = set(re.findall(r"/console/people/[0-9a-f-]{36}", page))
    assert len(found) == 1, page
    return found.pop()


async def arrived(stack: Stack, account: str, text: str) -> None:
    async def there() -> bool:
        return any(line["text"] == text and line["from"] == "account" for line in await chat(stack, account))

    await stack.until(there, f"{text} is on the phone")


async def test_at_the_service_account_the_answer_comes_into_the_chat(stack: Stack) -> None:
    assert "一年" in await say(stack, "我叫王小明, 救助能管几年", "service")
    told = await say(stack, "人工 藤桥镇", "service", encrypted=True)
    assert "已转给藤桥镇的工作人员" in told
    async with at_console(stack, "wuma-worker") as other:
        assert "现在没有人在等" in await other.get("/console/people")
    async with at_console(stack, "tengqiao-worker") as worker:
        address = await only_one_waiting(worker)
        page = await worker.get(address)
        assert "我叫〔姓名〕, 救助能管几年" in page
        assert "王小明" not in page
        await worker.post(f"{address}/answer", status=422, text="")
        await worker.post(f"{address}/answer", text="从认定那天起一年。")
        await arrived(stack, "service", "从认定那天起一年。")

        async def written_down() -> bool:
            return "已发到微信" in await worker.get(address)

        await stack.until(written_down, "what arrived is written down shortly after")
        # Two days later WeChat carries nothing any more: the answer waits for the person's next word.
        await stack.platform("clock", {"seconds": 49 * 3600})
        await worker.post(f"{address}/answer", text="材料可以送到村里。")

        async def kept() -> bool:
            return "群众再来时会看到" in await worker.get(address)

        await stack.until(kept, "the reply is kept")
        assert "工作人员回复您: 材料可以送到村里。" in await say(stack, "在吗", "service")
        assert "群众已看到" in await worker.get(address)
        await worker.post(f"{address}/close")
        assert "现在没有人在等" in await worker.get("/console/people")


async def test_in_the_mini_programs_customer_service_everything_goes_by_custom_send(stack: Stack) -> None:
    await stack.platform("enter_session", {"openid": PHONE})
    assert "您好" in (await chat(stack, "mini"))[-1]["text"]
    assert "一年" in await say(stack, "救助能管几年", "mini")
    assert "一年" in await say(stack, "救助能管几年", "mini", encrypted=True, format="xml")
    # The mini-program's openid is a person of ours: the own town needs no name.
    assert "已转给藤桥镇的工作人员" in await say(stack, "人工", "mini")
    async with at_console(stack, "tengqiao-town") as town:
        address = await only_one_waiting(town)
        await town.post(f"{address}/take")
        await town.post(f"{address}/answer", text="请带身份证来窗口。")
        await arrived(stack, "mini", "请带身份证来窗口。")
        await say(stack, "好的", "mini")
        assert "好的" in await town.get(address)


async def test_a_message_is_answered_once_although_the_platform_fails_or_repeats(stack: Stack) -> None:
    await stack.platform("faults", {"errcode": -1, "times": 1})
    answer = await stack.platform("say", {"openid": PHONE, "account": "mini", "text": "救助能管几年"})
    assert answer["tries"] == 2, "told to come again, the platform came again"
    texts = [line["text"] for line in await chat(stack, "mini") if line["from"] == "account"]
    assert len(texts) == 1
    for _ in range(2):
        await stack.platform("say", {"openid": PHONE, "account": "mini", "text": "人工", "message_id": "7001"})
    assert len([line for line in await chat(stack, "mini") if line["from"] == "account"]) == 2
    await stack.platform("faults", {"reset": "after", "times": 1})
    await stack.platform("say", {"openid": PHONE, "account": "mini", "text": "还有一句"})
    lines = [line["text"] for line in await chat(stack, "mini") if line["from"] == "account"]
    assert len(lines) == 3, "perhaps sent is never sent again"
    (conversation,) = await stack.opened("handover", "conversation")
    assert conversation.count("还有一句") == 1


async def test_the_page_needs_no_login_and_gives_a_code(stack: Stack) -> None:
    town = (await stack.rows("SELECT id FROM town WHERE name = '藤桥镇'"))[0]["id"]
    async with aiohttp.ClientSession(stack.base) as http:

        async def post(path: str, status: int = 200, **form: str) -> str:
            async with http.post(path, data=form) as response:
                text = await response.text()
                assert response.status == status, text
                return text

        page = await post("/ask", question="救助能管几年")
        talk = re.search(r'name="talk" value="([^"]+)"', page)[1]
        assert "谢谢" in await post("/ask/rate", talk=talk, useful="no")
        assert "请选一个镇" in await post("/ask/person", 422, talk=talk, sending="yes", more="腿脚不便")
        page = await post("/ask/person", talk=talk, sending="yes", more="腿脚不便", town=str(town))
        code = re.search(r'name="code" value="(\d{12})"', page)[1]
        assert "还没有回复" in await post("/ask/replies", code=code)
        assert "没有找到这个回复码" in await post("/ask/replies", 404, code="123456789012", more="别丢了")
        assert "别丢了" in await post("/ask/replies", 404, code="123456789012", more="别丢了")
        async with at_console(stack, "tengqiao-worker") as worker:
            address = await only_one_waiting(worker)
            page = await worker.get(address)
            assert "救助能管几年" in page
            assert "腿脚不便" in page
            await worker.post(f"{address}/answer", text="我们上门来办。")
        assert "我们上门来办。" in await post("/ask/replies", code=f"{code[:4]} {code[4:8]} {code[8:]}")
        assert "已补充" in await post("/ask/replies", code=code, more="好的谢谢")
    rows = await stack.rows("SELECT text, bad_ratings FROM asked_question")
    assert [row["bad_ratings"] for row in rows] in ([], [1])


async def test_the_mini_programs_api_hands_over_and_reads_the_answer(stack: Stack) -> None:
    async def call(path: str, body: dict[str, Any], status: int = 200) -> dict[str, Any]:
        async with stack.stage.service.post(f"/api/bot/{path}", json=body) as response:
            assert response.status == status, await response.text()
            return await response.json()

    talk = {"conversation": "phone-one-1"}
    first = await call("ask", {"text": "人工", **talk})
    assert (first["outcome"], first["person"]) == ("handover", True)
    await call("ask", {"text": "救助能管几年", **talk})
    assert (await call("rate", {"useful": True, **talk}))["counted"] is True
    assert (await call("rate", {"useful": True, **talk}))["counted"] is False
    wrong = await call("person", {"town_id": 999_999, **talk}, 422)
    assert wrong["code"] == "town_missing"
    made = await call("person", {"text": "腿脚不便", **talk}, 201)
    async with at_console(stack, "quminzheng") as bureau:
        address = await only_one_waiting(bureau)
        town = (await stack.rows("SELECT id FROM town WHERE name = '藤桥镇'"))[0]["id"]
        await bureau.post(f"{address}/move", town=str(town))
    async with at_console(stack, "tengqiao-worker") as worker:
        await worker.post(f"{await only_one_waiting(worker)}/answer", text="我们上门来办。")
    found = await call("person/replies", {"code": made["code"]})
    assert [reply["text"] for reply in found["replies"]] == ["我们上门来办。"]
    await call("person/more", {"code": made["code"], "text": "好的"})
    assert (await call("person/replies", {"code": "000000000000"}, 404))["code"] == "code_not_found"
