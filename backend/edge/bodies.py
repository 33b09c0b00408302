"""How much a request may send and how long it may take: by route, refused before more is read.

Sanic begins its time anew with each byte that comes: somebody who sends one every few seconds would hold a connection
for ever. Here the time of the headers and the time of the body run from the beginning.
"""

import asyncio
import re
import uuid

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


def configure(app: Sanic, *, header_seconds: float, answer_seconds: float) -> None:
    """`header_seconds`: for the headers, for a connection that says nothing, and for a body besides what its size takes
    at 16 KiB a second. `answer_seconds`: for the handler.
    """
    app.config.REQUEST_MAX_SIZE = LARGEST
    app.config.REQUEST_TIMEOUT = header_seconds
    app.config.RESPONSE_TIMEOUT = answer_seconds
    app.config.KEEP_ALIVE_TIMEOUT = header_seconds


class PatientRequest(Request):
    """Reads its body within the limits of its route. Its id is ours: the trail keeps it, never a caller's words."""

    @property
    def id(self) -> uuid.UUID:
        """Made once for each request, whatever X-Request-ID says."""
        if self._id is None:
            self._id = uuid.uuid4()
        return self._id

    async def receive_body(self) -> None:
        """Read the body. Raises PayloadTooLarge before a byte is read that is one too many, RequestTimeout."""
        stream = self.stream
        most = most_bytes(self.method, self.path)
        # What is left unread is refused by the same number, and the connection ends.
        stream.request_max_size = most
        if stream.request_bytes > most:
            raise PayloadTooLarge("more than this route takes")
        config, expected, parts = self.app.config, stream.request_bytes or most, []
        try:
            async with asyncio.timeout(config.REQUEST_TIMEOUT + expected / _BYTES_A_SECOND):
                while stream.request_body:
                    async with asyncio.timeout(min(_STALLED, config.RESPONSE_TIMEOUT / 2)):
                        parts.append(await stream.read() or b"")
        except TimeoutError as error:
            # Nothing more is waited for: whatever still comes is nobody's request.
            stream.keep_alive, stream.request_body = False, None
            raise RequestTimeout("the body came too slowly") from error
        self.body = b"".join(parts)


class PatientProtocol(HttpProtocol):
    """The time for the headers runs from their first byte, not from the last one."""

    def data_received(self, data: bytes) -> None:
        began = self._time
        super().data_received(data)
        if self.http is not None and self.http.stage is Stage.REQUEST:
            self._time = began
