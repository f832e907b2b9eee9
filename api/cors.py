"""Which pages of other sites may use the API from a browser (CORS), and what a path answers to.

By default none may but for the embed look-up, which says so itself. Signing in is by header and never by cookie, so
that no credentials are ever allowed.
"""

from collections.abc import Awaitable, Callable, Iterable

from aiohttp import hdrs, web

API = "/api/"
PUBLIC = "/tickets/embed/"
_MINUTES = "600"
_ASKED = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-API-Key"
_SHOWN = (
    "ETag, Location, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, X-Request-Id, "
    "Content-Disposition"
)


def allowing(origins: Iterable[str]) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """A signal handler, just before the headers leave: these origins may read what the API answers."""
    allowed = frozenset(origins)

    async def allow(request: web.Request, response: web.StreamResponse) -> None:
        if not request.path.startswith(API) or hdrs.ACCESS_CONTROL_ALLOW_ORIGIN in response.headers:
            return
        # Without it a cache would show one site what another was allowed.
        response.headers.add(hdrs.VARY, hdrs.ORIGIN)
        origin = request.headers.get(hdrs.ORIGIN)
        if origin in allowed:
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin
            response.headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = _SHOWN

    return allow


def options(
    path: str, methods: Iterable[str], origins: Iterable[str]
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """The handler of OPTIONS for a path: what it answers to, and to a browser whether a page may ask."""
    answers = ", ".join(sorted({*methods, "OPTIONS"}))
    is_public, allowed = PUBLIC in path, frozenset(origins)

    async def answer(request: web.Request) -> web.Response:
        headers = {hdrs.ALLOW: answers}
        if is_public:
            headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = "*"
        if is_public or request.headers.get(hdrs.ORIGIN) in allowed:
            headers |= {
                hdrs.ACCESS_CONTROL_ALLOW_METHODS: answers,
                hdrs.ACCESS_CONTROL_ALLOW_HEADERS: _ASKED,
                hdrs.ACCESS_CONTROL_MAX_AGE: _MINUTES,
            }
        return web.Response(status=204, headers=headers)

    return answer
