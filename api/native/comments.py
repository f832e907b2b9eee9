"""The conversation of a ticket."""

from uuid import UUID

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from api import body, receiving, respond
from api.native import arriving, attempting, finding, paging, views
from api.native.attempting import Result
from api.native.paging import IdPage, NumberPage
from api.native.shapes import CommentChange, NewComment
from api.routes import Call
from core import attachments, conversation, corrections
from core.errors import Forbidden
from core.tickets import Ticket


async def many(call: Call) -> web.Response:
    asked = body.query(call.request, IdPage)
    ticket = await finding.now(call)
    async with call.desk.reading() as connection:
        total = await conversation.length(connection, ticket, call.actor)
        said = await conversation.of_ticket(connection, ticket, call.actor, span=paging.span(asked, asked.cursor))
    return respond.json(
        {
            "comments": [views.comment(message, call.actor) for message in said],
            "pagination": paging.pagination(asked, total, [message.id for message in said]),
        }
    )


async def one(call: Call) -> web.Response:
    ticket = await finding.now(call)
    return await _shown(call, ticket, _named(call))


async def versions(call: Call) -> web.Response:
    asked = body.query(call.request, NumberPage)
    ticket = await finding.now(call)
    async with call.desk.reading() as connection:
        span = paging.span(asked, asked.cursor)
        found = await corrections.versions(connection, ticket, _named(call), by=call.actor, span=span)
    return respond.json(
        {
            "versions": [views.version(one) for one in found.shown],
            "pagination": paging.pagination(asked, found.total, [one.version for one in found.shown]),
        }
    )


async def add(call: Call) -> web.Response:
    wanted = await body.read(call.request, NewComment)
    ticket = await finding.now(call)
    message_id = await _said(call, ticket, wanted)
    return await _shown(call, ticket, message_id, status=201)


async def change(call: Call) -> web.Response:
    wanted = await body.read(call.request, CommentChange)
    async with call.desk.writing() as connection:
        ticket = await finding.within(call, connection)
        await corrections.edit(connection, ticket, _named(call), wanted.body, by=call.actor, now=call.desk.clock())
    return await _shown(call, ticket, _named(call))


async def remove(call: Call) -> web.Response:
    async with call.desk.writing() as connection:
        ticket = await finding.within(call, connection)
        await corrections.take_back(connection, ticket, _named(call), by=call.actor, now=call.desk.clock())
    return respond.nothing()


def _named(call: Call) -> UUID:
    return UUID(call.request.match_info["comment"])


async def _shown(call: Call, ticket: Ticket, message_id: UUID, *, status: int = 200) -> web.Response:
    async with call.desk.reading() as connection:
        said = await conversation.one(connection, ticket, message_id, call.actor)
    return respond.json(views.comment(said, call.actor), status=status)


async def _said(call: Call, ticket: Ticket, wanted: NewComment) -> UUID:
    if call.actor.is_staff:
        return await _said_by_staff(call, wanted)
    if wanted.internal:
        raise Forbidden("internal comments are for agents: leave out `internal`")
    await _require_good_files(call, ticket, wanted)
    _, receipt = await receiving.filed(call, arriving.comment(call, ticket, wanted))
    message_id = receiving.message_of(receipt)
    if wanted.attachment_ids:
        async with call.desk.writing() as connection:
            await attachments.hang(connection, ticket, wanted.attachment_ids, message_id, by=call.actor)
    return message_id


async def _require_good_files(call: Call, ticket: Ticket, wanted: NewComment) -> None:
    """Before anything is said, so that a wrong id leaves no comment behind. Raises Invalid."""
    if not wanted.attachment_ids:
        return
    # Under a key this may be the second attempt, and the files hang on the comment of the first.
    require = attachments.require_ones_own if attempting.key_of(call) else attachments.require_loose
    async with call.desk.reading() as connection:
        await require(connection, ticket, wanted.attachment_ids, by=call.actor)


async def _said_by_staff(call: Call, wanted: NewComment) -> UUID:
    """An answer leaves the house: a client that heard nothing and sends it again must not send it twice."""
    async with call.desk.writing() as connection:
        ticket = await finding.found_within(call, connection)

        async def say() -> Result:
            finding.require_match(call, ticket)
            return {"comment": str(await _say(call, connection, ticket, wanted))}

        about, asked = f"comment {ticket.id}", wanted.model_dump_json().encode()
        result = await attempting.once(call, connection, about, asked, say)
    return UUID(str(result["comment"]))


async def _say(call: Call, connection: AsyncConnection, ticket: Ticket, wanted: NewComment) -> UUID:
    desk, by, now = call.desk, call.actor, call.desk.clock()
    if wanted.internal:
        message_id = await conversation.note(connection, ticket, wanted.body, by=by, now=now)
    else:
        message_id = await conversation.reply(
            connection, ticket, wanted.body, by=by, now=now, settings=desk.settings, keys=desk.keys
        )
    if wanted.attachment_ids:
        await attachments.hang(connection, ticket, wanted.attachment_ids, message_id, by=by)
    return message_id
