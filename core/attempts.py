"""Doing what a client asks for twice only once: a client that got no answer tries again under the same key.

Whether it is the first time is decided by the primary key of `attempts`, in the transaction that does the work.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core import tables
from core.errors import Conflict
from core.storage import dialects

_a = tables.attempts.c
# Put together once: in a chat every line is an attempt.
_DONE = update(tables.attempts).where(_a.key == bindparam("name")).values(result=bindparam("came"))
_RESULT = select(_a.result).where(_a.key == bindparam("name"))


@dataclass(frozen=True, slots=True)
class Attempt:
    """`key` names the attempt, `fingerprint` what is attempted."""

    key: str
    fingerprint: str


def of(user_id: UUID, about: str, key: str, asked: bytes) -> Attempt:
    """The attempt that this user calls `key`: another's, or one about something else, is another one."""
    name = hashlib.sha256(f"{user_id} {about} {key}".encode()).hexdigest()
    return Attempt(name, hashlib.sha256(asked).hexdigest())


async def begun(connection: AsyncConnection, attempt: Attempt, now: datetime) -> Mapping[str, object] | None:
    """None: this is the first time, and `done` is to follow. Else what came of it then. Raises Conflict."""
    row = {"key": attempt.key, "fingerprint": attempt.fingerprint, "result": {}, "created_at": now}
    inserted = await connection.execute(dialects.unless_there(connection.dialect.name, tables.attempts), row)
    if inserted.rowcount:
        return None
    known = (await connection.execute(select(_a.fingerprint, _a.result).where(_a.key == attempt.key))).one()
    if known.fingerprint != attempt.fingerprint:
        raise Conflict("this Idempotency-Key was used for something else: choose a new one")
    found: Mapping[str, object] = known.result
    return found


async def done(connection: AsyncConnection, attempt: Attempt, result: Mapping[str, object]) -> None:
    await connection.execute(_DONE, {"name": attempt.key, "came": dict(result)})


async def result(connection: AsyncConnection, attempt: Attempt) -> Mapping[str, object] | None:
    """What came of it; None: it was never done."""
    found = (await connection.execute(_RESULT, {"name": attempt.key})).first()
    return None if found is None else found.result
