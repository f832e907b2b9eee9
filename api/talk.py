"""One HTTP connection: aiohttp's, with a cap on their number and with our words for what is no HTTP at all."""

import asyncio
from typing import cast

import structlog
from aiohttp import web
from aiohttp.web_request import BaseRequest

from api import problems
from api.places import Places
from api.problems import Fault, Refusal, Render

log = structlog.get_logger()

# Whoever still sends a body that was refused has this long to read why, before the connection is cut.
LINGER_SECONDS = 2.0
# Whoever asks and then takes less than this of the answer in so long is cut: nothing else ever ends what waits for
# them. The slowest of telephones takes as much.
UNREAD_SECONDS = 60.0
LEAST_READ = 30 * 1024

_UNREADABLE = "this is no HTTP/1.1 request that we can read: check its line, headers and framing"
_FULL = Refusal(503, "too many connections at the moment: try again in a few seconds", {"Retry-After": "5"})


def turned_away(render: Render) -> bytes:
    """What one connection too many gets: made once, because then there is no time for it."""
    response = render(problems.fault(_FULL, ""))
    body = response.body if isinstance(response.body, bytes) else b""
    headers = {**response.headers, "Connection": "close", "Content-Length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 503 Service Unavailable\r\n{head}\r\n".encode() + body


class Talk(web.RequestHandler):
    """What `loop.create_server` makes for each client."""

    __slots__ = ("_arrived", "_full", "_places", "_render", "_unread", "_unread_bytes", "_unread_since")

    def __init__(
        self, server: web.Server, loop: asyncio.AbstractEventLoop, *, keepalive_seconds: float, places: Places,
        render: Render, full: bytes,
    ) -> None:  # fmt: skip
        # Without auto_decompress: 200 KB of gzip would be 200 MB of body before anyone could refuse it.
        super().__init__(
            server, loop=loop, keepalive_timeout=keepalive_seconds, auto_decompress=False, max_headers=64,
            lingering_time=LINGER_SECONDS,
            access_log=None,  # type: ignore[arg-type]  # as AppRunner passes it: we have a log of our own
        )  # fmt: skip
        self._arrived = loop.time()
        # Set while more waits for the client than is sent at once.
        self._unread_since: float | None = None
        self._unread_bytes = 0
        self._unread: asyncio.TimerHandle | None = None
        self._places = places
        self._render = render
        self._full = full

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not by isinstance: uvloop's transports are what asyncio.Transport says without being one.
        self.transport = cast(asyncio.Transport, transport)
        if not self._places.enter(self, self._arrived):
            self.transport.write(self._full)
            self.transport.close()
            return
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._places.leave(self)
        self._is_read_again()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._wait_for_reader()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._is_read_again()

    def _wait_for_reader(self) -> None:
        self._unread_since = self._loop.time()
        self._unread_bytes = self.transport.get_write_buffer_size() if self.transport else 0
        self._unread = self._loop.call_later(UNREAD_SECONDS, self._cut_who_does_not_read)
        self._places.waits_for(self, self._unread_bytes)

    def _cut_who_does_not_read(self) -> None:
        before = self._unread_bytes
        self._wait_for_reader()
        if before - self._unread_bytes < LEAST_READ:
            self.cut()

    def _is_read_again(self) -> None:
        self._unread_since = None
        self._places.has_read(self)
        if self._unread is not None:
            self._unread.cancel()

    # What the places ask of a visitor.

    @property
    def address(self) -> str:
        peer = self.peername
        return str(peer[0]) if isinstance(peer, tuple) else ""

    @property
    def since(self) -> float:
        if self._unread_since is not None:
            return self._unread_since
        # aiohttp notes with every answer when the connection will have been silent for too long.
        return max(self._arrived, self._next_keepalive_close_time - self.keepalive_timeout)

    @property
    def may_be_cut(self) -> bool:
        request = self._current_request
        if self._unread_since is not None:
            return True
        return not self._request_in_progress or (request is not None and not request.content.is_eof())

    def cut(self) -> None:
        if self.transport:
            self.transport.abort()

    def handle_error(
        self,
        request: BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Only what never reached the application comes here: it could not be read as HTTP."""
        if status < 500:
            log.info("http_unreadable", error=type(exc).__name__)
        else:
            log.error("http_fault", exc_info=exc)
        detail = _UNREADABLE if status < 500 else "something went wrong on our side"
        response = self._render(Fault(status, detail, Refusal(status, detail), method=request.method))
        # No signal of the application gets to see this one, and aiohttp would name its version and Python's.
        response.headers["Server"] = "Deskbell"
        response.force_close()
        return response
