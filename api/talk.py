"""One HTTP connection: aiohttp's, with a cap on their number and with our words for what is no HTTP at all."""

import asyncio

import structlog
from aiohttp import web
from aiohttp.web_request import BaseRequest

from api import problems

log = structlog.get_logger()

_UNREADABLE = "this is no HTTP/1.1 request that we can read: check its line, headers and framing"
_FULL = problems.body(503, "too many connections at the moment: try again in a few seconds")
_FULL_ANSWER = (
    b"HTTP/1.1 503 Service Unavailable\r\n"
    b"Content-Type: application/problem+json\r\nRetry-After: 5\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(_FULL), _FULL)
)


class Talk(web.RequestHandler):
    """What `loop.create_server` makes for each client."""

    __slots__ = ("_most", "_server")

    def __init__(
        self, server: web.Server, loop: asyncio.AbstractEventLoop, *, keepalive_seconds: float, most_connections: int
    ) -> None:
        # Without auto_decompress: 200 KB of gzip would be 200 MB of body before anyone could refuse it.
        super().__init__(
            server, loop=loop, keepalive_timeout=keepalive_seconds, auto_decompress=False, max_headers=64,
            lingering_time=2.0,
            access_log=None,  # type: ignore[arg-type]  # as AppRunner passes it: we have a log of our own
        )  # fmt: skip
        self._server = server
        self._most = most_connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport) and len(self._server.connections) >= self._most:
            transport.write(_FULL_ANSWER)
            transport.close()
            return
        super().connection_made(transport)

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
        response = problems.response(status, _UNREADABLE if status < 500 else "something went wrong on our side")
        # No signal of the application gets to see this one, and aiohttp would name its version and Python's.
        response.headers["Server"] = "Deskbell"
        response.force_close()
        return response
