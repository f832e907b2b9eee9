"""What is wrong with this installation, and what to do about it.

`refusals` looks at the settings alone and says what must not be served with; `examine` looks at everything that core
rests on: settings, folder, secret, disk, clock, database. Ports, certificates and the relay are `ingest.doctor`'s.
"""

import asyncio
import ipaddress
import os
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from core import addresses, tables
from core.accounts import secrets
from core.config import Settings
from core.desk import utc_now
from core.errors import Invalid
from core.running import logs
from core.storage import blobs, database, schema
from core.storage.database import Database

# The folder of `serve --demo`, whose passwords everybody knows (ingest.demo; a test compares).
DEMO_FOLDER = "var-demo"
DEFAULT_ADDRESS = "support@localhost"
MIB = 1024 * 1024
# A file in base64, with the line ends of a mail, is this much larger.
MAIL_OVERHEAD = 1.4
# The clock of a machine without a battery starts in 1970; tokens and retries would be wrong for decades.
SANE_YEARS = range(2025, 2100)
CLOCK_MAY_LAG = timedelta(hours=24)
# What comes out of a database that is away, damaged, or lets us not in. SQLAlchemy wraps what drivers raise.
UNUSABLE = (SQLAlchemyError, OSError, ModuleNotFoundError)


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `advice` says what to do next, and is empty when there is nothing to do."""

    level: Level
    what: str
    advice: str = ""


def refusals(settings: Settings) -> list[Finding]:
    """What `serve` must not start with. Reads nothing but the settings."""
    return [finding for finding in _of_settings(settings) if finding.level is Level.FAULT]


async def examine(settings: Settings, *, clock: Callable[[], datetime] = utc_now) -> list[Finding]:
    """All findings, also those that all is well. Changes nothing but for a file that it writes, reads and removes."""
    found = [*_of_settings(settings), *_of_machine(settings, clock())]
    found += await _of_database(settings, clock())
    if tried := await asyncio.to_thread(_blob_file, settings):
        found.append(tried)
    return found


def is_loopback(host: str) -> bool:
    """Whether what listens there is reached from this machine only. A name that must be looked up counts as not."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def database_file(settings: Settings) -> Path | None:
    """Where SQLite keeps its file; None with PostgreSQL."""
    url = make_url(settings.database_url)
    return Path(url.database or "") if url.drivername.startswith("sqlite") else None


def _of_settings(settings: Settings) -> list[Finding]:
    return [finding for check in _SETTINGS_CHECKS if (finding := check(settings))]


def _assertions_are_on(_: Settings) -> Finding | None:
    if not sys.flags.optimize:
        return None
    return Finding(Level.FAULT, "Python runs with -O, which removes checks", "start it without -O and PYTHONOPTIMIZE")


def _http_is_private(settings: Settings) -> Finding | None:
    api = settings.api
    if is_loopback(api.host) or settings.public_url.startswith("https://") or api.trusted_proxies:
        return None
    return Finding(
        Level.FAULT,
        f"the API listens on {api.host} without TLS in front: passwords would cross the network readable",
        "put a web server with https before it and set desk.public_url to its https:// address, or api.host to 127.0.0.1",
    )


def _open_contracts_stay_home(settings: Settings) -> Finding | None:
    if not (opened := settings.api.open_contracts) or is_loopback(settings.api.host):
        return None
    what = f"{', '.join(opened)} on {settings.api.host}: without sign-in everybody could read and delete every ticket"
    advice = "set api.host to 127.0.0.1 (a web server in front may ask who is there), or take them out of api.contracts"
    return Finding(Level.FAULT, what, f"{advice} and api.listeners")


def _demo_stays_home(settings: Settings) -> Finding | None:
    if settings.desk.data_dir.name != DEMO_FOLDER or (is_loopback(settings.api.host) and not _takes_mail(settings)):
        return None
    return Finding(
        Level.FAULT,
        f"{settings.desk.data_dir} holds the demo's accounts, whose passwords everybody knows",
        "set desk.data_dir to a folder of your own, or listen on 127.0.0.1 only",
    )


def _networks_are_networks(settings: Settings) -> Finding | None:
    for name, listed in (
        ("smtp.trusted_relays", settings.smtp.trusted_relays),
        ("api.trusted_proxies", settings.api.trusted_proxies),
    ):
        for text in listed:
            try:
                everybody = ipaddress.ip_network(text, strict=False).prefixlen == 0
            except ValueError:
                return Finding(Level.FAULT, f"{name} lists {text!r}", "list addresses, or networks such as 10.0.0.0/8")
            if everybody:
                return Finding(Level.WARNING, f"{name} trusts everybody", "list only the servers in front of Deskbell")
    return None


def _address_is_ours(settings: Settings) -> Finding | None:
    if not _takes_mail(settings) or DEFAULT_ADDRESS not in settings.smtp.addresses:
        return None
    return Finding(
        Level.WARNING,
        f"SMTP listens on {settings.smtp.host} for {DEFAULT_ADDRESS}, an address that nobody can write to",
        "set smtp.addresses to the addresses of your desk",
    )


def _newlines_are_strict(settings: Settings) -> Finding | None:
    if not _takes_mail(settings) or settings.smtp.bare_newlines == "reject":
        return None
    return Finding(
        Level.WARNING,
        "strangers may send mails with bare CR or LF, which SMTP smuggling is made of",
        'set smtp.bare_newlines = "reject" ("normalize" is for mail that your own server hands over)',
    )


def _links_lead_here(settings: Settings) -> Finding | None:
    host = settings.public_url.partition("://")[2].partition("/")[0]
    public = not is_loopback(settings.api.host) or settings.mail.relay.get_secret_value()
    if not public or not is_loopback(host.rpartition(":")[0] or host):
        return None
    return Finding(
        Level.WARNING,
        f"links in mails lead to {settings.public_url}, which customers cannot open",
        "set desk.public_url to what customers type",
    )


def _sender_is_real(settings: Settings) -> Finding | None:
    host = addresses.domain(settings.from_address)
    if not settings.mail.relay.get_secret_value() or host != "localhost":
        return None
    return Finding(
        Level.WARNING,
        f"mails go out from {settings.from_address}, which relays refuse and nobody can answer",
        "set mail.from_address, or smtp.addresses",
    )


def _senders_can_be_told(settings: Settings) -> Finding | None:
    if settings.mail.acknowledge == "authenticated" and not settings.smtp.authserv_id:
        return Finding(
            Level.WARNING,
            "acknowledgements are for authenticated senders, and no sender can be known as one: nobody gets any",
            'set smtp.authserv_id to the name that your front server writes, or mail.acknowledge to "all" or "none"',
        )
    if settings.smtp.authserv_id and not settings.smtp.trusted_relays:
        return Finding(
            Level.WARNING,
            "smtp.authserv_id is set, but no relay is trusted to write it",
            "add your front server's address to smtp.trusted_relays",
        )
    return None


def _limits_are_on(settings: Settings) -> Finding | None:
    if settings.limits.enabled or (is_loopback(settings.api.host) and not _takes_mail(settings)):
        return None
    return Finding(
        Level.WARNING, "nothing limits how often strangers may write, ask or guess", "set limits.enabled = true"
    )


def _files_fit_into_mails(settings: Settings) -> Finding | None:
    mail, file = settings.smtp.max_message_mb, settings.attachments.max_mb
    if mail >= file * MAIL_OVERHEAD:
        return None
    return Finding(
        Level.OK,
        f"a mail may have {mail} MB, a file elsewhere {file} MB",
        f"to take such files by mail too, set smtp.max_message_mb to {int(file * MAIL_OVERHEAD + 0.99)} or more",
    )


def _takes_mail(settings: Settings) -> bool:
    """Whether others than this machine may deliver mail."""
    return settings.smtp.enabled and not is_loopback(settings.smtp.host)


_SETTINGS_CHECKS: tuple[Callable[[Settings], Finding | None], ...] = (
    _assertions_are_on,
    _http_is_private,
    _open_contracts_stay_home,
    _demo_stays_home,
    _networks_are_networks,
    _address_is_ours,
    _newlines_are_strict,
    _links_lead_here,
    _sender_is_real,
    _senders_can_be_told,
    _limits_are_on,
    _files_fit_into_mails,
)


def _of_machine(settings: Settings, now: datetime) -> Iterator[Finding]:
    if os.geteuid() == 0:
        yield Finding(Level.WARNING, "this runs as root", "run it as a user of its own (docs/operations.md)")
    if now.year not in SANE_YEARS:
        yield Finding(Level.FAULT, f"the clock says {now:%Y-%m-%d}", "set the clock (timedatectl set-ntp true)")
    yield _folder(settings.desk.data_dir)
    yield _secret(settings)
    yield _disk(settings)


def _folder(folder: Path) -> Finding:
    if not folder.exists():
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
    return next(parent for parent in (path, *path.absolute().parents) if parent.exists())


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
    if file and file.exists():
        return Finding(
            Level.WARNING,
            f"there is a database but no secret {path}: a new one would end all sign-ins and reply addresses",
            "restore it from a backup (with several processes on one database: set desk.secret in all of them)",
        )
    return Finding(Level.OK, "the secret is made at the first start")


def _disk(settings: Settings) -> Finding:
    folder = _nearest(settings.desk.data_dir)
    usage, least = shutil.disk_usage(folder), int(1.5 * settings.smtp.max_message_mb * MIB)
    what = f"{usage.free // MIB} MB are free where {folder} is"
    if usage.free < least:
        return Finding(Level.FAULT, what, f"free some: with less than {least // MIB} MB mail is turned away for later")
    if usage.free < usage.total // 20:
        return Finding(Level.WARNING, f"{what}, less than 5 %", "free some before it runs full")
    return Finding(Level.OK, what)


async def _of_database(settings: Settings, now: datetime) -> list[Finding]:
    file = database_file(settings)
    if file is not None and not file.exists():
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
        return [Finding(Level.FAULT, what, "check database.url, that the server runs, and who owns the file")]


async def _of_open_database(base: Database, now: datetime) -> AsyncIterator[Finding]:
    found = await schema.version(base)
    if found != schema.HEAD:
        yield _other_schema(found)
        return
    for wrong in await database.faults(base):
        what, _, advice = wrong.partition(": ")
        yield Finding(Level.FAULT, what, advice)
    async with base.reading() as connection:
        newest = (await connection.execute(select(func.max(tables.ledger.c.received_at)))).scalar_one()
    if newest and now < newest - CLOCK_MAY_LAG:
        yield Finding(
            Level.FAULT,
            f"the clock says {now:%Y-%m-%d %H:%M}, but something was received on {newest:%Y-%m-%d %H:%M}",
            "set the clock (timedatectl set-ntp true); until then sign-ins and retries are wrong",
        )
    yield await _row(base, now)


def _other_schema(found: str | None) -> Finding:
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
    if not settings.desk.data_dir.is_dir():
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
