"""Files of which a bad one fails alone, as they are posted: read as `uploads` does, and on the disk.

Nothing is judged here but size and number: each file is handed on as it was sent, and one that is too large is counted
to its end without being kept.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO

from aiohttp import web

from api import uploads
from api.problems import Refusal
from ingest.multipart import Malformed, PartBegins
from ingest.upload import HEAD, Upload

# What lies around the files: delimiters, headers, and fields, which are read and not wanted.
AROUND = 1024 * 1024
MOST_PARTS = 100
# However fast it comes.
MOST_SECONDS = 1800.0


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
    """The files that were posted, gone when the block ends. Raises Refusal (400, 408, 413, 415, 503)."""
    reader = uploads.multipart_reader(request)
    uploads.require_room(request, terms.folder, terms.most_in_all)
    kept: list[Upload] = []
    keeper = _Keeper(kept, terms)
    try:
        try:
            await uploads.read(
                request, reader, keeper, uploads.Limit(terms.most_in_all, _too_much(terms), MOST_SECONDS)
            )
        finally:
            keeper.end()
        yield kept
    finally:
        for upload in kept:
            upload.file.close()


def _too_much(terms: Terms) -> Refusal:
    megabytes = terms.most_in_all // (1024 * 1024)
    return Refusal(
        413,
        f"this is too much at once: send at most {megabytes} MB, and more in a second request",
        {"Connection": "close"},
    )


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
        self._file = SpooledTemporaryFile(max_size=uploads.IN_MEMORY, dir=str(self._terms.folder))  # noqa: SIM115 - `reading` closes it

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
