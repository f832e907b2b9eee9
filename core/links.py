"""The public link of a ticket: whoever has its embed token sees the status. Giving it another, and taking it away."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from core import access, history, tickets, tokens
from core.access import Actor
from core.history import FieldChange
from core.tickets import Ticket


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
