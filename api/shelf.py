"""Tickets that were lately read, with what was rendered of them. Never stale: each use asks the database whether the
ticket is still the same, which costs a fifth of reading it again.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from api import respond
from core.access import Actor
from core.desk import Desk
from core.tickets import Stamp, Ticket

# At most so many, and none of the long ones: 2,000 × 8 KiB, three times over, is all the memory this may take.
MOST = 2000
LONGEST = 8 * 1024


@dataclass(slots=True)
class Kept:
    """A ticket, and the bytes it was last shown as to staff (True) and to customers (False)."""

    ticket: Ticket
    _bodies: dict[bool, bytes] = field(default_factory=dict)

    def rendered(self, actor: Actor, view: Callable[[Ticket, Actor], object]) -> bytes:
        body = self._bodies.get(actor.is_staff)
        if body is None:
            body = self._bodies[actor.is_staff] = respond.render(view(self.ticket, actor))
        return body


# The answer to whether a ticket is still the same, on its way.
Stamping = asyncio.Future[Stamp | None]


class Shelf:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._kept: dict[UUID, Kept] = {}

    def ask(self, ticket_id: UUID) -> Stamping | None:
        """Begin to ask whether a kept ticket is still the same; None when it is not here and must be read anyway."""
        return self._desk.stamps.ask(ticket_id) if ticket_id in self._kept else None

    async def get(self, ticket_id: UUID, stamping: Stamping | None) -> Kept | None:
        """The ticket as it is now, or None. `stamping` is what `ask` answered for this very request."""
        stamp = await stamping if stamping else None
        kept = self._kept.get(ticket_id)
        if kept and kept.ticket.stamp == stamp:
            return kept
        ticket = await self._desk.tickets.get(ticket_id)
        self._kept.pop(ticket_id, None)
        return self._put(ticket) if ticket else None

    def _put(self, ticket: Ticket) -> Kept:
        kept = Kept(ticket)
        if len(ticket.description) <= LONGEST:
            if len(self._kept) >= MOST:
                del self._kept[next(iter(self._kept))]
            self._kept[ticket.id] = kept
        return kept
