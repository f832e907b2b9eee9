"""Files that somebody signed in puts on a ticket: kept in pieces, seen by whom they are for, taken off again."""

import asyncio
import io
from datetime import timedelta

import pytest

from core import attachments, tables, tickets
from core.access import Actor
from core.attachments import NewFile
from core.conversation import Attachment
from core.desk import Desk
from core.errors import Forbidden, NotFound
from core.storage import blobs
from core.storage.blobs import Kept
from core.tickets import Ticket
from core.vocabulary import Role
from tests.builders import Clock, a_user
from tests.stored import changes, count, numbered, opened_by

ANN = "ann@customer.test"


async def keep(desk: Desk, data: bytes) -> Kept:
    return await asyncio.to_thread(blobs.keep, desk.blob_folder, io.BytesIO(data))


async def add(desk: Desk, ticket: Ticket, by: Actor, *contents: bytes) -> list[Attachment]:
    files = [NewFile(f"file{n}.txt", "text/plain", await keep(desk, data)) for n, data in enumerate(contents)]
    async with desk.writing() as connection:
        ids = await attachments.add(connection, ticket, files, by=by, now=desk.clock())
    found = {file.id: file for file in await shown(desk, ticket, by)}
    return [found[one] for one in ids]


async def shown(desk: Desk, ticket: Ticket, to: Actor) -> list[Attachment]:
    async with desk.reading() as connection:
        return await attachments.of_ticket(connection, ticket, to)


async def remove(desk: Desk, ticket: Ticket, file: Attachment, by: Actor) -> None:
    async with desk.writing() as connection:
        await attachments.remove(connection, ticket, file.id, by=by, now=desk.clock())


async def content(desk: Desk, file: Attachment) -> bytes:
    async with desk.reading() as connection:
        return await attachments.content(connection, desk.blob_folder, file)


@pytest.mark.parametrize("size", [0, 1, blobs.IN_ROW, blobs.IN_ROW + 1])
async def test_what_was_put_there_is_read_back(any_desk: Desk, clock: Clock, size: int) -> None:
    ticket, bob = await opened_by(any_desk, ANN), (await a_user(any_desk)).actor
    clock.forward(timedelta(hours=1))

    [file] = await add(any_desk, ticket, bob, b"x" * size)

    assert (file.filename, file.size, file.uploaded_by, file.created_at) == ("file0.txt", size, "Bob", clock())
    assert await content(any_desk, file) == b"x" * size
    after = await numbered(any_desk, ticket.number)
    assert (after.version, after.updated_at) == (ticket.version + 1, clock())


async def test_the_same_bytes_twice_are_kept_once(any_desk: Desk) -> None:
    ticket, bob = await opened_by(any_desk), (await a_user(any_desk)).actor
    before = await count(any_desk, tables.blobs)

    one, other = await add(any_desk, ticket, bob, b"same", b"same")

    assert one.sha256 == other.sha256
    assert await count(any_desk, tables.blobs) == before + 1


async def test_several_at_once_are_one_act(any_desk: Desk) -> None:
    ticket, bob = await opened_by(any_desk), (await a_user(any_desk)).actor

    files = await add(any_desk, ticket, bob, b"a", b"b")
    await remove(any_desk, ticket, files[0], bob)

    _, *made = await changes(any_desk, ticket.number)
    assert [(c.field, c.old, c.new, c.user_id) for c in made] == [
        ("attachment", None, "file0.txt", bob.user_id),
        ("attachment", None, "file1.txt", bob.user_id),
        ("attachment", "file0.txt", None, bob.user_id),
    ]
    assert made[0].act_id == made[1].act_id != made[2].act_id
    assert [file.filename for file in await shown(any_desk, ticket, bob)] == ["file1.txt"]


async def test_a_customer_sees_and_takes_back_what_they_put_there_and_nothing_else(any_desk: Desk) -> None:
    ann = (await a_user(any_desk, "ann", Role.CUSTOMER, email=ANN)).actor
    ticket, bob = await opened_by(any_desk, ANN), (await a_user(any_desk)).actor
    [staffs], [hers] = await add(any_desk, ticket, bob, b"a"), await add(any_desk, ticket, ann, b"b")

    assert await shown(any_desk, ticket, ann) == [hers]
    assert await shown(any_desk, ticket, bob) == [staffs, hers]
    with pytest.raises(NotFound):
        await remove(any_desk, ticket, staffs, ann)
    await remove(any_desk, ticket, hers, ann)
    with pytest.raises(NotFound):
        await remove(any_desk, ticket, hers, ann)
    assert await shown(any_desk, ticket, bob) == [staffs]


async def test_what_hangs_on_a_mail_is_not_the_customers_to_take_off(any_desk: Desk) -> None:
    ann = (await a_user(any_desk, "ann", Role.CUSTOMER, email=ANN)).actor
    ticket = await opened_by(any_desk, ANN)
    [hers] = await add(any_desk, ticket, ann, b"b")
    async with any_desk.writing() as connection:
        message = (await connection.execute(tables.messages.select())).one()
        await connection.execute(tables.attachments.update().values(message_id=message.id, user_id=None))

    with pytest.raises(Forbidden):
        await remove(any_desk, ticket, hers, ann)


async def test_nothing_is_put_on_a_ticket_that_is_gone(any_desk: Desk) -> None:
    ticket, carol = await opened_by(any_desk), (await a_user(any_desk, "carol", Role.ADMIN)).actor
    async with any_desk.writing() as connection:
        await tickets.remove(connection, ticket, by=carol, now=any_desk.clock())

    with pytest.raises(NotFound):
        await add(any_desk, ticket, carol, b"late")
    assert await count(any_desk, tables.attachments) == 0
