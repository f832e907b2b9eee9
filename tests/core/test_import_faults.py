"""An import that meets a full disk, another process, or its end."""

import asyncio
import errno
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from sqlalchemy import event
from structlog.testing import capture_logs

from core import batches, importing, rounds, tables
from core import desk as desks
from core.config import Settings
from core.desk import Desk
from core.errors import Unavailable
from core.origin import Origin
from core.rows import Row
from core.storage import database, page_memory
from tests.builders import Clock, a_mail
from tests.imported import EVERY_TABLE, a_row, imported, plain, totals
from tests.stored import count


async def test_a_full_disk_is_told_as_such_and_a_second_run_finishes(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = [plain(a_row(n, description="x" * 50_000)) for n in range(1, 101)]
    await imported(desk, *file[:3])
    full = "PRAGMA max_page_count=1"
    await desk.database.in_transaction(lambda c: c.exec_driver_sql(full).all())

    with monkeypatch.context() as within, capture_logs():
        within.setattr(database, "_HASTY", (*database._HASTY, full))
        with pytest.raises(Unavailable):
            await imported(desk, *file)

    assert [await count(desk, table) for table in EVERY_TABLE] == [3] * 5
    await desk.database.in_transaction(lambda c: c.exec_driver_sql("PRAGMA max_page_count=1000000").all())
    assert totals(await imported(desk, *file)) == (100, 97, 3, 0)


async def test_two_processes_that_import_the_same_file_make_each_ticket_once(
    any_settings: Settings, any_desk: Desk, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "BATCH_ROWS", 20)
    file = [a_row(n, external_id=str(n), customer_email=f"ann{n % 7}@customer.test") for n in range(1, 201)]
    # The first are filed as sets, where the other does not come in between.
    file[:120] = map(plain, file[:120])
    async with desks.opened(any_settings, clock=clock) as other:
        found = await asyncio.gather(imported(any_desk, *file), imported(other, *file))

    assert sum(result.successful for result in found) == 200
    assert [result.successful + result.duplicates for result in found] == [200, 200]
    assert [await count(any_desk, table) for table in EVERY_TABLE] == [200] * 5
    assert await count(any_desk, tables.people) == 7


async def test_a_desk_that_is_stopping_takes_no_rows(desk: Desk) -> None:
    await desk.drain()

    with pytest.raises(Unavailable):
        await imported(desk, a_row())


async def test_an_import_that_is_given_up_ends_when_nobody_reads_its_file_any_more(desk: Desk) -> None:
    reads, go_on = threading.Event(), threading.Event()
    ended: list[str] = []

    def file() -> Iterator[Row]:
        reads.set()
        go_on.wait(10)
        ended.append("reading")
        yield a_row()

    async def given_up() -> None:
        try:
            await importing.rehearse(desk, batches.of_rows(file()), Origin())
        finally:
            ended.append("importing")

    task = asyncio.create_task(given_up())
    await asyncio.to_thread(reads.wait, 10)
    task.cancel()
    for _ in range(100):
        await asyncio.sleep(0)
    go_on.set()
    await asyncio.wait([task])

    assert ended == ["reading", "importing"]


async def test_sqlite_has_more_memory_and_a_longer_log_while_rows_are_filed_and_gives_them_back(desk: Desk) -> None:
    filer = desk.database.filer
    assert filer
    log = desk.settings.desk.data_dir / "deskbell.sqlite3-wal"

    def told() -> tuple[int, ...]:
        with filer.engine.connect() as connection:
            names = ("cache_size", "wal_autocheckpoint")
            return tuple(int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()) for name in names)

    async with page_memory.enlarged(desk):
        within = await filer.there(told)
        async with page_memory.enlarged(desk):
            pass
        # Of two imports at once the first to end takes nothing from the other.
        still = await filer.there(told)
    await imported(desk, *(a_row(n, description="x" * 250_000) for n in range(1, 41)))
    after, long = await filer.there(told), log.stat().st_size
    await desk.receive(a_mail())

    assert within == still == (-page_memory.MUCH, page_memory.LONG)
    assert after == (-page_memory.LITTLE, page_memory.SHORT)
    assert log.stat().st_size <= page_memory.SHORT * 4096 < long


async def test_an_import_that_begins_while_another_ends_has_more_memory_too(desk: Desk) -> None:
    filer = desk.database.filer
    assert filer

    def told() -> int:
        with filer.engine.connect() as connection:
            return int(connection.exec_driver_sql("PRAGMA cache_size").scalar_one())

    async with AsyncExitStack() as second:
        first = AsyncExitStack()
        await first.enter_async_context(page_memory.enlarged(desk))
        async with desk.writing():
            begins = asyncio.create_task(second.enter_async_context(page_memory.enlarged(desk)))
            ends = asyncio.create_task(first.aclose())
            # For as long as the first takes until it asks whether it is the last.
            for _ in range(3):
                await page_memory._empty_log(desk)
        await asyncio.gather(begins, ends)
        within = await filer.there(told)

    assert within == -page_memory.MUCH
    assert await filer.there(told) == -page_memory.LITTLE


async def test_a_log_that_cannot_be_emptied_is_no_fault_of_what_was_filed(desk: Desk) -> None:
    browser = desk.database.browser
    assert browser

    def full(*asked: object) -> None:
        if "wal_checkpoint" in str(asked[2]):
            raise sqlite3.OperationalError("database or disk is full")

    event.listen(browser.engine, "before_cursor_execute", full)
    with capture_logs() as logs:
        result = await imported(desk, a_row())

    assert (totals(result), [line["event"] for line in logs]) == ((1, 1, 0, 0), ["log_not_emptied"])


async def test_what_is_told_of_an_import_is_on_the_disk_and_mail_waits_for_it_as_ever(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    filer = desk.database.filer
    assert filer
    synced: list[str] = []

    def sync(handle: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{handle}").readlink()))

    monkeypatch.setattr(os, "fsync", sync)
    await imported(desk, plain(a_row(1)))

    def told() -> int:
        with filer.engine.connect() as connection:
            return int(connection.exec_driver_sql("PRAGMA synchronous").scalar_one())

    assert synced == [str(desk.settings.desk.data_dir / "deskbell.sqlite3-wal")]
    assert await filer.there(told) == 2


async def test_an_import_of_which_a_part_did_not_reach_the_disk_ends_soon_though_the_rest_would(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (batches, importing):
        monkeypatch.setattr(module, "BATCH_ROWS", 2)
    faults = [OSError(errno.EIO, "Input/output error")]
    read: list[int] = []

    def broken_once(handle: int) -> None:
        if faults:
            raise faults.pop()

    def file() -> Iterator[Row]:
        for n in range(1, 2_001):
            read.append(n)
            yield plain(a_row(n))

    monkeypatch.setattr(os, "fsync", broken_once)

    with pytest.raises(OSError, match="Input/output error"):
        await importing.run(desk, batches.of_rows(file()), Origin())

    assert len(read) < 1_000
    with pytest.raises(Unavailable, match="the desk is stopping"):
        await desk.receive(a_mail())


async def test_while_a_file_is_imported_the_desk_is_never_quiet(desk: Desk) -> None:
    desk.imports = 1
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(rounds.until_quiet(desk, 1_000_000, 0), 0.02)

    desk.imports = 0
    await asyncio.wait_for(rounds.until_quiet(desk, 1_000_000, 0), 10)


async def test_an_import_whose_rows_do_not_reach_the_disk_is_no_success_and_ends_the_desk(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(handle: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)

    with pytest.raises(OSError, match="Input/output error"):
        await imported(desk, plain(a_row(1)))

    # In this process the rows look as if they were there.
    with pytest.raises(Unavailable, match="the desk is stopping"):
        await desk.receive(a_mail())
