"""Leases: what only one of several processes may do, for as long as it says that it still does it."""

from datetime import datetime, timedelta

from sqlalchemy import delete, or_
from sqlalchemy.ext.asyncio import AsyncConnection

from core import dialects
from core.lease_tables import leases

_l = leases.c


async def take(connection: AsyncConnection, name: str, holder: str, now: datetime, span: timedelta) -> bool:
    """Whether `name` is the holder's until `now + span`: it was free, its time was up, or it was theirs already."""
    statement = dialects.insert(connection.dialect.name, leases).values(name=name, holder=holder, until=now + span)
    mine = {"holder": statement.excluded.holder, "until": statement.excluded.until}
    taken = await connection.execute(
        statement.on_conflict_do_update(
            index_elements=[_l.name], set_=mine, where=or_(_l.holder == holder, _l.until <= now)
        )
    )
    return bool(taken.rowcount)


async def give_back(connection: AsyncConnection, name: str, holder: str) -> None:
    await connection.execute(delete(leases).where(_l.name == name, _l.holder == holder))
