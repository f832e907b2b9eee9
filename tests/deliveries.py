"""Tickets with something to say, and what became of it: shared by the tests of outbox, letters and courier."""

from collections.abc import Sequence
from uuid import UUID

from core import conversation, outbox, tickets
from core.access import Actor
from core.desk import Desk
from core.messages import Receipt
from core.outbox import Entry
from core.storage.paging import Span
from core.vocabulary import Channel, DeliveryState, Role
from tests.builders import MessageParts, a_mail, a_user


async def a_ticket(desk: Desk, address: str = "ann@customer.test", **parts: object) -> Receipt:
    """A ticket without an acknowledgement, so that its first delivery is the test's own."""
    wanted: MessageParts = {"acknowledge": False}
    wanted.update(parts)  # type: ignore[typeddict-item]
    return await desk.receive(a_mail(address, **wanted))


async def an_agent(desk: Desk, username: str = "bob") -> Actor:
    return (await a_user(desk, username, Role.AGENT)).actor


async def say(desk: Desk, number: int, *texts: str, by: Actor) -> None:
    """Answers on ticket `number`, queued in this order."""
    for text in texts:
        async with desk.writing() as connection:
            [ticket] = (await tickets.by_numbers(connection, [number])).values()
            await conversation.reply(
                connection, ticket, text, by=by, now=desk.clock(), settings=desk.settings, keys=desk.keys
            )


async def claim(desk: Desk, *, limit: int = 20) -> list[UUID]:
    async with desk.writing() as connection:
        return await outbox.claim(connection, Channel.EMAIL, desk.clock(), limit=limit)


async def entries(desk: Desk) -> Sequence[Entry]:
    """All deliveries, the oldest first."""
    async with desk.reading() as connection:
        return (await outbox.entries(connection, span=Span(20_000)))[::-1]


async def states(desk: Desk) -> list[DeliveryState]:
    return [entry.state for entry in await entries(desk)]
