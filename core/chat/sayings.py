"""What the dialogue says, until it has been said: like the outbox, but for words that belong to no ticket.

A saying is marked before a byte of it is sent and again after it, so that a crash in between is noticed: nobody knows
then whether it arrived. It is said once more; the second time that nobody knows, it stays `uncertain`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, case, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.chat.telegram_tables import telegram_sayings
from core.storage import dialects
from core.vocabulary import DeliveryState

# As core.outbox has it.
UNKNOWNS = 2

_s = telegram_sayings.c
_OPEN = (DeliveryState.QUEUED, DeliveryState.RETRYING)


@dataclass(frozen=True, slots=True)
class NewSaying:
    """`key` and `n` are the same for the same words about the same arrival."""

    key: str
    n: int
    chat: str
    content: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Saying:
    """`parts` of it have arrived."""

    id: int
    key: str
    chat: str
    content: Mapping[str, object]
    parts: int
    attempts: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Said:
    """What became of one. `due_at` None: it has ended."""

    id: int
    state: DeliveryState
    parts: int = 0
    remote_id: str = ""
    reason: str = ""
    due_at: datetime | None = None


def add(connection: Connection, new: Sequence[NewSaying], now: datetime) -> None:
    rows = [
        {
            "key": one.key, "n": one.n, "chat": one.chat, "content": dict(one.content),
            "state": DeliveryState.QUEUED, "due_at": now, "created_at": now,
        }
        for one in new
    ]  # fmt: skip
    if rows:
        connection.execute(dialects.unless_there(connection.dialect.name, telegram_sayings), rows)


async def due(connection: AsyncConnection, now: datetime, limit: int) -> list[Saying]:
    """What may be said now: of each chat the first that is open, where that one is due."""
    first = (
        select(func.min(_s.id).label("id"))
        .where(_s.state.in_((*_OPEN, DeliveryState.SENDING)))
        .group_by(_s.chat)
        .subquery()
    )
    found = await connection.execute(
        select(_s.id, _s.key, _s.chat, _s.content, _s.parts, _s.attempts, _s.created_at)
        .join_from(telegram_sayings, first, first.c.id == _s.id)
        .where(_s.state.in_(_OPEN), _s.due_at <= now)
        .order_by(_s.id)
        .limit(limit)
    )
    return [Saying(*row) for row in found.all()]


_CLAIM = (
    update(telegram_sayings)
    .where(_s.id == bindparam("row"))
    .values(state=DeliveryState.SENDING, attempts=_s.attempts + 1)
)
_PART = update(telegram_sayings).where(_s.id == bindparam("row")).values(parts=bindparam("done"))
_SETTLE = (
    update(telegram_sayings)
    .where(_s.id == bindparam("row"))
    .values(
        state=bindparam("becomes"), parts=bindparam("done"), remote_id=bindparam("remote"), reason=bindparam("because"),
        due_at=func.coalesce(bindparam("at"), _s.due_at), sent_at=bindparam("sent"),
    )
)  # fmt: skip
# Nobody knows whether it arrived: once more, and then no more.
_DOUBT = {
    "unknowns": _s.unknowns + 1,
    "state": case((_s.unknowns + 1 < UNKNOWNS, DeliveryState.RETRYING.value), else_=DeliveryState.UNCERTAIN.value),
}
_DOUBTED = (
    update(telegram_sayings)
    .where(_s.id == bindparam("row"))
    .values(**_DOUBT, parts=bindparam("done"), reason=bindparam("because"), due_at=bindparam("at"))
)


def claim(connection: Connection, ids: Sequence[int]) -> None:
    """From here on a crash leaves a doubt."""
    connection.execute(_CLAIM, [{"row": one} for one in ids])


def settle(connection: Connection, said: Sequence[Said], now: datetime) -> None:
    """Write down what became of what was claimed. UNCERTAIN is a doubt: it is said once more at `due_at`."""
    doubted = [one for one in said if one.state is DeliveryState.UNCERTAIN]
    settled = [one for one in said if one.state is not DeliveryState.UNCERTAIN]
    if settled:
        connection.execute(
            _SETTLE,
            [
                {
                    "row": one.id, "becomes": one.state, "done": one.parts, "remote": one.remote_id,
                    "because": one.reason[:1000], "at": one.due_at,
                    "sent": now if one.state is DeliveryState.SENT else None,
                }
                for one in settled
            ],
        )  # fmt: skip
    if doubted:
        rows = [
            {"row": one.id, "done": one.parts, "because": one.reason[:1000], "at": one.due_at or now} for one in doubted
        ]
        connection.execute(_DOUBTED, rows)


def arrived(connection: Connection, saying_id: int, parts: int) -> None:
    """So many parts of it are there: never again these."""
    connection.execute(_PART, {"row": saying_id, "done": parts})


async def doubt_interrupted(connection: AsyncConnection, now: datetime) -> None:
    """What a process that died was saying. Only for who alone may send."""
    await connection.execute(
        update(telegram_sayings)
        .where(_s.state == DeliveryState.SENDING)
        .values(**_DOUBT, due_at=now, reason="the sending was interrupted: nobody knows whether it arrived")
    )


async def counts(connection: AsyncConnection) -> dict[str, int]:
    """How many there are in each state."""
    found = await connection.execute(select(_s.state, func.count()).group_by(_s.state))
    return {row[0]: row[1] for row in found.all()}


async def tidy(connection: AsyncConnection, before: datetime) -> None:
    await connection.execute(
        delete(telegram_sayings).where(_s.created_at < before, _s.state.not_in((*_OPEN, DeliveryState.SENDING)))
    )
