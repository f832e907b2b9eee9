"""The conversation of a ticket."""

from uuid import UUID

from aiohttp import web

from api import body, receiving, respond
from api.native import arriving, finding, views
from api.native.shapes import NewComment
from api.routes import Call
from core import conversation
from core.errors import Forbidden
from core.tickets import Ticket


async def many(call: Call) -> web.Response:
    ticket = await finding.now(call)
    async with call.desk.reading() as connection:
        said = await conversation.of_ticket(connection, ticket, call.actor)
    return respond.json({"comments": [views.comment(message, call.actor) for message in said]})


async def add(call: Call) -> web.Response:
    wanted = await body.read(call.request, NewComment)
    ticket = await finding.now(call)
    message_id = await _said(call, ticket, wanted)
    async with call.desk.reading() as connection:
        [said] = await conversation.of_ticket(connection, ticket, call.actor, only=message_id)
    return respond.json(views.comment(said, call.actor), status=201)


async def _said(call: Call, ticket: Ticket, wanted: NewComment) -> UUID | None:
    if call.actor.is_staff:
        return await _said_by_staff(call, wanted)
    if wanted.internal:
        raise Forbidden("internal comments are for agents: leave out `internal`")
    _, receipt = await receiving.filed(call, arriving.comment(call, ticket, wanted))
    return receipt.message_id


async def _said_by_staff(call: Call, wanted: NewComment) -> UUID:
    desk, by, now = call.desk, call.actor, call.desk.clock()
    async with desk.writing() as connection:
        ticket = await finding.within(call, connection)
        if wanted.internal:
            return await conversation.note(connection, ticket, wanted.body, by=by, now=now)
        return await conversation.reply(
            connection, ticket, wanted.body, by=by, now=now, settings=desk.settings, keys=desk.keys
        )
