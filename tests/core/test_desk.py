"""The desk under trouble: poisoned messages, other processes, callers that hang up, and the end."""

import asyncio
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Connection, select
from structlog.testing import capture_logs

from core import desk as desks
from core import ledger, tables
from core.config import Settings
from core.desk import Desk
from core.errors import Unavailable
from core.ledger import Arrivals
from core.messages import InboundFile, InboundMessage
from core.vocabulary import Disposition, Outcome
from tests.builders import Clock, a_mail
from tests.stored import a_post, count, mark_read, numbered, rows

ANN = "ann@customer.test"


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Each fault is logged, and drawing a traceback with structlog's defaults takes a second."""
    with capture_logs():
        yield


postgresql_only = pytest.mark.parametrize("any_settings", ["postgresql"], indirect=True)


def poison(**parts: object) -> InboundMessage:
    """A message of somebody who is signed in as a person that has been purged."""
    mail = a_mail(ANN)
    return replace(mail, sender=replace(mail.sender, person_id=uuid4()), **parts)  # type: ignore[arg-type]


# --- Poison ---


async def test_a_message_that_cannot_be_filed_is_kept_whole_and_the_others_are_filed(any_desk: Desk) -> None:
    bad = poison(raw=b"every \x00\xff byte")
    batch = [a_mail(f"a{n}@customer.test") for n in range(6)]
    batch.insert(3, bad)

    receipts = await asyncio.gather(*map(any_desk.receive, batch))

    expected = [Outcome.OPENED] * 6
    expected.insert(3, Outcome.QUARANTINED)
    assert [r.outcome for r in receipts] == expected
    async with any_desk.reading() as connection:
        [entry] = await ledger.entries(connection, Arrivals(failed=True))
        arrival = await ledger.original(connection, receipts[3].ledger_id, any_desk.blob_folder)
    assert (entry.disposition, entry.sender, entry.ticket_number) == (Disposition.QUARANTINED, ANN, None)
    assert "IntegrityError" in entry.error
    assert arrival.raw == b"every \x00\xff byte"


async def test_a_poisoned_message_alone_is_kept_as_well(any_desk: Desk) -> None:
    receipt = await any_desk.receive(poison())

    assert receipt.outcome is Outcome.QUARANTINED
    assert await count(any_desk, tables.tickets) == 0
    assert (await any_desk.receive(a_mail())).outcome is Outcome.OPENED


async def test_an_envelope_that_json_cannot_take_does_not_keep_its_message_out_of_the_ledger(any_desk: Desk) -> None:
    odd = {"peer": b"\xff", "recipients": ["a@b.test"], "size": 2**70, "deep": {"when": ("x", any_desk.clock())}}
    bad = replace(a_mail(), envelope=odd)

    receipt, good = await asyncio.gather(any_desk.receive(bad), any_desk.receive(a_mail()))

    assert (receipt.outcome, good.outcome) == (Outcome.QUARANTINED, Outcome.OPENED)
    [kept] = [e for e in await rows(any_desk, tables.ledger) if e.id == receipt.ledger_id]
    assert kept.envelope == {
        "peer": "b'\\xff'", "recipients": ["a@b.test"], "size": str(2**70), "deep": {"when": ["x", "2026-03-02 12:00:00+00:00"]},
    }  # fmt: skip


async def test_a_poisoned_message_that_comes_again_is_a_duplicate(any_desk: Desk) -> None:
    bad = poison()
    first, again = await any_desk.receive(bad), await any_desk.receive(bad)

    assert (again.outcome, again.ledger_id) == (Outcome.DUPLICATE, first.ledger_id)


async def test_what_was_poison_can_be_replayed_with_its_files_once_the_cause_is_gone(any_desk: Desk) -> None:
    photo = InboundFile("photo.jpg", "image/jpeg", b"a photo")
    packed = a_post(dedupe_key="api:1", person_id=uuid4(), files=(photo,))
    receipt = await any_desk.receive(packed)
    assert receipt.outcome is Outcome.QUARANTINED
    async with any_desk.reading() as connection:
        arrival = await ledger.original(connection, receipt.ledger_id, any_desk.blob_folder)
        message = await ledger.understood(connection, arrival, any_desk.blob_folder, lambda _: a_mail())

    async with any_desk.writing() as connection:
        fixed = replace(message, sender=replace(message.sender, person_id=None))
        done = await ledger.replay(
            connection, arrival, fixed, any_desk.clock(), settings=any_desk.settings, keys=any_desk.keys
        )

    assert done.outcome is Outcome.OPENED
    [file] = await rows(any_desk, tables.attachments)
    assert (file.filename, file.ticket_id) == ("photo.jpg", done.ticket_id)


# --- Two processes on one database ---


async def test_two_desks_that_are_handed_the_same_mails_open_each_ticket_once(
    any_settings: Settings, any_desk: Desk, clock: Clock
) -> None:
    mails = [a_mail(f"a{n % 7}@customer.test") for n in range(30)]
    async with desks.opened(any_settings, clock=clock) as other:
        receipts = await asyncio.gather(*map(any_desk.receive, mails), *map(other.receive, reversed(mails)))

    here, there = receipts[:30], receipts[30:][::-1]
    assert {(a.outcome, b.outcome) for a, b in zip(here, there, strict=True)} <= {
        (Outcome.OPENED, Outcome.DUPLICATE), (Outcome.DUPLICATE, Outcome.OPENED),
    }  # fmt: skip
    assert [a.ticket_id for a in here] == [b.ticket_id for b in there]
    assert await count(any_desk, tables.tickets) == 30
    assert await count(any_desk, tables.identities) == 7
    assert await count(any_desk, tables.people) == 7
    numbers = sorted(int(str(t.number)) for t in await rows(any_desk, tables.tickets))
    assert len(set(numbers)) == 30


@postgresql_only
async def test_a_mail_that_another_process_files_in_the_same_moment_is_found_to_be_a_duplicate(
    any_settings: Settings, any_desk: Desk, clock: Clock
) -> None:
    mail = a_mail(ANN)
    async with desks.opened(any_settings, clock=clock) as other:
        for _ in range(10):
            mail = a_mail(f"{uuid4().hex}@customer.test")
            one, two = await asyncio.gather(any_desk.receive(mail), other.receive(mail))
            assert {one.outcome, two.outcome} == {Outcome.OPENED, Outcome.DUPLICATE}
            assert one.ticket_id == two.ticket_id


# --- Callers, queue, end ---


async def test_a_mail_is_kept_though_its_sender_hangs_up(any_settings: Settings, clock: Clock) -> None:
    async with desks.opened(any_settings, clock=clock) as desk:
        calls = [asyncio.create_task(desk.receive(a_mail(f"a{n}@customer.test"))) for n in range(5)]
        await asyncio.sleep(0)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)

    assert all(call.cancelled() for call in calls)
    async with desks.opened(any_settings, clock=clock) as again:
        assert await count(again, tables.tickets) == 5


async def test_closing_finishes_what_was_taken_and_takes_nothing_more(any_settings: Settings, clock: Clock) -> None:
    async with desks.opened(any_settings, clock=clock) as desk:
        calls = [asyncio.create_task(desk.receive(a_mail(f"a{n}@customer.test"))) for n in range(100)]
        await asyncio.sleep(0)
        draining = asyncio.create_task(desk.drain())
        await asyncio.sleep(0)
        with pytest.raises(Unavailable):
            await desk.receive(a_mail())
        with pytest.raises(Unavailable):
            async with desk.writing():
                pass
        await draining

        assert all(call.done() and call.result().outcome is Outcome.OPENED for call in calls)
        assert desk.backlog == 0
        async with desk.reading() as connection:
            assert (await connection.execute(select(1))).scalar_one() == 1


async def test_a_message_of_no_bytes_is_waited_for_too(desk: Desk) -> None:
    call = asyncio.create_task(desk.receive(a_mail(raw=b"")))
    await asyncio.sleep(0)

    await desk.drain()

    assert call.done()


async def test_more_than_fits_into_memory_is_told_to_come_later(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desks, "QUEUE_BYTES", 1000)
    mails = [replace(a_mail(f"a{n}@customer.test"), raw=b"x" * 400) for n in range(3)]

    answers = await asyncio.gather(*map(desk.receive, mails), return_exceptions=True)

    assert [type(a) for a in answers[2:]] == [Unavailable]
    assert (await desk.receive(mails[2])).outcome is Outcome.OPENED


async def test_files_count_as_what_waits_too(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desks, "QUEUE_BYTES", 2000)
    heavy = a_post(dedupe_key="api:1", files=(InboundFile("a", "b", b"x" * 2000),))

    with pytest.raises(Unavailable):
        await desk.receive(heavy)


async def test_who_hangs_up_frees_no_memory_that_is_still_in_use(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desks, "QUEUE_BYTES", 1000)
    # While somebody else writes, what was received waits.
    async with desk.writing():
        gone = asyncio.create_task(desk.receive(replace(a_mail(), raw=b"x" * 900)))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)

        with pytest.raises(Unavailable):
            await desk.receive(replace(a_mail(), raw=b"x" * 900))
        assert desk.backlog == 1


async def test_when_the_writer_has_died_nobody_waits_for_it(desk: Desk) -> None:
    assert desk.writer is not None
    waiting = asyncio.create_task(desk.receive(a_mail()))
    await asyncio.sleep(0)

    desk.writer.cancel()

    with pytest.raises(Unavailable):
        await waiting
    with pytest.raises(Unavailable):
        await desk.receive(a_mail())
    await desk.drain()


async def test_a_person_who_leaves_in_the_middle_of_writing_leaves_nothing_behind(any_desk: Desk) -> None:
    await any_desk.receive(a_mail())
    ticket = await numbered(any_desk, 1)
    begun = asyncio.Event()

    async def write() -> None:
        async with any_desk.writing() as connection:
            await mark_read(connection, ticket.id)
            begun.set()
            await asyncio.Event().wait()

    writing = asyncio.create_task(write())
    await begun.wait()
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)

    assert (await numbered(any_desk, 1)).unread == 1
    assert (await any_desk.receive(a_mail())).outcome is Outcome.OPENED


async def test_what_a_writer_raises_undoes_what_it_wrote(any_desk: Desk) -> None:
    await any_desk.receive(a_mail())
    ticket = await numbered(any_desk, 1)

    async def fail() -> None:
        async with any_desk.writing() as connection:
            await mark_read(connection, ticket.id)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()

    assert (await numbered(any_desk, 1)).unread == 1


async def test_couriers_are_stirred_by_what_is_committed(any_desk: Desk) -> None:
    any_desk.outbox_stirs.clear()

    await any_desk.receive(a_mail())

    assert any_desk.outbox_stirs.is_set()


async def test_a_receipt_means_that_it_is_on_the_disk(desk: Desk, tmp_path: Path) -> None:
    receipt = await desk.receive(a_mail())

    other = sqlite3.connect(f"file:{tmp_path / 'deskbell.sqlite3'}?mode=ro", uri=True)
    assert other.execute("SELECT number FROM tickets").fetchall() == [(receipt.ticket_number,)]
    assert await _pragma(desk, "synchronous") == 2
    other.close()


async def _pragma(desk: Desk, name: str) -> int:
    def ask(connection: Connection) -> int:
        return int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())

    return await desk.database.in_transaction(ask)


async def test_a_poisoned_message_that_comes_again_is_a_duplicate_and_not_tried_for_ever(any_desk: Desk) -> None:
    bad = poison()

    first, again = await any_desk.receive(bad), await any_desk.receive(bad)

    assert (first.outcome, again.outcome) == (Outcome.QUARANTINED, Outcome.DUPLICATE)
    assert again.ledger_id == first.ledger_id
