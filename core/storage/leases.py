"""Work that one process at a time may do, among however many there are: a row that its holder renews.

A holder that dies is followed when its lease has run out; one that stops gives it back at once.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, or_
from sqlalchemy.ext.asyncio import AsyncConnection

from core.chat.telegram_tables import leases
from core.storage import dialects

_l = leases.c


async def take(connection: AsyncConnection, name: str, holder: str, now: datetime, *, lasting: timedelta) -> bool:
    """Whether `holder` has the work from now on, taken or kept."""
    wanted = dialects.insert(connection.dialect.name, leases).values(name=name, holder=holder, until=now + lasting)
    taken = await connection.execute(
        wanted.on_conflict_do_update(
            index_elements=[_l.name],
            set_={"holder": holder, "until": now + lasting},
            where=or_(_l.holder == holder, _l.until <= now),
        )
    )
    return bool(taken.rowcount)


async def give_back(connection: AsyncConnection, name: str, holder: str) -> None:
    await connection.execute(delete(leases).where(_l.name == name, _l.holder == holder))
