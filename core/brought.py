"""Tickets that another system has had and judged: filed as a set, where there is nothing left to decide.

A row of an import answers nothing, goes to nobody else, spends no budget and is acknowledged to no one. Either it is
here already, or it opens a ticket: to ask all that core.intake asks costs more than the rows of the ticket. Where one
of a set is not as plain as that, the ordinary way takes them all, and a test compares what the two have written.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from core import facts, filed_rows, intake, numbers, opening, tables
from core.accounts.secrets import Keys
from core.config import Settings
from core.facts import Earlier, Facts
from core.filing import Batch
from core.messages import InboundMessage, Receipt
from core.storage import blobs
from core.storage.blobs import Blob
from core.tables import new_id
from core.text import NAME_LENGTH, clean_line
from core.tickets import Requester
from core.vocabulary import Channel, Direction, Disposition, Outcome

_Row = dict[str, object]


def are_plain(messages: Sequence[InboundMessage]) -> bool:
    """Whether each came by an import, judged and alone, and none twice: of a pair the second is told what became of the first."""
    keys = {message.dedupe_key for message in messages}
    return len(keys) == len(messages) and all(
        message.channel is Channel.IMPORT and not (message.wishes.classify or message.wishes.retold or message.files)
        for message in messages
    )


def file(
    connection: Connection,
    messages: Sequence[InboundMessage],
    now: datetime,
    *,
    settings: Settings,
    keys: Keys,
    kept: Mapping[int, Blob],
) -> list[Receipt] | None:
    """Write them in the caller's transaction. None: nothing is written, because one of them is blocked.

    `kept` are the bytes that `blobs.prepared` has prepared.
    """
    known = facts.gather(connection, messages, now, settings, keys)
    if any(person.blocked is not None for person in known.people.values()):
        return None
    new = sum(message.dedupe_key not in known.earlier for message in messages)
    batch = Batch(now, settings, keys, numbers.take(connection, new), kept)
    receipts = [
        _again(batch, found) if (found := known.earlier.get(message.dedupe_key)) else _open(batch, message, known)
        for message in messages
    ]
    batch.write(connection)
    return receipts


def _again(batch: Batch, earlier: Earlier) -> Receipt:
    if earlier.ledger_id:
        batch.seen_again.append({"row": earlier.ledger_id, "at": batch.now})
    return Receipt(Outcome.DUPLICATE, earlier.ledger_id or new_id(), earlier.ticket_number, earlier.ticket_id)


def _open(batch: Batch, message: InboundMessage, known: Facts) -> Receipt:
    ticket_id, said, entry, number = new_id(), new_id(), new_id(), batch.numbers.pop(0)
    rows, now, person_id = batch.rows, batch.now, _person(batch, message, known)
    rows[tables.tickets].append(opening.brought(message, intake.subject_of(message), ticket_id, number, person_id, now))
    rows[tables.ticket_tags] += [
        {"ticket_id": ticket_id, "tag": tag, "number": number} for tag in sorted({*message.wishes.tags})
    ]
    rows[tables.participants].append(filed_rows.seat(ticket_id, 1, person_id, now))
    rows[tables.messages].append(_said(message, said, ticket_id, person_id, now))
    opened = ("ticket", None, "opened")
    rows[tables.changes].append(filed_rows.change(ticket_id, said, person_id, message, opened, "", now))
    raw = None if filed_rows.lies_in_ledger(message) else batch.blobs.get(id(message.raw)) or blobs.of(message.raw)
    batch.bytes_kept.append(raw or blobs.NOTHING)
    became = (ticket_id, number, said)
    rows[tables.ledger].append(filed_rows.arrival(entry, message, raw, Disposition.TICKET, "", became, now))
    if message.silent:
        batch.silent.add(ticket_id)
    return Receipt(Outcome.OPENED, entry, number, ticket_id, said)


def _person(batch: Batch, message: InboundMessage, known: Facts) -> UUID:
    """Who the customer is: known, new in this set, or somebody whom nothing names."""
    sender = message.sender
    named = (sender.channel, sender.address)
    if found := known.people.get(named):
        return found.person_id
    if sender.address and (met := batch.people.get(named)):
        return met.id
    name = sender.name or sender.address.partition("@")[0][:NAME_LENGTH]
    person = Requester(new_id(), name, sender.address if sender.channel is Channel.EMAIL else "")
    batch.rows[tables.people].append(filed_rows.person(person, message.language, batch.now))
    if sender.address:
        batch.people[named] = person
        batch.rows[tables.identities].append(filed_rows.identity(person, sender, batch.now))
    return person.id


def _said(message: InboundMessage, message_id: UUID, ticket_id: UUID, person_id: UUID, now: datetime) -> _Row:
    return {
        "id": message_id,
        "ticket_id": ticket_id,
        "direction": Direction.INBOUND,
        "channel": message.channel,
        "person_id": person_id,
        "author": clean_line(message.sender.name, most=NAME_LENGTH) or message.sender.address[:NAME_LENGTH],
        "body": message.text,
        "new_text": None,
        "html": None,
        "automatic": "",
        "created_at": message.wishes.created_at or now,
    }
