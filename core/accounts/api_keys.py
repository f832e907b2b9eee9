"""API keys: how a program gets in. Narrower than its owner, shown once, ended one by one.

What is stored is the SHA-256 of a key. A slow hash protects passwords, because people choose from few; a key is 256
random bits, of which nobody tries even a fraction, and it is looked up on every request.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, insert, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core import access, tables
from core.access import Actor
from core.errors import NotFound
from core.storage import paging
from core.storage.paging import Span
from core.tables import new_id
from core.text import NAME_LENGTH, clean_line
from core.vocabulary import Role, Scope

# What a key begins with, so that people and leak scanners know it for one.
MARK = "dk_"
_SHOWN = len(MARK) + 6

_k, _u = tables.api_keys.c, tables.users.c


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is shown: `prefix` is the beginning, by which people tell keys apart."""

    id: UUID
    user_id: UUID
    owner: str
    name: str
    prefix: str
    scope: Scope
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


_SELECT: Select[*tuple[object, ...]] = select(
    _k.id, _k.user_id, _u.username, _k.name, _k.prefix, _k.scope, _k.created_at, _k.last_used_at, _k.revoked_at
).join_from(tables.api_keys, tables.users, _u.id == _k.user_id)


def sha256(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


async def add(connection: AsyncConnection, name: str, scope: Scope, *, by: Actor, now: datetime) -> tuple[ApiKey, str]:
    """A new key of one's own, and the only time that it is known. Raises Forbidden."""
    if scope is Scope.ADMIN:
        access.require_admin(by)
    key = MARK + secrets.token_urlsafe(32)
    row = {
        "id": new_id(),
        "user_id": by.user_id,
        "name": clean_line(name, most=NAME_LENGTH),
        "prefix": key[:_SHOWN],
        "sha256": sha256(key),
        "scope": scope,
        "created_at": now,
    }
    await connection.execute(insert(tables.api_keys), row)
    made = (await connection.execute(_SELECT.where(_k.id == row["id"]))).one()
    return _key(made), key


async def listed(connection: AsyncConnection, actor: Actor, span: Span) -> list[ApiKey]:
    """A part of one's own keys, the newest first; for an admin of everybody's."""
    found = await connection.execute(paging.newest_within(_SELECT.where(_theirs(actor)), _k.id, span))
    return [_key(row) for row in found.all()]


async def how_many(connection: AsyncConnection, actor: Actor) -> int:
    return await paging.count(connection, _SELECT.where(_theirs(actor)))


async def revoke(connection: AsyncConnection, key_id: UUID, *, by: Actor, now: datetime) -> None:
    """It opens nothing from the next request on. Raises NotFound."""
    revoked = await connection.execute(
        update(tables.api_keys).where(_k.id == key_id, _k.revoked_at.is_(None), _theirs(by)).values(revoked_at=now)
    )
    if not revoked.rowcount:
        raise NotFound("API key")


async def by_sha256(connection: AsyncConnection, digests: Sequence[str]) -> dict[str, ApiKey]:
    """Those that are good still, by their digests."""
    found = await connection.execute(
        _SELECT.add_columns(_k.sha256).where(_k.sha256.in_(digests), _k.revoked_at.is_(None))
    )
    return {row.sha256: _key(row) for row in found.all()}


async def used(connection: AsyncConnection, key_id: UUID, now: datetime) -> None:
    await connection.execute(update(tables.api_keys).where(_k.id == key_id).values(last_used_at=now))


def narrowed(actor: Actor, scope: Scope) -> Actor:
    """Whom a key of that scope acts as: without `admin` in it, an admin's key is an agent's."""
    return replace(actor, role=Role.AGENT) if actor.role is Role.ADMIN and scope is not Scope.ADMIN else actor


def _theirs(actor: Actor) -> ColumnElement[bool]:
    return true() if actor.role is Role.ADMIN else _k.user_id == actor.user_id


def _key(row: Row[*tuple[object, ...]]) -> ApiKey:
    return ApiKey(
        row.id,
        row.user_id,
        row.username,
        row.name,
        row.prefix,
        Scope(row.scope),
        row.created_at,
        row.last_used_at,
        row.revoked_at,
    )
