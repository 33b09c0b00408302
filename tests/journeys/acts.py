"""What the people of a journey do, over HTTP: short names so that a journey reads as a calendar."""

from datetime import datetime
from typing import Any, Self
from uuid import uuid4

from backend.demo import district
from backend.demo.tour import choose_panel, sample_photo
from tests.stack import Stack


class Household:
    """The demonstration household of 青禾村, and everybody who deals with it."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.stage = stack.stage
        self.village_id = 0
        self.heard = 0

    @classmethod
    async def move_in(cls, stack: Stack) -> Self:
        """Everybody logs in."""
        house = cls(stack)
        for role in ("worker", "village", "town", "supervisor", "leaders"):
            await stack.stage.staff(f"tengqiao-{role}")
        await stack.stage.phone("居民", district.RESIDENT_OPENID)
        await stack.stage.phone("代表", district.MEMBER_OPENID)
        house.village_id = (await stack.stage.call("居民", "GET", "/api/me"))["village_id"]
        house.heard = len(await stack.stage.inbox(district.NEIGHBOUR_OPENID))
        return house

    async def apply(self, renewal_of: str | None = None) -> str:
        """A preliminary application with a photo; returns the case's id."""
        body = {"submission_key": uuid4().hex, "story": "家里困难", "household_size": 3, "renewal_of": renewal_of}
        case = (await self.stage.call("居民", "POST", "/api/applications", body))["id"]
        await self.stage.call("居民", "POST", f"/api/cases/{case}/photos", data=sample_photo())
        return str(case)

    async def photos_of(self, case: str) -> list[Any]:
        """The photo rows."""
        return await self.stack.rows("SELECT size, key FROM photo WHERE case_id = $1", case)

    async def review_and_refer(self, case: str) -> None:
        """Ordinary review, then to the village."""
        await self._move("worker", "review", case, {"ordinary_case_ref": "普通-1"})
        await self._move("worker", "refer", case, {"circumstance": "三(六)", "reason": "普通救助解决不了"})

    async def visit_with_evidence(self, case: str) -> None:
        """Two visitors, both signatures, one paper."""
        await self._move("worker", "gather-evidence", case)
        now = (await self.stage.now()).isoformat()
        visit = {"visited_at": now, "visitors": 2, "signed": True, "findings": "属实"}
        await self._move("worker", "visits", case, visit)
        await self._move("worker", "evidence", case, {"title": "说明"})

    async def village(self, step: str, case: str) -> Any:
        """The village acts."""
        return await self._move("village", step, case)

    async def town(self, step: str, case: str, body: dict[str, Any] | None = None) -> Any:
        """The town acts."""
        return await self._move("town", step, case, body)

    async def publish(self, case: str) -> Any:
        """The town prepares the row, a leader publishes it."""
        await self.town("listing", case)
        return await self._move("leaders", "listing/publish", case)

    async def member(self, step: str, meeting: str, body: dict[str, Any]) -> Any:
        """The representative with the phone acts."""
        return await self.stage.call("代表", "POST", f"/api/deliberations/{meeting}/{step}", body)

    async def roster(self, case: str) -> list[dict[str, Any]]:
        """The roster of the case's village."""
        return await self.stage.call("tengqiao-town", "GET", f"/api/cases/{case}/roster")

    async def panel(self, case: str) -> tuple[list[str], str]:
        """Thirteen members and the supervisor."""
        roster = await self.roster(case)
        member = (await self.stage.call("代表", "GET", "/api/me"))["person_id"]
        supervisor = next(person["person_id"] for person in roster if person["capacities"] == ["supervisor"])
        return choose_panel(roster, member), supervisor

    async def panel_openids(self, case: str) -> list[str]:
        """The phones of the panel."""
        members, supervisor = await self.panel(case)
        rows = await self.stack.rows("SELECT openid FROM person WHERE id = ANY($1::uuid[])", [*members, supervisor])
        return [row["openid"] for row in rows]

    async def convene(self, case: str, meets_at: datetime) -> str:
        """The meeting is scheduled; returns its id."""
        members, supervisor = await self.panel(case)
        body = {"meets_at": meets_at.isoformat(), "place": "文化礼堂", "panel": members, "supervisor": supervisor}
        return str((await self._move("town", "deliberations", case, body))["id"])

    async def hold(self, case: str, meeting: str) -> Any:
        """Everybody signs in, the supervisor writes, the vote is closed."""
        members, supervisor = await self.panel(case)
        path = f"/api/deliberations/{meeting}"
        for person in [*members, supervisor]:
            await self.stage.call("tengqiao-town", "POST", f"{path}/check-in", {"person_id": person})
        await self.stage.call("tengqiao-supervisor", "POST", f"{path}/opinion", {"opinion": "程序规范"})
        return await self.stage.call(
            "tengqiao-town", "POST", f"{path}/close", {"agree": 12, "against": 1, "abstain": 0}
        )

    async def approve(self, case: str, valid_from: str) -> Any:
        """The leaders approve 980 元 a month."""
        body = {"meeting_no": "〔2026〕1号", "aid_type": "低保", "amount_fen": 98_000, "valid_from": valid_from}
        return await self._move("leaders", "approve", case, body)

    async def tell_all_three(self, case: str) -> bool:
        """Applicant, 纪(工)委, bureau; True when the third is in."""
        for recipient in ("applicant", "discipline", "bureau"):
            complete = await self._move("town", "receipts", case, {"recipient": recipient, "channel": "当面"})
        return bool(complete["complete"])

    async def clock(self, case: str, name: str) -> Any:
        """The newest clock of this name."""
        seen = await self.stage.call("tengqiao-town", "GET", f"/api/cases/{case}")
        return [clock for clock in seen["clocks"] if clock["name"] == name][-1]

    async def status(self, case: str) -> str:
        """Where the case is, as the applicant sees it."""
        return str((await self.stage.call("居民", "GET", f"/api/cases/{case}"))["status"])

    async def is_(self, case: str, status: str) -> bool:
        """Whether the case is there."""
        return await self.status(case) == status

    async def applicant_name(self, case: str) -> str:
        """As staff see it."""
        return str((await self.stage.call("tengqiao-town", "GET", f"/api/cases/{case}"))["applicant"])

    async def all_told(self, case: str) -> list[dict[str, Any]]:
        """Every delivery about the case's meetings, once none of the case is under way any more.

        The applicant hears of each move besides, of which a newer word takes the place of what waits.
        """

        async def told() -> list[dict[str, Any]]:
            rows = await self.stage.call("tengqiao-town", "GET", f"/api/cases/{case}/told")
            under_way = [
                row for row in rows if row["channel"] == "subscribe_message" and row["status"] in ("pending", "sending")
            ]
            return [] if under_way else [row for row in rows if row["kind"].startswith("meeting_")]

        return await self.stack.until(told, "all notices end", seconds=60)

    async def public_page(self) -> str:
        """The village's public list as anybody reads it."""
        async with self.stage.service.get(f"/lists/{self.village_id}") as response:
            assert response.status == 200
            return await response.text()

    async def neighbour_heard(self) -> bool:
        """Whether the subscriber got the push; it carries no name."""
        inbox = await self.stage.inbox(district.NEIGHBOUR_OPENID)
        return len(inbox) > self.heard and "*" not in str(inbox[-1]["fields"])

    async def _move(self, role: str, step: str, case: str, body: dict[str, Any] | None = None) -> Any:
        return await self.stage.call(f"tengqiao-{role}", "POST", f"/api/cases/{case}/{step}", body or {})
