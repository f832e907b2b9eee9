"""Doing what was decided: rows for a whole batch, written set by set.

A statement costs about the same for one row as for thirty, so every table gets one statement a batch.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Table, insert

from core import addresses, amendments, attachments, blobs, bulk, door, events, facts, numbers, opening, tables, tokens
from core.blobs import Blob
from core.config import Settings
from core.decisions import Again, Amend, Comment, Decision, Open, Put, TurnedAway
from core.messages import InboundMessage, Receipt
from core.secrets import Keys
from core.tables import new_id
from core.text import NAME_LENGTH, clean_line
from core.tickets import Requester
from core.vocabulary import Channel, DeliveryKind, DeliveryState, Direction, Disposition, MessageKind, Outcome

# Parents before children, as the foreign keys want it.
_ORDER = (
    tables.people,
    tables.identities,
    tables.tickets,
    tables.ticket_tags,
    tables.participants,
    tables.messages,
    tables.message_pairs,
    tables.attachments,
    tables.changes,
    tables.deliveries,
    tables.ledger,
)
_INSERTS = {table: insert(table) for table in _ORDER}


def openings(decisions: Sequence[Decision]) -> int:
    """How many numbers they take."""
    return sum(isinstance(decision, Open) for decision in decisions)


def file(
    connection: Connection,
    decisions: Sequence[Decision],
    now: datetime,
    *,
    settings: Settings,
    keys: Keys,
    replayed: UUID,
) -> list[Receipt]:
    """Write the decisions about a message that is replayed: the one of ledger row `replayed`."""
    batch = Batch(now, settings, keys, numbers.take(connection, openings(decisions)), replayed=replayed)
    batch.add_all(decisions)
    batch.write(connection)
    return batch.receipts


def quarantine(
    connection: Connection,
    message: InboundMessage,
    error: str,
    now: datetime,
    *,
    settings: Settings,
    keys: Keys,
    blobs: Mapping[int, Blob],
) -> Receipt:
    """Keep a message that could not be filed, whole, where an admin sees it and can replay it."""
    batch = Batch(now, settings, keys, [], blobs)
    if known := facts.earlier(connection, [message.dedupe_key]).get(message.dedupe_key):
        # It has lain there since it came first; only its sender has not heard so.
        receipt = batch.add(Again(message, earlier=known))
    else:
        # Its envelope may be the very thing that could not be stored.
        plain = replace(message, envelope=door.plain(message.envelope))
        receipt = batch.add(Put(plain, Disposition.QUARANTINED, "could not be filed"))
        receipt = replace(receipt, outcome=Outcome.QUARANTINED)
        batch.rows[tables.ledger][-1]["error"] = error
    batch.write(connection)
    return receipt


_Row = dict[str, object]


@dataclass(slots=True)
class Batch:
    """The rows of one transaction, gathered before any is written. `blobs` are those that `blobs.prepared` made."""

    now: datetime
    settings: Settings
    keys: Keys
    numbers: list[int]
    blobs: Mapping[int, Blob] = field(default_factory=dict)
    replayed: UUID | None = None
    last_number: int | None = None
    receipts: list[Receipt] = field(default_factory=list)
    rows: dict[Table, list[_Row]] = field(default_factory=lambda: {table: [] for table in _ORDER})
    bytes_kept: list[Blob] = field(default_factory=list)
    people: dict[tuple[Channel, str], Requester] = field(default_factory=dict)
    touched: list[_Row] = field(default_factory=list)
    reopened: list[_Row] = field(default_factory=list)
    seen_again: list[_Row] = field(default_factory=list)
    replays: list[_Row] = field(default_factory=list)
    silent: set[UUID] = field(default_factory=set)
    reworded: list[_Row] = field(default_factory=list)
    extended: list[_Row] = field(default_factory=list)

    def add_all(self, decisions: Iterable[Decision]) -> None:
        for decision in decisions:
            self.receipts.append(self.add(decision))

    def add(self, decision: Decision) -> Receipt:
        match decision:
            case Open():
                return self._open(decision)
            case Comment():
                return self._comment(decision)
            case Amend():
                return self._amend(decision)
            case Put():
                self._keep_files(decision.message)
                row = self._ledger(decision.message, decision.disposition, decision.reason)
                return Receipt(Outcome.IGNORED, row, reason=decision.reason)
            case Again():
                return self._again(decision)
            case TurnedAway():
                outcome = Outcome.DEFERRED if decision.for_now else Outcome.REFUSED
                return Receipt(outcome, new_id(), reason=decision.reason)

    def write(self, connection: Connection) -> None:
        if self.last_number and connection.dialect.name == "sqlite":
            numbers.keep(connection, self.last_number)
        blobs.insert(connection, self.bytes_kept, self.now)
        for table, rows in self.rows.items():
            if rows:
                bulk.insert(connection, _INSERTS[table], rows)
        for statement, rows in (
            (amendments.TOUCH, self.touched),
            (amendments.REOPEN, self.reopened),
            (amendments.SEEN_AGAIN, self.seen_again),
            (amendments.REPLAYED, self.replays),
            *((statement, self.reworded) for statement in amendments.REWORD),
            *((statement, self.extended) for statement in amendments.EXTEND),
        ):
            if rows:
                connection.execute(statement, rows)
        if events.is_anybody_listening(connection):
            events.announce(connection, events.filed(self.rows, self.silent), self.now)

    def _open(self, decision: Open) -> Receipt:
        message, ticket_id, number = decision.message, new_id(), self.numbers.pop(0)
        self.last_number = number
        if message.silent:
            self.silent.add(ticket_id)
        requester = self._requester(decision)
        opened = opening.ticket(decision, ticket_id, number, requester, self.now)
        person_id = requester.id
        self.rows[tables.tickets].append(opening.row(opened, message.wishes))
        self.rows[tables.ticket_tags] += [{"ticket_id": ticket_id, "tag": tag, "number": number} for tag in opened.tags]
        self.rows[tables.participants].append(
            {"ticket_id": ticket_id, "seq": 1, "person_id": person_id, "token_version": 1, "created_at": self.now}
        )
        message_id = arrived = self._message(message, ticket_id, person_id)
        reason = f"answers ticket {decision.answers}, where this sender may not write" if decision.answers else ""
        if by := decision.by_agent:
            note_id, reason = self._message(by.note, ticket_id, None, Direction.NOTE), by.reason
            # Where somebody else's words opened the ticket, the note is what arrived, and may be read anew.
            arrived = note_id if by.in_their_name else message_id
        opener = by.note if by else message
        self._change(ticket_id, message_id, None if by else person_id, opener, "ticket", None, "opened", reason)
        if decision.judged and decision.judged.assignee:
            why = "as [classify] in the configuration says"
            self._change(ticket_id, message_id, person_id, message, "assigned_to", None, decision.judged.assignee, why)
        if decision.acknowledge:
            self._acknowledge(message, ticket_id, number, person_id)
        row = self._ledger(by.came_as if by else message, Disposition.TICKET, reason, ticket_id, number, arrived)
        # Whoever has signed in as somebody else than their address says is known by id only, and so is an assignee.
        known = opened if requester.name and not opened.assignee_id else None
        return Receipt(Outcome.OPENED, row, number, ticket_id, arrived, opened.embed_token, reason, known)

    def _comment(self, decision: Comment) -> Receipt:
        message, ticket = decision.message, decision.ticket
        message_id = self._message(message, ticket.id, decision.person_id)
        self.touched.append({"ticket": ticket.id, "at": self.now, "more": 0 if message.automatic else 1})
        if decision.status:
            self.reopened.append({"ticket": ticket.id, "becomes": decision.status})
            self._change(
                ticket.id, message_id, decision.person_id, message, "status", ticket.status, decision.status, ""
            )
        disposition = Disposition.AUTO_REPLY if message.automatic else Disposition.COMMENT
        row = self._ledger(message, disposition, message.automatic, ticket.id, ticket.number, message_id)
        return Receipt(Outcome.COMMENTED, row, ticket.number, ticket.id, message_id, ticket.embed_token)

    def _amend(self, decision: Amend) -> Receipt:
        message, said = decision.message, decision.said
        amended: _Row = {"message": said.id, "text": message.text, "at": self.now}
        if message.kind is MessageKind.EDIT:
            self.reworded.append(amended)
        elif message.text:
            self.extended.append(amended)
        self._name(message, said.id)
        self._attach(message, said.ticket_id, said.id)
        self.touched.append({"ticket": said.ticket_id, "at": self.now, "more": 1})
        row = self._ledger(message, Disposition.COMMENT, message.kind, said.ticket_id, said.ticket_number, said.id)
        return Receipt(Outcome.COMMENTED, row, said.ticket_number, said.ticket_id, said.id, said.embed_token)

    def _again(self, decision: Again) -> Receipt:
        if decision.earlier is None:
            first = self.receipts[decision.same_as]
            self.seen_again.append({"row": first.ledger_id, "at": self.now})
            return replace(first, outcome=Outcome.DUPLICATE)
        earlier = decision.earlier
        self.seen_again.append({"row": earlier.ledger_id, "at": self.now})
        return Receipt(
            Outcome.DUPLICATE,
            earlier.ledger_id,
            earlier.ticket_number,
            earlier.ticket_id,
            earlier.message_id,
            earlier.embed_token,
        )

    def _requester(self, decision: Open) -> Requester:
        sender = decision.message.sender
        if decision.requester:
            return decision.requester
        if decision.person_id:
            return Requester(decision.person_id, "", "")
        if sender.address and (found := self.people.get((sender.channel, sender.address))):
            return found
        return self._new_person(decision.message)

    def _new_person(self, message: InboundMessage) -> Requester:
        sender = message.sender
        name = clean_line(sender.name, most=NAME_LENGTH) or sender.address.partition("@")[0][:NAME_LENGTH]
        person = Requester(new_id(), name, sender.address if sender.channel is Channel.EMAIL else "")
        self.rows[tables.people].append(
            {"id": person.id, "name": name, "language": message.language[:16], "created_at": self.now}
        )
        if sender.address:
            self.people[sender.channel, sender.address] = person
            self.rows[tables.identities].append(
                {
                    "id": new_id(),
                    "person_id": person.id,
                    "channel": sender.channel,
                    "address": sender.address,
                    "created_at": self.now,
                }
            )
        return person

    def _message(
        self,
        message: InboundMessage,
        ticket_id: UUID,
        person_id: UUID | None,
        direction: Direction = Direction.INBOUND,
    ) -> UUID:
        message_id = new_id()
        self.rows[tables.messages].append(
            {
                "id": message_id,
                "ticket_id": ticket_id,
                "direction": direction,
                "channel": message.channel,
                "person_id": person_id,
                "author": clean_line(message.sender.name, most=NAME_LENGTH) or message.sender.address[:NAME_LENGTH],
                "body": message.text,
                "new_text": message.new_text,
                "html": message.html,
                "automatic": message.automatic[:200],
                "created_at": message.wishes.created_at or self.now,
            }
        )
        self._name(message, message_id)
        self._attach(message, ticket_id, message_id)
        return message_id

    def _name(self, message: InboundMessage, message_id: UUID) -> None:
        if message.message_id and message.kind is not MessageKind.EDIT:  # which keeps its name
            self.rows[tables.message_pairs].append(
                {
                    "id": new_id(),
                    "message_id": message_id,
                    "channel": message.channel,
                    "place": message.place[:64],
                    "remote_id": message.message_id[:255],
                }
            )

    def _attach(self, message: InboundMessage, ticket_id: UUID, message_id: UUID) -> None:
        for upload in message.files:
            blob = self._blob(upload.data)
            self.bytes_kept.append(blob)
            self.rows[tables.attachments].append(
                attachments.arrived(message, upload, blob, ticket_id, message_id, self.now)
            )

    def _keep_files(self, message: InboundMessage) -> None:
        """Mail has its files within the raw bytes; of every other channel they would be lost with the message."""
        if message.channel is not Channel.EMAIL:
            self.bytes_kept += [self._blob(upload.data) for upload in message.files]

    def _change(
        self,
        ticket_id: UUID,
        message_id: UUID,
        person_id: UUID | None,
        message: InboundMessage,
        name: str,
        old: str | None,
        new: str,
        reason: str,
    ) -> None:
        self.rows[tables.changes].append(
            {
                "ticket_id": ticket_id,
                # What a message changes is one act, and the message its name.
                "act_id": message_id,
                "person_id": person_id,
                "actor": clean_line(message.sender.name or message.sender.address or "somebody", most=NAME_LENGTH),
                "field": name,
                "old": old,
                "new": new,
                "reason": reason,
                "at": self.now,
            }
        )

    def _acknowledge(self, message: InboundMessage, ticket_id: UUID, number: int, person_id: UUID) -> None:
        delivery_id = new_id()
        tag = tokens.reply_tag(self.keys.replies, number, 1, ticket_id=ticket_id, person_id=person_id, version=1)
        self.rows[tables.deliveries].append(
            {
                "id": delivery_id,
                "ticket_id": ticket_id,
                "channel": Channel.EMAIL,
                "kind": DeliveryKind.ACKNOWLEDGEMENT,
                "address": message.sender.address,
                "remote_id": tokens.message_id(tag, delivery_id, addresses.domain(self.settings.from_address)),
                "state": DeliveryState.QUEUED,
                "due_at": self.now,
                "created_at": self.now,
            }
        )

    def _ledger(
        self,
        message: InboundMessage,
        disposition: Disposition,
        reason: str,
        ticket_id: UUID | None = None,
        number: int | None = None,
        message_id: UUID | None = None,
    ) -> UUID:
        if self.replayed:
            self.replays.append(
                {
                    "row": self.replayed,
                    "becomes": disposition,
                    "because": reason,
                    "ticket": ticket_id,
                    "number": number,
                    "message": message_id,
                    "at": self.now,
                }
            )
            return self.replayed
        raw, row = self._blob(message.raw), new_id()
        self.bytes_kept.append(raw)
        self.rows[tables.ledger].append(
            {
                "id": row,
                "dedupe_key": message.dedupe_key,
                "channel": message.channel,
                "sender": message.sender.address,
                "subject": clean_line(message.subject),
                "envelope": dict(message.envelope),
                "raw_sha256": raw.sha256,
                "size": len(message.raw),
                "disposition": disposition,
                "reason": reason,
                "error": "",
                "ticket_id": ticket_id,
                "ticket_number": number,
                "message_id": message_id,
                "received_at": self.now,
                "last_seen_at": self.now,
            }
        )
        return row

    def _blob(self, data: bytes) -> Blob:
        return self.blobs.get(id(data)) or blobs.of(data)
