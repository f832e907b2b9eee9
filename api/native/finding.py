"""Which ticket a path means, for whom; and the conditions under which it may be changed."""

import re
from uuid import UUID
from zlib import crc32

from sqlalchemy.ext.asyncio import AsyncConnection

from api.problems import Refusal
from api.routes import Call
from api.shelf import Kept
from core import access, tickets
from core.errors import NotFound
from core.tickets import Ticket

# A number people say (`42`) or the id. Anything else is no path of ours, and 404 before anybody is asked.
TICKET = "{ticket:[0-9]{1,18}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}}"

_OUR_TAG = re.compile(r'"([0-9]{1,18})(?:-[0-9a-f]{8})?"')


async def now(call: Call) -> Ticket:
    """The ticket of the path as it is at this moment. Raises NotFound."""
    return (await on_shelf(call)).ticket


async def on_shelf(call: Call) -> Kept:
    """The same with what was rendered of it."""
    named = call.request.match_info["ticket"]
    if named.isdecimal():
        async with call.desk.reading() as connection:
            return Kept(await _numbered(call, connection, int(named)))
    kept = await call.door.shelf.get(UUID(named), call.stamping)
    if kept is None:
        raise NotFound("Ticket")
    _seen(call, kept.ticket)
    return kept


async def within(call: Call, connection: AsyncConnection) -> Ticket:
    """The same inside a transaction, to change it. Raises NotFound; Refusal when If-Match names another version."""
    found = await found_within(call, connection)
    require_match(call, found)
    return found


async def found_within(call: Call, connection: AsyncConnection) -> Ticket:
    """The same whatever its version: for what may have been done already, which `require_match` would then refuse."""
    named = call.request.match_info["ticket"]
    if named.isdecimal():
        return await _numbered(call, connection, int(named))
    return await tickets.visible_to(connection, UUID(named), call.actor, call.desk.settings)


def etag(ticket: Ticket, shown: bytes) -> str:
    """The version, which changes are conditional on, and what was shown: a client renamed is no new version."""
    return f'"{ticket.version}-{crc32(shown):08x}"'


async def to_change(call: Call, connection: AsyncConnection) -> Ticket:
    """The same as `within`, for what overwrites. Raises Refusal (428) where the desk wants If-Match and there is none."""
    found = await within(call, connection)
    if call.desk.settings.api.require_if_match and "If-Match" not in call.request.headers:
        raise Refusal(428, "read the ticket first, and send its ETag as If-Match: nobody's change is then overwritten")
    return found


async def _numbered(call: Call, connection: AsyncConnection, number: int) -> Ticket:
    return _seen(call, (await tickets.by_numbers(connection, [number])).get(number))


def _seen(call: Call, ticket: Ticket | None) -> Ticket:
    if ticket is None or not access.may_see(call.actor, ticket, call.desk.settings):
        raise NotFound("Ticket")
    return ticket


def require_match(call: Call, ticket: Ticket) -> None:
    """Raises Refusal (412) when If-Match names another version."""
    wanted = call.request.headers.get("If-Match")
    if wanted is None or wanted.strip() == "*":
        return
    # RFC 9110 13.1.1: strong comparison, so that a weak tag (W/"…") never matches.
    named = {found[1] for tag in wanted.split(",") if (found := _OUR_TAG.fullmatch(tag.strip()))}
    if str(ticket.version) not in named:
        raise Refusal(412, "the ticket has changed since you read it: read it again, and decide anew")


def is_known(call: Call, tag: str) -> bool:
    """Whether the client has what it would get: If-None-Match, which compares weakly (RFC 9110 13.1.2)."""
    wanted = call.request.headers.get("If-None-Match")
    return wanted is not None and tag in {one.strip().removeprefix("W/") for one in wanted.split(",")}
