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

    __slots__ = ("_arrived", "_full", "_places", "_render")

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
        super().connection_lost(exc)

    # What the places ask of a visitor.

    @property
    def address(self) -> str:
        peer = self.peername
        return str(peer[0]) if isinstance(peer, tuple) else ""

    @property
    def since(self) -> float:
        # aiohttp notes with every answer when the connection will have been silent for too long.
        return max(self._arrived, self._next_keepalive_close_time - self.keepalive_timeout)

    @property
    def may_be_cut(self) -> bool:
        request = self._current_request
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
