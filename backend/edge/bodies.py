"""How much a request may send and how long it may take: by route, refused before more is read.

Sanic begins its time anew with each byte that comes: somebody who sends one every few seconds would hold a connection
for ever. Here the time of the headers and the time of the body run from the beginning.
"""

import asyncio
import re

from sanic import Request, Sanic
from sanic.exceptions import PayloadTooLarge, RequestTimeout
from sanic.http import Stage
from sanic.server.protocols.http_protocol import HttpProtocol

from backend import photos

_KIB = 1024
_BY_ROUTE = (
    (r"POST /api/cases/[^/]+/photos", photos.MAX_BYTES),
    (r"POST /api/reference/calendar", 200_000),
    # A form with one file: the file's own limit, and room for what stands around it.
    (r"POST /console/calendar", 200_000 + 16 * _KIB),
    (r"POST /(?:api|console)/(?:.+/)?(?:import|roster)(?:/.*)?", 1024 * _KIB),
)
OTHERWISE = 64 * _KIB
LARGEST = photos.MAX_BYTES
_BYTES_A_SECOND = 16 * _KIB
_STALLED = 15.0


def most_bytes(method: str, path: str) -> int:
    """How much the body of a request to this path may hold."""
    return next((most for route, most in _BY_ROUTE if re.fullmatch(route, f"{method} {path.rstrip('/')}")), OTHERWISE)


def install(app: Sanic, *, header_seconds: float, answer_seconds: float) -> None:
    """Bodies are read here, within the limits, before the framework would read them.

    `header_seconds`: for the headers, for a connection that says nothing, and for a body besides what its size takes at
    16 KiB a second. `answer_seconds`: for the handler.
    """
    app.config.REQUEST_MAX_SIZE = LARGEST
    app.config.REQUEST_TIMEOUT = header_seconds
    app.config.RESPONSE_TIMEOUT = answer_seconds
    app.config.KEEP_ALIVE_TIMEOUT = header_seconds
    stalled = min(_STALLED, answer_seconds / 2)

    @app.signal("http.routing.after")
    async def read_body(request: Request, **_context: object) -> None:
        stream = request.stream
        if stream is None or not stream.request_body:
            return
        most = most_bytes(request.method, request.path)
        # What is left unread is refused by the same number, and the connection ends.
        stream.request_max_size = most
        if stream.request_bytes > most:
            raise PayloadTooLarge("more than this route takes")
        expected = stream.request_bytes or most
        parts = []
        try:
            async with asyncio.timeout(header_seconds + expected / _BYTES_A_SECOND):
                while stream.request_body:
                    async with asyncio.timeout(stalled):
                        parts.append(await stream.read() or b"")
        except TimeoutError as error:
            # Nothing more is waited for: whatever still comes is nobody's request.
            stream.keep_alive, stream.request_body = False, None
            raise RequestTimeout("the body came too slowly") from error
        request.body = b"".join(parts)


class PatientProtocol(HttpProtocol):
    """The time for the headers runs from their first byte, not from the last one."""

    def data_received(self, data: bytes) -> None:
        began = self._time
        super().data_received(data)
        if self.http is not None and self.http.stage is Stage.REQUEST:
            self._time = began
