"""What becomes of a chat outside: nobody is there any more, somebody is again, it has got another number."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core import kept, tables
from core.chat import telegram_tables, topics
from core.storage import dialects
from core.tables import new_id
from core.vocabulary import SETTLED, Channel, Direction, Status

# A person has few tickets that are open; a bound all the same.
_NOTED = 20
_ENDED = (*SETTLED, Status.DELETED)

_i, _m, _t = tables.identities.c, tables.messages.c, tables.tickets.c


async def unreachable(connection: AsyncConnection, chat: str, reason: str, now: datetime) -> None:
    """Nothing arrives in `chat` any more: agents read so on the tickets of whose it is, once."""
    found = await connection.execute(
        update(tables.identities)
        .where(_i.channel == Channel.TELEGRAM, _i.address == chat, _i.unreachable_at.is_(None))
        .values(unreachable_at=now, unreachable_reason=reason[:1000])
        .returning(_i.person_id)
    )
    person_id = found.scalar_one_or_none()
    if person_id:
        await _note(connection, person_id, reason, now)


async def reachable(connection: AsyncConnection, chat: str) -> None:
    await connection.execute(
        update(tables.identities)
        .where(_i.channel == Channel.TELEGRAM, _i.address == chat)
        .values(unreachable_at=None, unreachable_reason="")
    )


async def _note(connection: AsyncConnection, person_id: UUID, reason: str, now: datetime) -> None:
    # As answers are addressed: a chat is left for a mailbox only where it was proved to be theirs.
    email = select(_i.address).where(
        _i.person_id == person_id,
        _i.channel == Channel.EMAIL,
        _i.verified_at.is_not(None),
        _i.unreachable_at.is_(None),
    )
    address = (await connection.execute(email.order_by(_i.created_at, _i.id).limit(1))).scalar_one_or_none()
    instead = (
        f"Answers go to {address} from now on." if address else "No mailbox is known that was proved to be theirs."
    )
    opened = select(_t.id).where(
        _t.requester_id == person_id, _t.deleted_at.is_(None), _t.status.not_in(_ENDED), _t.channel == Channel.TELEGRAM
    )
    ids = (await connection.execute(opened.order_by(_t.number.desc()).limit(_NOTED))).scalars().all()
    notes = [
        {
            "id": new_id(), "ticket_id": ticket_id, "direction": Direction.NOTE, "channel": Channel.TELEGRAM,
            "author": "Telegram", "body": f"The customer cannot be reached in Telegram: {reason[:500]}. {instead}",
            "created_at": now,
        }
        for ticket_id in ids
    ]  # fmt: skip
    if notes:
        await connection.execute(insert(tables.messages), notes)
        await connection.run_sync(kept.spoken_on, ids)
        await connection.execute(
            update(tables.tickets).where(_t.id.in_(ids)).values(updated_at=now, version=_t.version + 1)
        )


async def moved(connection: AsyncConnection, old: str, new: str) -> None:
    """A group became a supergroup: the same place under another number, in every row at once."""
    for table in (
        telegram_tables.telegram_sayings,
        telegram_tables.telegram_updates,
        telegram_tables.telegram_receipts,
    ):
        await connection.execute(update(table).where(table.c.chat == old).values(chat=new))
    await topics.moved(connection, old, new)
    d = tables.deliveries.c
    for table, channel, column in (
        (tables.deliveries, d.channel, d.address),
        (tables.identities, _i.channel, _i.address),
    ):
        ours = (channel == Channel.TELEGRAM) & (column == old)
        await connection.execute(update(table).where(ours).values({column: new}))
    move = dialects.unless_there(connection.dialect.name, telegram_tables.telegram_moves)
    await connection.execute(move, {"old": old, "new": new})


async def now_known_as(connection: AsyncConnection, chat: str) -> str:
    """The number of a chat today, where the configuration may name an old one."""
    moves = telegram_tables.telegram_moves.c
    found = (await connection.execute(select(moves.new).where(moves.old == chat))).scalar_one_or_none()
    return found or chat
