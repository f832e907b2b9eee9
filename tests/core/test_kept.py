"""Whoever writes a message tells what is kept beside it: each way of writing is found by its words."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from core import conversation, tables
from core.chat import chats
from core.desk import Desk
from core.tickets import Ticket
from core.vocabulary import Status
from tests.builders import Clock, a_mail, a_user
from tests.core.finding.test_search import found
from tests.imported import a_row, imported
from tests.stored import a_chat_line, a_post, numbered, set_row


async def _by_the_customer(desk: Desk, ticket: Ticket) -> None:
    post = a_post(dedupe_key="2", text="the lighthouse", person_id=ticket.requester_id, ticket_id=ticket.id)
    await desk.receive(post)


async def _by_an_agent(desk: Desk, ticket: Ticket) -> None:
    bob = await a_user(desk)
    async with desk.writing() as connection:
        await conversation.reply(
            connection, ticket, "the lighthouse", by=bob.actor, now=desk.clock(), settings=desk.settings, keys=desk.keys
        )


async def _as_a_note(desk: Desk, ticket: Ticket) -> None:
    bob = await a_user(desk)
    async with desk.writing() as connection:
        await conversation.note(connection, ticket, "the lighthouse", by=bob.actor, now=desk.clock())


async def _by_a_chat_that_is_gone(desk: Desk, ticket: Ticket) -> None:
    async with desk.writing() as connection:
        await chats.unreachable(connection, "77", "the lighthouse", desk.clock())


Writing = Callable[[Desk, Ticket], Awaitable[None]]


@pytest.mark.parametrize("write", [_by_the_customer, _by_an_agent, _as_a_note, _by_a_chat_that_is_gone])
async def test_what_is_written_on_a_ticket_that_is_indexed_is_found(any_desk: Desk, write: Writing) -> None:
    await any_desk.receive(a_chat_line("1", "My lamp is dark"))
    assert await found(any_desk, "lamp") == [1]

    await write(any_desk, await numbered(any_desk, 1))

    assert await found(any_desk, "lighthouse lamp") == [1]


async def test_what_the_desk_itself_notes_on_an_older_ticket_is_found(any_desk: Desk, clock: Clock) -> None:
    mail = "<1@customer.test>"
    await any_desk.receive(a_mail("ann@customer.test", message_id=mail, acknowledge=False))
    old = await numbered(any_desk, 1)
    await set_row(any_desk, tables.tickets, old.id, status=Status.CLOSED, resolved_at=clock(), closed_at=clock())
    assert await found(any_desk, "follows") == []

    clock.forward(timedelta(days=61))
    await any_desk.receive(a_mail("ann@customer.test", in_reply_to=(mail,), acknowledge=False))

    assert await found(any_desk, "follows") == [2, 1]


async def test_an_import_is_found_by_its_words(any_desk: Desk) -> None:
    await imported(any_desk, a_row(1, description="the lighthouse"))

    assert await found(any_desk, "lighthouse") == [1]
