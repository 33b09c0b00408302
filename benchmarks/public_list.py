"""Requests a second of the public list beside a bare Sanic handler that returns the same bytes, in one run.

`python -m benchmarks.public_list [--seconds N] [--rounds N]`. Both servers run as one process each on loopback; the
load is one process with 16 connections; rounds alternate so that a slow moment of the machine strikes both.
"""

import argparse
import asyncio
import json

import aiohttp

from benchmarks.side_by_side import alternate, bare_handler, stack_on_disk
from tests.browser.test_pages import list_one_case


async def measure(seconds: float, rounds: int) -> dict[str, object]:
    """Start both, load them in turn, report medians and the ratio."""
    async with stack_on_disk() as (stack, folder):
        house = await list_one_case(stack)
        ours = f"{stack.base}/lists/{house.village_id}"
        async with aiohttp.ClientSession() as http, http.get(ours) as response:
            page = await response.read()
        async with bare_handler(stack, page, folder) as bare:
            return await alternate({"ours": ours, "bare": f"{bare}/"}, seconds, rounds) | {"bytes": len(page)}


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    print(json.dumps(asyncio.run(measure(args.seconds, args.rounds)), indent=1))


if __name__ == "__main__":
    main()
