"""The traps of the two databases (docs/promises.md), where no other file has a test for one."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, make_url, text
from sqlalchemy.exc import IntegrityError

from core import desk as desks
from core import tables
from core.desk import Desk
from core.storage import database
from core.tables import new_id
from tests.builders import Clock, settings
from tests.conftest import Postgres


async def test_nothing_refers_to_what_is_not_there(any_desk: Desk) -> None:
    tag = insert(tables.ticket_tags).values(ticket_id=new_id(), tag="of no ticket", number=1)

    async with any_desk.writing() as connection:
        with pytest.raises(IntegrityError):
            await connection.execute(tag)


def another_program(folder: Path) -> sqlite3.Connection:
    """A second connection to the file, that waits for no lock."""
    return sqlite3.connect(folder / "deskbell.sqlite3", isolation_level=None, timeout=0)


async def test_who_reads_in_order_to_write_has_the_lock_before_it_reads(desk: Desk, tmp_path: Path) -> None:
    other = another_program(tmp_path)

    async with desk.writing() as connection:
        await connection.execute(text("SELECT count(*) FROM tickets"))
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")

    other.execute("BEGIN IMMEDIATE")
    other.close()


async def test_the_writer_of_batches_has_the_lock_before_it_reads(desk: Desk, tmp_path: Path) -> None:
    def work(connection: Connection) -> str:
        connection.execute(text("SELECT count(*) FROM tickets"))
        other = another_program(tmp_path)
        try:
            other.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            return str(error)
        finally:
            other.close()
        return "had the lock"

    assert await desk.database.in_transaction(work) == "database is locked"


@pytest.mark.parametrize(
    ("pragma", "part"),
    [
        ("synchronous=NORMAL", "synchronous=1 instead of 2"),
        ("synchronous=OFF", "synchronous=0 instead of 2"),
        ("foreign_keys=OFF", "foreign_keys=0 instead of 1"),
    ],
)
async def test_a_connection_that_keeps_less_than_was_promised_is_told(
    tmp_path: Path, sqlite_template: Path, pragma: str, part: str
) -> None:
    async with database.connected(f"sqlite+aiosqlite:///{sqlite_template}") as base:
        sound = await database.faults(base)
        async with base.reading() as connection:
            await connection.exec_driver_sql(f"PRAGMA {pragma}")
        weak = await database.faults(base)

    assert sound == []
    assert [part in fault for fault in weak] == [True]


async def test_every_connection_to_sqlite_keeps_what_was_promised(desk: Desk) -> None:
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}

    def asked(connection: Connection) -> dict[str, object]:
        return {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in wanted}

    async with desk.writing() as writing, desk.reading() as reading:
        found = [await writing.run_sync(asked), await reading.run_sync(asked)]
    found.append(await desk.database.in_transaction(asked))

    assert found == [wanted] * 3


async def test_a_commit_to_postgresql_waits_for_the_disk_whatever_the_server_was_told(
    tmp_path: Path, postgres: Postgres, clock: Clock
) -> None:
    url = postgres.new_database()
    postgres.server.psql(f"ALTER DATABASE {make_url(url).database} SET synchronous_commit = off")

    opened = desks.opened(settings(tmp_path, database={"url": url}), clock=clock)
    async with opened as desk, desk.writing() as connection:
        said = (await connection.execute(text("SHOW synchronous_commit"))).scalar_one()

    assert said == "on"
