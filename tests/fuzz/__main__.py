"""python -m tests.fuzz: the full size, as JSON. Ends with 1 where anything broke or an actor called too little."""

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path

from tests.conftest import NOW
from tests.fuzz.run import Report
from tests.fuzz.service import fuzz
from tests.stack import UNLIMITED, running_stack
from tests.stores import Stores, make_template, servers


def main() -> None:
    """Start everything, call, print."""
    options = argparse.ArgumentParser(prog="python -m tests.fuzz")
    options.add_argument("--calls", type=int, default=20_000)
    options.add_argument("--least", type=int, default=1_500, help="calls that every actor makes at least")
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder, servers(Path(folder)) as (server_url, redis_url):
        report = asyncio.run(_run(Path(folder), server_url, redis_url, chosen.calls, chosen.seed))
    print(json.dumps(report.as_json(), ensure_ascii=False, indent=1))
    if report.failures or min(report.by_actor.values()) < chosen.least:
        sys.exit(1)


async def _run(folder: Path, server_url: str, redis_url: str, calls: int, seed: int) -> Report:
    stores = Stores(server_url, redis_url, await make_template(server_url))
    async with running_stack(stores, folder, NOW, LIMITS=UNLIMITED) as stack:
        return await fuzz(stack, NOW, calls=calls, seed=seed)


if __name__ == "__main__":
    main()
