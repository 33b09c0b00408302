"""Calls that leave the house: one place that tells what has certainly not left from what perhaps arrived."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

TIMEOUT = aiohttp.ClientTimeout(total=10, connect=3)


class UnansweredError(Exception):
    """No answer came. `left`: whether the call may have reached the other side all the same."""

    def __init__(self, words: str, *, left: bool) -> None:
        super().__init__(words)
        self.left = left


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, read whole."""

    status: int
    content: bytes
    content_type: str


class Outgoing:
    """Connections to one platform, opened with the first call. Close them at the end."""

    def __init__(self, *, connections: int) -> None:
        self._connections = connections
        self._http: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close the connections."""
        if self._http is not None:
            await self._http.close()

    async def call(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        limits: aiohttp.ClientTimeout = TIMEOUT,
    ) -> Answer:
        """One call, without following anybody elsewhere. Raises UnansweredError, whose words name no address."""
        if self._http is None:
            # trust_env stays off: a proxy variable on the machine must not see tokens, openids and numbers.
            self._http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=self._connections))
        try:
            async with self._http.request(
                method, url, params=params, data=data, headers=headers, timeout=limits, allow_redirects=False
            ) as response:
                return Answer(response.status, await response.read(), response.content_type)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise UnansweredError(f"cannot connect: {type(error).__name__}", left=False) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise UnansweredError(f"no answer: {type(error).__name__}", left=True) from None
