"""Clients, as seed 001 has them: whoever tickets are for."""

from uuid import UUID

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from api import body, respond
from api.native import paging, views
from api.native.paging import ClientPage
from api.native.shapes import ClientChange, NewClient
from api.routes import Call
from core.accounts import clients
from core.accounts.clients import Client, ClientRevision


async def many(call: Call) -> web.Response:
    asked = body.query(call.request, ClientPage)
    actor, settings = call.actor, call.desk.settings
    async with call.desk.reading() as connection:
        total = await clients.how_many(connection, actor, settings, email=asked.email)
        span = paging.span(asked, asked.cursor)
        found = await clients.listed(connection, actor, settings, span, email=asked.email)
    ids = [client.id for client in found]
    return respond.json(
        {"clients": [views.client(client) for client in found], "pagination": paging.pagination(asked, total, ids)}
    )


async def create(call: Call) -> web.Response:
    wanted = await body.read(call.request, NewClient)
    async with call.desk.writing() as connection:
        made = await clients.add(
            connection, wanted.name, wanted.email or "", wanted.language, by=call.actor, now=call.desk.clock()
        )
    return respond.json(views.client(made), status=201, headers={"Location": f"/api/v1/clients/{made.id}"})


async def one(call: Call) -> web.Response:
    async with call.desk.reading() as connection:
        found = await _named(call, connection)
    return respond.json(views.client(found))


async def change(call: Call) -> web.Response:
    wanted = await body.read(call.request, ClientChange)
    revision = ClientRevision(wanted.name, wanted.email, wanted.language)
    async with call.desk.writing() as connection:
        client = await _named(call, connection)
        await clients.change(connection, client, revision, by=call.actor, now=call.desk.clock())
        changed = await _named(call, connection)
    return respond.json(views.client(changed))


async def remove(call: Call) -> web.Response:
    async with call.desk.writing() as connection:
        client = await _named(call, connection)
        await clients.remove(connection, client, by=call.actor, now=call.desk.clock())
    return respond.nothing()


async def _named(call: Call, connection: AsyncConnection) -> Client:
    wanted = UUID(call.request.match_info["client"])
    return await clients.one(connection, wanted, call.actor, call.desk.settings)
