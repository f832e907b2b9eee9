"""The HTTP side as one aiohttp application, and serving it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager

import structlog
from aiohttp import http_parser, web

from api import client_ip, cors, front, health, problems, reference, routes
from api.body import MOST_BYTES
from api.door import Door
from api.metrics import Gauges
from api.native import table
from api.places import Places
from api.talk import Talk, turned_away
from core.config import Settings
from core.desk import Desk
from core.errors import Invalid, Problem

log = structlog.get_logger()

BACKLOG = 512
# Of each answer so much lies ready to be sent, beyond what is under way.
MOST_UNSENT = 64 * 1024
# Mail, HTTP and the courier end one after the other, all within the 20 s after which `serve` ends by force.
SHUTDOWN_SECONDS = 5
# Whoever takes longer to ask again pays for a new connection; aiohttp's own default is an hour.
KEEPALIVE_SECONDS = 15

DOOR = web.AppKey("door", Door)


def build_app(
    desk: Desk,
    *,
    extra: Iterable[Callable[[web.Application], None]] = (),
    alive: Mapping[str, Callable[[], bool]] | None = None,
    counted: Callable[[], Gauges] | None = None,
) -> web.Application:
    """The native API, health and metrics. `extra` mounts what lies beside (pages, contracts); it finds DOOR in place.

    `alive`: for each background task that must run (couriers), by name, whether it does. `counted`: what other parts
    of the process count, for /metrics.
    """
    door = Door(desk, alive or {}, counted or dict)
    app = web.Application(client_max_size=MOST_BYTES)
    app[DOOR] = door
    app[front.RENDER] = problems.rendered
    app.on_response_prepare.append(front.dress)
    if origins := desk.settings.api.cors_origins:
        app.on_response_prepare.append(cors.allowing(origins))
    routes.mount(app, health.ROUTES, door)
    native = table.routes()
    routes.mount(app, native, door, prefix="/api/v1")
    routes.mount(app, reference.native(native, desk.settings), door)
    for mount in extra:
        mount(app)
    return app


@asynccontextmanager
async def serving(
    app: web.Application, host: str, port: int, settings: Settings, *, stop_seconds: float = SHUTDOWN_SECONDS
) -> AsyncIterator[int]:
    """Answer requests for as long as the block lasts; yields the port. On leaving, what is being answered is finished."""
    _require_parser_in_c()
    runner = web.AppRunner(
        app, handler_cancellation=False, access_log=None, shutdown_timeout=stop_seconds, handle_signals=False
    )
    await runner.setup()
    server = runner.server
    if server is None:
        raise RuntimeError("aiohttp made no server")
    server.request_handler = front.around(server.request_handler, app[DOOR].metrics, settings.log.level)
    loop = asyncio.get_running_loop()
    render = app[front.RENDER]
    places = Places(settings.api.max_connections, client_ip.proxies(settings.api.trusted_proxies))
    full = turned_away(render)
    try:
        listening = await loop.create_server(
            lambda: Talk(server, loop, keepalive_seconds=KEEPALIVE_SECONDS, places=places, render=render, full=full),
            host,
            port,
            backlog=BACKLOG,
            reuse_address=True,
        )
        _hold_little(listening.sockets)
        try:
            yield _port(listening.sockets)
        finally:
            listening.close()
    finally:
        await runner.cleanup()


def _hold_little(listening: Iterable[socket.socket]) -> None:
    """What waits in the system for somebody who takes nothing: by itself it would take megabytes of an answer for each."""
    # Whoever is accepted has it from here. Not every system knows it.
    if option := getattr(socket, "TCP_NOTSENT_LOWAT", None):
        for one in listening:
            one.setsockopt(socket.IPPROTO_TCP, option, MOST_UNSENT)


def _require_parser_in_c() -> None:
    # What is promised of doubtful framing holds for this one; the one in Python takes a request of HTTP/9.9, for one.
    if http_parser.HttpRequestParser is http_parser.HttpRequestParserPy:
        advice = "runs without its parser in C: unset AIOHTTP_NO_EXTENSIONS, and install aiohttp from a wheel"
        raise Invalid([Problem("aiohttp", advice)])


def _port(sockets: Iterable[socket.socket]) -> int:
    return int(next(iter(sockets)).getsockname()[1])
