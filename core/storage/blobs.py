"""Bytes, kept by what they are: small ones in a row, large ones in a file that was synced first.

A blob is never changed and never overwritten; who names it holds it. Removing those that nobody names is `purge`'s.
"""

import asyncio
import hashlib
import os
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO
from uuid import uuid4

from sqlalchemy import Connection, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core import tables
from core.errors import NotFound
from core.storage import bulk, dialects, durable

# Up to here a row is cheaper than a file: one sync for the whole batch instead of one a file.
IN_ROW = 1024 * 1024
# Up to here the sum of some bytes is a matter of a moment, and needs no thread of its own.
SMALL = 64 * 1024
# Within the data folder.
FOLDER = "blobs"
_PIECE = 1024 * 1024
_NAME = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Blob:
    sha256: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """Bytes that are on the disk already; `data` holds those that are small enough for a row."""

    sha256: str
    size: int
    data: bytes | None = None


def of(data: bytes) -> Blob:
    return Blob(hashlib.sha256(data).hexdigest(), data)


# Its row is there from the beginning, and stays.
NOTHING = of(b"")


def prepared(folder: Path, contents: Iterable[bytes]) -> dict[int, Blob]:
    """The blobs of contents that are large, by the `id` of each; what does not go into a row is on the disk, durably.

    Blocking; before the transaction that names them.
    """
    found = {id(data): of(data) for data in contents if len(data) > SMALL}
    for blob in found.values():
        if len(blob.data) > IN_ROW:
            _write(path(folder, blob.sha256), [blob.data])
    return found


def keep(folder: Path, file: IO[bytes]) -> Kept:
    """Put a file where blobs lie, piece by piece: no upload is ever in memory as a whole. Blocking."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if size <= IN_ROW:
        blob = of(file.read())
        return Kept(blob.sha256, size, blob.data)
    digest = hashlib.sha256()
    for piece in _pieces(file):
        digest.update(piece)
    file.seek(0)
    _write(path(folder, digest.hexdigest()), _pieces(file))
    return Kept(digest.hexdigest(), size)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    return iter(lambda: file.read(_PIECE), b"")


async def name(connection: AsyncConnection, kept: Sequence[Kept], now: datetime) -> None:
    """Add the rows of what `keep` kept, so that other rows can name it. The same bytes may be there already."""
    rows = [{"sha256": one.sha256, "size": one.size, "data": one.data, "created_at": now} for one in kept]
    await connection.execute(dialects.unless_there(connection.dialect.name, tables.blobs), rows)


def insert(connection: Connection, blobs: Iterable[Blob], now: datetime) -> None:
    """Add the rows. The same bytes may be there already: that is no conflict."""
    rows = {
        blob.sha256: {
            "sha256": blob.sha256,
            "size": len(blob.data),
            "data": blob.data if len(blob.data) <= IN_ROW else None,
            "created_at": now,
        }
        for blob in blobs
    }
    if rows:
        bulk.insert(connection, dialects.unless_there(connection.dialect.name, tables.blobs), list(rows.values()))


async def load(connection: AsyncConnection, folder: Path, sha256: str) -> bytes:
    """The bytes, checked against their name. Raises NotFound when they are gone or damaged."""
    if (data := await _in_row(connection, sha256)) is not None:
        return data
    # What lies in a file is large: to read and to hash it takes longer than the loop may be held up.
    return await asyncio.to_thread(_read, path(folder, sha256))


async def opened(connection: AsyncConnection, folder: Path, sha256: str) -> bytes | IO[bytes]:
    """The same, but what is large as a file to be read piece by piece, which whoever asked closes: who reads it slowly
    holds no memory.
    """
    if (data := await _in_row(connection, sha256)) is not None:
        return data
    return await asyncio.to_thread(_opened, path(folder, sha256))


async def _in_row(connection: AsyncConnection, sha256: str) -> bytes | None:
    """None: they lie in a file."""
    row = (await connection.execute(select(tables.blobs.c.data).where(tables.blobs.c.sha256 == sha256))).first()
    if row is None or (row.data is not None and hashlib.sha256(row.data).hexdigest() != sha256):
        raise NotFound("Stored file")
    found: bytes | None = row.data
    return found


async def lying(folder: Path, before: float, at_once: int) -> AsyncIterator[list[str]]:
    """The names of the files that were last wanted before that time, some at once."""
    found = await asyncio.to_thread(_older, folder, before)
    for start in range(0, len(found), at_once):
        yield found[start : start + at_once]


def _older(folder: Path, before: float) -> list[str]:
    files = (file for inside in folder.glob("??") for file in inside.iterdir())
    return [file.name for file in files if _NAME.fullmatch(file.name) and file.stat().st_mtime < before]


async def clear(folder: Path, before: float) -> None:
    """Remove what a crash has left half written, or aside, before that time."""
    await asyncio.to_thread(_clear, folder, before)


def _clear(folder: Path, before: float) -> None:
    for pattern in ("??/*.tmp", "??/*.purged"):
        for file in folder.glob(pattern):
            if file.stat().st_mtime < before:
                file.unlink()


async def discard(folder: Path, hashes: Sequence[str], before: float) -> None:
    """Remove files that no row names, unless they are wanted again at this moment."""
    await asyncio.to_thread(_discard, folder, hashes, before)


def _discard(folder: Path, hashes: Sequence[str], before: float) -> None:
    for sha256 in hashes:
        file = path(folder, sha256)
        aside = file.with_name(f"{sha256}.{uuid4().hex}.purged")
        # Whoever stores the same bytes from here on writes them anew; whoever has just found them has touched them.
        file.rename(aside)
        if aside.stat().st_mtime >= before and not file.exists():
            aside.rename(file)
        else:
            aside.unlink()


def path(folder: Path, sha256: str) -> Path:
    """Where a large blob lies. No extension: a web server must never guess a type from it."""
    return folder / sha256[:2] / sha256


def _read(file: Path) -> bytes:
    with _opened(file) as handle:
        return handle.read()


def _opened(file: Path) -> IO[bytes]:
    try:
        handle = file.open("rb")
    except FileNotFoundError:
        raise NotFound("Stored file") from None
    if hashlib.file_digest(handle, "sha256").hexdigest() != file.name:
        handle.close()
        raise NotFound("Stored file")
    handle.seek(0)
    return handle


def _write(target: Path, pieces: Iterable[bytes]) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not _touched(target):
        # Under a name of its own: the same file may arrive twice in the same moment.
        passing = target.with_name(f"{target.name}.{uuid4().hex}.tmp")
        try:
            _write_durably(passing, pieces)
            passing.rename(target)
        finally:
            passing.unlink(missing_ok=True)
    # The name is as durable as the bytes only once its folder is synced too, and the folder once those above it are.
    for folder in (target.parent, target.parent.parent, target.parent.parent.parent):
        durable.sync_folder(folder)


def _touched(target: Path) -> bool:
    """Whether it is there already; if so, it is wanted as of now, and no purge removes it."""
    try:
        os.utime(target)
    except FileNotFoundError:
        return False
    return True


def _write_durably(file: Path, pieces: Iterable[bytes]) -> None:
    with file.open("wb") as handle:
        for piece in pieces:
            handle.write(piece)
        handle.flush()
        os.fsync(handle.fileno())
