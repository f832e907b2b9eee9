"""Around every request: what became of it is counted and logged, and every error leaves in the shape of its API.

This stands around the whole application, before its router, and not among aiohttp's middlewares: those cost a
quarter of a small request, and what goes wrong before the router (an Expect header, an unknown path) is past them.
"""

import itertools
import secrets
from collections.abc import Awaitable, Callable
from functools import lru_cache
from time import perf_counter

import structlog
from aiohttp import web
from multidict import istr

from api import problems
from api.limits import SPENT
from api.metrics import Metrics
from api.problems import Render

log = structlog.get_logger()

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

# How an application says what went wrong; one within another may say it in its own way.
RENDER: web.AppKey[Render] = web.AppKey("render")

UNKNOWN = "(unknown)"
REQUEST_ID = istr("X-Request-Id")
_SERVER = istr("Server")
_READS = ("GET", "HEAD")

# For everything that says nothing else about itself. Pages loosen the policy for their own style sheet.
SECURITY = (
    (istr("X-Content-Type-Options"), "nosniff"),
    (istr("Referrer-Policy"), "no-referrer"),
    (istr("Cache-Control"), "no-store"),
    (istr("Content-Security-Policy"), "default-src 'none'; frame-ancestors 'none'"),
)


def around(handler: Handler, metrics: Metrics, level: str) -> Handler:
    """`level` is the configured log level: what would not be written is not even put together."""
    # Unguessable start, so that ids of two runs never meet; the rest is a count.
    start, numbers = secrets.token_hex(4), itertools.count(1)
    logs_reads, logs_writes = level == "debug", level in ("debug", "info")

    async def front(request: web.BaseRequest) -> web.StreamResponse:
        started = perf_counter()
        request_id = f"{start}-{next(numbers)}"
        try:
            response = await handler(request)
        except Exception as error:  # the one place where errors become HTTP; problems logs what nobody expected
            if isinstance(error, web.HTTPRedirection):
                raise
            response = _render_of(request)(problems.fault(error, request_id, request.method))
        response.headers[REQUEST_ID] = request_id
        seconds, route = perf_counter() - started, _route(request)
        metrics.seen(request.method, route, response.status, seconds)
        # A successful read is counted and not written down: dashboards that poll would drown everything else.
        if logs_reads or (logs_writes and (response.status >= 400 or request.method not in _READS)):
            _write_down(request_id, request.method, route, response.status, seconds)
        return response

    return front


async def dress(request: web.Request, response: web.StreamResponse) -> None:
    """Signal handler, just before the headers leave: nothing about our versions, everything about safety."""
    headers = response.headers
    for name, value in SECURITY:
        headers.setdefault(name, value)
    headers.pop(_SERVER, None)
    if spent := request.get(SPENT):
        headers.update(spent.headers)


def _render_of(request: web.BaseRequest) -> Render:
    """The innermost application of the path decides, also where it has no such path."""
    return request.config_dict[RENDER] if isinstance(request, web.Request) else problems.rendered


def _route(request: web.BaseRequest) -> str:
    """The template, never the path: an embed token in a log would be a key left in a door."""
    if not isinstance(request, web.Request) or (resource := request.match_info.route.resource) is None:
        return UNKNOWN
    return _template(resource)


# Of an application as many as it has paths.
@lru_cache(maxsize=1024)
def _template(resource: web.AbstractResource) -> str:
    return resource.canonical.rstrip("/") or "/"


def _write_down(request_id: str, method: str, route: str, status: int, seconds: float) -> None:
    log.info("http", request=request_id, method=method, route=route, status=status, ms=round(seconds * 1000, 1))
