"""The public link of a ticket: whoever has its embed token sees the status, and nothing else of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core import access, history, tables, tickets, tokens
from core.access import Actor
from core.history import FieldChange
from core.storage import by_heart
from core.tickets import Ticket
from core.vocabulary import Status


@dataclass(frozen=True, slots=True)
class EmbedView:
    """What anyone may know who holds the embed token. Nothing else of the ticket ever gets there."""

    subject: str
    status: Status
    created_at: datetime
    updated_at: datetime
    number: int


_t = tables.tickets.c
# Asked a thousand times a second: put together once.
_EMBEDS = select(_t.embed_token, _t.subject, _t.status, _t.created_at, _t.updated_at, _t.number).where(
    _t.embed_token.in_(bindparam("ids", expanding=True)), _t.deleted_at.is_(None)
)


def by_embed_tokens(connection: Connection, ids: Sequence[str]) -> dict[str, EmbedView]:
    """What the holders of these embed tokens may see; what does not exist, was revoked or deleted is not in it."""
    return {
        token: EmbedView(subject, Status(status), created_at, updated_at, number)
        for token, subject, status, created_at, updated_at, number in by_heart.rows(
            connection, _EMBEDS, {"ids": list(ids)}
        )
    }


async def renew(connection: AsyncConnection, ticket: Ticket, *, by: Actor, now: datetime) -> str:
    """A new embed token; the old one opens nothing any more. Raises Forbidden, Conflict."""
    token = tokens.new_embed_token()
    await _set(connection, ticket, token, "renewed" if ticket.embed_token else "made", by, now)
    return token


async def revoke(connection: AsyncConnection, ticket: Ticket, *, by: Actor, now: datetime) -> None:
    """No embed token: nobody follows the ticket without signing in. Raises Forbidden, Conflict."""
    if ticket.embed_token:
        await _set(connection, ticket, None, "revoked", by, now)


async def _set(
    connection: AsyncConnection, ticket: Ticket, token: str | None, became: str, by: Actor, now: datetime
) -> None:
    access.require_staff(by)
    await tickets.write(connection, ticket, {"embed_token": token}, now)
    # Never the token itself: whoever reads the changes would hold the key.
    await history.record(connection, ticket.id, [FieldChange("embed_token", None, became)], by=by, now=now)
