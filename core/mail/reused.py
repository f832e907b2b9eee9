"""Message-IDs that a mail on another ticket had before it (rule 46): scanners and alarms give all their mails one.

A Message-ID is a claim and keeps nobody out, so that such a mail is a ticket of its own. That its id is not its own is
noted in the ticket's history, when there is time: answers that refer to it may have meant the other one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, bindparam, select

from core import history, tables
from core.access import THE_DESK
from core.history import Act, FieldChange
from core.vocabulary import Channel

FIELD = "message_id"


@dataclass(frozen=True, slots=True)
class Reused:
    """`number`: a ticket that has a mail of that id already."""

    ticket_id: UUID
    remote_id: str
    number: int


_t = tables.tickets.c
_pair, _message = tables.message_pairs.c, tables.messages.c
_earlier_pair, _earlier_message = tables.message_pairs.alias("earlier_pair").c, tables.messages.alias("earlier").c
# Any of them: whoever sends ten thousand mails under one id makes none of the looks longer.
_BEFORE = (
    select(_t.number)
    .where(
        _earlier_pair.remote_id == _pair.remote_id,
        _earlier_pair.place == _pair.place,
        _earlier_pair.channel == Channel.EMAIL,
        _earlier_pair.id < _pair.id,
        _earlier_message.id == _earlier_pair.message_id,
        _earlier_message.ticket_id != _message.ticket_id,
        _t.id == _earlier_message.ticket_id,
    )
    .limit(1)
    .scalar_subquery()
)
_NEW = (
    select(_message.ticket_id, _pair.remote_id, _BEFORE)
    .where(
        _pair.message_id == _message.id,
        _pair.channel == Channel.EMAIL,
        _message.ticket_id.in_(bindparam("ids", expanding=True)),
    )
)  # fmt: skip


def among(connection: Connection, ids: Sequence[UUID]) -> list[Reused]:
    """Those of these new tickets whose mail has the Message-ID of another ticket's."""
    found = connection.execute(_NEW, {"ids": list(ids)}).all()
    return [Reused(ticket_id, remote_id, number) for ticket_id, remote_id, number in found if number is not None]


def note(connection: Connection, found: Sequence[Reused], now: datetime) -> None:
    """Those of tickets that were purged since the look are left out."""
    ids = [one.ticket_id for one in found]
    there = set(connection.execute(_THERE, {"ids": ids}).scalars()) if ids else frozenset()
    acts = [
        Act(
            one.ticket_id,
            FieldChange(FIELD, None, one.remote_id),
            f"a mail on ticket {one.number} has the same Message-ID and says something else",
        )
        for one in found
        if one.ticket_id in there
    ]
    history.record_each(connection, acts, by=THE_DESK, now=now)


# None of them is purged before the commit.
_THERE = select(_t.id).where(_t.id.in_(bindparam("ids", expanding=True))).with_for_update(read=True, key_share=True)
