"""Answers by mail that wait for an agent's yes."""

from uuid import UUID

from aiohttp import web

from api import body, respond
from api.native import finding, inspection, paging
from api.native.paging import IdPage
from api.native.shapes import HeldWish
from api.routes import Call
from core import access, ledger
from core.mail import held


async def many(call: Call) -> web.Response:
    asked = body.query(call.request, IdPage)
    ticket = await finding.now(call)
    async with call.desk.reading() as connection:
        total = await held.how_many(connection, ticket)
        found = await held.of_ticket(connection, ticket, paging.span(asked, asked.cursor))
    pages = paging.pagination(asked, total, [entry.id for entry in found])
    return respond.json({"held": found, "pagination": pages})


async def decide(call: Call) -> web.Response:
    desk, ticket = call.desk, await finding.now(call)
    access.require_staff(call.actor)
    wanted = await body.read(call.request, HeldWish)
    async with desk.reading() as connection:
        arrival = await ledger.original(connection, UUID(call.request.match_info["entry"]), desk.blob_folder)
        message = await inspection.understood(call, connection, arrival)
    async with desk.writing() as connection:
        await held.decide(
            connection, ticket, arrival, message, wanted.decision, by=call.actor, now=desk.clock(),
            settings=desk.settings, keys=desk.keys,
        )  # fmt: skip
        entry = await ledger.one(connection, arrival.entry.id)
    return respond.json(entry)
