"""What must be known before a batch of messages can be judged, gathered in a handful of queries for all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    Connection,
    Row,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    null,
    or_,
    select,
    union_all,
)

from core import tables, tickets, tokens
from core.accounts import users
from core.accounts.secrets import Keys
from core.addresses import normal, without_tag
from core.config import Settings
from core.mail import by_subject, references, routing, standing
from core.mail.mark_tables import marks, tombstones
from core.mail.standing import Standing
from core.messages import InboundMessage
from core.storage import by_heart
from core.vocabulary import Channel, DeliveryState, MarkKind, Role, Status

_TicketRow = Row[*tuple[object, ...]]

# How many of a mail's References are looked up, newest first: long chains repeat the same ticket.
REFERENCES = 20
# A Message-ID is a claim of whoever sent it: others may send it too, and some devices write it into every mail. The
# oldest that bear it are looked at, so that who comes later takes no answer from the one who was first.
NAMESAKES = 8


@dataclass(frozen=True, slots=True)
class Earlier:
    """The first arrival of something that has come again. `ledger_id` None: its ticket was removed for good."""

    ledger_id: UUID | None
    ticket_id: UUID | None
    ticket_number: int | None
    message_id: UUID | None
    embed_token: str | None


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """`blocked` says why nothing is taken from this address, `unreachable` that nothing arrives there."""

    person_id: UUID
    name: str
    email: str = ""
    unreachable: bool = False
    blocked: str | None = None


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
    # Since when it is resolved or closed.
    settled_at: datetime | None = None

    def participant(self, seq: int) -> Participant | None:
        return next((p for p in self.participants if p.seq == seq), None)

    def has(self, person_id: UUID) -> bool:
        return any(p.person_id == person_id for p in self.participants)


@dataclass(frozen=True, slots=True)
class KnownDelivery:
    """A mail of ours that a report may be about. `elsewhere`: its reader is in a chat too."""

    id: UUID
    ticket_id: UUID
    seq: int
    address: str
    remote_id: str
    elsewhere: bool
    state: DeliveryState


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything `intake.decide` may know about the world. `earlier` is by dedupe key, `copies` by content."""

    earlier: Mapping[str, Earlier] = field(default_factory=dict)
    copies: Mapping[str, Earlier] = field(default_factory=dict)
    people: Mapping[tuple[Channel, str], KnownPerson] = field(default_factory=dict)
    tickets: Mapping[UUID, KnownTicket] = field(default_factory=dict)
    by_number: Mapping[int, UUID] = field(default_factory=dict)
    by_remote_id: Mapping[str, tuple[UUID, ...]] = field(default_factory=dict)
    # By dedupe key: the ticket that a mail goes on with for its subject, where that is wished.
    same_subject: Mapping[str, UUID] = field(default_factory=dict)
    standing: Standing = field(default_factory=Standing)
    deliveries: Mapping[UUID, KnownDelivery] = field(default_factory=dict)
    assignees: Mapping[str, UUID] = field(default_factory=dict)
    # By address: of the senders of forwards and of answers, and of those whose mails they forward.
    agents: Mapping[str, KnownAgent] = field(default_factory=dict)
    said: Mapping[UUID, KnownMessage] = field(default_factory=dict)


def gather(
    connection: Connection, messages: Sequence[InboundMessage], now: datetime, settings: Settings, keys: Keys
) -> Facts:
    """All that the batch needs to know. What only `limits` asks for is not counted where they are off."""
    mails = [m for m in messages if m.channel is Channel.EMAIL]
    by_remote_id = _by_remote_id(connection, {r for m in mails for r in referred(m)})
    deliveries = _deliveries(connection, {one for m in mails for one in references.reported(m, keys.replies)})
    same_subject = by_subject.gather(connection, mails, now, settings)
    wanted = {ticket_id for found in by_remote_id.values() for ticket_id in found} | set(same_subject.values())
    wanted |= {m.ticket_id for m in messages if m.ticket_id} | {one.ticket_id for one in deliveries.values()}
    numbers = {tag.number for m in mails for tag in tags_of(m)} | {n for m in mails for n in references.numbers_of(m)}
    tickets = _with_merged(connection, _tickets(connection, wanted, numbers))
    people = {(m.sender.channel, m.sender.address) for m in messages if m.sender.address}
    copied = {address for m in mails for _, address in m.signs.copied}
    people |= {(Channel.EMAIL, address) for address in copied}
    forwards = [m for m in mails if m.forwarded]
    first = {(Channel.EMAIL, address) for m in forwards if m.forwarded and (address := normal(m.forwarded.address))}
    earlier, copies = _earlier(
        connection, [m.dedupe_key for m in messages], [m.signs.content for m in mails if m.signs.content]
    )
    return Facts(
        earlier=earlier,
        copies=copies,
        people=_people(connection, people | first, now),
        tickets=tickets,
        by_number={ticket.number: ticket.id for ticket in tickets.values()},
        by_remote_id=by_remote_id,
        same_subject=same_subject,
        standing=standing.gather(connection, messages, now, settings.limits),
        deliveries=deliveries,
        assignees=users.active_ids(connection, routing.assignees(mails, settings)),
        agents=_agents(
            connection,
            {m.sender.address for m in mails if m.forwarded or tags_of(m)} | {address for _, address in first} | copied,
        ),
        said=_said(connection, {m.amends for m in messages if m.amends}),
    )


def referred(message: InboundMessage) -> list[str]:
    """The Message-IDs a mail refers to, the likeliest first: In-Reply-To, then References from the newest."""
    return list(dict.fromkeys((*message.in_reply_to, *reversed(message.references))))[:REFERENCES]


def tags_of(message: InboundMessage) -> list[tokens.ReplyTag]:
    """The reply tags a mail carries, in the order of their trust: addresses it was sent to, then our Message-IDs; in
    what it quotes where a program has lost both."""
    found = [tokens.parse_tag(without_tag(address)[1]) for address in message.recipients if "+" in address]
    found += [tokens.tag_of_message_id(remote_id) for remote_id in referred(message)]
    known = [tag for tag in found if tag is not None]
    quoted = tokens.tag_of_text(message.text) if not known and "##-" in message.text else None
    return [quoted] if quoted else known


# Statements are put together once: for a small batch that costs more than carrying them out.
_ledger, _d = tables.ledger.c, tables.deliveries.c
_identities, _known_people = tables.identities.c, tables.people.c
_LEDGER = tables.ledger.outerjoin(tables.tickets, tables.tickets.c.id == _ledger.ticket_id)
_ARRIVAL = (_ledger.id, _ledger.ticket_id, _ledger.ticket_number, _ledger.message_id, tables.tickets.c.embed_token)
_KEYS: BindParameter[str] = bindparam("keys", expanding=True)
_CONTENTS: BindParameter[str] = bindparam("contents", expanding=True)
_EARLIER = select(_ledger.dedupe_key, *_ARRIVAL).select_from(_LEDGER).where(_ledger.dedupe_key.in_(_KEYS))
# By what a mail says as well, and those whose ticket is gone for good: of these it does not matter which key it was.
_BY_KEY, _BY_CONTENT, _BY_EITHER = 0, 1, 2
_EARLIER_MAILS = union_all(
    select(literal_column(str(_BY_KEY)).label("how"), *_EARLIER.selected_columns)
    .select_from(_LEDGER)
    .where(_ledger.dedupe_key.in_(_KEYS)),
    select(literal_column(str(_BY_CONTENT)), _ledger.content_key, *_ARRIVAL)
    .select_from(_LEDGER)
    .where(_ledger.content_key.in_(_CONTENTS)),
    select(literal_column(str(_BY_EITHER)), tombstones.c.key, null(), null(), null(), null(), null()).where(
        tombstones.c.key.in_(bindparam("either", expanding=True))
    ),
)
_PEOPLE = (
    select(
        _identities.channel,
        _identities.address,
        _known_people.id,
        _known_people.name,
        func.coalesce(tickets.email_of(_known_people.id), ""),
        _identities.unreachable_at.is_not(None),
        marks.c.reason,
    )
    .join_from(tables.identities, tables.people, _known_people.id == _identities.person_id)
    .join(
        marks,
        and_(
            marks.c.subject == _identities.address,
            marks.c.kind == MarkKind.BLOCKED,
            or_(marks.c.until.is_(None), marks.c.until > bindparam("now")),
        ),
        isouter=True,
    )
    # Both, because the index begins with the channel; what is another's by chance is sorted out afterwards.
    .where(
        _identities.channel.in_(bindparam("channels", expanding=True)),
        _identities.address.in_(bindparam("addresses", expanding=True)),
    )
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


def earlier(connection: Connection, keys: list[str]) -> dict[str, Earlier]:
    return {key: Earlier(*rest) for key, *rest in by_heart.rows(connection, _EARLIER, {"keys": keys})}


def _earlier(
    connection: Connection, keys: list[str], contents: list[str]
) -> tuple[dict[str, Earlier], dict[str, Earlier]]:
    """Arrivals by the same key, and by the same content."""
    if not contents:
        return earlier(connection, keys), {}
    same: dict[str, Earlier] = {}
    copies: dict[str, Earlier] = {}
    asked = {"keys": keys, "contents": contents, "either": [*keys, *contents]}
    for how, key, *rest in by_heart.rows(connection, _EARLIER_MAILS, asked):
        if how != _BY_CONTENT:
            same[key] = Earlier(*rest)
        if how != _BY_KEY:
            copies[key] = Earlier(*rest)
    return same, copies


def _deliveries(connection: Connection, ids: set[UUID]) -> dict[UUID, KnownDelivery]:
    if not ids:
        return {}
    i, p = tables.identities.c, tables.participants.c
    whose = (p.ticket_id == _d.ticket_id, p.seq == _d.participant_seq, i.person_id == p.person_id)
    in_chat = exists().where(*whose, i.channel == Channel.TELEGRAM, i.unreachable_at.is_(None))
    found = connection.execute(
        select(_d.id, _d.ticket_id, _d.participant_seq, _d.address, _d.remote_id, in_chat, _d.state).where(
            _d.id.in_(sorted(ids)), _d.channel == Channel.EMAIL
        )
    )
    return {
        id_: KnownDelivery(id_, ticket_id, seq, address, remote_id, elsewhere, DeliveryState(state))
        for id_, ticket_id, seq, address, remote_id, elsewhere, state in found.all()
    }


def _people(
    connection: Connection, addresses: set[tuple[Channel, str]], now: datetime
) -> dict[tuple[Channel, str], KnownPerson]:
    if not addresses:
        return {}
    asked = {
        "channels": sorted({channel for channel, _ in addresses}),
        "addresses": sorted({address for _, address in addresses}),
        "now": now,
    }
    found = by_heart.rows(connection, _PEOPLE, asked)
    people_by_address = {(Channel(channel), address): KnownPerson(*rest) for channel, address, *rest in found}
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
            t.merged_into_id, func.coalesce(t.closed_at, t.resolved_at).label("settled_at"),
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
        settled_at=first.settled_at,
    )
