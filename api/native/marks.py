"""What the desk holds against senders: blocks that admins set, and incidents, which it notices by itself."""

from uuid import UUID

from aiohttp import web

from api import body, respond
from api.native import paging
from api.native.paging import IdPage
from api.native.shapes import NewBlock
from api.routes import Call
from core.mail import marks
from core.mail.marks import Mark
from core.vocabulary import MarkKind


async def blocks(call: Call) -> web.Response:
    asked, now = body.query(call.request, IdPage), call.desk.clock()
    async with call.desk.reading() as connection:
        total = await marks.how_many(connection, now, (MarkKind.BLOCKED,))
        found = await marks.blocks(connection, now, paging.span(asked, asked.cursor))
    return _page("blocks", asked, total, found)


async def block(call: Call) -> web.Response:
    wanted = await body.read(call.request, NewBlock)
    async with call.desk.writing() as connection:
        made = await marks.block(
            connection, wanted.subject, wanted.reason, wanted.until, by=call.actor.username, now=call.desk.clock()
        )
    return respond.json(_shown(made), status=201)


async def lift(call: Call) -> web.Response:
    async with call.desk.writing() as connection:
        await marks.lift(connection, _named(call))
    return respond.nothing()


async def incidents(call: Call) -> web.Response:
    asked, now = body.query(call.request, IdPage), call.desk.clock()
    async with call.desk.reading() as connection:
        total = await marks.how_many(connection, now, marks.INCIDENTS)
        found = await marks.incidents(connection, now, paging.span(asked, asked.cursor))
    return _page("incidents", asked, total, found)


async def reset(call: Call) -> web.Response:
    """What is automatic goes there again; budgets count anew."""
    async with call.desk.writing() as connection:
        ended = await marks.reset(connection, _named(call), by=call.actor.username, now=call.desk.clock())
    return respond.json(_shown(ended))


def _page(name: str, asked: IdPage, total: int, found: list[Mark]) -> web.Response:
    pages = paging.pagination(asked, total, [mark.id for mark in found])
    return respond.json({name: [_shown(mark) for mark in found], "pagination": pages})


def _shown(mark: Mark) -> dict[str, object]:
    return {
        "id": mark.id,
        "subject": mark.subject,
        "kind": mark.kind,
        "reason": mark.reason,
        "author": mark.author,
        "since": mark.since,
        "until": mark.until,
        "ended_at": mark.ended_at,
    }


def _named(call: Call) -> UUID:
    return UUID(call.request.match_info["mark"])
