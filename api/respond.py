"""What handlers answer with."""

import os
from collections.abc import AsyncIterator, Mapping
from typing import IO

import orjson
import structlog
from aiohttp import web
from aiohttp.payload import Payload

from core.storage.jsonable import plain

log = structlog.get_logger()

_JSON = {"Content-Type": "application/json"}
_PIECE = 64 * 1024
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


class _File(web.Response):
    """Closed also where nothing of it is sent (HEAD)."""

    async def write_eof(self, data: bytes = b"") -> None:
        try:
            await super().write_eof(data)
        finally:
            if isinstance(self.body, Payload):
                await self.body.close()


def file(data: bytes | IO[bytes], headers: Mapping[str, str]) -> web.Response:
    """Of an open file only as much is in memory as its reader takes at once; it is closed in the end."""
    size = len(data) if isinstance(data, bytes) else os.fstat(data.fileno()).st_size
    return _File(body=data, headers={"Content-Length": str(size), **headers})


def shared(content: memoryview, headers: Mapping[str, str]) -> web.Response:
    """Bytes that lie ready for everybody, a piece at a time: whoever takes nothing of it costs no more than a piece."""
    return web.Response(body=_pieces(content), headers={"Content-Length": str(len(content)), **headers})


async def _pieces(content: memoryview) -> AsyncIterator[memoryview]:
    for start in range(0, len(content), _PIECE):
        yield content[start : start + _PIECE]


async def streamed(request: web.Request, parts: AsyncIterator[bytes]) -> web.StreamResponse:
    """JSON that is too long to be held at once. When it breaks off, so does the connection: half an answer must not
    look like a whole one.
    """
    response = web.StreamResponse(headers=_JSON)
    await response.prepare(request)
    if request.method == "HEAD":
        return response
    try:
        async for part in parts:
            await response.write(part)
    except Exception as error:  # too late for an answer that says so
        if not isinstance(error, ConnectionError):
            log.exception("answer_broken_off")
        if request.transport:
            request.transport.abort()
    return response
