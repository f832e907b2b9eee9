"""The few files that our pages link to, read once and served from memory. Nothing else can be asked for."""

import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import hdrs, web

from api.pages.house import FOLDER

_FILES = {"deskbell.css": "text/css", "bell.svg": "image/svg+xml"}


def routes() -> list[web.RouteDef]:
    return [web.get(f"/static/{name}", _serving(FOLDER / "static" / name, kind)) for name, kind in _FILES.items()]


def _serving(file: Path, content_type: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    body = file.read_bytes()
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {
        hdrs.ETAG: etag,
        hdrs.CACHE_CONTROL: "public, max-age=3600",
        "X-Content-Type-Options": "nosniff",
        # Opened by itself, a picture is a document that could carry scripts.
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    }

    async def serve(request: web.Request) -> web.Response:
        asked = request.if_none_match or ()
        if any(one.value in ("*", etag.strip('"')) for one in asked):
            return web.Response(status=304, headers=headers)
        return web.Response(body=body, content_type=content_type, charset="utf-8", headers=headers)

    return serve
