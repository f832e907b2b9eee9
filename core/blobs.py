"""Bytes, kept by what they are: small ones in a row, large ones in a file that was synced first.

A blob is never changed and never overwritten; who names it holds it. Removing those that nobody names is `purge`'s.
"""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from core import tables
from core.errors import NotFound

# Up to here a row is cheaper than a file: one sync for the whole batch instead of one a file.
IN_ROW = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Blob:
    sha256: str
    data: bytes


def of(data: bytes) -> Blob:
    return Blob(hashlib.sha256(data).hexdigest(), data)


def save_large(folder: Path, contents: Iterable[bytes]) -> None:
    """Put what does not go into a row on the disk, durably. Blocking; before the transaction that names it."""
    for data in contents:
        if len(data) > IN_ROW:
            _write(path(folder, hashlib.sha256(data).hexdigest()), data)


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
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        connection.execute(dialect.insert(tables.blobs).on_conflict_do_nothing(), list(rows.values()))


async def load(connection: AsyncConnection, folder: Path, sha256: str) -> bytes:
    """The bytes, checked against their name. Raises NotFound when they are gone or damaged."""
    row = (await connection.execute(select(tables.blobs.c.data).where(tables.blobs.c.sha256 == sha256))).first()
    if row is None:
        raise NotFound("Stored file")
    data: bytes = row.data if row.data is not None else _read(path(folder, sha256))
    if hashlib.sha256(data).hexdigest() != sha256:
        raise NotFound("Stored file")
    return data


def path(folder: Path, sha256: str) -> Path:
    """Where a large blob lies. No extension: a web server must never guess a type from it."""
    return folder / sha256[:2] / sha256


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        raise NotFound("Stored file") from None


def _write(target: Path, data: bytes) -> None:
    if target.exists():
        return
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    passing = target.with_name(f"{target.name}.{os.getpid()}.tmp")
    with passing.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    passing.rename(target)
    # The name is as durable as the bytes only once its folder is synced too.
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
