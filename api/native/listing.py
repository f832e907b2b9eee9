"""A query string as filters and a page, and a page as the reader sees it."""

from contextlib import suppress
from uuid import UUID

from api import browsing
from api.native.shapes import TicketQuery
from core.access import Actor
from core.accounts import users
from core.desk import Desk
from core.errors import Invalid, NotFound, Problem
from core.filtering import Filters
from core.queue import DEEPEST, Listing, Page

_NEWEST_FIRST = ("-created_at", "-number")


async def filters(desk: Desk, asked: TicketQuery, actor: Actor) -> Filters:
    return Filters(
        status=asked.status,
        priority=asked.priority,
        category=asked.category,
        channel=asked.channel,
        tag=asked.tag,
        assigned_to=await _assignee(desk, asked.assigned_to, actor),
        unassigned=asked.assigned_to == "none",
        needs_review=asked.needs_review if actor.is_staff else None,
        requester_id=await _requester(desk, asked.client),
        words=asked.q,
        created_from=asked.created_from,
        created_to=asked.created_to,
    )


def page(asked: TicketQuery) -> Page:
    """Raises Invalid where page, cursor and sort do not go together."""
    if asked.cursor is not None and asked.sort not in _NEWEST_FIRST:
        raise Invalid([Problem("cursor", "goes with the newest first only: leave out sort")])
    if (asked.page - 1) * asked.limit > DEEPEST:
        raise Invalid([Problem("page", f"reaches {DEEPEST} tickets deep at most: go on with cursor")])
    return Page(asked.page, asked.limit, asked.cursor, asked.sort)


def pagination(asked: TicketQuery, found: Listing) -> dict[str, object]:
    shown: dict[str, object] = {
        "page": asked.page,
        "limit": asked.limit,
        "total": found.total,
        "total_pages": -(-found.total // asked.limit),
    }
    if not found.is_counted:
        # Of very many it is only said that they are more than so many.
        shown["total_is_exact"] = False
    if asked.sort in _NEWEST_FIRST and len(found.tickets) == asked.limit:
        shown["next_cursor"] = str(found.tickets[-1].number)
    return shown


async def _assignee(desk: Desk, named: str | None, actor: Actor) -> UUID | None:
    if named is None or named == "none":
        return None
    if named == "me":
        return actor.user_id
    try:
        async with desk.reading() as connection:
            return (await users.by_name(connection, named)).id
    except NotFound:
        return browsing.NOBODY


async def _requester(desk: Desk, named: str | None) -> UUID | None:
    """A client by id or by mail address."""
    if named is None:
        return None
    with suppress(ValueError):
        return UUID(named)
    async with desk.reading() as connection:
        return await browsing.requester(connection, named)
