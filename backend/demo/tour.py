"""One case from guide to public list, acted over HTTP by each actor in turn, told in plain words."""

import asyncio
import io
import sys
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import aiohttp
from PIL import Image, ImageDraw

from backend.casework.notice_words import CHANNELS
from backend.clock import SHANGHAI
from backend.demo import district
from backend.settings import Settings
from notices.kinds import Channel, Kind, Lane
from notices.quiet import QuietHours

_LONGEST = timedelta(hours=1)
"""How long by its own clock a tour takes at the most, its meeting included."""


class TourError(Exception):
    """A step did not do what it should: one line, and exit code 1."""


class Stage:
    """The service and the simulated platform, and who is logged in."""

    def __init__(self, service: aiohttp.ClientSession, platform: aiohttp.ClientSession) -> None:
        self.service = service
        self.platform = platform
        self.tokens: dict[str, str] = {}
        self._number = 0

    def say(self, who: str, what: str, *, changed: str = "", told: str = "") -> None:
        """One step of the tour."""
        self._number += 1
        print(f"\n{self._number:2}. [{who}] {what}")
        if changed:
            print(f"      变化: {changed}")
        if told:
            print(f"      通知: {told}")

    async def call(self, who: str, method: str, path: str, body: Any = None, *, data: bytes | None = None) -> Any:
        """One HTTP call by one actor. Raises TourError with the service's own sentence."""
        headers = {"Authorization": f"Bearer {self.tokens[who]}"} if who in self.tokens else {}
        async with self.service.request(method, path, json=body, data=data, headers=headers) as response:
            answer = await response.json()
            if response.status >= 400:
                raise TourError(f"{path}: {answer.get('message')} {answer.get('reasons')}")
            return answer

    async def staff(self, login: str) -> None:
        """Log a staff account in."""
        body = {"login": login, "password": district.PASSWORD}
        self.tokens[login] = (await self.call("", "POST", "/api/session/staff", body))["token"]

    async def phone(self, who: str, openid: str) -> None:
        """wx.login on a simulated phone, then our session."""
        async with self.platform.post("/admin/login", json={"openid": openid}) as response:
            code = (await response.json())["code"]
        self.tokens[who] = (await self.call("", "POST", "/api/session/wechat", {"code": code}))["token"]

    async def inbox(self, openid: str) -> list[dict[str, Any]]:
        """What arrived on a phone."""
        async with self.platform.get("/admin/inbox", params={"openid": openid}) as response:
            return await response.json()

    async def now(self) -> datetime:
        """The service's clock."""
        return datetime.fromisoformat((await self.call("", "GET", "/demo/clock"))["now"])

    async def until(self, what: str, check: Any, seconds: int = 40) -> Any:
        """Wait for the worker. Raises TourError."""
        for _ in range(seconds * 5):
            if found := await check():
                return found
            await asyncio.sleep(0.2)
        raise TourError(f"{what} 在{seconds}秒内没有发生; 后台任务在运行吗?")


async def run(settings: Settings) -> None:
    """The whole tour; prints the addresses at the end."""
    base = f"http://{settings.host}:{settings.port}"
    phones = f"http://{settings.host}:{settings.simulator_port}"
    try:
        async with aiohttp.ClientSession(base) as service, aiohttp.ClientSession(phones) as platform:
            stage = Stage(service, platform)
            await _by_day(stage, QuietHours.parse(settings.quiet_hours))
            village_id = await walk(stage)
    except aiohttp.ClientConnectorError:
        print(f"错误: 连不上 {base}, 请先在另一个终端运行 make run", file=sys.stderr)
        sys.exit(1)
    except TourError as error:
        print(f"错误: {error}", file=sys.stderr)
        sys.exit(1)
    print(f"\n完成。\n  公布名单: {base}/lists/{village_id}")
    print(f"  模拟手机: {phones}/  (申请人 {phones}/phones/{district.RESIDENT_OPENID})")


async def _by_day(stage: Stage, quiet: QuietHours) -> None:
    """At night, or shortly before, nothing but what is urgent would arrive: the clock goes to the morning."""
    now = await stage.now()
    for moment in (now, now + _LONGEST):
        if (morning := quiet.may_send_at(moment, Lane.LIST)) != moment:
            await stage.call("", "POST", "/demo/clock", {"now": morning.isoformat()})
            print(f"夜里不发一般的通知, 演示时钟拨到 {morning.astimezone(SHANGHAI):%m月%d日 %H:%M}。")
            return


async def walk(stage: Stage) -> int:
    """Guide to public list; returns the village's id."""
    for role in ("worker", "village", "town", "supervisor", "leaders"):
        await stage.staff(f"tengqiao-{role}")
    await stage.phone("居民", district.RESIDENT_OPENID)
    await stage.phone("村民代表", district.MEMBER_OPENID)
    case = await _apply(stage)
    await _prepare(stage, case)
    await _deliberate(stage, case)
    village_id = await _decide(stage, case)
    await _urgent(stage, village_id)
    await _ask(stage)
    return village_id


async def _apply(stage: Stage) -> str:
    facts = {"ordinary_aid_refused": True, "severe_illness_or_disability": True, "asks_for_aid": True}
    advice = await stage.call("", "POST", "/api/guide", facts)
    fits = "、".join(f"{found['clause']} {found['plain']}" for found in advice["may_fit"])
    stage.say("居民", "打开导办, 回答几个问题", changed=f"{advice['outcome']}: {fits}")
    case = await stage.call(
        "居民",
        "POST",
        "/api/applications",
        {
            "submission_key": f"tour-{(await stage.now()).isoformat()}",
            "story": "演示: 家里有人生病, 开支大, 普通救助不够。",
            "household_size": 3,
            "facts": facts,
        },
    )
    photo = await stage.call("居民", "POST", f"/api/cases/{case['id']}/photos", data=sample_photo())
    stage.say(
        "居民",
        "在微信小程序里交了初步申请和一张照片",
        changed=f"{case['number']} 已收到(只是线索, 不是受理); 照片去掉了拍摄地点等信息, {photo['size']} 字节",
    )
    return str(case["id"])


async def _prepare(stage: Stage, case: str) -> None:
    async def move(who: str, step: str, body: dict[str, Any] | None = None) -> Any:
        return await stage.call(who, "POST", f"/api/cases/{case}/{step}", body or {})

    worker, town = "tengqiao-worker", "tengqiao-town"
    await move(worker, "review", {"ordinary_case_ref": "演示-普通-001"})
    await move(worker, "refer", {"circumstance": "三(六)", "reason": "普通救助解决不了, 有重病"})
    stage.say("救助员", "按普通救助审核后, 反馈给村里", changed="已转给青禾村(演示)")
    await move("tengqiao-village", "initiate")
    stage.say("村民委员会", "启动“一事一议”", changed="已启动")
    await move(worker, "gather-evidence")
    visit = {"visited_at": (await stage.now()).isoformat(), "visitors": 2, "signed": True, "findings": "情况属实(演示)"}
    await move(worker, "visits", visit)
    await move(worker, "evidence", {"title": "诊断证明(演示)"})
    stage.say("救助员", "两人入户调查, 登记佐证材料", changed="入户调查表双方已签字")
    await move(town, "confirm", {"household_size": 3})
    seen = await stage.call(town, "GET", f"/api/cases/{case}")
    clock = next(clock for clock in seen["clocks"] if clock["name"] == "review" and not clock["outcome"])
    mark = "(暂定)" if clock["provisional"] else ""
    stage.say("镇(街道)", "确认符合条件", changed=f"5个工作日内开评议会, 最晚 {clock['due_on']}{mark}")


async def _deliberate(stage: Stage, case: str) -> None:
    town, supervisor = "tengqiao-town", "tengqiao-supervisor"
    roster = await stage.call(town, "GET", f"/api/cases/{case}/roster")
    watcher = next(p["person_id"] for p in roster if p["capacities"] == ["supervisor"])
    panel = choose_panel(roster, (await stage.call("村民代表", "GET", "/api/me"))["person_id"])
    meets_at = await stage.now() + timedelta(minutes=30)
    body = {"meets_at": meets_at.isoformat(), "place": "村文化礼堂", "panel": panel, "supervisor": watcher}
    before = len(await stage.inbox(district.MEMBER_OPENID))
    meeting = (await stage.call(town, "POST", f"/api/cases/{case}/deliberations", body))["id"]

    async def arrived() -> bool:
        told = await stage.call(town, "GET", f"/api/cases/{case}/told")
        return all(row["status"] not in ("pending", "sending") for row in told if row["channel"] != Channel.CALL_LIST)

    await stage.until("会议通知送达", arrived)
    told = await stage.call(town, "GET", f"/api/cases/{case}/told")
    asked = [row for row in told if row["kind"] == Kind.MEETING_CONVENED]
    sent = Counter(row["channel"] for row in asked if row["status"] == "sent" or row["channel"] == Channel.CALL_LIST)
    stage.say(
        "镇(街道)",
        f"约定评议会: {meets_at.astimezone(SHANGHAI):%m月%d日 %H:%M}, 村文化礼堂, {len(panel)}人加纪(工)委监督",
        changed="已约好评议会",
        told=", ".join(f"{words} {sent[channel]} 人" for channel, words in CHANNELS.items() if sent[channel]),
    )
    message = (await stage.inbox(district.MEMBER_OPENID))[before]
    await stage.call("村民代表", "POST", f"/api/deliberations/{meeting}/answer", {"answer": "attending"})
    forecast = await stage.call(town, "GET", f"/api/deliberations/{meeting}/forecast")
    stage.say("村民代表", f"手机上看到“{message['title']}”, 回复“参加”", changed=forecast["sentence"])
    await stage.call("", "POST", "/demo/clock", {"now": (meets_at + timedelta(minutes=1)).isoformat()})
    for person in [*panel, watcher]:
        await stage.call(town, "POST", f"/api/deliberations/{meeting}/check-in", {"person_id": person})
    await stage.call(supervisor, "POST", f"/api/deliberations/{meeting}/opinion", {"opinion": "程序规范(演示)"})
    tally = {"agree": len(panel) - 1, "against": 0, "abstain": 1}
    result = await stage.call(town, "POST", f"/api/deliberations/{meeting}/close", tally)
    stage.say(
        "评议会",
        "签到、说明情况、表决; 纪(工)委写监督意见",
        changed=f"计入{result['counted']}人, {'通过' if result['passed'] else '没有通过'}; 只记票数, 不记谁投了什么",
    )


def choose_panel(roster: list[dict[str, Any]], member: str) -> list[str]:
    """Thirteen people with every capacity, the one who answers on the phone among them; nobody who investigated."""
    wanted = {"town_staff": 2, "village_committee": 3, "resident_cadre": 1, "village_representative": 7}
    chosen = [member]
    wanted["village_representative"] -= 1
    for person in roster:
        capacity = person["capacities"][0]
        if wanted.get(capacity) and person["person_id"] not in chosen and not person["investigated"]:
            wanted[capacity] -= 1
            chosen.append(person["person_id"])
    return chosen


async def _decide(stage: Stage, case: str) -> int:
    town = "tengqiao-town"
    await stage.call(town, "POST", f"/api/cases/{case}/to-leaders", {})
    today = (await stage.now()).date().isoformat()
    before = len(await stage.inbox(district.RESIDENT_OPENID))
    decision = {"meeting_no": "演示〔2026〕1号", "aid_type": "低保", "amount_fen": 98_000, "valid_from": today}
    term = await stage.call("tengqiao-leaders", "POST", f"/api/cases/{case}/approve", decision)

    async def told() -> bool:
        return len(await stage.inbox(district.RESIDENT_OPENID)) > before

    await stage.until("结果通知送达", told)
    stage.say(
        "领导班子会议",
        "认定: 同意, 每月980元",
        changed=f"救助期 {term['valid_from']} 到 {term['valid_to']}",
        told="申请人收到微信订阅消息“已有结果”",
    )
    for recipient, channel in (("applicant", "当面"), ("discipline", "书面"), ("bureau", "系统")):
        body = {"recipient": recipient, "channel": channel}
        complete = (await stage.call(town, "POST", f"/api/cases/{case}/receipts", body))["complete"]
    stage.say("镇(街道)", "反馈申请人, 报纪(工)委, 报区民政备案", changed="三项都已登记" if complete else "还缺")
    heard = len(await stage.inbox(district.NEIGHBOUR_OPENID))
    await stage.call(town, "POST", f"/api/cases/{case}/listing", {})
    listed = await stage.call("tengqiao-leaders", "POST", f"/api/cases/{case}/listing/publish", {})

    async def in_force() -> bool:
        return (await stage.call(town, "GET", f"/api/cases/{case}"))["status"] == "in_force"

    await stage.until("生效", in_force)

    async def neighbour_told() -> bool:
        return len(await stage.inbox(district.NEIGHBOUR_OPENID)) > heard

    await stage.until("名单通知送达", neighbour_told)
    words = list((await stage.inbox(district.NEIGHBOUR_OPENID))[heard]["fields"].values())
    stage.say(
        "镇(街道)",
        "公布名单: 姓名打码, 只有金额和期限",
        changed="已生效一年",
        told=f"订阅的村民收到: {'; '.join(words)}",
    )
    return int(listed["village_id"])


async def _urgent(stage: Stage, village_id: int) -> None:
    worker = "tengqiao-worker"
    before = len(await stage.inbox(district.BUREAU_OPENID))
    report = {"village_id": village_id, "name": "演示户", "what_happened": "演示: 房屋失火"}
    relief = await stage.call(worker, "POST", "/api/urgent", report)
    when = await stage.now()
    handed = {"amount_fen": 300_000, "form": "现金", "delivered_at": when.isoformat()}
    given = await stage.call(worker, "POST", f"/api/urgent/{relief['id']}/deliveries", handed)

    async def bureau_told() -> bool:
        return len(await stage.inbox(district.BUREAU_OPENID)) > before

    await stage.until("报告区民政", bureau_told)
    title = (await stage.inbox(district.BUREAU_OPENID))[before]["title"]
    lifted = await stage.call(worker, "POST", f"/api/urgent/{relief['id']}/lift", {})
    stage.say(
        "救助员",
        "另一户特别紧急: 先给3000元, 24小时内到位",
        changed=f"已给 {given['total_fen'] // 100} 元; 紧急解除后补手续, 最晚 {lifted['paperwork_due_on']}(区里自定)",
        told=f"区民政收到微信订阅消息“{title}”",
    )


async def _ask(stage: Stage) -> None:
    for encrypted in (False, True):
        body = {"openid": district.NEIGHBOUR_OPENID, "text": "评议会要多少人参加", "encrypted": encrypted}
        async with stage.platform.post("/admin/say", json=body) as response:
            answer = (await response.json())["answer"]
    stage.say("村民", "在公众号里问: 评议会要多少人参加?", changed=answer.splitlines()[0])


def sample_photo() -> bytes:
    """A JPEG as a phone takes it: with a place and a time inside, which the service takes out."""
    picture = Image.new("RGB", (640, 480), "white")
    ImageDraw.Draw(picture).rectangle((40, 40, 600, 440), outline="black", width=6)
    exif = Image.Exif()
    exif[0x0110] = "Demo Phone"
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif)
    return out.getvalue()
