"""Agents, as seed 001 has them: the accounts whose role it is to answer."""

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from api import body, respond
from api.native import paging, views
from api.native.paging import AgentPage
from api.native.shapes import AgentChange, NewAgent
from api.routes import Call
from core.accounts import passwords, users
from core.accounts.users import NewUser, User, UserRevision
from core.errors import NotFound
from core.vocabulary import Role


async def many(call: Call) -> web.Response:
    asked = body.query(call.request, AgentPage)
    async with call.desk.reading() as connection:
        total = await users.how_many(connection, role=Role.AGENT)
        found = await users.listed(connection, paging.span(asked, asked.cursor), role=Role.AGENT)
    names = [account.username for account in found]
    return respond.json(
        {"agents": [views.agent(account) for account in found], "pagination": paging.pagination(asked, total, names)}
    )


async def create(call: Call) -> web.Response:
    wanted = await body.read(call.request, NewAgent)
    password_hash = await passwords.hashed(wanted.password)
    account = NewUser(wanted.username, Role.AGENT, wanted.name, wanted.email or "")
    async with call.desk.writing() as connection:
        made = await users.add(connection, account, password_hash, call.desk.clock())
    return respond.json(views.agent(made), status=201, headers={"Location": f"/api/v1/agents/{made.username}"})


async def one(call: Call) -> web.Response:
    async with call.desk.reading() as connection:
        found = await _named(call, connection)
    return respond.json(views.agent(found))


async def change(call: Call) -> web.Response:
    wanted = await body.read(call.request, AgentChange)
    password_hash = await passwords.hashed(wanted.password) if wanted.password else None
    revision = UserRevision(None, None, wanted.name, wanted.email, wanted.active, password_hash)
    async with call.desk.writing() as connection:
        changed = await users.change(connection, await _named(call, connection), revision, now=call.desk.clock())
    return respond.json(views.agent(changed))


async def remove(call: Call) -> web.Response:
    """Disables the account: what they answered stays, and stays theirs."""
    async with call.desk.writing() as connection:
        account = await _named(call, connection)
        await users.change(connection, account, UserRevision(active=False), now=call.desk.clock())
    return respond.nothing()


async def _named(call: Call, connection: AsyncConnection) -> User:
    """Raises NotFound, for whoever is no agent as well."""
    found = await users.by_name(connection, call.request.match_info["username"])
    if found.role is not Role.AGENT:
        raise NotFound("Agent")
    return found
