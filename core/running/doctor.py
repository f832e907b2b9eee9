"""What is wrong with this installation, and what to do about it.

`examine` looks at everything that core rests on: settings (`doubts`), folder, secret, disk, clock, database. Ports,
certificates and the relay are `ingest.doctor`'s.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from core import tables
from core.accounts import secrets
from core.classify import library
from core.config import Settings
from core.desk import utc_now
from core.errors import Invalid
from core.mail import marks
from core.running import doubts, logs
from core.running.findings import Finding, Level
from core.storage import blobs, database, room, schema
from core.storage.database import Database

# The clock of a machine without a battery starts in 1970; tokens and retries would be wrong for decades.
SANE_YEARS = range(2025, 2100)
CLOCK_MAY_LAG = timedelta(hours=24)
# What comes out of a database that is away, damaged, or lets us not in. SQLAlchemy wraps what drivers raise.
UNUSABLE = (SQLAlchemyError, OSError, ModuleNotFoundError)


async def examine(settings: Settings, *, clock: Callable[[], datetime] = utc_now) -> list[Finding]:
    """All findings, also those that all is well. Changes nothing but for a file that it writes, reads and removes."""
    found = [*doubts.found(settings), *_of_machine(settings, clock())]
    found += await _of_database(settings, clock())
    if tried := await asyncio.to_thread(_blob_file, settings):
        found.append(tried)
    return found


def configuration(file: Path | None, settings: Settings) -> list[Finding]:
    """Whether everybody on this machine can read the passwords in the configuration."""
    if file is None or not is_there(file) or not file.stat().st_mode & 0o007 or not _has_secrets(settings):
        return []
    what = f"everybody on this machine can read {file}, and passwords or keys stand there"
    return [Finding(Level.WARNING, what, f"run `chmod o-rwx {file}`")]


def _has_secrets(settings: Settings) -> bool:
    values = [value for _, section in settings for _, value in section]
    return any(isinstance(value, SecretStr) and value.get_secret_value() for value in values) or bool(
        make_url(settings.database_url).password
    )


def is_there(file: Path) -> bool:
    """Whether we can see it. Path.exists raises where we may not look, and a doctor must say so instead."""
    return os.path.exists(file)  # noqa: PTH110


def _may_enter(folder: Path) -> bool:
    """Whether nothing on the way to `folder` is closed to us."""
    return os.access(_nearest(folder), os.X_OK)


def database_file(settings: Settings) -> Path | None:
    """Where SQLite keeps its file; None with PostgreSQL."""
    url = make_url(settings.database_url)
    return Path(url.database or "") if url.drivername.startswith("sqlite") else None


def _of_machine(settings: Settings, now: datetime) -> Iterator[Finding]:
    if os.geteuid() == 0:
        yield Finding(Level.WARNING, "this runs as root", "run it as a user of its own (docs/operations.md)")
    if now.year not in SANE_YEARS:
        yield Finding(Level.FAULT, f"the clock says {now:%Y-%m-%d}", "set the clock (timedatectl set-ntp true)")
    yield _folder(settings.desk.data_dir)
    yield _secret(settings)
    yield _disk(settings)
    if mistaken := _phrases(settings.desk.data_dir):
        yield mistaken


def _folder(folder: Path) -> Finding:
    if not is_there(folder):
        parent = _nearest(folder)
        if os.access(parent, os.W_OK | os.X_OK):
            return Finding(Level.OK, f"the data folder {folder} is made at the first start")
        return Finding(
            Level.FAULT,
            f"the data folder {folder} cannot be made in {parent}",
            f"run `install -d -m 700 -o {_me()} {folder}` as root",
        )
    if not folder.is_dir():
        return Finding(Level.FAULT, f"{folder} is no folder", "set desk.data_dir to a folder")
    found = folder.stat()
    if os.geteuid() not in (0, found.st_uid) or not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return Finding(
            Level.FAULT, f"the data folder {folder} is not ours to write", f"run `chown -R {_me()} {folder}` as root"
        )
    if found.st_mode & 0o077:
        level = Level.FAULT if found.st_mode & 0o007 else Level.WARNING
        return Finding(level, f"others can look into the data folder {folder}", f"run `chmod 700 {folder}`")
    return Finding(Level.OK, f"the data folder {folder} is ours alone")


def _me() -> str:
    return str(os.geteuid())


def _nearest(path: Path) -> Path:
    """The nearest folder above that is there."""
    return next(parent for parent in (path, *path.absolute().parents) if is_there(parent))


def _secret(settings: Settings) -> Finding:
    if settings.desk.secret.get_secret_value():
        return Finding(Level.OK, "the secret is in the configuration")
    path = settings.desk.data_dir / secrets.FILE
    try:
        if path.exists():
            secrets.of(settings)
            return Finding(Level.OK, f"the secret {path} is ours alone")
    except Invalid as error:
        return Finding(Level.FAULT, f"the secret {path} cannot be used", error.problems[0].message)
    except OSError as error:
        return Finding(
            Level.FAULT, f"the secret {path} cannot be read ({error.strerror})", f"run `chown {_me()} {path}`"
        )
    file = database_file(settings)
    if file and is_there(file):
        return Finding(
            Level.WARNING,
            f"there is a database but no secret {path}: a new one would end all sign-ins and reply addresses",
            "restore it from a backup (with several processes on one database: set desk.secret in all of them)",
        )
    return Finding(Level.OK, "the secret is made at the first start")


def _phrases(folder: Path) -> Finding | None:
    """With a mistake in its own phrases a desk does not open."""
    try:
        library.additions(folder)
    except Invalid as error:
        what = f"{len(error.problems)} mistake(s) in {folder / library.ADDITIONS}"
        return Finding(Level.FAULT, what, "run `deskbell classify --check`, which names each")
    except OSError:
        pass  # Of a folder that cannot be read more is said elsewhere.
    return None


def _disk(settings: Settings) -> Finding:
    folder = _nearest(settings.desk.data_dir)
    usage, least = shutil.disk_usage(folder), room.least(settings.smtp.max_message_mb)
    what = f"{usage.free // room.MIB} MB are free where {folder} is"
    if usage.free < least:
        return Finding(
            Level.FAULT, what, f"free some: with less than {least // room.MIB} MB mail is turned away for later"
        )
    if usage.free < usage.total // 20:
        return Finding(Level.WARNING, f"{what}, less than 5 %", "free some before it runs full")
    return Finding(Level.OK, what)


async def _of_database(settings: Settings, now: datetime) -> list[Finding]:
    file = database_file(settings)
    if file is not None and not is_there(file):
        if not _may_enter(settings.desk.data_dir):
            return []  # the folder's own finding says so
        # Looking would make it.
        return [Finding(Level.OK, f"the database {file} is made at the first start")]
    try:
        async with database.connected(settings.database_url) as base:
            return [finding async for finding in _of_open_database(base, now)]
    except ModuleNotFoundError as error:
        return [Finding(Level.FAULT, f"{error.name} is not installed", "run `pip install 'deskbell[postgres]'`")]
    except UNUSABLE as error:
        said = logs.redacted(str(error).partition("\n")[0])
        what = f"the database cannot be used ({type(error).__name__}: {said})"
        return [Finding(Level.FAULT, what, _advice(file))]


def _advice(file: Path | None) -> str:
    if file is None:
        return "check database.url, and that the server runs and lets us in"
    if not os.access(file, os.R_OK | os.W_OK):
        return f"run `chown -R {_me()} {file.parent}` as root"
    return f"restore the newest backup (docs/operations.md), or move {file} away to begin with nothing"


async def _of_open_database(base: Database, now: datetime) -> AsyncIterator[Finding]:
    found = await schema.version(base)
    if found != schema.HEAD:
        yield _other_schema(found, await schema.foreign(base))
        return
    for wrong in await database.faults(base):
        what, _, advice = wrong.partition(": ")
        yield Finding(Level.FAULT, what, advice)
    async with base.reading() as connection:
        newest = (await connection.execute(select(func.max(tables.ledger.c.received_at)))).scalar_one()
        incidents = await marks.counts(connection, now)
    if newest and now < newest - CLOCK_MAY_LAG:
        yield Finding(
            Level.FAULT,
            f"the clock says {now:%Y-%m-%d %H:%M}, but something was received on {newest:%Y-%m-%d %H:%M}",
            "set the clock (timedatectl set-ntp true); until then sign-ins and retries are wrong",
        )
    if any(incidents.values()):
        told = ", ".join(f"{kind} {count}" for kind, count in incidents.items() if count)
        what = f"incidents hold, so that some get nothing automatic from us ({told})"
        yield Finding(Level.WARNING, what, "run `deskbell incidents`; with --reset ID one is over")
    yield await _row(base, now)


def _other_schema(found: str | None, foreign: list[str]) -> Finding:
    if found is None and foreign:
        what = f"the database holds another program's tables ({', '.join(foreign[:3])})"
        return Finding(Level.FAULT, what, "give Deskbell a database of its own")
    if found is None:
        return Finding(Level.OK, "the database is empty: its tables are made at the first start")
    if found > schema.HEAD:
        return Finding(
            Level.FAULT, f"the database has schema {found}, newer than this program's", "install the newer Deskbell"
        )
    return Finding(
        Level.WARNING,
        f"the database has schema {found}, older than this program's {schema.HEAD}",
        "make a backup, then run `deskbell db upgrade` (the next start does it too)",
    )


async def _row(base: Database, now: datetime) -> Finding:
    blob = blobs.of(os.urandom(32))
    async with base.write.connect() as connection:
        transaction = await connection.begin()
        try:
            await connection.run_sync(blobs.insert, [blob], now)
            wanted = select(tables.blobs.c.data).where(tables.blobs.c.sha256 == blob.sha256)
            same = (await connection.execute(wanted)).scalar_one() == blob.data
        finally:
            await transaction.rollback()
    if same:
        return Finding(Level.OK, f"the database has schema {schema.HEAD}, and what is written there can be read")
    return Finding(Level.FAULT, "the database gives back other bytes than it was given", "restore the newest backup")


def _blob_file(settings: Settings) -> Finding | None:
    """A large blob takes the way of all large blobs, and is removed."""
    if not is_there(settings.desk.data_dir) or not settings.desk.data_dir.is_dir():
        return None
    folder = settings.desk.data_dir / "blobs"
    blob = blobs.of(os.urandom(blobs.IN_ROW + 1))
    file = blobs.path(folder, blob.sha256)
    try:
        blobs.prepared(folder, [blob.data])
        same = file.read_bytes() == blob.data
        file.unlink()
    except OSError as error:
        return Finding(
            Level.FAULT,
            f"{folder} cannot be written to ({error.strerror})",
            f"run `chown -R {_me()} {folder}`, free space",
        )
    if same:
        return Finding(Level.OK, f"files in {folder} can be written, synced and read")
    return Finding(Level.FAULT, f"{folder} gives back other bytes than it was given", "replace the disk")
