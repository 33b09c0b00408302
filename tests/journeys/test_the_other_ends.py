"""The local run with WeCom and the SMS gateway simulated: cadres are members, and both channels reach their phones."""

import re

from backend.clients import make_sms, make_wecom
from backend.clock import Clock
from backend.embedded import free_port
from backend.settings import DEMO_ENDS, DEMO_PHONE, Settings
from notices import sms_texts
from notices.delivery import Outcome
from tests.conftest import NOW
from tests.stack import at_console, running_stack
from tests.stores import Stores


async def test_both_channels_of_the_local_run_reach_a_simulated_phone(stores: Stores, tmp_path: object) -> None:
    port = free_port()
    bases = {"WECOM_API_BASE": f"http://127.0.0.1:{port}/wecom", "SMS_API_BASE": f"http://127.0.0.1:{port}/sms"}
    async with running_stack(stores, tmp_path, NOW, SIMULATOR_PORT=str(port), **DEMO_ENDS, **bases) as stack:
        given = {name.lower(): value for name, value in (DEMO_ENDS | bases).items()}
        settings = Settings(environment="test", contact_phone=DEMO_PHONE, **given)
        cadres = await stack.rows("SELECT id, wecom_userid FROM person WHERE wecom_userid IS NOT NULL")
        assert len(cadres) > 10
        userid = cadres[0]["wecom_userid"]

        wecom = make_wecom(settings, stack.redis)
        assert wecom is not None
        receipt = await wecom.send(userid, "您有一个会议, 点开查看", "https://town.example/m", key="n1")
        await wecom.close()
        assert receipt.outcome is Outcome.SENT
        async with stack.stage.platform.get("/wecom/admin/inbox", params={"userid": userid}) as response:
            assert [message["text"] for message in await response.json()] == ["您有一个会议, 点开查看"]

        gateway = make_sms(settings, Clock(stack.redis, movable=True))
        assert gateway is not None
        for text in sms_texts.TEXTS:
            phone = f"1380000000{sms_texts.TEXTS.index(text)}"
            receipt = await gateway.send(phone, text.key, sms_texts.parameters(DEMO_PHONE), key="n1")
            assert receipt.outcome is Outcome.SENT, receipt
            async with stack.stage.platform.get("/sms/admin/inbox", params={"phone": phone}) as response:
                assert [message["text"] for message in await response.json()] == [text.filled(DEMO_PHONE)]
        await gateway.close()

        person = await stack.rows(
            "SELECT p.id, p.wecom_userid FROM person p JOIN roster_entry r ON r.person_id = p.id"
            " JOIN village v ON v.id = p.village_id JOIN town t ON t.id = v.town_id WHERE t.name LIKE '藤桥%' LIMIT 1"
        )
        page = f"/console/persons/{person[0]['id']}"
        async with at_console(stack, "tengqiao-town") as town:
            assert person[0]["wecom_userid"] in await town.get(page)
            assert "已保存" in await town.post(f"{page}/wecom", userid="Li.Si")
            assert re.search(r'name="userid" value="li.si"', await town.get(page))
            assert "通讯录" in await town.post(f"{page}/wecom", status=422, userid="李四")
            assert "没有登记" in await town.post(f"{page}/wecom", userid="")
