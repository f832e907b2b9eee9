"""What handlers answer with."""

from collections.abc import Mapping

import orjson
from aiohttp import web

from core.jsonable import plain

_JSON = {"Content-Type": "application/json"}
# RFC 3339 with Z and whole seconds, as the documents show it.
_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS


def json(value: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return rendered(render(value), headers or {}, status=status)


def render(value: object) -> bytes:
    return orjson.dumps(value, option=_OPTIONS, default=plain)


def rendered(body: bytes, headers: Mapping[str, str], *, status: int = 200) -> web.Response:
    return web.Response(body=body, status=status, headers={**_JSON, **headers})


def nothing() -> web.Response:
    return web.Response(status=204)


def unchanged(tag: str) -> web.Response:
    return web.Response(status=304, headers={"ETag": tag})
