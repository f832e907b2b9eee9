"""Full disks, locks and servers that are away: nothing is acknowledged that is not kept, and the desk goes on."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from core import desk as desks
from core import tables
from core.desk import Desk
from core.errors import Invalid, Unavailable
from core.storage import blobs, database, on_the_spot
from core.vocabulary import Outcome
from tests.builders import Clock, a_mail, settings
from tests.conftest import Postgres
from tests.stored import count, mark_read, numbered

ANN = "ann@customer.test"


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Each fault is logged, and drawing a traceback with structlog's defaults takes a second."""
    with capture_logs():
        yield


async def sqlite_says(desk: Desk, pragma: str) -> None:
    await desk.database.in_transaction(lambda connection: connection.exec_driver_sql(pragma).all())


async def test_a_full_disk_acknowledges_nothing_and_the_desk_goes_on_when_there_is_room(desk: Desk) -> None:
    await desk.receive(a_mail())
    await sqlite_says(desk, "PRAGMA max_page_count=1")  # as many as there are
    big = [replace(a_mail(f"a{n}@customer.test"), text="x" * 50_000) for n in range(5)]

    refused = await asyncio.gather(*map(desk.receive, big), return_exceptions=True)
    once_more = await asyncio.gather(*map(desk.receive, big), return_exceptions=True)

    assert {type(answer) for answer in (*refused, *once_more)} == {Unavailable}
    assert await count(desk, tables.ledger) == 1
    assert desk.backlog == 0
    await sqlite_says(desk, "PRAGMA max_page_count=1000000")
    assert {r.outcome for r in await asyncio.gather(*map(desk.receive, big))} == {Outcome.OPENED}
    assert await count(desk, tables.tickets) == 6


async def test_a_full_disk_keeps_neither_readers_nor_small_writers_out(desk: Desk) -> None:
    await desk.receive(a_mail())
    await sqlite_says(desk, "PRAGMA max_page_count=1")
    with pytest.raises(Unavailable):
        await desk.receive(replace(a_mail(), text="x" * 50_000))

    ticket = await numbered(desk, 1)
    async with desk.writing() as connection:
        await mark_read(connection, ticket.id)

    assert (await numbered(desk, 1)).unread == 0


async def test_a_lock_that_another_program_holds_defers_mail_until_it_lets_go(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_the_spot, "PATIENCE", 50)
    other = sqlite3.connect(tmp_path / "deskbell.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(Unavailable):
        await desk.receive(a_mail())
    other.execute("ROLLBACK")
    other.close()

    assert (await desk.receive(a_mail())).outcome is Outcome.OPENED


async def test_files_that_cannot_be_stored_defer_their_mail(desk: Desk) -> None:
    desk.blob_folder.write_text("in the way")
    large = replace(a_mail(), raw=b"x" * (blobs.IN_ROW + 1))

    with pytest.raises(Unavailable):
        await desk.receive(large)
    desk.blob_folder.unlink()

    assert (await desk.receive(large)).outcome is Outcome.OPENED


postgresql_only = pytest.mark.parametrize("any_settings", ["postgresql"], indirect=True)


@postgresql_only
async def test_connections_that_the_server_has_cut_are_made_again(any_desk: Desk) -> None:
    await any_desk.receive(a_mail())
    async with any_desk.reading() as connection:
        await connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )

    receipts = await asyncio.gather(*(any_desk.receive(a_mail(f"a{n}@customer.test")) for n in range(5)))

    assert {r.outcome for r in receipts} == {Outcome.OPENED}


# What PostgreSQL says when a thing may pass by itself: a conflict is tried again at once, the rest is the sender's to try.
CONFLICTS = ["40001", "40P01"]
PASSING = ["25006", "53100", "53200", "55P03", "57014", "58030"]


@postgresql_only
@pytest.mark.parametrize("state", [*CONFLICTS, *PASSING])
async def test_a_fault_of_the_server_that_passes_is_no_reason_to_set_a_mail_aside(any_desk: Desk, state: str) -> None:
    await _the_first_ticket_fails_with(any_desk, state)
    mail = a_mail()

    if state in PASSING:
        with pytest.raises(Unavailable):
            await any_desk.receive(mail)

    assert (await any_desk.receive(mail)).outcome is Outcome.OPENED
    assert await count(any_desk, tables.ledger) == 1


async def _the_first_ticket_fails_with(desk: Desk, state: str) -> None:
    """A sequence keeps counting through a rollback, so that only the first attempt fails."""
    async with desk.writing() as connection:
        await connection.execute(text("CREATE SEQUENCE failures"))
        await connection.execute(
            text(
                "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                f" IF nextval('failures') = 1 THEN RAISE EXCEPTION 'provoked' USING ERRCODE = '{state}'; END IF;"
                " RETURN NEW; END $$"
            )
        )
        await connection.execute(
            text("CREATE TRIGGER fail BEFORE INSERT ON tickets FOR EACH ROW EXECUTE FUNCTION fail()")
        )


async def test_a_lock_that_is_never_released_is_try_again_and_not_for_ever(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "LOCK_TIMEOUT", "200ms")
    async with desks.opened(settings(tmp_path, database={"url": postgres.new_database()})) as desk:
        async with desk.database.write.begin() as other:
            await other.execute(text("LOCK TABLE tickets IN ACCESS EXCLUSIVE MODE"))
            with pytest.raises(Unavailable):
                await desk.receive(a_mail())

        assert (await desk.receive(a_mail())).outcome is Outcome.OPENED


async def test_a_session_of_ours_never_waits_for_ever(postgres: Postgres, tmp_path: Path) -> None:
    chosen = settings(tmp_path, database={"url": postgres.new_database()})
    async with desks.opened(chosen) as desk, desk.reading() as connection:
        found = await connection.execute(
            text("SELECT name FROM pg_settings WHERE setting = '0' AND name = ANY(:names)"),
            {"names": ["lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"]},
        )
        assert found.all() == []


async def test_a_desk_whose_batch_is_stuck_says_so(desk: Desk, clock: Clock) -> None:
    with closing(sqlite3.connect(desk.settings.desk.data_dir / "deskbell.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = asyncio.create_task(desk.receive(a_mail()))
        while not desk._filing_since:
            await asyncio.wait([waiting], timeout=0.01)
        clock.forward(timedelta(seconds=20))

        assert desk.stalled_for == timedelta(seconds=20)
        other.execute("ROLLBACK")
    assert (await waiting).outcome is Outcome.OPENED
    assert desk.stalled_for == timedelta()


async def test_a_folder_that_others_can_read_is_refused_with_what_to_do(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o755)

    with pytest.raises(Invalid, match=r"chmod 700"):
        async with desks.opened(settings(folder)):
            pass


async def test_a_disk_that_cannot_sync_is_told_as_come_again_and_ends_the_writer(desk: Desk) -> None:
    assert desk.database.filer is not None
    cause = sqlite3.OperationalError("disk I/O error")
    cause.sqlite_errorcode = 1034  # SQLITE_IOERR_FSYNC
    fault = OperationalError("COMMIT", None, cause)

    def fails(_: Connection) -> None:
        raise fault

    event.listen(desk.database.filer.engine, "commit", fails)

    with pytest.raises(Unavailable):
        await desk.receive(a_mail())

    assert desk.writer is not None
    await asyncio.wait([desk.writer], timeout=5)
    assert desk.writer.done()
    assert desk.writer.exception() is fault
    assert await count(desk, tables.ledger) == 0
