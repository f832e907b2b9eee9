"""Doing what was decided: rows for a whole batch, written set by set.

A statement costs about the same for one row as for thirty, so every table gets one statement a batch.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Table, Update, insert

from core import amendments, attachments, events, filed_rows, kept, opening, tables
from core import numbers as ticket_numbers
from core.accounts.secrets import Keys
from core.config import Settings
from core.decisions import Again, Amend, Comment, Copied, Decision, Hold, Open, Put, Returned, TurnedAway
from core.facts import Earlier
from core.mail import effects, marks
from core.mail.effects import Effects
from core.mail.marks import Mark
from core.messages import InboundMessage, Receipt, Sender
from core.storage import blobs, bulk, dialects
from core.storage.blobs import Blob
from core.tables import new_id
from core.text import NAME_LENGTH, clean_line
from core.tickets import Requester
from core.vocabulary import Channel, Direction, Disposition, MessageKind, Outcome

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
    amended: dict[Update, list[_Row]] = field(default_factory=dict)
    marks: dict[tuple[str, str], Mark] = field(default_factory=dict)
    more_tags: list[_Row] = field(default_factory=list)
    # Who takes part in tickets that somebody came to in this batch, and by which seats.
    seated: dict[UUID, dict[UUID, int]] = field(default_factory=dict)
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
            case Hold():
                return self._hold(decision)
            case Returned():
                return self._returned(decision)
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
            ticket_numbers.keep(connection, self.last_number)
        blobs.insert(connection, self.bytes_kept, self.now)
        for table, rows in self.rows.items():
            if rows:
                bulk.insert(connection, _INSERTS[table], rows)
        kept.filed(connection, self.rows[tables.tickets], self.rows[tables.messages])
        for statement, rows in (
            (amendments.TOUCH, self.touched),
            (amendments.REOPEN, self.reopened),
            (amendments.SEEN_AGAIN, self.seen_again),
            (amendments.REPLAYED, self.replays),
            *self.amended.items(),
            *((statement, self.reworded) for statement in amendments.REWORD),
            *((statement, self.extended) for statement in amendments.EXTEND),
        ):
            if rows:
                connection.execute(statement, rows)
        if self.marks:
            marks.put(connection, list(self.marks.values()))
        if self.more_tags:
            connection.execute(dialects.unless_there(connection.dialect.name, tables.ticket_tags), self.more_tags)
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
        self.rows[tables.participants].append(filed_rows.seat(ticket_id, 1, person_id, self.now))
        message_id = arrived = self._message(message, ticket_id, person_id)
        for one in message.wishes.retold:
            who = person_id if one.direction is Direction.INBOUND else None
            self._message(opening.later(one, message), ticket_id, who, one.direction)
        reason = decision.because
        if by := decision.by_agent:
            note_id, reason = self._message(by.note, ticket_id, None, Direction.NOTE), by.reason
            # Where somebody else's words opened the ticket, the note is what arrived, and may be read anew.
            arrived = note_id if by.in_their_name else message_id
        opener = by.note if by else message
        did_it, why = None if by or message.scribe else person_id, reason or filed_rows.in_their_name(message)
        self._change(ticket_id, message_id, did_it, opener, "ticket", None, "opened", why)
        self._seat(decision.copied, ticket_id, {person_id: 1}, message_id, message, person_id)
        self._carry_out(effects.opened(decision, ticket_id, number, self.now))
        if decision.judged and decision.judged.assignee:
            given = filed_rows.assignment(ticket_id, message_id, decision.judged.assignee, self.now)
            self.rows[tables.changes].append(given)
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
        taking_part = {one.person_id: one.seq for one in ticket.participants}
        self._seat(decision.copied, ticket.id, taking_part, message_id, message, decision.person_id)
        if decision.reachable_again:
            self._carry_out(Effects(amended=[(effects.ALIVE, {"whose": message.sender.address})]))
        disposition = Disposition.AUTO_REPLY if message.automatic else Disposition.COMMENT
        row = self._ledger(message, disposition, message.automatic, ticket.id, ticket.number, message_id)
        return Receipt(Outcome.COMMENTED, row, ticket.number, ticket.id, message_id, ticket.embed_token)

    def _hold(self, decision: Hold) -> Receipt:
        message, ticket = decision.message, decision.ticket
        reason = "an agent's answer by mail" if decision.is_agent else "holds a token that was made for somebody else"
        row = self._ledger(message, Disposition.PENDING_PARTICIPANT, reason, ticket.id, ticket.number)
        self._carry_out(effects.held(decision, row, self.now))
        # Whoever it is, they learn nothing of the ticket.
        return Receipt(Outcome.IGNORED, row)

    def _returned(self, decision: Returned) -> Receipt:
        self._carry_out(effects.returned(decision, self.now))
        ticket = decision.ticket
        row = self._ledger(decision.message, Disposition.BOUNCE, decision.reason, ticket.id, ticket.number)
        return Receipt(Outcome.IGNORED, row, reason=decision.reason)

    def _carry_out(self, found: Effects) -> None:
        for table, row in found.rows:
            self.rows[table].append(row)
        for statement, row in found.amended:
            self.amended.setdefault(statement, []).append(row)
        self.marks |= {(mark.subject, mark.kind): mark for mark in found.marks}

    def _seat(
        self,
        copied: Sequence[Copied],
        ticket_id: UUID,
        taking_part: dict[UUID, int],
        message_id: UUID,
        message: InboundMessage,
        by: UUID,
    ) -> None:
        """Those who got a copy take part, behind all who do already."""
        if not copied:
            return
        seated = self.seated.setdefault(ticket_id, taking_part)
        for one in copied:
            person_id = one.person_id or self._person(one.address, one.name)
            if person_id not in seated:
                seated[person_id] = max(seated.values()) + 1
                self.rows[tables.participants].append(
                    filed_rows.seat(ticket_id, seated[person_id], person_id, self.now)
                )
                self._change(ticket_id, message_id, by, message, "participants", None, one.address, "got a copy")

    def _person(self, address: str, name: str) -> UUID:
        known = self.people.get((Channel.EMAIL, address))
        return known.id if known else self._somebody(Sender(Channel.EMAIL, address, name), "").id

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
        if decision.copy:
            return self._copy(decision)
        if decision.earlier is None:
            first = self.receipts[decision.same_as]
            self.seen_again.append({"row": first.ledger_id, "at": self.now})
            return replace(first, outcome=Outcome.DUPLICATE)
        earlier = decision.earlier
        if earlier.ledger_id is None:
            # Its ticket was removed for good, and it is not brought back by a mailbox that moved.
            return Receipt(Outcome.DUPLICATE, new_id())
        self.seen_again.append({"row": earlier.ledger_id, "at": self.now})
        return _duplicate(earlier, earlier.ledger_id)

    def _copy(self, decision: Again) -> Receipt:
        """Other bytes of a mail that is here: kept as well, and the ticket learns where else it was sent."""
        earlier = decision.earlier
        if earlier is not None and earlier.ledger_id is None:
            return Receipt(Outcome.DUPLICATE, new_id())
        first = earlier or self.receipts[decision.same_as]
        if first.ticket_id:
            self.more_tags += [
                {"ticket_id": first.ticket_id, "tag": tag, "number": first.ticket_number} for tag in decision.tags
            ]
        reason = "a copy that took another way"
        row = self._ledger(decision.message, Disposition.DUPLICATE, reason, first.ticket_id, first.ticket_number)
        return _duplicate(first, row, reason)

    def _requester(self, decision: Open) -> Requester:
        sender = decision.message.sender
        if decision.requester:
            return decision.requester
        if decision.person_id:
            return Requester(decision.person_id, "", "")
        if sender.address and (found := self.people.get((sender.channel, sender.address))):
            return found
        return self._somebody(sender, decision.message.language)

    def _somebody(self, sender: Sender, language: str) -> Requester:
        """Somebody new."""
        name = clean_line(sender.name, most=NAME_LENGTH) or sender.address.partition("@")[0][:NAME_LENGTH]
        person = Requester(new_id(), name, sender.address if sender.channel is Channel.EMAIL else "")
        self.rows[tables.people].append(filed_rows.person(person, language, self.now))
        if sender.address:
            self.people[sender.channel, sender.address] = person
            self.rows[tables.identities].append(filed_rows.identity(person, sender, self.now))
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
        for upload in message.own_files:
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
            filed_rows.change(ticket_id, message_id, person_id, message, (name, old, new), reason, self.now)
        )

    def _acknowledge(self, message: InboundMessage, ticket_id: UUID, number: int, person_id: UUID) -> None:
        row = filed_rows.acknowledgement(message, ticket_id, number, person_id, self.settings, self.keys, self.now)
        self.rows[tables.deliveries].append(row)

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
            became = (ticket_id, number, message_id)
            self.replays.append(filed_rows.replayed(self.replayed, disposition, reason, became, self.now))
            return self.replayed
        row = new_id()
        raw = None
        if not filed_rows.lies_in_ledger(message):
            raw = self._blob(message.raw)
            self.bytes_kept.append(raw)
        self.rows[tables.ledger].append(
            filed_rows.arrival(row, message, raw, disposition, reason, (ticket_id, number, message_id), self.now)
        )
        return row

    def _blob(self, data: bytes) -> Blob:
        return self.blobs.get(id(data)) or blobs.of(data)


def _duplicate(first: Earlier | Receipt, row: UUID, reason: str = "") -> Receipt:
    found = first.ticket_number, first.ticket_id, first.message_id, first.embed_token
    return Receipt(Outcome.DUPLICATE, row, *found, reason)
