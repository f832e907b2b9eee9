"""Which ticket a message belongs to, and whether its sender may write there. Pure; the only place that decides it.

A message joins a ticket on proof alone: a token that we made for this ticket and this participant, or a reference to
a message that is stored on it, and in both cases a sender who is that participant (reliability, 1a #10). A number in
a subject proves nothing; a valid token in a stranger's hands opens a ticket of the stranger's own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from core import tokens
from core.facts import Facts, KnownTicket, Participant, referred, tags_of
from core.messages import InboundMessage


@dataclass(frozen=True, slots=True)
class Joins:
    """The message belongs to `ticket`, written by a participant of it."""

    ticket: KnownTicket
    person_id: UUID


@dataclass(frozen=True, slots=True)
class Stranger:
    """The message answers `ticket`, but its sender is none of those who may write there."""

    ticket: KnownTicket


def resolve(message: InboundMessage, person_id: UUID | None, facts: Facts, key: bytes) -> Joins | Stranger | None:
    """Where `message`, written by `person_id` (None: never seen before), belongs. None: it opens a ticket."""
    stranger: Stranger | None = None
    for ticket, owner in _claims(message, facts, key):
        if person_id is not None and (owner.person_id == person_id if owner else ticket.has(person_id)):
            return Joins(_living(ticket, facts), person_id)
        stranger = stranger or Stranger(ticket)
    return stranger


def _living(ticket: KnownTicket, facts: Facts) -> KnownTicket:
    """The ticket that this one was merged into, as far as it is still there."""
    passed = {ticket.id}
    while ticket.merged_into and ticket.merged_into not in passed and ticket.merged_into in facts.tickets:
        ticket = facts.tickets[ticket.merged_into]
        passed.add(ticket.id)
    return ticket


def _claims(message: InboundMessage, facts: Facts, key: bytes) -> Iterator[tuple[KnownTicket, Participant | None]]:
    """Each ticket that is proved to be meant, in the order of trust, with whom the proof was made for (None: any)."""
    if message.ticket_id and (ticket := facts.tickets.get(message.ticket_id)):
        yield ticket, None
    for tag in tags_of(message):
        if proved := _proved(tag, facts, key):
            yield proved
    for remote_id in referred(message):
        for ticket_id in facts.by_remote_id.get(remote_id, ()):
            if ticket := facts.tickets.get(ticket_id):
                yield ticket, None


def _proved(tag: tokens.ReplyTag, facts: Facts, key: bytes) -> tuple[KnownTicket, Participant] | None:
    ticket_id = facts.by_number.get(tag.number)
    ticket = facts.tickets.get(ticket_id) if ticket_id else None
    owner = ticket.participant(tag.seq) if ticket else None
    if ticket is None or owner is None:
        return None
    genuine = tokens.proves(key, tag, ticket_id=ticket.id, person_id=owner.person_id, version=owner.token_version)
    return (ticket, owner) if genuine else None
