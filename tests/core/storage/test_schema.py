"""Migrations: from nothing to the tables of the program, on both databases, and never past what the program knows."""

import asyncio
import re
import warnings
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Connection, insert, inspect, select, text
from sqlalchemy.exc import DBAPIError, SAWarning
from sqlalchemy.ext.asyncio import AsyncConnection

from core import days, tables, tallies
from core.accounts import users
from core.errors import Invalid
from core.finding import search_tables
from core.storage import database, new_tables, schema
from core.storage.database import Database
from core.tables import new_id
from tests.builders import NOON
from tests.conftest import Postgres

VERSIONS = Path(schema.__file__).parent.with_name("migrations") / "versions"


@pytest.fixture(params=["sqlite", "postgresql"])
def an_empty_one(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Makes a database with nothing in it, and says where it is."""

    def on_sqlite() -> str:
        return f"sqlite+aiosqlite:///{tmp_path / uuid4().hex}"

    def on_postgresql() -> str:
        name = f"empty_{uuid4().hex}"
        server.server.psql(f"CREATE DATABASE {name}")
        return server.url(name)

    if request.param == "sqlite":
        return on_sqlite
    server: Postgres = request.getfixturevalue("postgres")
    return on_postgresql


@pytest.fixture
def empty_url(an_empty_one: Callable[[], str]) -> str:
    return an_empty_one()


@pytest.fixture
async def empty(empty_url: str) -> AsyncIterator[Database]:
    async with database.connected(empty_url) as base:
        yield base


async def declare(base: Database, version: str) -> None:
    async with base.writing() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})


def test_the_program_knows_the_newest_script() -> None:
    scripts = sorted(path.name.partition("_")[0] for path in VERSIONS.glob("[0-9]*.py"))

    assert scripts[-1] == schema.HEAD
    assert len(scripts) == len(set(scripts))


async def test_an_empty_database_gets_the_tables_of_the_program(empty: Database) -> None:
    assert await schema.version(empty) is None

    before = await schema.upgrade(empty)

    assert before is None
    assert await schema.version(empty) == schema.HEAD
    searched = {*search_tables.SQLITE_TABLES, tallies.TABLE, days.TABLE} if empty.is_sqlite else {"ticket_words"}
    assert await names_in(empty) == {*tables.metadata.tables, "alembic_version", *searched}


async def test_the_scripts_lead_to_the_same_as_a_new_database(an_empty_one: Callable[[], str]) -> None:
    async with database.connected(an_empty_one()) as new, database.connected(an_empty_one()) as scripted:
        await schema.upgrade(new)

        async with scripted.writing() as connection:
            await connection.run_sync(schema._upgrade)

        assert await structure(scripted) == await structure(new)
        assert await beyond_tables(scripted) == await beyond_tables(new)
        assert await schema.version(scripted) == schema.HEAD
        assert await what_is_there(scripted) == await what_is_there(new)


def test_what_an_empty_sqlite_file_gets_is_what_the_tables_say() -> None:
    assert new_tables.FILE.read_text("utf-8") == new_tables.written(schema.make_tables), "run `make tables`"


async def test_accounts_that_were_there_before_are_counted_in_the_order_in_which_they_came(empty: Database) -> None:
    async with empty.writing() as connection:
        await connection.run_sync(lambda sync: schema._upgrade(sync, "0001"))
        for name, hour in (("bob", 2), ("admin", 1)):
            row = {
                "id": new_id(),
                "username": name,
                "role": "agent",
                "password_hash": "x",
                "created_at": NOON.replace(hour=hour),
            }
            await connection.execute(insert(tables.users), row)

    await schema.upgrade(empty)

    async with empty.reading() as connection:
        assert [(await users.by_number(connection, number)).username for number in (1, 2)] == ["admin", "bob"]


async def test_tags_that_were_there_before_are_listed_in_the_order_of_their_tickets(empty: Database) -> None:
    async with empty.writing() as connection:
        await connection.run_sync(lambda sync: schema._upgrade(sync, "0007"))
        person = new_id()
        await connection.execute(insert(tables.people), {"id": person, "name": "Ann", "created_at": NOON})
        row = {
            "id": new_id(), "number": 42, "type": "incidence", "subject": "x", "description": "", "status": "new",
            "priority": "low", "category": "other", "channel": "email", "requester_id": person, "created_at": NOON,
            "updated_at": NOON,
        }  # fmt: skip
        await connection.execute(insert(tables.tickets), row)
        await connection.execute(text("INSERT INTO ticket_tags (ticket_id, tag) SELECT id, 'hot' FROM tickets"))

    await schema.upgrade(empty)

    async with empty.reading() as connection:
        assert (await connection.execute(select(tables.ticket_tags.c.number))).scalars().all() == [42]
        # And so are the tickets of each word, which SQLite keeps from then on.
        kept = await connection.run_sync(tallies.count, {"status": ("new",), "assignee_id": (None,)})
        assert kept == (1 if empty.is_sqlite else None)


async def structure(base: Database) -> dict[str, object]:
    """Everything the database knows about its tables, in an order of our own."""

    def read(connection: Connection) -> dict[str, object]:
        inspector = inspect(connection)
        reads = (
            inspector.get_columns,
            inspector.get_foreign_keys,
            inspector.get_unique_constraints,
            inspector.get_indexes,
            inspector.get_check_constraints,
        )
        tables = {
            name: [inspector.get_pk_constraint(name), *(sorted(read(name), key=repr) for read in reads)]
            for name in sorted(inspector.get_table_names())
        }
        sequences = sorted(inspector.get_sequence_names()) if connection.dialect.supports_sequences else []
        # Types compare by identity; how they are printed is what they are.
        return {**{name: _printed(parts) for name, parts in tables.items()}, "sequences": sequences}

    async with base.reading() as connection:
        with warnings.catch_warnings():
            # It does not see indexes of expressions on SQLite; `beyond_tables` does.
            warnings.filterwarnings("ignore", "Skipped unsupported reflection of expression-based index", SAWarning)
            return await connection.run_sync(read)


def _printed(parts: Sequence[object]) -> str:
    """Without where it lies in memory; what an index leaves out is compared below."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(parts))


_BEYOND = {
    True: "SELECT type, name, sql FROM sqlite_master WHERE type = 'trigger' OR sql LIKE '%VIRTUAL%' OR sql LIKE '%WHERE%' "
    "UNION ALL SELECT type, name, 'WITHOUT ROWID' FROM sqlite_master WHERE sql LIKE '%WITHOUT ROWID%'",
    False: "SELECT tgname, pg_get_triggerdef(oid) || (SELECT prosrc FROM pg_proc WHERE pg_proc.oid = tgfoid) "
    "FROM pg_trigger WHERE NOT tgisinternal UNION ALL SELECT indexname, indexdef FROM pg_indexes "
    "WHERE schemaname = 'public'",
}


async def beyond_tables(base: Database) -> list[object]:
    """What the inspector does not see: triggers, virtual tables, and what an index leaves out."""
    async with base.reading() as connection:
        found = [tuple(row) for row in await connection.execute(text(_BEYOND[base.is_sqlite]))]
    assert len(found) > 6
    return sorted(found, key=repr)


async def what_is_there(base: Database) -> list[object]:
    """The rows of a desk that nobody has used."""
    c = tables.blobs.c
    async with base.reading() as connection:
        found = [
            await connection.execute(wanted) for wanted in (select(tables.counters), select(c.sha256, c.size, c.data))
        ]
    return [tuple(row) for rows in found for row in rows]


async def test_a_second_upgrade_does_nothing(empty: Database) -> None:
    await schema.upgrade(empty)

    assert await schema.upgrade(empty) == schema.HEAD


async def test_processes_that_start_at_once_migrate_once(empty: Database, empty_url: str) -> None:
    async def start() -> None:
        async with database.connected(empty_url) as base:
            await schema.upgrade(base)

    await asyncio.gather(*(start() for _ in range(3)))

    assert await schema.version(empty) == schema.HEAD


@pytest.mark.parametrize("an_empty_one", ["postgresql"], indirect=True)
async def test_a_migration_and_who_waits_for_it_may_take_their_time(empty: Database) -> None:
    async def limits(connection: AsyncConnection) -> list[str]:
        names = ("statement_timeout", "lock_timeout")
        return [(await connection.execute(text(f"SHOW {name}"))).scalar_one() for name in names]

    async with empty.writing() as connection:
        await connection.run_sync(schema._wait_for_others)
        while_migrating = await limits(connection)
    async with empty.writing() as connection:
        afterwards = await limits(connection)

    assert while_migrating == ["0", "0"]
    assert afterwards == ["1min", "10s"]


async def test_a_database_of_a_newer_program_is_left_alone(empty: Database) -> None:
    await schema.upgrade(empty)
    await declare(empty, "9999")

    with pytest.raises(Invalid, match="install the newer Deskbell"):
        await schema.upgrade(empty)

    assert await schema.version(empty) == "9999"


async def test_scripts_that_fail_leave_nothing_half_done(empty: Database) -> None:
    await someone_elses_table(empty)

    with pytest.raises(DBAPIError, match="reference_data"):
        async with empty.writing() as connection:
            await connection.run_sync(schema._upgrade)

    assert await names_in(empty) - {"alembic_version"} == {"reference_data"}
    assert await schema.version(empty) is None


async def test_a_table_of_another_program_is_never_taken_for_ours(empty: Database) -> None:
    await someone_elses_table(empty)

    with pytest.raises(Invalid, match="tables \\(reference_data\\): give Deskbell a database of its own"):
        await schema.upgrade(empty)

    assert await names_in(empty) == {"reference_data"}


async def someone_elses_table(base: Database) -> None:
    async with base.writing() as connection:
        await connection.execute(text("CREATE TABLE reference_data (id INTEGER)"))


async def names_in(base: Database) -> set[str]:
    async with base.reading() as connection:
        return await connection.run_sync(lambda sync: set(inspect(sync).get_table_names()))
