"""A list is pushed to thousands of villagers while meetings are convened: the meetings' notices do not wait.

The promise: 95 of 100 are handed over within ten seconds of the moment at which they may be sent, read from the rows.
`NOTICE_PROOF_LIST=20000` (make proof) pushes to so many, the ordinary run to 1,500.
"""

import asyncio
import json
import os
import statistics
import time
from pathlib import Path

from notices.kinds import LIST, MEETING, Kind
from tests.proofs.service import crowd, delivering, tell, waker
from tests.stack import Stack, connected
from tests.stores import Stores

VILLAGERS = int(os.environ.get("NOTICE_PROOF_LIST", "1500"))
WORKERS = ("worker-a", "worker-b")
APART_SECONDS = 0.5
LATENCY = 0.05
PROMISED_SECONDS = 10
_LEFT = (
    "SELECT count(*) AS n FROM delivery d JOIN notice n ON n.id = d.notice_id "
    "WHERE n.kind = $1 AND d.status IN ('pending', 'sending')"
)
_SECONDS = (
    "SELECT extract(epoch FROM d.sent_at - d.may_send_at)::float AS late, d.status FROM delivery d "
    "JOIN notice n ON n.id = d.notice_id WHERE n.kind = $1"
)


async def test_meetings_are_handed_over_in_time_while_a_list_goes_out(stores: Stores, tmp_path: Path) -> None:
    async with delivering(stores, tmp_path, workers=WORKERS) as stack, connected(stack):
        people = list(await crowd(stack, VILLAGERS, {LIST.key: 1, MEETING.key: 100}))
        await stack.platform("faults", {"latency": LATENCY})
        began = time.monotonic()
        async with waker(stack) as wake:
            await tell(Kind.LIST_CHANGED, "list:1", people)
            await wake()
            meetings = 0
            while (left := await waiting(stack, Kind.LIST_CHANGED)) or not meetings:
                await tell(Kind.MEETING_CONVENED, f"meeting:{meetings}", [people[meetings % VILLAGERS]])
                await wake()
                meetings += 1
                assert time.monotonic() - began < max(60, VILLAGERS / 20), f"{left} are left"
                await asyncio.sleep(APART_SECONDS)
        took = time.monotonic() - began
        await stack.until(lambda: none_waits(stack, Kind.MEETING_CONVENED), "all meetings are told", PROMISED_SECONDS)
        rows = await stack.rows(_SECONDS, Kind.MEETING_CONVENED.value)
        told = await stack.rows(_SECONDS, Kind.LIST_CHANGED.value)
    late = sorted(row["late"] for row in rows)
    p95 = statistics.quantiles(late, n=20)[18]
    found = {
        "list": len(told),
        "list_seconds": round(took, 1),
        "meetings": meetings,
        "meetings_p50_seconds": round(statistics.median(late), 2),
        "meetings_p95_seconds": round(p95, 2),
        "meetings_latest_seconds": round(late[-1], 2),
    }
    print(json.dumps(found, indent=1))
    assert {row["status"] for row in [*rows, *told]} == {"sent"}
    assert meetings >= 5
    assert p95 < PROMISED_SECONDS


async def waiting(stack: Stack, kind: Kind) -> int:
    """How many deliveries of a kind are not handed over yet."""
    return int((await stack.rows(_LEFT, kind.value))[0]["n"])


async def none_waits(stack: Stack, kind: Kind) -> bool:
    """Whether all of a kind are handed over."""
    return not await waiting(stack, kind)
