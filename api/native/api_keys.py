"""API keys: making one (shown this once), listing and revoking them."""

from uuid import UUID

from aiohttp import web

from api import body, respond
from api.native import paging, views
from api.native.paging import IdPage
from api.native.shapes import NewApiKey
from api.routes import Call
from core.accounts import api_keys


async def many(call: Call) -> web.Response:
    asked = body.query(call.request, IdPage)
    async with call.desk.reading() as connection:
        total = await api_keys.how_many(connection, call.actor)
        found = await api_keys.listed(connection, call.actor, paging.span(asked, asked.cursor))
    ids = [key.id for key in found]
    return respond.json(
        {"api_keys": [views.api_key(key) for key in found], "pagination": paging.pagination(asked, total, ids)}
    )


async def create(call: Call) -> web.Response:
    wanted = await body.read(call.request, NewApiKey)
    async with call.desk.writing() as connection:
        made, key = await api_keys.add(connection, wanted.name, wanted.scope, by=call.actor, now=call.desk.clock())
    return respond.json({**views.api_key(made), "key": key}, status=201)


async def revoke(call: Call) -> web.Response:
    async with call.desk.writing() as connection:
        await api_keys.revoke(connection, UUID(call.request.match_info["key"]), by=call.actor, now=call.desk.clock())
    return respond.nothing()
