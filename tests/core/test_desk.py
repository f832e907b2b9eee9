"""The desk under trouble: poisoned messages, full disks, locks, other processes, callers that hang up, and the end."""

import asyncio
import sqlite3
from collections.abc import Iterator, MutableMapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection, select, text
from structlog.testing import capture_logs

from core import archive, blobs, ledger, tables, tickets
from core import desk as desks
from core.config import Settings
from core.desk import Desk
from core.errors import Unavailable
from core.messages import InboundFile, InboundMessage, Sender, Wishes
from core.vocabulary import Channel, Disposition, Outcome
from tests.builders import Clock, a_mail
from tests.stored import a_post, count, numbered, rows

ANN = "ann@customer.test"


@pytest.fixture(autouse=True)
def said() -> Iterator[list[MutableMapping[str, Any]]]:
    """What is logged, as values: drawing each traceback with structlog's defaults takes longer than all tests here."""
    with capture_logs() as entries:
        yield entries


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
        [entry] = await ledger.entries(connection, failed=True)
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
    packed = archive.with_raw(a_post(dedupe_key="api:1", person_id=uuid4(), files=(photo,)))
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


NASTY = "n\x00a\ud800s\u202et\x1by\x85"


async def test_nothing_that_a_channel_lets_through_can_keep_a_message_out(any_desk: Desk) -> None:
    nasty = InboundMessage(
        channel=Channel.EMAIL,
        sender=Sender(Channel.EMAIL, NASTY + "@x.test", NASTY),
        subject=NASTY,
        text=NASTY,
        raw=b"\x00\xff",
        dedupe_key="nasty",
        new_text=NASTY,
        html=NASTY,
        files=(InboundFile(NASTY, NASTY, b"x", content_id=NASTY),),
        message_id=f"<{NASTY}@x.test>",
        in_reply_to=(NASTY,),
        references=(NASTY,),
        recipients=(NASTY, f"support+{NASTY}@desk.test"),
        automatic=NASTY,
        bounced=(NASTY,),
        language=NASTY,
        envelope={NASTY: [NASTY, {"x": NASTY}], "n": None},
        wishes=Wishes(tags=(NASTY,), extra={"x": {NASTY: NASTY}}),
    )

    receipt = await any_desk.receive(nasty)

    assert receipt.outcome is Outcome.OPENED
    clean = "nasty"
    ticket = await numbered(any_desk, 1)
    assert (ticket.subject, ticket.description, ticket.requester.name, ticket.requester.email) == (
        clean, clean, clean, "nasty@x.test",
    )  # fmt: skip
    assert (ticket.tags, ticket.extra) == ((clean,), {"x": {clean: clean}})
    [entry], [file], [pair] = [
        await rows(any_desk, table) for table in (tables.ledger, tables.attachments, tables.message_pairs)
    ]
    assert entry.envelope == {clean: [clean, {"x": clean}], "n": None}
    assert (file.filename, file.content_type, file.content_id) == (clean, clean, clean)
    assert pair.remote_id == "<nasty@x.test>"


async def test_what_is_too_long_is_cut_and_not_refused(any_desk: Desk) -> None:
    long = "x" * 300_000
    mail = replace(
        a_mail(f"{long}@x.test", name=long),
        subject=long, text=long, new_text=long, html=long, message_id=f"<{long}@x.test>", automatic=long, language=long,
        files=(InboundFile(long, long, b"x", content_id=long),), wishes=Wishes(tags=(long,)),
    )  # fmt: skip

    receipt = await any_desk.receive(mail)
    answer = await any_desk.receive(replace(mail, dedupe_key="2", in_reply_to=(mail.message_id,), files=()))

    assert receipt.outcome is Outcome.OPENED
    assert (answer.outcome, answer.ticket_number) == (Outcome.COMMENTED, 1)
    assert len((await numbered(any_desk, 1)).description) == 256 * 1024


# --- The disk and the database ---


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
        await tickets.seen_by_staff(connection, ticket.id)

    assert (await numbered(desk, 1)).unread == 0


async def test_a_lock_that_another_program_holds_defers_mail_until_it_lets_go(desk: Desk, tmp_path: Path) -> None:
    await sqlite_says(desk, "PRAGMA busy_timeout=50")
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
        await connection.execute(text("CREATE SEQUENCE attempts"))
        await connection.execute(
            text(
                "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                f" IF nextval('attempts') = 1 THEN RAISE EXCEPTION 'provoked' USING ERRCODE = '{state}'; END IF;"
                " RETURN NEW; END $$"
            )
        )
        await connection.execute(
            text("CREATE TRIGGER fail BEFORE INSERT ON tickets FOR EACH ROW EXECUTE FUNCTION fail()")
        )


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
    heavy = archive.with_raw(a_post(dedupe_key="api:1", files=(InboundFile("a", "b", b"x" * 2000),)))

    with pytest.raises(Unavailable):
        await desk.receive(heavy)


async def test_who_hangs_up_frees_no_memory_that_is_still_in_use(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desks, "QUEUE_BYTES", 1000)
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
            await tickets.seen_by_staff(connection, ticket.id)
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
            await tickets.seen_by_staff(connection, ticket.id)
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
    assert _pragma(desk, "synchronous") == 2
    other.close()


def _pragma(desk: Desk, name: str) -> int:
    assert desk.database.filer is not None

    def ask(connection: Connection) -> int:
        return int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())

    return desk.database.filer.thread.submit(desk.database.filer.run, ask).result()


async def test_a_poisoned_message_that_comes_again_is_a_duplicate_and_not_tried_for_ever(any_desk: Desk) -> None:
    bad = poison()

    first, again = await any_desk.receive(bad), await any_desk.receive(bad)

    assert (first.outcome, again.outcome) == (Outcome.QUARANTINED, Outcome.DUPLICATE)
    assert again.ledger_id == first.ledger_id
