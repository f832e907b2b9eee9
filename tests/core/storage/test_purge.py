"""What is removed for good, and what stays whatever its age."""

import asyncio
import io
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from core import attachments, corrections, ledger, tables
from core.access import Actor
from core.accounts import clients
from core.desk import Desk
from core.errors import NotFound
from core.messages import InboundFile, InboundMessage, Receipt
from core.policy import TRAPPED
from core.storage import blobs, purge
from core.storage.purge import Cut, Purged
from core.vocabulary import Channel, Outcome, Role, Status
from tests.builders import Clock, a_mail, a_user
from tests.deliveries import an_agent, say
from tests.stored import a_post, count, numbered, rows, set_row

DAYS = timedelta(days=1)
ADMIN = Actor(UUID(int=0), "carol", Role.ADMIN)
LARGE = b"x" * (blobs.IN_ROW + 1)


def a_file(data: bytes, name: str = "a.txt") -> InboundFile:
    return InboundFile(name, "text/plain", data)


async def a_ticket(desk: Desk, *files: InboundFile, address: str = "ann@customer.test") -> Receipt:
    return await desk.receive(replace(a_mail(address, acknowledge=False), files=files))


async def delete(desk: Desk, receipt: Receipt) -> None:
    assert receipt.ticket_id
    await set_row(desk, tables.tickets, receipt.ticket_id, deleted_at=desk.clock(), status=Status.DELETED)


def old(desk: Desk, *, deleted: int = 30, closed: int = 30) -> Cut:
    now = desk.clock()
    return Cut(now - deleted * DAYS, now - closed * DAYS, now)


async def purged(desk: Desk) -> Purged:
    """What was removed; a look before says the same, and changes nothing."""
    cut = old(desk)
    before = [await count(desk, table) for table in tables.metadata.sorted_tables]
    foreseen = await purge.foreseen(desk, cut)
    assert [await count(desk, table) for table in tables.metadata.sorted_tables] == before
    gone = await purge.purge(desk, cut)
    assert gone == foreseen
    return gone


async def test_a_ticket_deleted_long_ago_goes_with_all_that_hangs_on_it(any_desk: Desk, clock: Clock) -> None:
    receipt = await a_ticket(any_desk, a_file(b"her file"))
    kept = await a_ticket(any_desk, a_file(b"another"), address="dora@customer.test")
    await delete(any_desk, receipt)
    clock.forward(31 * DAYS)

    gone = await purged(any_desk)

    # The bytes of the mail lie with its row, and go with it; those of the file are a stored content.
    assert (gone.tickets, gone.arrivals, gone.files) == (1, 1, 1)
    assert [row.id for row in await rows(any_desk, tables.tickets)] == [kept.ticket_id]
    for table in (tables.messages, tables.attachments, tables.changes, tables.participants, tables.ledger):
        assert await count(any_desk, table) == 1, table
    assert await count(any_desk, tables.blobs) == 2
    assert await purged(any_desk) == Purged()


async def test_what_was_deleted_lately_stays(any_desk: Desk, clock: Clock) -> None:
    receipt = await a_ticket(any_desk)
    clock.forward(100 * DAYS)
    await delete(any_desk, receipt)
    clock.forward(29 * DAYS)

    assert await purged(any_desk) == Purged()


@pytest.mark.parametrize("status", [status for status in Status if status not in (Status.CLOSED, Status.DELETED)])
async def test_a_ticket_that_is_not_closed_stays_whatever_its_age(desk: Desk, clock: Clock, status: Status) -> None:
    receipt = await a_ticket(desk)
    assert receipt.ticket_id
    await set_row(desk, tables.tickets, receipt.ticket_id, status=status, resolved_at=clock())
    clock.forward(3650 * DAYS)

    assert await purged(desk) == Purged()


async def test_a_ticket_closed_long_ago_goes_where_that_is_set(any_desk: Desk, clock: Clock) -> None:
    receipt = await a_ticket(any_desk)
    assert receipt.ticket_id
    await set_row(any_desk, tables.tickets, receipt.ticket_id, status=Status.CLOSED, closed_at=clock())
    clock.forward(31 * DAYS)

    unset = await purge.purge(any_desk, Cut(clock() - 30 * DAYS, None, clock()))
    gone = await purged(any_desk)

    assert unset == Purged()
    assert gone.tickets == 1
    assert await count(any_desk, tables.tickets) == 0


async def test_a_ticket_waits_for_an_answer_that_is_still_to_be_sent(any_desk: Desk, clock: Clock) -> None:
    receipt = await a_ticket(any_desk)
    assert receipt.ticket_id
    await say(any_desk, 1, "Goodbye.", by=await an_agent(any_desk))
    await set_row(any_desk, tables.tickets, receipt.ticket_id, status=Status.CLOSED, closed_at=clock())
    clock.forward(31 * DAYS)

    assert await purged(any_desk) == Purged()
    [delivery] = await rows(any_desk, tables.deliveries)
    await set_row(any_desk, tables.deliveries, delivery.id, state="sent")
    assert (await purged(any_desk)).tickets == 1


async def test_a_file_that_another_ticket_has_as_well_stays(any_desk: Desk, clock: Clock) -> None:
    receipt, other = await a_ticket(any_desk, a_file(b"the same")), await a_ticket(any_desk, a_file(b"the same"))
    await delete(any_desk, receipt)
    clock.forward(31 * DAYS)

    gone = await purged(any_desk)

    assert (gone.tickets, gone.files) == (1, 0)
    assert await contents(any_desk, other) == [b"the same"]


async def contents(desk: Desk, receipt: Receipt) -> list[bytes]:
    ticket = await numbered(desk, receipt.ticket_number or 0)
    async with desk.reading() as connection:
        files = await attachments.of_ticket(connection, ticket, ADMIN)
        return [await attachments.content(connection, desk.blob_folder, file) for file in files]


async def test_a_file_stays_that_only_the_bytes_of_an_arrival_name(any_desk: Desk, clock: Clock) -> None:
    files = (a_file(b"in the trap"),)
    kept = await any_desk.receive(
        a_post(dedupe_key="1", channel=Channel.WEB_FORM, files=files, envelope={TRAPPED: True})
    )
    assert kept.outcome is Outcome.IGNORED
    clock.forward(31 * DAYS)

    assert await purged(any_desk) == Purged()

    async with any_desk.reading() as connection:
        arrival = await ledger.original(connection, kept.ledger_id, any_desk.blob_folder)
        message = await ledger.understood(connection, arrival, any_desk.blob_folder, _never)
    assert [file.data for file in message.files] == [b"in the trap"]


def _never(arrival: ledger.Original) -> InboundMessage:
    raise AssertionError("this is no mail")


async def test_comments_files_and_clients_that_were_deleted_go_and_their_ticket_stays(
    any_desk: Desk, clock: Clock
) -> None:
    receipt = await a_ticket(any_desk, a_file(b"one"), a_file(b"two"))
    by = (await a_user(any_desk, "carol", Role.ADMIN)).actor
    ticket = await numbered(any_desk, 1)
    post = a_post(dedupe_key="2", person_id=ticket.requester_id, ticket_id=ticket.id, text="Never mind.")
    async with any_desk.writing() as connection:
        forgotten = await clients.add(connection, "Gone", "gone@customer.test", "", by=by, now=clock())
        beside = await clients.add(connection, "Beside", "beside@customer.test", "", by=by, now=clock())
        seat = {"ticket_id": ticket.id, "seq": 2, "person_id": beside.id, "created_at": clock()}
        await connection.execute(tables.participants.insert(), seat)
    said = await any_desk.receive(post)
    assert said.message_id
    async with any_desk.writing() as connection:
        [first, _] = await attachments.of_ticket(connection, ticket, by)
        await attachments.remove(connection, ticket, first.id, by=by, now=clock())
        await corrections.take_back(connection, ticket, said.message_id, by=by, now=clock())
        for client in (forgotten, beside):
            await clients.remove(connection, client, by=by, now=clock())
    clock.forward(31 * DAYS)

    gone = await purged(any_desk)

    assert (gone.tickets, gone.comments, gone.attachments, gone.clients, gone.arrivals) == (0, 1, 1, 1, 1)
    assert await contents(any_desk, receipt) == [b"two"]
    assert await count(any_desk, tables.messages) == 1
    assert (await numbered(any_desk, 1)).id == receipt.ticket_id


async def test_a_large_file_goes_from_the_disk_and_one_that_is_wanted_again_does_not(
    any_desk: Desk, clock: Clock
) -> None:
    for data in (LARGE, LARGE + b"!"):
        await delete(any_desk, await a_ticket(any_desk, a_file(data)))
    first, second = sorted(lying(any_desk), key=lambda file: file.stat().st_size)
    clock.forward(31 * DAYS)
    for file in (first, second):
        age(file, clock() - 30 * DAYS)
    # Somebody is just about to store the second one again.
    blobs.prepared(any_desk.blob_folder, [LARGE + b"!"])
    assert second.stat().st_mtime > first.stat().st_mtime

    await purge.purge(any_desk, old(any_desk))

    assert lying(any_desk) == [second]


def lying(desk: Desk) -> list[Path]:
    return [file for file in desk.blob_folder.rglob("*") if file.is_file()]


def age(file: Path, at: datetime) -> None:
    os.utime(file, (at.timestamp(), at.timestamp()))


async def test_bytes_that_came_to_nothing_go_once_they_have_settled(desk: Desk, clock: Clock) -> None:
    """An upload that was refused behind its first file, and what a crash left half written."""
    blobs.keep(desk.blob_folder, io.BytesIO(LARGE))
    [kept] = lying(desk)
    fresh, stale = kept.with_name(f"{kept.name}.1.tmp"), kept.with_name(f"{kept.name}.2.tmp")
    for file in (fresh, stale):
        file.write_bytes(b"half")
    for file, at in ((kept, clock() - 2 * DAYS), (stale, clock() - 2 * DAYS), (fresh, clock())):
        age(file, at)

    await purge.purge(desk, old(desk))

    assert lying(desk) == [fresh]


async def test_a_file_that_arrives_while_the_same_is_purged_is_whole(any_desk: Desk, clock: Clock) -> None:
    for number in range(3):
        await delete(any_desk, await a_ticket(any_desk, a_file(LARGE), a_file(b"small"), address=f"{number}@a.test"))
    clock.forward(31 * DAYS)
    for file in lying(any_desk):
        age(file, clock() - 30 * DAYS)

    async def arrive() -> Receipt:
        return await a_ticket(any_desk, a_file(LARGE), a_file(b"small"))

    *arrived, _ = await asyncio.gather(*(arrive() for _ in range(5)), purge.purge(any_desk, old(any_desk)))

    for receipt in arrived:
        assert isinstance(receipt, Receipt)
        assert await contents(any_desk, receipt) == [LARGE, b"small"]


@pytest.mark.parametrize("meanwhile", [lambda file: None, lambda file: os.utime(file)])
def test_a_file_that_was_found_by_somebody_meanwhile_is_put_back(
    tmp_path: Path, meanwhile: Callable[[Path], None]
) -> None:
    blobs.prepared(tmp_path, [LARGE])
    [file] = [file for file in tmp_path.rglob("*") if file.is_file()]
    os.utime(file, (0, 0))
    meanwhile(file)
    was_found = file.stat().st_mtime > 0

    asyncio.run(blobs.discard(tmp_path, [file.name], before=1000))

    assert file.exists() is was_found
    assert [left for left in tmp_path.rglob("*") if left.is_file()] == ([file] if was_found else [])


async def test_what_is_purged_is_not_found_any_more(any_desk: Desk, clock: Clock) -> None:
    receipt = await a_ticket(any_desk)
    await delete(any_desk, receipt)
    clock.forward(31 * DAYS)
    await purged(any_desk)

    async with any_desk.reading() as connection:
        with pytest.raises(NotFound):
            await ledger.original(connection, receipt.ledger_id, any_desk.blob_folder)
