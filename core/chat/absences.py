"""Agents who are away, and why: whoever wants to give them a ticket hears so."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core import access
from core.access import Actor
from core.chat.talk_tables import absences
from core.storage import dialects
from core.text import clean_line

_a = absences.c
REMARK_LENGTH = 200


async def leave(connection: AsyncConnection, remark: str, *, by: Actor, now: datetime) -> None:
    """`by` is away from now on. Raises Forbidden."""
    access.require_staff(by)
    row = {"user_id": by.user_id, "since": now, "remark": clean_line(remark, most=REMARK_LENGTH)}
    away = dialects.insert(connection.dialect.name, absences).values(row)
    await connection.execute(away.on_conflict_do_update(index_elements=[_a.user_id], set_=row))


async def come_back(connection: AsyncConnection, *, by: Actor) -> bool:
    """Whether `by` was away."""
    gone = await connection.execute(delete(absences).where(_a.user_id == by.user_id))
    return bool(gone.rowcount)


async def away(connection: AsyncConnection, user_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Those of them who are away, each with their remark."""
    found = await connection.execute(select(_a.user_id, _a.remark).where(_a.user_id.in_(list(user_ids))))
    return {row.user_id: row.remark for row in found.all()}
