"""The reference lists, for everybody: what may be chosen now. An admin changes them under /api/v1/reference-data."""

from aiohttp import web

from api import respond
from api.contracts.healthcare import finding, views
from api.routes import Call


async def statuses(call: Call) -> web.Response:
    return await _shown(call, "status")


async def crits(call: Call) -> web.Response:
    return await _shown(call, "crit")


async def tools(call: Call) -> web.Response:
    return await _shown(call, "tool")


async def centers(call: Call) -> web.Response:
    return await _shown(call, "center")


async def _shown(call: Call, name: str) -> web.Response:
    async with call.desk.reading() as connection:
        listed = await finding.lists(connection)
    return respond.json([views.entry(entry) for entry in listed[name] if entry.active])
