"""The documentation of an API: `openapi.json` for programs, and of ours `/docs` for people. Made when it is asked for."""

import asyncio
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import orjson
from aiohttp import web

from api import respond
from api.pages import house
from api.routes import Access, Call, Limit, Route
from core.config import Settings

if TYPE_CHECKING:
    from api.openapi import Words

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
    """The document of one application's routes, made once. `server` is where they are, as far as a client must know."""

    def __init__(self, routes: Sequence[Route], words: Callable[[], "Words"], *, server: str) -> None:
        self._routes = routes
        self._words = words
        self._server = server
        self._body: bytes | None = None

    @property
    def route(self) -> Route:
        return Route("GET", "/openapi.json", Access.PUBLIC, self.document, Limit.NONE)

    async def document(self, call: Call) -> web.Response:
        if self._body is None:
            self._body = await asyncio.to_thread(self._made)
        return web.Response(body=self._body, headers=_DOCUMENT)

    def _made(self) -> bytes:
        from api import openapi

        return orjson.dumps(openapi.document(self._routes, self._words(), server=self._server))


def below(settings: Settings, path: str) -> str:
    """`path` of the desk: where it is reached under a path itself, so is everything of it."""
    return urlsplit(settings.public_url).path.rstrip("/") + path


def native(routes: Sequence[Route], settings: Settings) -> tuple[Route, ...]:
    """The documentation of our own API, with a page to read and try it."""
    return (
        Reference(routes, _native_words, server=below(settings, "/api/v1")).route,
        Route("GET", "/docs", Access.PUBLIC, page, Limit.NONE),
        Route("GET", f"/docs/{{asset:{_ASSET}}}", Access.PUBLIC, asset, Limit.NONE),
    )


def _native_words() -> "Words":
    from api.native import reference

    return reference.words()


async def page(call: Call) -> web.Response:
    shown = house.page(house.of(call.desk.settings), "docs.html")
    shown.headers["Content-Security-Policy"] = _POLICY
    return shown


async def asset(call: Call) -> web.Response:
    path, kind = _ASSETS[call.request.match_info["asset"]]
    return respond.shared(_content(path), {"Content-Type": kind, "Cache-Control": "public, max-age=3600"})


@cache
def _content(path: Path) -> memoryview:
    """Read once, when somebody wants it: hardly anybody does, and it is two megabytes. Not in a thread, because a trip
    there and back for each request would cost as much as the answer.
    """
    return memoryview(path.read_bytes())
