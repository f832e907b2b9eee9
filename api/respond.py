"""What handlers answer with."""

from collections.abc import Mapping
from uuid import UUID

import orjson
from aiohttp import web

_JSON = {"Content-Type": "application/json"}
# RFC 3339 with Z and whole seconds, as the documents show it.
_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS


def json(value: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return rendered(render(value), headers or {}, status=status)


def render(value: object) -> bytes:
    return orjson.dumps(value, option=_OPTIONS, default=_plain)


def _plain(value: object) -> str:
    """asyncpg hands out UUIDs of a class of its own, which orjson does not take for one."""
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"a {type(value).__name__} cannot be shown")


def rendered(body: bytes, headers: Mapping[str, str], *, status: int = 200) -> web.Response:
    return web.Response(body=body, status=status, headers={**_JSON, **headers})


def nothing() -> web.Response:
    return web.Response(status=204)
