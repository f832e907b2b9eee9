"""The sender's own ticket of the same subject, for routes that have `join_by_subject`.

A subject proves nothing, and two mails of one subject may well be two matters: without the option nobody is looked up
here. With it a mail that names nothing of ours goes on with the newest ticket of the same requester, in the same queue,
under the same subject, on which somebody wrote within a week.

The queue of a ticket is that of the mail that opened it: its envelope's recipients, as the ledger has them. What was
opened otherwise (API, form, chat, import) is in none.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, bindparam, func, select

from core import tables
from core.config import Settings
from core.mail import references, routing
from core.messages import InboundMessage
from core.text import clean_line
from core.vocabulary import Channel, Direction, Disposition, MessageKind, Status

WITHIN = timedelta(days=7)
# A subject of fewer letters ("Hi", "?") names no matter.
LETTERS = 3
# How many tickets of one requester are looked at, the newest first.
TICKETS = 50


@dataclass(frozen=True, slots=True)
class Opened:
    """A ticket, by the mail that opened it. `written_at`: when somebody last wrote there, notes of staff aside."""

    ticket_id: UUID
    subject: str
    recipients: tuple[str, ...]
    written_at: datetime


def asks(message: InboundMessage, settings: Settings) -> tuple[str, str] | None:
    """Who goes on with what, if the message may belong to a ticket for its subject; None: it may not."""
    if not settings.mail.routes or message.channel is not Channel.EMAIL or not _queues(message.recipients, settings):
        return None
    if message.automatic or message.kind not in (MessageKind.NEW, MessageKind.REPLY) or not message.sender.address:
        return None
    matter = _matter(message.subject)
    if references.names_a_ticket(message.subject) or sum(map(str.isalpha, matter)) < LETTERS:
        return None
    return message.sender.address, matter


def meant(message: InboundMessage, known: Iterable[Opened], now: datetime, settings: Settings) -> UUID | None:
    """The ticket of those that `message` goes on with. `known` are its sender's, not closed, the newest first."""
    asked = asks(message, settings)
    if asked is None:
        return None
    queues = _queues(message.recipients, settings)
    return next(
        (
            one.ticket_id
            for one in known
            if now - one.written_at <= WITHIN
            and _matter(one.subject) == asked[1]
            and not queues.isdisjoint(_queues(one.recipients, settings))
        ),
        None,
    )


def gather(
    connection: Connection, messages: Sequence[InboundMessage], now: datetime, settings: Settings
) -> dict[str, UUID]:
    """The ticket that each message goes on with for its subject, by `dedupe_key`: nothing is asked where none may."""
    asking = [(message, asked[0]) for message in messages if (asked := asks(message, settings))]
    known = {address: _known(connection, address, now) for address in {address for _, address in asking}}
    found = ((message.dedupe_key, meant(message, known[address], now, settings)) for message, address in asking)
    return {key: ticket_id for key, ticket_id in found if ticket_id}


def _queues(recipients: Iterable[str], settings: Settings) -> set[str]:
    """Those of the addresses that have the option."""
    return {route.address for route in routing.of_addresses(recipients, settings) if route.join_by_subject}


def _matter(subject: str) -> str:
    # Its patterns are large, and few desks have the option.
    from core.mail import subjects

    # As the ledger keeps it.
    return subjects.matter(clean_line(subject))


_t, _m, _l, _i = tables.tickets.c, tables.messages.c, tables.ledger.c, tables.identities.c
# In the order of ix_tickets_requester_id, which ends at the limit however many there are.
_NEWEST = (
    select(_t.id, _t.number, _t.updated_at, _t.status, _t.merged_into_id)
    .where(
        _t.requester_id
        == select(_i.person_id)
        .where(_i.channel == Channel.EMAIL, _i.address == bindparam("address"))
        .scalar_subquery(),
        _t.deleted_at.is_(None),
    )
    .order_by(_t.number.desc())
    .limit(TICKETS)
    .subquery()
)
_WRITTEN_AT = (
    select(func.max(_m.created_at))
    .where(_m.ticket_id == _NEWEST.c.id, _m.direction != Direction.NOTE)
    .scalar_subquery()
)
_KNOWN = (
    select(_NEWEST.c.id, _l.subject, _l.envelope, _WRITTEN_AT)
    .join_from(_NEWEST, tables.ledger, _l.ticket_id == _NEWEST.c.id)
    .where(
        # Whatever is written on a ticket touches it.
        _NEWEST.c.updated_at >= bindparam("since"),
        _NEWEST.c.status.not_in((Status.CLOSED, Status.DISCARDED, Status.DELETED)),
        _NEWEST.c.merged_into_id.is_(None),
        _l.channel == Channel.EMAIL,
        _l.disposition == Disposition.TICKET,
    )
    .order_by(_NEWEST.c.number.desc(), _l.received_at, _l.id)
)


def _known(connection: Connection, address: str, now: datetime) -> list[Opened]:
    """The tickets of who has that address that a mail may go on with, the newest first."""
    found: dict[UUID, Opened] = {}
    for id_, subject, envelope, written_at in connection.execute(_KNOWN, {"address": address, "since": now - WITHIN}):
        if written_at is not None:
            found.setdefault(id_, Opened(id_, subject, _recipients(envelope), written_at))
    return list(found.values())


def _recipients(envelope: Mapping[str, object]) -> tuple[str, ...]:
    said = envelope.get("recipients")
    return tuple(str(one) for one in said) if isinstance(said, list) else ()
