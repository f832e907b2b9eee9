"""Files that a request brings as multipart/form-data: read as they come, counted, and on the disk until they are kept.

aiohttp bounds nothing of a body that is read in pieces: neither its size nor the time it takes.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from email.message import Message
from math import inf
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Protocol

from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError

from api.body import TWICE
from api.problems import Refusal
from core.attachments import NewFile
from core.config import Settings
from core.errors import Invalid, Problem
from core.storage import blobs, room
from ingest import multipart, upload
from ingest.multipart import Malformed, PartBegins
from ingest.upload import CONTENT_TYPES, HEAD, Rules, Upload

FORM = "multipart/form-data"
MOST_FILES = 20
# What the text fields may have, and everything around the parts.
MOST_FIELD_BYTES = 64 * 1024
MOST_PARTS = 40
IN_MEMORY = 256 * 1024
# How slowly a body may come: so long without a byte, so long at the start, and then so many bytes a second.
IDLE_SECONDS, START_SECONDS, BYTES_PER_SECOND = 20.0, 30.0, 4096

_CLOSE = {"Connection": "close"}

# What can be wrong with a file, by the keys of ingest.upload.
_WORDS: Mapping[str, str] = {
    "files_none": "no files are taken: ask an admin",
    "files_many": "send at most {most} files at once: there are {has}",
    "files_total": "send fewer or smaller files: together they may have {most}",
    "file_nameless": "has no usable name: rename it",
    "file_kind": "is of a kind that is not accepted here: send it in another format, or in a .zip",
    "file_large": "is too large: a file may have {most}",
    "file_content": "is not what its name says: save it in the right format",
    "file_program": "contains a program or a web page, which is not accepted under this name",
}


@dataclass(slots=True)
class Received:
    """What a form brought: its text fields, and its files as they were sent."""

    values: dict[str, str] = field(default_factory=dict)
    files: list[Upload] = field(default_factory=list)


def rules(settings: Settings) -> Rules:
    return replace(upload.rules_of(settings), most_files=MOST_FILES)


def require_room(request: web.Request, folder: Path, most_bytes: int) -> None:
    """Raises Refusal (503) where the disk has no room for what comes, as far as that much of it is read at all."""
    if not room.is_there(folder, min(request.content_length or 0, most_bytes)):
        raise Refusal(503, "there is no room for files just now: try again later", {"Retry-After": "60", **_CLOSE})


@asynccontextmanager
async def received(request: web.Request, settings: Settings) -> AsyncIterator[Received]:
    """The form of a request; its files are gone when the block ends. Raises Refusal (400, 408, 413, 415, 503)."""
    reader = multipart_reader(request)
    most = rules(settings).most_bytes
    require_room(request, settings.desk.data_dir, most)
    form = Received()
    keeper = _Keeper(form, str(settings.desk.data_dir), most)
    try:
        try:
            await read(request, reader, keeper, Limit(most + MOST_FIELD_BYTES, _too_large(most)))
        finally:
            keeper.end()
        yield form
    finally:
        for file in form.files:
            file.file.close()


def multipart_reader(request: web.Request) -> multipart.Reader:
    """A reader for the form that the request says it is. Raises Refusal (400, 415)."""
    if request.content_type != FORM:
        raise Refusal(415, f"send the files as {FORM}", {"Accept-Post": FORM})
    if request.headers.get(hdrs.CONTENT_ENCODING, "identity").lower() != "identity":
        raise Refusal(415, "send the form without compression", {"Accept-Encoding": "identity"})
    header = Message()
    header["Content-Type"] = request.headers[hdrs.CONTENT_TYPE]
    try:
        return multipart.Reader(header.get_boundary() or "")
    except (Malformed, ValueError):
        raise Refusal(400, f"the boundary of {FORM} is missing or wrong: let your HTTP library set it") from None


class Keeper(Protocol):
    """Where the parts of a form go, in pieces as they come."""

    def begin(self, part: PartBegins) -> None: ...
    def add(self, octets: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class Limit:
    """How large a form may be with everything around its parts, what is said of a larger one, how long it may take."""

    most_bytes: int
    refusal: Refusal
    most_seconds: float = inf


async def read(request: web.Request, reader: multipart.Reader, keeper: Keeper, limit: Limit) -> None:
    """All of a form into `keeper`. Raises Refusal (400, 408, 413), and what the keeper raises."""
    if (request.content_length or 0) > limit.most_bytes:
        raise limit.refusal
    left = limit.most_bytes
    try:
        async for chunk in chunks(request, most_seconds=limit.most_seconds):
            left -= len(chunk)
            if left < 0:
                raise limit.refusal
            for event in reader.feed(chunk):
                if isinstance(event, PartBegins):
                    keeper.begin(event)
                else:
                    keeper.add(event.octets)
        reader.close()
    except TimeoutError:
        raise Refusal(408, "the files came too slowly: send them again, perhaps fewer", _CLOSE) from None
    except Malformed as error:
        raise Refusal(
            400, f"the form cannot be read ({error}): send {FORM} with a name for each part", _CLOSE
        ) from None
    except (HttpProcessingError, ConnectionError, ValueError, web.RequestPayloadError):
        raise Refusal(400, "the files did not arrive whole: send them again", _CLOSE) from None


async def chunks(request: web.Request, *, most_seconds: float = inf) -> AsyncIterator[bytes]:
    """The body in pieces. Raises TimeoutError where it comes too slowly, or takes longer than that."""
    loop = asyncio.get_running_loop()
    began, came = loop.time(), 0
    while True:
        until = began + min(START_SECONDS + came / BYTES_PER_SECOND, most_seconds)
        async with asyncio.timeout_at(min(until, loop.time() + IDLE_SECONDS)):
            chunk = await request.content.readany()
        if not chunk:
            return
        came += len(chunk)
        yield chunk


class _Keeper:
    """Puts the parts of a form where they belong, as long as there is room. Raises Refusal (413), Invalid."""

    def __init__(self, form: Received, folder: str, most_bytes: int) -> None:
        self._form = form
        self._folder = folder
        self._most = self._left = most_bytes
        self._fields = MOST_FIELD_BYTES
        self._parts = 0
        # Of the part that began last; of a field all octets, of a file its first ones.
        self._part: PartBegins | None = None
        self._file: SpooledTemporaryFile[bytes] | None = None
        self._head = bytearray()
        self._size = 0

    def begin(self, part: PartBegins) -> None:
        self.end()
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise Refusal(413, f"the form has too many parts: send at most {MOST_FILES} files at once", _CLOSE)
        if part.filename is None and part.name in self._form.values:
            raise Invalid([Problem(part.name, TWICE)])
        self._part = part
        if part.filename is not None:
            self._file = SpooledTemporaryFile(max_size=IN_MEMORY, dir=self._folder)  # noqa: SIM115 - `received` closes it

    def add(self, octets: bytes) -> None:
        self._size += len(octets)
        if self._file is None:
            self._fields -= len(octets)
            if self._fields < 0:
                raise Refusal(413, "the text fields of the form are too large: leave out what is no file", _CLOSE)
            self._head += octets
            return
        self._left -= len(octets)
        if self._left < 0:
            raise _too_large(self._most)
        self._head += octets[: HEAD - len(self._head)]
        self._file.write(octets)

    def end(self) -> None:
        """The part that began last is over, or will never be."""
        if self._part is None:
            return
        if self._file is None:
            self._form.values[self._part.name] = self._head.decode("utf-8", "replace")
        else:
            self._form.files.append(Upload(self._part.filename or "", self._size, bytes(self._head), self._file))
        self._part, self._file, self._head, self._size = None, None, bytearray(), 0


def _too_large(most: int) -> Refusal:
    return Refusal(413, f"send fewer or smaller files: together they may have {most // (1024 * 1024)} MB", _CLOSE)


def require_good(form: Received, allowed: Rules) -> None:
    """Raises Invalid with everything that is wrong with the files, each by its name."""
    if not form.files:
        raise Invalid([Problem("files", "are missing: send at least one part with a filename")])
    found = [
        Problem(upload.clean_name(file.filename) or f"file {number}", words)
        for number, file in enumerate(form.files, 1)
        for words in upload.problems([file], allowed, _WORDS)
    ]
    if len(form.files) > allowed.most_files:
        found.append(Problem("files", _WORDS["files_many"].format(most=allowed.most_files, has=len(form.files))))
    if found:
        raise Invalid(found)


async def kept(form: Received, settings: Settings) -> list[NewFile]:
    """The files, durably where blobs lie; the caller's transaction names them."""
    folder = settings.desk.data_dir / blobs.FOLDER
    return [await asyncio.to_thread(_kept, one, folder) for one in form.files]


def _kept(one: Upload, folder: Path) -> NewFile:
    name = upload.clean_name(one.filename)
    # What the sender says of the type is a stranger's word; the extension has been checked.
    content_type = CONTENT_TYPES.get(upload.extension_of(name), "application/octet-stream")
    return NewFile(name, content_type, blobs.keep(folder, one.file))
