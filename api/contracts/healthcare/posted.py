"""Files that a client posts as multipart/form-data, read as they come: counted, bounded and timed, and on the disk.

aiohttp bounds none of this for a body that is read in pieces. Here nothing is judged but size and number: each file is
handed on as it was sent, and one that is too large is counted to its end without being kept.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, TypeVar

from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError

from api.problems import Refusal
from ingest import multipart
from ingest.multipart import Malformed, PartBegins
from ingest.upload import HEAD, Upload

FORM = "multipart/form-data"
# What lies around the files: delimiters, headers, and fields, which are read and not wanted.
AROUND = 1024 * 1024
MOST_PARTS = 100
IN_MEMORY = 256 * 1024
# A client may be this slow: seconds without an octet, seconds in all, and octets a second after the first seconds.
IDLE, TOTAL, START, PACE = 20.0, 1800.0, 30.0, 2048

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Terms:
    """Which fields hold files, how large each may be and how many there may be; where they wait."""

    fields: tuple[str, ...]
    most_bytes: int
    most_files: int
    folder: Path

    @property
    def most_in_all(self) -> int:
        return self.most_files * self.most_bytes + AROUND


@asynccontextmanager
async def reading(request: web.Request, terms: Terms) -> AsyncIterator[list[Upload]]:
    """The files that were posted, gone when the block ends. Raises Refusal (400, 408, 413, 415)."""
    reader = _reader(request)
    kept: list[Upload] = []
    keeper = _Keeper(kept, terms)
    try:
        try:
            await _read(request, reader, keeper, terms)
        except TimeoutError:
            raise Refusal(408, "the files did not arrive in time: send them again", _CLOSE) from None
        except (Malformed, HttpProcessingError, ConnectionError, ValueError):
            raise Refusal(
                400, "the files did not arrive whole: send them again as multipart/form-data", _CLOSE
            ) from None
        finally:
            keeper.end()
        yield kept
    finally:
        for upload in kept:
            upload.file.close()


_CLOSE = {"Connection": "close"}


def _reader(request: web.Request) -> multipart.Reader:
    if request.headers.get(hdrs.CONTENT_ENCODING, "identity").lower() != "identity":
        # 200 KB of gzip are 200 MB of form.
        raise Refusal(415, "send the body without compression", {"Accept-Encoding": "identity"})
    if request.content_type != FORM:
        raise Refusal(415, f"send the files as {FORM}", {"Accept-Post": FORM})
    header = Message()
    header["Content-Type"] = request.headers[hdrs.CONTENT_TYPE]
    try:
        return multipart.Reader(header.get_boundary() or "")
    except (Malformed, ValueError):
        raise Refusal(400, f"{FORM} needs a boundary: let your HTTP client make the header", _CLOSE) from None


async def _read(request: web.Request, reader: multipart.Reader, keeper: "_Keeper", terms: Terms) -> None:
    if (request.content_length or 0) > terms.most_in_all:
        raise _too_much(terms)
    began = asyncio.get_running_loop().time()
    while octets := await _in_time(request, began, request.content.readany()):
        if request.content.total_bytes > terms.most_in_all:
            raise _too_much(terms)
        for event in reader.feed(octets):
            if isinstance(event, PartBegins):
                keeper.begin(event)
            else:
                keeper.add(event.octets)
    reader.close()


async def _in_time(request: web.Request, began: float, reading: Awaitable[_Result]) -> _Result:
    now = asyncio.get_running_loop().time()
    until = began + min(START + request.content.total_bytes / PACE, TOTAL)
    async with asyncio.timeout_at(min(until, now + IDLE)):
        return await reading


def _too_much(terms: Terms) -> Refusal:
    megabytes = terms.most_in_all // (1024 * 1024)
    return Refusal(413, f"this is too much at once: send at most {megabytes} MB, and more in a second request", _CLOSE)


class _Keeper:
    """Puts each file where it waits; of one that is too large, or one too many, only the size is kept."""

    def __init__(self, kept: list[Upload], terms: Terms) -> None:
        self._kept = kept
        self._terms = terms
        self._parts = 0
        self._name = ""
        self._file: IO[bytes] | None = None
        self._head = bytearray()
        self._size = 0

    def begin(self, part: PartBegins) -> None:
        self.end()
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise Malformed("too many parts")
        if part.filename is None or part.name not in self._terms.fields:
            return
        self._name, self._head, self._size = part.filename, bytearray(), 0
        self._file = SpooledTemporaryFile(max_size=IN_MEMORY, dir=str(self._terms.folder))  # noqa: SIM115 - `reading` closes it

    def add(self, octets: bytes) -> None:
        if self._file is None:
            return
        self._size += len(octets)
        self._head += octets[: HEAD - len(self._head)]
        if self._size <= self._terms.most_bytes and len(self._kept) < self._terms.most_files:
            self._file.write(octets)
        else:
            self._file.truncate(0)

    def end(self) -> None:
        """The part that began last is over. An empty field of a browser is a file without name and content: none."""
        if self._file is None:
            return
        if self._name or self._size:
            self._kept.append(Upload(self._name, self._size, bytes(self._head), self._file))
        else:
            self._file.close()
        self._file = None
