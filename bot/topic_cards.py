"""A ticket as its topic in the agents' group shows it."""

from dataclasses import dataclass
from uuid import UUID

from bot import cards, sentences, views
from bot.talk import Said
from core.desk import Desk


@dataclass(frozen=True, slots=True)
class Card:
    """`title` of the topic, and the card of this version."""

    title: str
    said: Said
    version: int


async def draw(desk: Desk, ticket_id: UUID) -> Card | None:
    """The card as of now, in the desk's language; None where there is no such ticket any more."""
    ticket = await desk.tickets.get(ticket_id)
    if ticket is None:
        return None
    async with desk.reading() as connection:
        view = await views.of(connection, ticket, desk.settings, desk.clock())
    language = desk.settings.desk.language
    card = cards.card(view, sentences.of(sentences.spoken(language)))
    return Card(f"#{ticket.number} {ticket.subject}", card, ticket.version)
