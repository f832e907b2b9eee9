"""The people who write to us, as staff keeps them: listing, adding, correcting and forgetting them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, Select, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from core import access, tables, tickets
from core.access import Actor
from core.config import Settings
from core.errors import Conflict, NotFound
from core.storage import paging
from core.storage.paging import Span
from core.tables import new_id
from core.text import NAME_LENGTH, clean_line
from core.vocabulary import SETTLED, Channel


@dataclass(frozen=True, slots=True)
class Client:
    """`email` is the oldest address that mail can reach; empty: none is known."""

    id: UUID
    name: str
    email: str
    language: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ClientRevision:
    """What shall become different. None: stays as it is. `email` is normalised."""

    name: str | None = None
    email: str | None = None
    language: str | None = None


_p, _i = tables.people.c, tables.identities.c
_SELECT: Select[*tuple[object, ...]] = select(
    _p.id, _p.name, tickets.email_of(_p.id).label("email"), _p.language, _p.created_at
)


async def listed(
    connection: AsyncConnection, actor: Actor, settings: Settings, span: Span, *, email: str | None = None
) -> list[Client]:
    """A part of the clients whom `actor` may see, the longest known first; or whoever has the address."""
    found = await connection.execute(paging.within(_seen(actor, settings, email), _p.id, span))
    return [_client(row) for row in found.all()]


async def how_many(connection: AsyncConnection, actor: Actor, settings: Settings, *, email: str | None = None) -> int:
    return await paging.count(connection, _seen(actor, settings, email))


async def one(connection: AsyncConnection, client_id: UUID, actor: Actor, settings: Settings) -> Client:
    """Raises NotFound."""
    row = (await connection.execute(_seen(actor, settings, None).where(_p.id == client_id))).first()
    if row is None:
        raise NotFound("Client")
    return _client(row)


def _seen(actor: Actor, settings: Settings, email: str | None) -> Select[*tuple[object, ...]]:
    seen = _SELECT.where(access.visible_people(actor, settings))
    if email is None:
        return seen
    return seen.where(_p.id.in_(select(_i.person_id).where(_i.channel == Channel.EMAIL, _i.address == email)))


def _client(row: Row[*tuple[object, ...]]) -> Client:
    return Client(row.id, row.name, row.email or "", row.language, row.created_at)


async def add(connection: AsyncConnection, name: str, email: str, language: str, *, by: Actor, now: datetime) -> Client:
    """Somebody new; `email` is normalised. Raises Forbidden; Conflict when the address is somebody's."""
    access.require_staff(by)
    client = Client(new_id(), clean_line(name, most=NAME_LENGTH), email, language, now)
    await connection.execute(
        insert(tables.people), {"id": client.id, "name": client.name, "language": language, "created_at": now}
    )
    if email:
        await _give_address(connection, client.id, email, now)
    return client


async def change(
    connection: AsyncConnection, client: Client, revision: ClientRevision, *, by: Actor, now: datetime
) -> None:
    """Correct what is known of somebody. Raises Forbidden, Conflict."""
    access.require_staff(by)
    values = {"name": revision.name, "language": revision.language}
    if kept := {name: clean_line(value, most=NAME_LENGTH) for name, value in values.items() if value is not None}:
        await connection.execute(update(tables.people).where(_p.id == client.id).values(kept))
    if revision.email and revision.email != client.email:
        await _move(connection, client, revision.email, now)
    elif revision.email:
        # Whoever says the same address again says that mail arrives there, whatever came back once.
        await connection.execute(
            update(tables.identities)
            .where(_i.person_id == client.id, _i.channel == Channel.EMAIL, _i.address == revision.email)
            .values(unreachable_at=None, unreachable_reason="")
        )


async def remove(connection: AsyncConnection, client: Client, *, by: Actor, now: datetime) -> None:
    """Forget somebody: softly, and their addresses at once, so that whoever writes from one is somebody new.

    Raises Forbidden; Conflict while somebody waits for an answer, or signs in.
    """
    access.require_admin(by)
    t, u = tables.tickets.c, tables.users.c
    waiting = select(t.number).where(t.requester_id == client.id, t.deleted_at.is_(None), t.status.not_in(SETTLED))
    if (number := (await connection.execute(waiting.order_by(t.number).limit(1))).scalar()) is not None:
        raise Conflict(f"ticket {number} is still open: close or delete what this client has open first")
    account = select(u.username).where(u.person_id == client.id, u.active.is_(True), u.deleted_at.is_(None))
    if (username := (await connection.execute(account.limit(1))).scalar()) is not None:
        raise Conflict(f"the account {username} belongs to this client: disable it first")
    await connection.execute(update(tables.people).where(_p.id == client.id).values(deleted_at=now))
    await connection.execute(delete(tables.identities).where(_i.person_id == client.id))


async def _move(connection: AsyncConnection, client: Client, email: str, now: datetime) -> None:
    """Another address in place of the one that mail goes to. What was known of the old one is not true of it."""
    if not client.email:
        await _give_address(connection, client.id, email, now)
        return
    values = {"address": email, "verified_at": None, "unreachable_at": None, "unreachable_reason": ""}
    try:
        await connection.execute(
            update(tables.identities)
            .where(_i.person_id == client.id, _i.channel == Channel.EMAIL, _i.address == client.email)
            .values(values)
        )
    except IntegrityError:
        raise _taken(email) from None


async def _give_address(connection: AsyncConnection, client_id: UUID, email: str, now: datetime) -> None:
    row = {"id": new_id(), "person_id": client_id, "channel": Channel.EMAIL, "address": email, "created_at": now}
    try:
        await connection.execute(insert(tables.identities), row)
    except IntegrityError:
        raise _taken(email) from None


def _taken(email: str) -> Conflict:
    return Conflict(f"{email} is another client's address: look for them with ?email={email}")
