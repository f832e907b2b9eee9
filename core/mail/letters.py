"""From claimed deliveries to what a courier sends: everything a message needs, and nothing its reader may not see."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from uuid import UUID

from sqlalchemy import BindParameter, Row, bindparam, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core import tables, tokens
from core.accounts.secrets import Keys
from core.classify.language import TELLING, spoken
from core.config import Settings
from core.mail import enclosures, recall
from core.messages import OutboundMessage
from core.vocabulary import Channel, DeliveryKind, DeliveryState

# RFC 5322 sets no limit; a header of twenty ids threads everywhere and stays readable.
REFERENCES = 20

# It is in their mailbox, or on its way there.
_LEFT = (DeliveryState.SENT, DeliveryState.DELAYED)

_DeliveryRow = Row[*tuple[object, ...]]


async def written(
    connection: AsyncConnection, delivery_ids: Sequence[UUID], settings: Settings, keys: Keys
) -> list[OutboundMessage]:
    """The messages of these deliveries, in the order of their queueing; their files without the bytes (`with_files`)."""
    rows = await _rows(connection, delivery_ids)
    seen = await _seen(connection, sorted({row.ticket_id for row in rows}))
    answers = [row.id for row in rows if row.kind == DeliveryKind.ANSWER]
    enclosed = await enclosures.of_deliveries(connection, answers, settings, keys.files) if answers else {}
    earlier = {delivery_id: await recall.before(connection, delivery_id) for delivery_id in answers}
    # A mail does not say its language, but its words do. Many that come together say the same.
    language = cache(spoken)
    return [
        replace(
            _message(row, seen.get((row.ticket_id, row.person_id), []), settings, language),
            bounce_to=_bounce_to(row.id, settings, keys),
            enclosed=enclosed.get(row.id, ()),
            earlier=earlier.get(row.id, ()),
        )
        for row in rows
    ]


async def with_files(
    connection: AsyncConnection, message: OutboundMessage, folder: Path, *, most_mb: int
) -> OutboundMessage:
    """The message with the bytes of what fits into `most_mb` megabytes, the rest linked. Raises NotFound."""
    fitting, rest = enclosures.parted(message.enclosed, most_mb)
    return replace(message, files=await enclosures.loaded(connection, folder, fitting), linked=rest)


async def _rows(connection: AsyncConnection, delivery_ids: Sequence[UUID]) -> Sequence[_DeliveryRow]:
    return (await connection.execute(_DELIVERIES, {"ids": list(delivery_ids)})).all()


_d, _t, _m = tables.deliveries.c, tables.tickets.c, tables.messages.c
_p, _who, _pairs = tables.participants.c, tables.people.c, tables.message_pairs.c
_seat = (_p.ticket_id == _d.ticket_id) & (_p.seq == _d.participant_seq)
# What agents make of a subject is for them: under another one mail programs begin a conversation anew. Of a ticket that
# staff may have opened for somebody, what it was called before the first mail about it is nobody's conversation.
_first, _earliest = tables.changes.alias("first").c, tables.deliveries.alias("earliest").c
_FROM_CUSTOMERS = (Channel.EMAIL, Channel.WEB_FORM, Channel.IMPORT)
_first_mail = (
    select(func.min(_earliest.created_at))
    .where(_earliest.ticket_id == _t.id, _earliest.channel == Channel.EMAIL)
    .scalar_subquery()
)
_first_subject = (
    select(_first.old)
    .where(_first.ticket_id == _t.id, _first.field == "subject", _first.old != "")
    .where(or_(_t.channel.in_(_FROM_CUSTOMERS), _first.at > _first_mail))
    .order_by(_first.id)
    .limit(1)
    .scalar_subquery()
)
_DELIVERIES = (
    select(
        _d.id, _d.kind, _d.channel, _d.address, _d.remote_id, _d.ticket_id, _d.created_at, _d.attempts,
        _t.number, _t.embed_token, _p.person_id, _m.body, _m.author, _who.name, _who.language, _d.details,
        func.coalesce(_first_subject, _t.subject).label("subject"),
        func.substr(_t.description, 1, TELLING).label("described"),
    )
    .join_from(tables.deliveries, tables.tickets, _t.id == _d.ticket_id)
    .join(tables.messages, _m.id == _d.message_id, isouter=True)
    .join(tables.participants, _seat, isouter=True)
    .join(tables.people, _who.id == _p.person_id, isouter=True)
    .where(_d.id.in_(bindparam("ids", expanding=True)))
    .order_by(_d.id)
)  # fmt: skip


async def _seen(
    connection: AsyncConnection, ticket_ids: Sequence[UUID]
) -> dict[tuple[UUID, UUID], list[tuple[datetime, int, str]]]:
    """The mails that each participant of these tickets has in their mailbox, by Message-ID: their own and ours.

    A note has no Message-ID, and what another participant or somebody's robot wrote, they may never have seen.
    """
    found: dict[tuple[UUID, UUID], list[tuple[datetime, int, str]]] = {}
    for statement in (_CAME, _WENT):
        for row in (await connection.execute(statement, {"ids": list(ticket_ids)})).all():
            found.setdefault((row.ticket_id, row.person_id), []).append((row.created_at, row.after, row.remote_id))
    return {participant: sorted(ids) for participant, ids in found.items()}


_tickets: BindParameter[Sequence[UUID]] = bindparam("ids", expanding=True)
_CAME = (
    select(_m.ticket_id, _m.person_id, _m.created_at, literal(0).label("after"), _pairs.remote_id)
    .join_from(tables.message_pairs, tables.messages, _m.id == _pairs.message_id)
    .where(_m.ticket_id.in_(_tickets), _pairs.channel == Channel.EMAIL, _m.automatic == "")
)
# An acknowledgement is queued in the same moment as the mail that it acknowledges, and comes after it.
_WENT = (
    select(_d.ticket_id, _p.person_id, _d.created_at, literal(1).label("after"), _d.remote_id)
    .join_from(tables.deliveries, tables.participants, _seat)
    .where(_d.ticket_id.in_(_tickets), _d.channel == Channel.EMAIL, _d.state.in_(_LEFT))
)


def _message(
    row: _DeliveryRow, seen: list[tuple[datetime, int, str]], settings: Settings, language: Callable[[str], str]
) -> OutboundMessage:
    # What came after the answer was written is not what it answers.
    earlier = [remote_id for at, _, remote_id in seen if at <= row.created_at and remote_id != row.remote_id]
    if row.kind == DeliveryKind.PROOF:
        # Whoever reads it may be nobody of this conversation, and our Message-IDs are keys to it.
        earlier = []
    tag = row.remote_id.lstrip("<").partition(".")[0]
    return OutboundMessage(
        delivery_id=row.id,
        kind=DeliveryKind(row.kind),
        channel=Channel(row.channel),
        address=row.address,
        name=row.name or "",
        ticket_number=row.number,
        subject=row.details.get("subject", row.subject),
        text=row.body or row.details.get("text", ""),
        # A code is mailed to somebody of whom nobody knows yet whether the ticket is theirs.
        status_link=f"{settings.public_url}/t/{row.embed_token}" if row.embed_token and not row.details else "",
        message_id=row.remote_id,
        reply_to=tokens.reply_address(settings.from_address, tag),
        in_reply_to=earlier[-1] if earlier else "",
        references=_references(earlier),
        author=row.author or "",
        language=row.language or language(row.described) or settings.desk.language,
        created_at=row.created_at,
        attempt=row.attempts,
    )


def _bounce_to(delivery_id: UUID, settings: Settings, keys: Keys) -> str:
    if not settings.mail.verp:
        return settings.from_address
    return tokens.bounce_address(keys.replies, delivery_id, settings.from_address)


def _references(earlier: Sequence[str]) -> tuple[str, ...]:
    """The first, which holds the thread together, and the newest, each once."""
    ids = tuple(dict.fromkeys(earlier))
    return ids if len(ids) <= REFERENCES else (ids[0], *ids[1 - REFERENCES :])
