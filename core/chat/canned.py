"""Canned replies: texts that agents answer with again and again, with places for what differs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core import access
from core.access import Actor
from core.chat.refusals import worded
from core.chat.talk_tables import canned_replies
from core.errors import Invalid, NotFound, Problem
from core.storage import dialects
from core.text import clean_text
from core.tickets import Ticket

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_PLACE = re.compile(r"\{([a-z]{1,20})\}")
LENGTH = 4_000
# What may be left open in a text, and how it is filled in.
VARIABLES = ("agent", "link", "name", "number", "subject")

_c = canned_replies.c


@dataclass(frozen=True, slots=True)
class Canned:
    name: str
    body: str


async def listed(connection: AsyncConnection, *, by: Actor) -> list[Canned]:
    """All of them, by name. Raises Forbidden."""
    access.require_staff(by)
    found = await connection.execute(select(_c.name, _c.body).order_by(_c.name))
    return [Canned(row.name, row.body) for row in found.all()]


async def one(connection: AsyncConnection, name: str, *, by: Actor) -> Canned:
    """Raises Forbidden, NotFound."""
    found = [canned for canned in await listed(connection, by=by) if canned.name == name.lower()]
    if not found:
        raise NotFound("Canned reply")
    return found[0]


async def put(connection: AsyncConnection, name: str, body: str, *, by: Actor, now: datetime) -> None:
    """Add one, or give it another text. Raises Forbidden, Invalid."""
    access.require_staff(by)
    text = clean_text(body, most=LENGTH).strip()
    problems = []
    if not _NAME.fullmatch(name.lower()):
        problems.append(Problem("name", worded("canned_name")))
    if not text:
        problems.append(Problem("text", worded("body_empty")))
    if unknown := sorted(set(_PLACE.findall(text)) - set(VARIABLES)):
        places = worded("canned_places", known=", ".join(VARIABLES), unknown=", ".join(unknown))
        problems.append(Problem("text", places))
    if problems:
        raise Invalid(problems)
    row = {"name": name.lower(), "body": text, "user_id": by.user_id, "updated_at": now}
    kept = dialects.insert(connection.dialect.name, canned_replies).values(row)
    await connection.execute(kept.on_conflict_do_update(index_elements=[_c.name], set_=row))


async def remove(connection: AsyncConnection, name: str, *, by: Actor) -> None:
    """Raises Forbidden, NotFound."""
    access.require_staff(by)
    gone = await connection.execute(delete(canned_replies).where(_c.name == name.lower()))
    if not gone.rowcount:
        raise NotFound("Canned reply")


def filled(body: str, ticket: Ticket, by: Actor, public_url: str) -> str:
    """The text for this ticket. What is filled in is not looked at again: a name may contain braces."""
    values: Mapping[str, str] = {
        "agent": by.signature,
        "link": f"{public_url}/t/{ticket.embed_token}" if ticket.embed_token else "",
        "name": ticket.requester.name,
        "number": str(ticket.number),
        "subject": ticket.subject,
    }
    return _PLACE.sub(lambda found: values.get(found[1], found[0]), body)
