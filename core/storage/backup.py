"""A copy of everything that cannot be made again, taken while the desk runs, and the check that it is whole.

The folder is laid out like a data folder: copied to one, it is the desk again. What makes it consistent is the order:
first the database, in one read transaction, then the files that this copy names; files are written before they are
named and never changed. `manifest.json` is written last: without it, a backup was not finished.
"""

import asyncio
import hashlib
import os
import shlex
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import orjson
from sqlalchemy import select
from sqlalchemy.engine import URL, make_url

from core import tables
from core.accounts import secrets
from core.config import Settings
from core.errors import Invalid, Problem
from core.storage import blobs, database, durable

SQLITE = "deskbell.sqlite3"
# PostgreSQL's own tool writes it, before we copy the files.
DUMP = "deskbell.dump"
BLOBS = "blobs"
MANIFEST = "manifest.json"
CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Backup:
    """What was copied to `folder`."""

    folder: Path
    files: int
    size: int
    has_secret: bool

    def __str__(self) -> str:
        mib = self.size / (1024 * 1024)
        without = "" if self.has_secret else "\nThe secret is in your configuration, not here: keep a copy of it too."
        return f"{self.folder} holds {self.files} files, {mib:.1f} MB. Check it with --verify.{without}"


@dataclass(frozen=True, slots=True)
class _Fact:
    """What the manifest says of one file."""

    size: int
    sha256: str


async def backup(settings: Settings, target: Path, now: datetime) -> Backup:
    """Copy the desk to `target`, a new folder. Raises Invalid with what to do when it cannot be done whole.

    With PostgreSQL `target` must hold the dump already: the error says which command makes it.
    """
    source = make_url(settings.database_url)
    if source.drivername.startswith("sqlite"):
        return await asyncio.to_thread(_of_sqlite, settings, Path(source.database or ""), target, now)
    _require_dump(_without_password(source).render_as_string(), target)
    named = await _named_in_postgres(settings.database_url)
    return await asyncio.to_thread(_of_files, settings, target, named, now)


async def verify(target: Path) -> list[str]:
    """What is wrong with the backup in `target`; empty when all of it is there, unchanged and consistent."""
    return await asyncio.to_thread(lambda: list(_wrong(target)))


def _of_sqlite(settings: Settings, source: Path, target: Path, now: datetime) -> Backup:
    if not source.is_file():
        raise Invalid([Problem(str(source), "is not there: check desk.data_dir, or start Deskbell once")])
    _make_empty(target)
    copy = target / SQLITE
    _copy_sqlite(source, copy)
    with closing(_read_only(copy)) as connection:
        named = [row[0] for row in connection.execute("SELECT sha256 FROM blobs WHERE data IS NULL")]
    return _of_files(settings, target, named, now)


def _of_files(settings: Settings, target: Path, named: Iterable[str], now: datetime) -> Backup:
    """Copy what lies beside the database, and seal it all with the manifest."""
    lost = [sha256 for sha256 in named if not _copy_blob(settings.desk.data_dir / BLOBS, target / BLOBS, sha256)]
    secret = settings.desk.data_dir / secrets.FILE
    has_secret = secret.is_file() and not settings.desk.secret.get_secret_value()
    if has_secret:
        _write(target / secrets.FILE, secret.read_bytes())
    facts = {str(file.relative_to(target)): _fact(file) for file in _files(target)}
    contents = {"made_at": now, "files": facts, "lost": lost}
    _write(target / MANIFEST, orjson.dumps(contents, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
    for folder in {target, *(file.parent for file in _files(target))}:
        durable.sync_folder(folder)
    if lost:
        what = f"lacks {len(lost)} files that the database names (first: {lost[0]}); all else was copied"
        raise Invalid([Problem(str(settings.desk.data_dir / BLOBS), f"{what}: restore them from an older backup")])
    return Backup(target, len(facts), sum(fact.size for fact in facts.values()), has_secret)


def _make_empty(target: Path) -> None:
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise Invalid([Problem(str(target), "is there already and not empty: name a new folder for each backup")])
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    target.chmod(0o700)


def _copy_sqlite(source: Path, copy: Path) -> None:
    _write(copy, b"")
    # mode=rw: a wrong path must not become a new, empty database.
    existing = f"{source.absolute().as_uri()}?mode=rw"
    with closing(sqlite3.connect(existing, uri=True, timeout=30)) as old, closing(sqlite3.connect(copy)) as new:
        # In one step: a copy in many starts anew whenever another process writes, and under load never ends.
        old.backup(new, pages=-1)
        # One file instead of three; the desk that opens it turns WAL on again.
        new.execute("PRAGMA journal_mode=DELETE")
    with copy.open("rb") as file:
        os.fsync(file.fileno())


def _read_only(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)


def _without_password(url: URL) -> URL:
    return URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)


def _require_dump(url: str, target: Path) -> None:
    found = sorted(entry.name for entry in target.iterdir()) if target.is_dir() else []
    if found == [DUMP]:
        target.chmod(0o700)
        (target / DUMP).chmod(0o600)
        return
    if found:
        raise Invalid([Problem(str(target), f"holds more than {DUMP}: name a new folder for each backup")])
    folder, dump, source = (shlex.quote(str(word)) for word in (target, target / DUMP, url))
    command = f"mkdir -m 700 {folder} && pg_dump --format=custom --file={dump} {source}"
    what = f"needs the dump of the database first, so that every file it names is copied after it. Run\n  {command}\n"
    raise Invalid([Problem(str(target), f"{what}and then this command again.")])


async def _named_in_postgres(url: str) -> list[str]:
    async with database.connected(url) as base, base.reading() as connection:
        rows = await connection.execute(select(tables.blobs.c.sha256).where(tables.blobs.c.data.is_(None)))
        return list(rows.scalars())


def _copy_blob(source: Path, target: Path, sha256: str) -> bool:
    """Copy one file; False when it is not there, or is no longer what its name says."""
    old, new = blobs.path(source, sha256), blobs.path(target, sha256)
    if not old.is_file():
        return False
    for folder in (target, new.parent):
        folder.mkdir(mode=0o700, exist_ok=True)
    hashed = hashlib.sha256()
    with old.open("rb") as reading, os.fdopen(_create(new), "wb") as writing:
        while chunk := reading.read(CHUNK):
            hashed.update(chunk)
            writing.write(chunk)
        writing.flush()
        os.fsync(writing.fileno())
    return hashed.hexdigest() == sha256


def _write(path: Path, data: bytes) -> None:
    with os.fdopen(_create(path), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _create(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)


def _files(target: Path) -> list[Path]:
    return [path for path in sorted(target.rglob("*")) if path.is_file() and path != target / MANIFEST]


def _fact(file: Path) -> _Fact:
    with file.open("rb") as opened:
        return _Fact(file.stat().st_size, hashlib.file_digest(opened, "sha256").hexdigest())


def _wrong(target: Path) -> Iterator[str]:
    try:
        manifest = orjson.loads((target / MANIFEST).read_bytes())
        facts = {str(name): _Fact(fact["size"], fact["sha256"]) for name, fact in manifest["files"].items()}
    except FileNotFoundError:
        yield f"{target} has no {MANIFEST}: it is no backup, or one that was not finished; make a new one"
        return
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        yield f"{target / MANIFEST} cannot be read: make a new backup"
        return
    if target.stat().st_mode & 0o077:
        yield f"others can look into {target}: run `chmod 700 {target}`"
    yield from (f"{sha256} was missing when the backup was made" for sha256 in manifest["lost"])
    yield from _changed(target, facts)
    if SQLITE in facts and (target / SQLITE).is_file():
        yield from _wrong_in_sqlite(target)


def _changed(target: Path, facts: dict[str, _Fact]) -> Iterator[str]:
    there = {str(file.relative_to(target)): file for file in _files(target)}
    yield from (f"{name} is missing" for name in sorted(facts.keys() - there.keys()))
    yield from (f"{name} is not in {MANIFEST}: it was added later" for name in sorted(there.keys() - facts.keys()))
    for name in sorted(facts.keys() & there.keys()):
        if _fact(there[name]) != facts[name]:
            yield f"{name} has changed since the backup was made"


def _wrong_in_sqlite(target: Path) -> Iterator[str]:
    with closing(_read_only(target / SQLITE)) as connection:
        for check in _SQLITE_CHECKS:
            try:
                yield from check(connection, target)
            except sqlite3.DatabaseError as error:
                yield f"{SQLITE} is damaged ({error})"
                return


def _is_sound(connection: sqlite3.Connection, _: Path) -> Iterator[str]:
    for (found,) in connection.execute("PRAGMA quick_check(5)"):
        if found != "ok":
            yield f"{SQLITE} is damaged ({found})"


def _has_no_loose_ends(connection: sqlite3.Connection, _: Path) -> Iterator[str]:
    for table, row, parent, _key in connection.execute("PRAGMA foreign_key_check"):
        yield f"{SQLITE}: row {row} of {table} refers to a row of {parent} that is not there"


def _holds_its_bytes(connection: sqlite3.Connection, target: Path) -> Iterator[str]:
    """Each blob is what its name says, in the row or in its file."""
    for sha256, size, data in connection.execute("SELECT sha256, size, CAST(data AS BLOB) FROM blobs"):
        if data is not None:
            if hashlib.sha256(data).hexdigest() != sha256:
                yield f"{SQLITE}: the blob {sha256} is not what its name says"
            continue
        file = blobs.path(target / BLOBS, sha256)
        if not file.is_file():
            yield f"{BLOBS}: {sha256} is named by the database and missing"
        elif _fact(file) != _Fact(size, sha256):
            yield f"{BLOBS}: {sha256} is not what its name says"


def _holds_what_arrived(connection: sqlite3.Connection, _: Path) -> Iterator[str]:
    """What lies with its arrival has no hash of its own, but a length."""
    short = "SELECT id FROM ledger WHERE raw IS NOT NULL AND length(CAST(raw AS BLOB)) <> size"
    for (arrival,) in connection.execute(short):
        yield f"{SQLITE}: the bytes of the arrival {arrival} are not as many as came"


_SQLITE_CHECKS: tuple[Callable[[sqlite3.Connection, Path], Iterator[str]], ...] = (
    _is_sound,
    _has_no_loose_ends,
    _holds_its_bytes,
    _holds_what_arrived,
)
