"""Which ticket a message belongs to, and whether its sender may write there. Pure; the only place that decides it.

A message joins a ticket on proof alone, and in each case only from a sender who is the participant it was made for
(reliability, 1a #10). In the order of trust:

1. the channel itself says which ticket is meant (somebody has signed in);
2. a token of ours in the address it was sent to: a reply address, or the bounce address of a mail of ours;
3. a token of ours in a Message-ID that it refers to; where there is none, in the line of ours above what it quotes;
4. a reference to a message that is stored on the ticket: where a front server vouches for senders, only if it does;
5. `[#42]` in the subject: only where the front server vouches for the sender;
6. the subject alone, of a mail that names nothing of ours: only on the sender's own ticket, in a queue that has
   `join_by_subject` (core.mail.by_subject), and where a front server vouches for senders, only if it does.

A token of another participant's proves as much as a reference to a stored message, and no more: colleagues answer what
one of them was sent, and a mailbox that many share answers in their own names. A valid token in any other hands opens
nothing and joins nothing: an agent is asked (core.mail.held).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from core import tokens
from core.facts import Facts, KnownTicket, Participant, referred, tags_of
from core.mail import references
from core.messages import InboundMessage
from core.vocabulary import Channel


@dataclass(frozen=True, slots=True)
class Joins:
    """The message belongs to `ticket`, written by a participant of it. `token`: they hold something that we made."""

    ticket: KnownTicket
    person_id: UUID
    token: bool = True


@dataclass(frozen=True, slots=True)
class Stranger:
    """The message answers `ticket`, but its sender is none of those who may write there; `because` in words."""

    ticket: KnownTicket
    token: bool
    because: str


@dataclass(frozen=True, slots=True)
class _Claim:
    """A ticket that is meant. `owner`: whom the proof was made for, None: any participant. `vouched`: see 4 and 5."""

    ticket: KnownTicket
    owner: Participant | None = None
    token: bool = True
    vouched: bool = True


def resolve(
    message: InboundMessage, person_id: UUID | None, facts: Facts, key: bytes, *, vouched: bool = False
) -> Joins | Stranger | None:
    """Where `message`, written by `person_id` (None: never seen before), belongs. None: it opens a ticket.

    `vouched`: this desk has a front server that says which senders are who they seem.
    """
    if not facts.tickets:
        # Whatever it names is none of ours, as with nearly all that is new.
        return None
    trusted = message.channel is not Channel.EMAIL or not vouched or message.sender.verified
    stranger: Stranger | None = None
    by_anothers: Joins | None = None
    for claim in _claims(message, facts, key, trusted=trusted):
        ticket = _living(claim.ticket, facts)
        if person_id is not None and _is_theirs(claim, ticket, person_id):
            if claim.vouched:
                return Joins(ticket, person_id, claim.token)
            because = f"refers to ticket {ticket.number}, but nobody vouches for its sender"
        elif person_id is not None and trusted and _takes_part(claim, ticket, person_id):
            by_anothers = by_anothers or Joins(ticket, person_id, token=False)
            continue
        else:
            because = f"answers ticket {ticket.number}, where this sender may not write"
        stranger = stranger or Stranger(ticket, claim.token, because)
    return by_anothers or stranger or _same_subject(message, person_id, facts, vouched=vouched)


def _is_theirs(claim: _Claim, ticket: KnownTicket, person_id: UUID) -> bool:
    if claim.owner:
        return claim.owner.person_id == person_id
    return _takes_part(claim, ticket, person_id)


def _takes_part(claim: _Claim, ticket: KnownTicket, person_id: UUID) -> bool:
    return claim.ticket.has(person_id) or ticket.has(person_id)


def _same_subject(message: InboundMessage, person_id: UUID | None, facts: Facts, *, vouched: bool) -> Joins | None:
    """The last resort. A mail with a token means that ticket, also where the token is worth nothing."""
    ticket_id = facts.same_subject.get(message.dedupe_key)
    ticket = facts.tickets.get(ticket_id) if ticket_id else None
    if ticket is None or person_id is None or not ticket.has(person_id):
        return None
    # Agents never act by mail; what they hand on may bear the subject of a ticket of their own.
    if (vouched and not message.sender.verified) or tags_of(message) or message.sender.address in facts.agents:
        return None
    return Joins(ticket, person_id, token=False)


def _living(ticket: KnownTicket, facts: Facts) -> KnownTicket:
    """The ticket that this one was merged into, as far as it is still there."""
    passed = {ticket.id}
    while ticket.merged_into and ticket.merged_into not in passed and ticket.merged_into in facts.tickets:
        ticket = facts.tickets[ticket.merged_into]
        passed.add(ticket.id)
    return ticket


def living(ticket_id: UUID, facts: Facts) -> KnownTicket | None:
    """The ticket of that id, or what it was merged into; None: it is gone."""
    ticket = facts.tickets.get(ticket_id)
    return _living(ticket, facts) if ticket else None


def _claims(message: InboundMessage, facts: Facts, key: bytes, *, trusted: bool) -> Iterator[_Claim]:
    """Each ticket that is meant, in the order of trust."""
    if message.ticket_id and (ticket := facts.tickets.get(message.ticket_id)):
        yield _Claim(ticket)
    # Autoresponders answer to where a mail says that it came from (RFC 3834 4).
    for tag in references.bounce_tags(message):
        if returned := _of_delivery(tokens.bounced_delivery(key, tag), facts):
            yield returned
    for reply_tag in tags_of(message):
        if proved := proof(reply_tag, facts, key):
            yield proved
    for remote_id in referred(message):
        for ticket_id in facts.by_remote_id.get(remote_id, ()):
            if ticket := facts.tickets.get(ticket_id):
                yield _Claim(ticket, token=False, vouched=trusted)
    yield from _numbered(message, facts)


def _of_delivery(delivery_id: UUID | None, facts: Facts) -> _Claim | None:
    delivery = facts.deliveries.get(delivery_id) if delivery_id else None
    ticket = facts.tickets.get(delivery.ticket_id) if delivery else None
    owner = ticket.participant(delivery.seq) if ticket and delivery else None
    return _Claim(ticket, owner) if ticket and owner else None


def proof(tag: tokens.ReplyTag, facts: Facts, key: bytes) -> _Claim | None:
    """The ticket and the participant that we made `tag` for, if we did and it was not revoked."""
    ticket_id = facts.by_number.get(tag.number)
    ticket = facts.tickets.get(ticket_id) if ticket_id else None
    owner = ticket.participant(tag.seq) if ticket else None
    if ticket is None or owner is None:
        return None
    genuine = tokens.proves(key, tag, ticket_id=ticket.id, person_id=owner.person_id, version=owner.token_version)
    return _Claim(ticket, owner) if genuine else None


def _numbered(message: InboundMessage, facts: Facts) -> Iterator[_Claim]:
    """Of a number only what is the writer's own: a stranger's ticket is not even noticed."""
    sender = facts.people.get((message.sender.channel, message.sender.address))
    for number in references.numbers_of(message):
        ticket_id = facts.by_number.get(number)
        ticket = facts.tickets.get(ticket_id) if ticket_id else None
        if ticket and sender and ticket.has(sender.person_id):
            yield _Claim(ticket, token=False)
