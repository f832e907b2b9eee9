"""The documentation of the API: `/openapi.json` for programs, `/docs` for people. Made when somebody asks for it."""

import asyncio
from collections.abc import Sequence
from urllib.parse import urlsplit

import orjson
from aiohttp import web

from api.pages import house
from api.routes import Access, Call, Limit, Route
from core.config import Settings

# Anybody's tools may read what anybody may read.
_DOCUMENT = {
    "Content-Type": "application/json",
    "Cache-Control": "public, max-age=300",
    "Access-Control-Allow-Origin": "*",
}
# No script and no style within the page, nothing from elsewhere.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_STATIC = house.FOLDER / "static"
_ASSETS = {
    "swagger-ui-bundle.js": (_STATIC / "swagger-ui" / "swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
    "swagger-ui.css": (_STATIC / "swagger-ui" / "swagger-ui.css", "text/css; charset=utf-8"),
    "docs.js": (_STATIC / "docs.js", "text/javascript; charset=utf-8"),
    "bell.svg": (_STATIC / "bell.svg", "image/svg+xml"),
}
_ASSET = "|".join(name.replace(".", "\\.") for name in _ASSETS)


class Reference:
    """The document of one application's routes, made once."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = routes
        self._body: bytes | None = None

    def routes(self) -> tuple[Route, ...]:
        return (
            Route("GET", "/openapi.json", Access.PUBLIC, self.document, Limit.NONE),
            Route("GET", "/docs", Access.PUBLIC, page, Limit.NONE),
            Route("GET", f"/docs/{{asset:{_ASSET}}}", Access.PUBLIC, asset, Limit.NONE),
        )

    async def document(self, call: Call) -> web.Response:
        if self._body is None:
            self._body = await asyncio.to_thread(_made, self._routes, call.desk.settings)
        return web.Response(body=self._body, headers=_DOCUMENT)


def _made(routes: Sequence[Route], settings: Settings) -> bytes:
    from api import openapi
    from api.native import reference

    # Where the desk is reached under a path, so is its API.
    server = urlsplit(settings.public_url).path + "/api/v1"
    return orjson.dumps(openapi.document(routes, reference.words(), server=server))


async def page(call: Call) -> web.Response:
    shown = house.page(house.of(call.desk.settings), "docs.html")
    shown.headers["Content-Security-Policy"] = _POLICY
    return shown


async def asset(call: Call) -> web.Response:
    """Read anew for each that asks: two megabytes that nearly nobody wants need not lie in memory."""
    path, kind = _ASSETS[call.request.match_info["asset"]]
    body = await asyncio.to_thread(path.read_bytes)
    return web.Response(body=body, headers={"Content-Type": kind, "Cache-Control": "public, max-age=3600"})
