"""A ticket as agents are shown it unasked: in its topic, or in a chat."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from bot import cards, sentences, views
from bot.talk import Said
from core.access import Actor
from core.desk import Desk


@dataclass(frozen=True, slots=True)
class Card:
    """`title` of the topic, and the card of this version."""

    title: str
    said: Said
    version: int


# With whose eyes, and in which language; None: there is no such ticket any more.
Draw = Callable[[UUID, Actor | None, str], Awaitable[Card | None]]


async def draw(desk: Desk, ticket_id: UUID, actor: Actor | None = None, language: str = "") -> Card | None:
    """The card as of now, as `actor` sees it (None: a whole group), in their language or the desk's; None where there
    is no such ticket any more."""
    ticket = await desk.tickets.get(ticket_id)
    if ticket is None:
        return None
    async with desk.reading() as connection:
        view = await views.of(connection, ticket, desk.settings, desk.clock(), actor)
    card = cards.card(view, sentences.of(sentences.spoken(language, desk.settings.desk.language)))
    return Card(f"#{ticket.number} {ticket.subject}", card, ticket.version)
