"""What the running service really answers is what was declared."""

from types import SimpleNamespace

import aiohttp

from backend.api.openapi import build
from backend.demo import tour
from tests.contract.table import Broken, app, broken, row_of
from tests.stack import Stack


class Witness:
    """Looks at every answer of a session."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.broken: list[Broken] = []

    def trace(self) -> aiohttp.TraceConfig:
        """Hand it to a session."""
        config = aiohttp.TraceConfig()
        config.on_request_end.append(self._look)
        return config

    async def _look(self, _: aiohttp.ClientSession, __: SimpleNamespace, ended: aiohttp.TraceRequestEndParams) -> None:
        response, path = ended.response, ended.url.path
        self.seen.add(f"{ended.method} {row_of(ended.method, path).path}")
        wrong = broken(ended.method, path, response.status, response.content_type, await response.read())
        if wrong is not None:
            self.broken.append(wrong)


async def test_every_answer_of_the_tour_is_what_its_contract_says(stack: Stack) -> None:
    witness = Witness()
    async with aiohttp.ClientSession(stack.base, trace_configs=[witness.trace()]) as service:
        stage = tour.Stage(service, stack.stage.platform)
        await tour.walk(stage)
        # What the tour has no need of: reading as applicant, lists of one's own, refusals in the same shape.
        case = (await stage.call("居民", "GET", "/api/me/cases"))[0]["id"]
        for who, method, path in (
            ("居民", "GET", f"/api/cases/{case}"),
            ("tengqiao-worker", "GET", f"/api/cases/{case}"),
            ("村民代表", "GET", "/api/me/meetings"),
            ("tengqiao-town", "GET", "/api/call-list"),
            ("tengqiao-worker", "GET", "/api/urgent/paperwork"),
            ("", "GET", "/api/villages"),
            ("", "GET", "/api/guide/topics"),
            ("", "GET", "/api/reference/standard"),
            ("居民", "GET", "/api/reference/readings"),
            ("", "GET", "/health/live"),
            ("", "GET", "/health/ready"),
        ):
            await stage.call(who, method, path)
        for status, method, path in (
            (401, "GET", "/api/me"),
            (422, "POST", "/api/guide/next"),
            (404, "GET", "/api/cases/none"),
        ):
            async with service.request(method, path) as response:
                assert response.status == status
        async with service.get("/api/openapi.json") as response:
            assert await response.json() == build(app())
            tag = response.headers["ETag"]
        async with service.get("/api/openapi.json", headers={"If-None-Match": tag}) as response:
            assert response.status == 304
    assert witness.broken == []
    assert len(witness.seen) > 40
