"""The body of a form post, read as it comes: counted, bounded and timed, with its files on the disk until they are wanted.

aiohttp bounds none of this for a body that is read in pieces. What the body says is checked elsewhere; here it is only
kept small enough, and whatever has been read by then is handed back so that nothing that was typed is lost.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import TypeVar
from urllib.parse import parse_qsl

import structlog
from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError

from ingest import headers, multipart
from ingest.multipart import Malformed, PartBegins
from ingest.upload import HEAD, Upload

# What the text fields and everything around the parts may have.
FIELDS = 1024 * 1024
MOST_PARTS = 100
IN_MEMORY = 256 * 1024
# What is too large is still read, this many times over: a browser shows no page to somebody whom it cannot finish
# sending to.
PATIENCE_WITH_SIZE = 4

_Result = TypeVar("_Result")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """How slow a sender may be: seconds without a byte, seconds in all, and octets a second after a start."""

    idle: float = 20
    total: float = 900
    start: float = 30
    octets_per_second: int = 2048


@dataclass(frozen=True, slots=True)
class Terms:
    """How much is read: of files together, and how many; where they wait; how slowly they may come."""

    most_bytes: int
    most_files: int
    folder: Path
    pace: Pace


class Unreadable(Exception):
    """The body cannot be read, or not to its end. `text` is the key of a sentence for the person who sent it."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


@dataclass(slots=True)
class Posted:
    """What has been read. `trouble` is set when that is not all of it."""

    values: dict[str, str] = field(default_factory=dict)
    files: list[Upload] = field(default_factory=list)
    trouble: Unreadable | None = None


@asynccontextmanager
async def reading(request: web.Request, terms: Terms) -> AsyncIterator[Posted]:
    """What was posted; its files are gone when the block ends."""
    posted = Posted()
    try:
        try:
            await _read(request, posted, terms)
        except Unreadable as trouble:
            posted.trouble = trouble
        yield posted
    finally:
        for upload in posted.files:
            upload.file.close()


async def _read(request: web.Request, posted: Posted, terms: Terms) -> None:
    if request.headers.get(hdrs.CONTENT_ENCODING, "identity").lower() != "identity":
        # 200 KB of gzip are 200 MB of form, and no browser compresses what it posts.
        raise Unreadable(415, "wrong_type")
    read = _READERS.get(request.content_type)
    if read is None:
        raise Unreadable(415, "wrong_type")
    try:
        await read(request, posted, terms, _Watch(request, terms))
    # aiohttp raises the second for broken chunks, parse_qsl the third for too many fields; the last is a sender who left.
    except (Malformed, HttpProcessingError, ValueError, ConnectionError) as error:
        raise Unreadable(400, "malformed") from error
    except TimeoutError as error:
        raise Unreadable(408, "too_slow") from error
    except OSError as error:
        # No room for the files, or no file handle left: ours to mend.
        log.exception("a form could not be read")
        raise Unreadable(503, "unavailable") from error


class _Watch:
    """Counts what a request has sent, and for how long it has been sending."""

    def __init__(self, request: web.Request, terms: Terms) -> None:
        self._content = request.content
        self._pace = terms.pace
        self._most = PATIENCE_WITH_SIZE * (terms.most_bytes + FIELDS)
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()

    async def over(self, reading: Awaitable[_Result]) -> _Result:
        """The result of `reading`. Raises TimeoutError, and Unreadable when too much has come."""
        came, pace = self._content.total_bytes, self._pace
        until = self._began + min(pace.start + came / pace.octets_per_second, pace.total)
        async with asyncio.timeout_at(min(until, self._loop.time() + pace.idle)):
            result = await reading
        if self._content.total_bytes > self._most:
            raise Unreadable(413, "too_large")
        return result


async def _urlencoded(request: web.Request, posted: Posted, terms: Terms, watch: _Watch) -> None:
    body = bytearray()
    while chunk := await watch.over(request.content.readany()):
        body += chunk
        if len(body) > FIELDS:
            raise Unreadable(413, "too_large")
    for name, value in parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_PARTS):
        posted.values.setdefault(name, value)


async def _multipart(request: web.Request, posted: Posted, terms: Terms, watch: _Watch) -> None:
    _, parameters = headers.parameters(request.headers[hdrs.CONTENT_TYPE].encode("utf-8", "replace"))
    reader = multipart.Reader(parameters.get("boundary", ""))
    keeper = _Keeper(posted, terms)
    try:
        while chunk := await watch.over(request.content.readany()):
            for event in reader.feed(chunk):
                if isinstance(event, PartBegins):
                    keeper.begin(event)
                else:
                    keeper.add(event.octets)
        reader.close()
    finally:
        keeper.end()


class _Keeper:
    """Puts the parts of a form where they belong, as long as there is room; beyond, counts what is of files only."""

    def __init__(self, posted: Posted, terms: Terms) -> None:
        self._posted = posted
        self._terms = terms
        self._parts = 0
        self._fields = FIELDS
        self._files = terms.most_bytes
        # Of the part that began last; of a field all octets, of a file its first ones.
        self._part: PartBegins | None = None
        self._file: SpooledTemporaryFile[bytes] | None = None
        self._head = bytearray()
        self._size = 0

    def begin(self, part: PartBegins) -> None:
        self.end()
        self._part = part
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise Unreadable(413, "too_large")
        if part.filename is not None:
            self._file = SpooledTemporaryFile(max_size=IN_MEMORY, dir=str(self._terms.folder))  # noqa: SIM115 - `reading` closes it

    def add(self, octets: bytes) -> None:
        self._size += len(octets)
        if self._file is None:
            self._fields -= len(octets)
            if self._fields < 0:
                raise Unreadable(413, "too_large")
            self._head += octets
            return
        self._files -= len(octets)
        self._head += octets[: HEAD - len(self._head)]
        if self._files >= 0 and len(self._posted.files) < self._terms.most_files:
            self._file.write(octets)

    def end(self) -> None:
        """The part that began last is over, or will never be: what came of it is kept either way."""
        if self._part is None:
            return
        if self._file is None:
            self._posted.values.setdefault(self._part.name, self._head.decode("utf-8", "replace"))
        elif self._part.filename or self._size:
            self._posted.files.append(Upload(self._part.filename or "", self._size, bytes(self._head), self._file))
        else:
            # An empty field for files is sent as one file without a name and without content.
            self._file.close()
        self._part, self._file, self._head, self._size = None, None, bytearray(), 0


_Reader = Callable[[web.Request, Posted, Terms, _Watch], Awaitable[None]]
_READERS: Mapping[str, _Reader] = {
    "multipart/form-data": _multipart,
    "application/x-www-form-urlencoded": _urlencoded,
}
