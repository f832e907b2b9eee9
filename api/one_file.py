"""The one file that a request brings, as a part of a form or as the whole body: counted, timed, on the disk.

aiohttp bounds nothing of a body that is read in pieces: neither its size nor the time it takes.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO

from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError

from api import uploads
from api.problems import Refusal
from ingest import multipart
from ingest.multipart import Data, Malformed, PartBegins

MEGABYTE = 1024 * 1024
IN_MEMORY = 256 * 1024
# What fields beside the file may have, with everything around the parts.
MOST_AROUND = 64 * 1024
_CLOSE = {"Connection": "close"}
_NO_FILE = "there is no file in it: send one as a form's part with a filename, such as `-F file=@tickets.csv`"


@dataclass(frozen=True, slots=True)
class Sent:
    """`filename` and `content_type` are whatever the sender says, or nothing."""

    file: IO[bytes]
    filename: str
    content_type: str


@asynccontextmanager
async def received(request: web.Request, most_mb: int, folder: Path) -> AsyncIterator[Sent]:
    """The file, which is gone when the block ends. Raises Refusal (400, 408, 413, 415, 503)."""
    if request.headers.get(hdrs.CONTENT_ENCODING, "identity").lower() != "identity":
        raise Refusal(415, "send the file without compression", {"Accept-Encoding": "identity"})
    if (request.content_length or 0) > most_mb * MEGABYTE + MOST_AROUND:
        raise _too_large(most_mb)
    uploads.require_room(request, folder, most_mb * MEGABYTE)
    with SpooledTemporaryFile(max_size=IN_MEMORY, dir=str(folder)) as file:
        keeper = _Keeper(file, most_mb)
        await _read(request, keeper)
        file.seek(0)
        yield Sent(file, keeper.filename, keeper.content_type or request.content_type)


async def _read(request: web.Request, keeper: "_Keeper") -> None:
    try:
        reader = _form(request)
        async for chunk in uploads.chunks(request):
            keeper.take(reader.feed(chunk) if reader else [Data(chunk)])
        if reader:
            reader.close()
            keeper.require_file()
    except TimeoutError:
        raise Refusal(408, "the file came too slowly: send it again", _CLOSE) from None
    except Malformed as error:
        raise Refusal(400, f"the form cannot be read ({error}): let your HTTP library make it", _CLOSE) from None
    except (HttpProcessingError, ConnectionError, web.RequestPayloadError):
        raise Refusal(400, "the file did not arrive whole: send it again", _CLOSE) from None


def _form(request: web.Request) -> multipart.Reader | None:
    """None: the body is the file. A boundary makes it a form, though curl lets its type be said otherwise (-H, -F)."""
    header = Message()
    header[hdrs.CONTENT_TYPE] = request.headers.get(hdrs.CONTENT_TYPE, "")
    boundary = header.get_boundary()
    if boundary is None and request.content_type == "multipart/form-data":
        raise Malformed("it has no boundary")
    return None if boundary is None else multipart.Reader(boundary)


class _Keeper:
    """Keeps what is of the file, and counts the rest. Raises Refusal (400, 413)."""

    def __init__(self, file: IO[bytes], most_mb: int) -> None:
        self.filename = ""
        self.content_type = ""
        self._file = file
        self._most_mb = most_mb
        self._left, self._around = most_mb * MEGABYTE, MOST_AROUND
        # A body without parts is all file.
        self._parts, self._in_file, self._files = 0, True, 0

    def take(self, events: Iterable[multipart.Event]) -> None:
        for event in events:
            if isinstance(event, PartBegins):
                self._begin(event)
            elif self._in_file:
                self._keep(event.octets)
            else:
                self._count(len(event.octets))

    def require_file(self) -> None:
        if not self._files:
            raise Refusal(400, _NO_FILE)

    def _begin(self, part: PartBegins) -> None:
        self._in_file = part.filename is not None
        # Each part has its price, or there could be any number of empty ones.
        self._count(multipart.HEADERS // 16)
        if not self._in_file:
            return
        self._files += 1
        if self._files > 1:
            raise Refusal(400, "there is more than one file in it: send one at a time", _CLOSE)
        self.filename, self.content_type = part.filename or "", part.content_type

    def _keep(self, octets: bytes) -> None:
        self._left -= len(octets)
        if self._left < 0:
            raise _too_large(self._most_mb)
        self._file.write(octets)

    def _count(self, octets: int) -> None:
        self._around -= octets
        if self._around < 0:
            raise Refusal(413, "there is too much beside the file: leave out what is no file", _CLOSE)


def _too_large(most_mb: int) -> Refusal:
    return Refusal(413, f"the file may have {most_mb} MB: cut it into several, or use `deskbell import`", _CLOSE)
