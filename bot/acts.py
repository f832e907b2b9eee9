"""What the agents' commands have in common: finding the ticket, refusing a stale button, showing what became of it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import cards, views
from bot.dialogue import Order, Verb, data
from bot.scene import Scene
from bot.talk import Button, Said
from core import merging, tickets
from core.chat import undoing
from core.chat.undoing import Before
from core.errors import NotFound
from core.tickets import Ticket

Act = Callable[[AsyncConnection, Scene, Order], Awaitable[Sequence[Said]]]
# What is done to a ticket, the sentence that says so, and the message by which its customer was told.
Change = Callable[[AsyncConnection, Scene, Order, Ticket], Awaitable[Said | tuple[Said, UUID]]]


async def numbered(connection: AsyncConnection, here: Scene, number: int | None) -> Ticket:
    """Where it was merged into another, that one. Raises NotFound, for what they may not see as for what is not there."""
    found = (await tickets.by_numbers(connection, [number])).get(number) if number is not None else None
    if found is None:
        raise NotFound("Ticket")
    living = await merging.living(connection, found)
    return await tickets.visible_to(connection, living.id, here.actor, here.desk.settings)


async def shown(
    connection: AsyncConnection, here: Scene, ticket: Ticket, page: Verb | None = None, *, can_undo: bool = False
) -> Said:
    """The card of the ticket: in place of the one whose button was pressed, else as a new message."""
    settings = here.desk.settings
    view = await views.of(connection, ticket, settings, here.now, here.actor)
    view = await views.with_choices(connection, replace(view, can_undo=can_undo), page, settings, here.actor)
    card, heard = cards.card(view, here.texts, page), here.heard
    return replace(card, chat=heard.chat, topic=heard.topic, instead_of=heard.message if heard.pressed else "")


def is_stale(order: Order, ticket: Ticket) -> bool:
    """Whether the button was made for another state of the ticket, or for one that is a part of this by now."""
    return order.version is not None and (order.version, order.number) != (ticket.version, ticket.number)


async def stale(connection: AsyncConnection, here: Scene, ticket: Ticket) -> Sequence[Said]:
    """Nothing is done, and what the ticket is like now is shown."""
    return [here.notice("stale"), await shown(connection, here, ticket)]


def changing(change: Change, *, picks: bool = False) -> Act:
    """An act on one ticket, which can be undone. `picks`: its button first shows what there is to choose from."""

    async def act(connection: AsyncConnection, here: Scene, order: Order) -> Sequence[Said]:
        ticket = await numbered(connection, here, order.number)
        if is_stale(order, ticket):
            return await stale(connection, here, ticket)
        if picks and here.heard.pressed and not order.words:
            return [await shown(connection, here, ticket, order.verb)]
        was = await undoing.before(connection, ticket, here.now)
        done = await change(connection, here, order, ticket)
        said, message_id = done if isinstance(done, tuple) else (done, None)
        return await _became(connection, here, ticket, replace(was, message_id=message_id), said)

    return act


async def _became(connection: AsyncConnection, here: Scene, ticket: Ticket, was: Before, said: Said) -> Sequence[Said]:
    """What is answered after an act: a sentence; for a button a notice, and the card as it is now."""
    after = await tickets.by_id(connection, ticket.id)
    if after is None:
        raise NotFound("Ticket")
    if after.version != ticket.version:
        await undoing.remember(connection, after, was, by=here.actor)
    if not here.heard.pressed:
        return [said]
    return [said, await shown(connection, here, after, can_undo=after.version != ticket.version)]


def told(here: Scene, key: str, **values: Any) -> Said:
    """A sentence, or the notice of a button."""
    return here.notice(key, **values) if here.heard.pressed else here.say(key, **values)


def undo_button(here: Scene) -> tuple[tuple[Button, ...], ...]:
    # Whoever else presses it would undo an act of their own.
    return ((Button(here.texts("button_undo"), data(Verb.UNDO, None, here.account.number if here.account else None)),),)
