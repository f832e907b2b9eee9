"""What must be known before a batch of messages can be judged, gathered in a handful of queries for all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, Row, Select, bindparam, func, or_, select

from core import tables, tickets, tokens
from core.addresses import normal, without_tag
from core.config import LimitsSection
from core.messages import InboundMessage
from core.vocabulary import Channel, DeliveryKind, Role, Status

_TicketRow = Row[UUID, int, str, UUID | None, str | None, int, UUID, int, UUID | None]

# How many of a mail's References are looked up, newest first: long chains repeat the same ticket.
REFERENCES = 20
# A Message-ID is a claim of whoever sent it: others may send it too, and some devices write it into every mail. The
# oldest that bear it are looked at, so that who comes later takes no answer from the one who was first.
NAMESAKES = 8


@dataclass(frozen=True, slots=True)
class Earlier:
    """The first arrival of something that has come again."""

    ledger_id: UUID
    ticket_id: UUID | None
    ticket_number: int | None
    message_id: UUID | None
    embed_token: str | None


@dataclass(frozen=True, slots=True)
class KnownPerson:
    person_id: UUID
    name: str
    blocked_until: datetime | None = None
    blocked_reason: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class KnownAgent:
    """Somebody of the staff who has this address."""

    name: str


@dataclass(frozen=True, slots=True)
class Participant:
    seq: int
    person_id: UUID
    token_version: int


@dataclass(frozen=True, slots=True)
class KnownMessage:
    """Something that a customer said before."""

    id: UUID
    person_id: UUID
    ticket_id: UUID
    ticket_number: int
    embed_token: str | None


@dataclass(frozen=True, slots=True)
class KnownTicket:
    id: UUID
    number: int
    status: Status
    assigned: bool
    embed_token: str | None
    participants: tuple[Participant, ...] = ()
    merged_into: UUID | None = None

    def participant(self, seq: int) -> Participant | None:
        return next((p for p in self.participants if p.seq == seq), None)

    def has(self, person_id: UUID) -> bool:
        return any(p.person_id == person_id for p in self.participants)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything `intake.decide` may know about the world."""

    earlier: Mapping[str, Earlier] = field(default_factory=dict)
    people: Mapping[tuple[Channel, str], KnownPerson] = field(default_factory=dict)
    tickets: Mapping[UUID, KnownTicket] = field(default_factory=dict)
    by_number: Mapping[int, UUID] = field(default_factory=dict)
    by_remote_id: Mapping[str, tuple[UUID, ...]] = field(default_factory=dict)
    mails_last_hour: Mapping[str, int] = field(default_factory=dict)
    automatic_today: Mapping[str, int] = field(default_factory=dict)
    automatic_last_hour: int = 0
    # By address: of the senders of forwards, and of those whose mails they forward.
    agents: Mapping[str, KnownAgent] = field(default_factory=dict)
    said: Mapping[UUID, KnownMessage] = field(default_factory=dict)


def gather(connection: Connection, messages: Sequence[InboundMessage], now: datetime, limits: LimitsSection) -> Facts:
    """All that the batch needs to know. What only `limits` asks for is not counted where they are off."""
    mails = [m for m in messages if m.channel is Channel.EMAIL]
    by_remote_id = _by_remote_id(connection, {r for m in mails for r in referred(m)})
    tags = [tag for m in mails for tag in tags_of(m)]
    wanted = {ticket_id for found in by_remote_id.values() for ticket_id in found} | {
        m.ticket_id for m in messages if m.ticket_id
    }
    tickets = _with_merged(connection, _tickets(connection, wanted, {tag.number for tag in tags}))
    forwards = [m for m in mails if m.forwarded]
    first = {(Channel.EMAIL, address) for m in forwards if m.forwarded and (address := normal(m.forwarded.address))}
    senders = sorted({m.sender.address for m in mails if m.sender.address}) if limits.enabled else []
    return Facts(
        earlier=earlier(connection, [m.dedupe_key for m in messages]),
        people=_people(
            connection, {(m.sender.channel, m.sender.address) for m in messages if m.sender.address} | first
        ),
        tickets=tickets,
        by_number={ticket.number: ticket.id for ticket in tickets.values()},
        by_remote_id=by_remote_id,
        mails_last_hour=_counts(connection, _MAILS, senders, now - timedelta(hours=1)),
        automatic_today=_counts(connection, _ACKNOWLEDGEMENTS, senders, now - timedelta(days=1)),
        automatic_last_hour=_automatic_last_hour(connection, now, limits) if senders else 0,
        agents=_agents(connection, {m.sender.address for m in forwards} | {address for _, address in first}),
        said=_said(connection, {m.amends for m in messages if m.amends}),
    )


def referred(message: InboundMessage) -> list[str]:
    """The Message-IDs a mail refers to, the likeliest first: In-Reply-To, then References from the newest."""
    return list(dict.fromkeys((*message.in_reply_to, *reversed(message.references))))[:REFERENCES]


def tags_of(message: InboundMessage) -> list[tokens.ReplyTag]:
    """The reply tags a mail carries, in the order of their trust: addresses it was sent to, then our Message-IDs."""
    found = [tokens.parse_tag(without_tag(address)[1]) for address in message.recipients]
    found += [tokens.tag_of_message_id(remote_id) for remote_id in referred(message)]
    return [tag for tag in found if tag is not None]


# Statements are put together once: for a small batch that costs more than carrying them out.
_ledger, _deliveries = tables.ledger.c, tables.deliveries.c
_identities, _known_people = tables.identities.c, tables.people.c
_EARLIER = (
    select(
        _ledger.dedupe_key,
        _ledger.id,
        _ledger.ticket_id,
        _ledger.ticket_number,
        _ledger.message_id,
        tables.tickets.c.embed_token,
    )
    .join_from(tables.ledger, tables.tickets, tables.tickets.c.id == _ledger.ticket_id, isouter=True)
    .where(_ledger.dedupe_key.in_(bindparam("keys", expanding=True)))
)
_PEOPLE = (
    select(
        _identities.channel,
        _identities.address,
        _known_people.id,
        _known_people.name,
        _identities.blocked_until,
        _identities.blocked_reason,
        func.coalesce(tickets.email_of(_known_people.id), ""),
    )
    .join_from(tables.identities, tables.people, _known_people.id == _identities.person_id)
    # Both, because the index begins with the channel; what is another's by chance is sorted out afterwards.
    .where(
        _identities.channel.in_(bindparam("channels", expanding=True)),
        _identities.address.in_(bindparam("addresses", expanding=True)),
    )
)
_MAILS = (
    select(_ledger.sender, func.count())
    .where(
        _ledger.sender.in_(bindparam("addresses", expanding=True)),
        _ledger.received_at > bindparam("since"),
        _ledger.channel == Channel.EMAIL,
    )
    .group_by(_ledger.sender)
)
_ACKNOWLEDGEMENTS = (
    select(_deliveries.address, func.count())
    .where(
        _deliveries.address.in_(bindparam("addresses", expanding=True)),
        _deliveries.kind == DeliveryKind.ACKNOWLEDGEMENT,
        _deliveries.created_at > bindparam("since"),
    )
    .group_by(_deliveries.address)
)
_users = tables.users.c
_AGENTS = (
    select(func.lower(_users.email), _users.name, _users.username)
    .where(
        func.lower(_users.email).in_(bindparam("addresses", expanding=True)),
        _users.role.in_((Role.AGENT, Role.ADMIN)),
        _users.active.is_(True),
        _users.deleted_at.is_(None),
    )
    # Of several the oldest, which is read last.
    .order_by(_users.created_at.desc(), _users.id.desc())
)
# No further than to the limit: what lies beyond changes nothing, and may be tens of thousands of rows.
_AUTOMATIC = select(func.count()).select_from(
    select(_deliveries.id)
    .where(_deliveries.kind == DeliveryKind.ACKNOWLEDGEMENT, _deliveries.created_at > bindparam("since"))
    .limit(bindparam("most"))
    .subquery()
)


def earlier(connection: Connection, keys: list[str]) -> dict[str, Earlier]:
    found = connection.execute(_EARLIER, {"keys": keys})
    return {key: Earlier(*rest) for key, *rest in found.all()}


def _people(connection: Connection, addresses: set[tuple[Channel, str]]) -> dict[tuple[Channel, str], KnownPerson]:
    if not addresses:
        return {}
    asked = {
        "channels": sorted({channel for channel, _ in addresses}),
        "addresses": sorted({address for _, address in addresses}),
    }
    found = connection.execute(_PEOPLE, asked)
    people_by_address = {(Channel(channel), address): KnownPerson(*rest) for channel, address, *rest in found.all()}
    return {key: person for key, person in people_by_address.items() if key in addresses}


def _agents(connection: Connection, addresses: set[str]) -> dict[str, KnownAgent]:
    if not addresses:
        return {}
    found = connection.execute(_AGENTS, {"addresses": sorted(addresses)})
    return {address: KnownAgent(name or username) for address, name, username in found.all()}


def _by_remote_id(connection: Connection, remote_ids: set[str]) -> dict[str, tuple[UUID, ...]]:
    if not remote_ids:
        return {}
    pairs, messages = tables.message_pairs.c, tables.messages.c
    age = func.row_number().over(partition_by=pairs.remote_id, order_by=pairs.id)
    named = (
        select(pairs.remote_id, pairs.message_id, age.label("age"))
        .where(pairs.remote_id.in_(sorted(remote_ids)), pairs.channel == Channel.EMAIL)
        .subquery()
    )
    found = connection.execute(
        select(named.c.remote_id, messages.ticket_id)
        .join_from(named, tables.messages, messages.id == named.c.message_id)
        .where(named.c.age <= NAMESAKES)
        .order_by(named.c.age)
    )
    by_id: dict[str, tuple[UUID, ...]] = {}
    for remote_id, ticket_id in found.all():
        by_id[remote_id] = (*by_id.get(remote_id, ()), ticket_id)
    return by_id


def _tickets(connection: Connection, ids: set[UUID], numbers: set[int]) -> dict[UUID, KnownTicket]:
    if not ids and not numbers:
        return {}
    t, p = tables.tickets.c, tables.participants.c
    found = connection.execute(
        select(
            t.id, t.number, t.status, t.assignee_id, t.embed_token, p.seq, p.person_id, p.token_version,
            t.merged_into_id,
        )
        .join_from(tables.tickets, tables.participants, p.ticket_id == t.id)
        .where(or_(t.id.in_(ids), t.number.in_(numbers)), t.deleted_at.is_(None))
        .order_by(t.id, p.seq)
        # Nobody may settle or delete it between this look and our write; in the order of ids, so that two of us
        # never wait for each other. (SQLite has one writer, and ignores it.)
        .with_for_update(of=tables.tickets)
    )  # fmt: skip
    by_ticket: dict[UUID, list[_TicketRow]] = {}
    for row in found.all():
        by_ticket.setdefault(row.id, []).append(row)
    return {ticket_id: _known_ticket(rows) for ticket_id, rows in by_ticket.items()}


def _with_merged(connection: Connection, known: dict[UUID, KnownTicket]) -> dict[UUID, KnownTicket]:
    """And those that they were merged into, and so on."""
    while behind := {ticket.merged_into for ticket in known.values() if ticket.merged_into} - known.keys():
        found = _tickets(connection, behind, set())
        if not found:
            break
        known = {**known, **found}
    return known


def _said(connection: Connection, ids: set[UUID]) -> dict[UUID, KnownMessage]:
    if not ids:
        return {}
    m, t = tables.messages.c, tables.tickets.c
    found = connection.execute(
        select(m.id, m.person_id, m.ticket_id, t.number, t.embed_token)
        .join_from(tables.messages, tables.tickets, t.id == m.ticket_id)
        .where(m.id.in_(ids), m.person_id.is_not(None), m.deleted_at.is_(None), t.deleted_at.is_(None))
    )
    return {row.id: KnownMessage(*row) for row in found.all()}


def _known_ticket(rows: Sequence[_TicketRow]) -> KnownTicket:
    first = rows[0]
    return KnownTicket(
        id=first.id,
        number=first.number,
        status=Status(first.status),
        assigned=first.assignee_id is not None,
        embed_token=first.embed_token,
        participants=tuple(Participant(row.seq, row.person_id, row.token_version) for row in rows),
        merged_into=first.merged_into_id,
    )


def _counts(
    connection: Connection, statement: Select[str, int], addresses: Sequence[str], since: datetime
) -> dict[str, int]:
    if not addresses:
        return {}
    return {row[0]: row[1] for row in connection.execute(statement, {"addresses": addresses, "since": since}).all()}


def _automatic_last_hour(connection: Connection, now: datetime, limits: LimitsSection) -> int:
    asked = {"since": now - timedelta(hours=1), "most": limits.automatic_mails_per_hour}
    return int(connection.execute(_AUTOMATIC, asked).scalar_one())
