"""What is said on a ticket, who reads it, and what an answer sets in motion."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import update

from core import conversation, tables, tickets, tokens
from core.access import Actor
from core.desk import Desk
from core.errors import Forbidden, Invalid, NotFound
from core.tickets import Revision, Ticket
from core.vocabulary import Channel, DeliveryKind, DeliveryState, Direction, Outcome, Role, Status
from tests.builders import Clock, a_mail, a_user
from tests.stored import changes, count, numbered, opened_by, rows, set_row

ANN = "ann@customer.test"


async def bob_of(desk: Desk) -> Actor:
    return (await a_user(desk, "bob", Role.AGENT)).actor


async def reply(desk: Desk, ticket: Ticket, body: str, by: Actor) -> None:
    async with desk.writing() as connection:
        await conversation.reply(
            connection, ticket, body, by=by, now=desk.clock(), settings=desk.settings, keys=desk.keys
        )


async def note(desk: Desk, ticket: Ticket, body: str, by: Actor) -> None:
    async with desk.writing() as connection:
        await conversation.note(connection, ticket, body, by=by, now=desk.clock())


async def read(desk: Desk, ticket: Ticket, actor: Actor) -> list[conversation.Message]:
    async with desk.reading() as connection:
        return await conversation.of_ticket(connection, ticket, actor)


async def test_an_answer_is_kept_queued_and_takes_the_ticket_up(any_desk: Desk) -> None:
    bob, ticket = await bob_of(any_desk), await opened_by(any_desk, ANN)

    await reply(any_desk, ticket, " Turn it off.\r\n", bob)

    after = await numbered(any_desk, 1)
    [_, answer] = await read(any_desk, after, bob)
    [delivery] = answer.deliveries
    assert (answer.direction, answer.author, answer.body) == (Direction.OUTBOUND, bob.signature, "Turn it off.")
    assert (delivery.address, delivery.state, delivery.channel) == (ANN, DeliveryState.QUEUED, Channel.EMAIL)
    assert (after.status, after.unread, after.version) == (Status.IN_PROGRESS, 0, ticket.version + 1)
    [_, taken_up] = await changes(any_desk, 1)
    assert (taken_up.actor, taken_up.field, taken_up.old, taken_up.new) == ("bob", "status", "new", "in_progress")


@pytest.mark.parametrize("status", [Status.WAITING_CUSTOMER, Status.RESOLVED, Status.CLOSED, Status.IN_PROGRESS])
async def test_an_answer_leaves_the_status_of_a_ticket_that_is_past_its_beginning(desk: Desk, status: Status) -> None:
    bob, ticket = await bob_of(desk), await opened_by(desk, ANN)
    async with desk.writing() as connection:
        await tickets.change(connection, ticket, Revision(status=status), by=bob, now=desk.clock())

    await reply(desk, await numbered(desk, 1), "By the way", bob)

    assert (await numbered(desk, 1)).status is status


async def test_an_answer_undoes_no_status_that_somebody_set_while_it_was_written(any_desk: Desk) -> None:
    bob, read_before = await bob_of(any_desk), await opened_by(any_desk, ANN)
    async with any_desk.writing() as connection:
        await tickets.change(connection, read_before, Revision(status=Status.RESOLVED), by=bob, now=any_desk.clock())

    await reply(any_desk, read_before, "Done, I think.", bob)

    assert (await numbered(any_desk, 1)).status is Status.RESOLVED
    assert [c.new for c in await changes(any_desk, 1)] == ["opened", "resolved"]


async def test_nothing_is_said_on_a_ticket_that_was_deleted_while_it_was_written(any_desk: Desk) -> None:
    carol = (await a_user(any_desk, "carol", Role.ADMIN)).actor
    ticket = await opened_by(any_desk, ANN)
    async with any_desk.writing() as connection:
        await tickets.remove(connection, ticket, by=carol, now=any_desk.clock())

    with pytest.raises(NotFound):
        await reply(any_desk, ticket, "hello", carol)
    with pytest.raises(NotFound):
        await note(any_desk, ticket, "hello", carol)

    assert await count(any_desk, tables.messages) == 1
    assert await count(any_desk, tables.deliveries) == 0


async def test_a_customer_never_learns_of_notes_or_deliveries(any_desk: Desk, clock: Clock) -> None:
    bob, ticket = await bob_of(any_desk), await opened_by(any_desk, ANN)
    ann = Actor((await a_user(any_desk, "ann", Role.CUSTOMER, email=ANN)).id, "ann", Role.CUSTOMER, ticket.requester_id)
    clock.forward(timedelta(minutes=1))
    await note(any_desk, ticket, "She is angry.", bob)
    clock.forward(timedelta(minutes=1))
    await reply(any_desk, await numbered(any_desk, 1), "Hello Ann", bob)

    hers, staffs = await read(any_desk, ticket, ann), await read(any_desk, ticket, bob)

    assert [m.direction for m in staffs] == [Direction.INBOUND, Direction.NOTE, Direction.OUTBOUND]
    assert [m.direction for m in hers] == [Direction.INBOUND, Direction.OUTBOUND]
    assert "angry" not in repr(hers)
    assert [m.deliveries for m in hers] == [(), ()]
    the_note = staffs[1].id
    async with any_desk.reading() as connection:
        assert await conversation.of_ticket(connection, ticket, ann, only=the_note) == []
        assert len(await conversation.of_ticket(connection, ticket, bob, only=the_note)) == 1


async def test_a_note_goes_to_nobody(any_desk: Desk) -> None:
    bob, ticket = await bob_of(any_desk), await opened_by(any_desk, ANN)

    await note(any_desk, ticket, "Call her.", bob)

    assert await count(any_desk, tables.deliveries) == 0
    assert (await numbered(any_desk, 1)).status is Status.NEW


async def test_a_message_of_another_ticket_is_not_found_through_this_one(desk: Desk) -> None:
    bob, ticket = await bob_of(desk), await opened_by(desk, ANN)
    other = await desk.receive(a_mail("eve@evil.test"))

    async with desk.reading() as connection:
        assert await conversation.of_ticket(connection, ticket, bob, only=other.message_id) == []


async def test_only_staff_answers_and_writes_notes(desk: Desk) -> None:
    ticket = await opened_by(desk, ANN)
    ann = Actor(ticket.id, "ann", Role.CUSTOMER, ticket.requester_id)

    with pytest.raises(Forbidden):
        await reply(desk, ticket, "hello", ann)
    with pytest.raises(Forbidden):
        await note(desk, ticket, "hello", ann)


@pytest.mark.parametrize("body", ["", " \n\t ", "\x00\u202e"])
async def test_an_answer_says_something(desk: Desk, body: str) -> None:
    bob, ticket = await bob_of(desk), await opened_by(desk, ANN)

    with pytest.raises(Invalid):
        await reply(desk, ticket, body, bob)

    assert await count(desk, tables.messages) == 1


async def test_who_has_no_address_has_an_answer_without_a_delivery(any_desk: Desk) -> None:
    bob, nobody = await bob_of(any_desk), await opened_by(any_desk, "")

    await reply(any_desk, nobody, "hello", bob)

    assert await count(any_desk, tables.deliveries) == 0
    assert [m.direction for m in await read(any_desk, nobody, bob)] == [Direction.INBOUND, Direction.OUTBOUND]


async def test_an_answer_to_a_dead_address_has_failed_at_once_and_says_why(any_desk: Desk) -> None:
    bob, ticket = await bob_of(any_desk), await opened_by(any_desk, ANN)
    [identity] = await rows(any_desk, tables.identities)
    dead = {"unreachable_at": any_desk.clock(), "unreachable_reason": "there is no such address (5.1.1)"}
    await set_row(any_desk, tables.identities, identity.id, **dead)

    await reply(any_desk, ticket, "hello", bob)

    [_, answer] = await read(any_desk, ticket, bob)
    [delivery] = answer.deliveries
    assert (delivery.address, delivery.state, delivery.attempts) == (ANN, DeliveryState.FAILED, 0)
    assert delivery.reason == f"not tried, because nothing arrives at {ANN}: there is no such address (5.1.1)"


async def test_every_participant_is_written_to_once_and_at_their_oldest_address(any_desk: Desk, clock: Clock) -> None:
    bob, ticket = await bob_of(any_desk), await opened_by(any_desk, ANN)
    eves = await opened_by(any_desk, "eve@customer.test")
    clock.forward(timedelta(days=1))
    async with any_desk.writing() as connection:
        await connection.execute(
            tables.identities.insert().values(
                id=tables.new_id(), person_id=ticket.requester_id, channel=Channel.EMAIL, address="ann@new.test",
                created_at=clock(),
            )
        )  # fmt: skip
        await connection.execute(
            tables.participants.insert().values(
                ticket_id=ticket.id, seq=2, person_id=eves.requester_id, created_at=clock()
            )
        )

    await reply(any_desk, ticket, "hello", bob)

    assert [d.address for d in await rows(any_desk, tables.deliveries)] == [ANN, "eve@customer.test"]


async def test_a_revoked_participants_next_answer_carries_a_new_token(any_desk: Desk) -> None:
    bob, ticket = await bob_of(any_desk), await opened_by(any_desk, ANN)
    await reply(any_desk, ticket, "one", bob)
    async with any_desk.writing() as connection:
        await connection.execute(update(tables.participants).values(token_version=2))
    await reply(any_desk, ticket, "two", bob)

    old, new = [str(d.remote_id) for d in await rows(any_desk, tables.deliveries) if d.kind == DeliveryKind.ANSWER]
    answers = [await any_desk.receive(a_mail(ANN, in_reply_to=(remote_id,))) for remote_id in (old, new)]

    assert tokens.tag_of_message_id(old) != tokens.tag_of_message_id(new)
    assert [a.outcome for a in answers] == [Outcome.OPENED, Outcome.COMMENTED]


async def test_the_oldest_is_said_first_also_within_one_moment(any_desk: Desk) -> None:
    bob, ticket = await bob_of(any_desk), await opened_by(any_desk, ANN)
    for number in range(5):
        await note(any_desk, ticket, str(number), bob)

    assert [m.body for m in await read(any_desk, ticket, bob)][1:] == ["0", "1", "2", "3", "4"]


async def test_many_answers_at_once_are_all_kept(any_desk: Desk) -> None:
    bob, ticket = await bob_of(any_desk), await opened_by(any_desk, ANN)

    await asyncio.gather(*(reply(any_desk, ticket, str(number), bob) for number in range(12)))

    assert {m.body for m in await read(any_desk, ticket, bob)} >= {str(number) for number in range(12)}
    assert (await numbered(any_desk, 1)).version == ticket.version + 12
    assert [c.field for c in await changes(any_desk, 1)].count("status") == 1
