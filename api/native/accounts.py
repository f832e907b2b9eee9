"""Signing in and out, and the accounts themselves."""

from aiohttp import web

from api import body, respond
from api.native import views
from api.native.shapes import AccountChange, Credentials, NewAccount
from api.routes import Call
from core import passwords, users
from core.errors import Conflict, NotFound
from core.users import NewUser

# `me` is whoever asks.
USER = "{username:(?!me/?$)[A-Za-z0-9][A-Za-z0-9._@-]{0,63}}"


async def token(call: Call) -> web.Response:
    """Seed 003's sign-in."""
    given = await body.read_form_or_json(call.request, Credentials)
    user = await call.door.sign_in.user(given.username, given.password)
    signed = call.door.tokens.issue(user.id, user.token_version, call.desk.clock())
    return respond.json({"access_token": signed, "token_type": "bearer", "expires_in": call.door.tokens.seconds})


async def logout(call: Call) -> web.Response:
    """Ends every sign-in of this account: a token cannot be taken back one by one."""
    async with call.desk.writing() as connection:
        await users.sign_out_everywhere(connection, call.actor.username)
    return respond.nothing()


async def me(call: Call) -> web.Response:
    account = await call.desk.users.get(call.actor.user_id)
    if account is None:
        raise NotFound("User")
    return respond.json(views.user(account))


async def many(call: Call) -> web.Response:
    async with call.desk.reading() as connection:
        found = await users.everyone(connection)
    return respond.json({"users": [views.user(account) for account in found]})


async def create(call: Call) -> web.Response:
    wanted = await body.read(call.request, NewAccount)
    password_hash = await passwords.hashed(wanted.password)
    account = NewUser(wanted.username, wanted.role, wanted.name, wanted.email or "")
    async with call.desk.writing() as connection:
        made = await users.add(connection, account, password_hash, call.desk.clock())
    return respond.json(views.user(made), status=201, headers={"Location": f"/api/v1/users/{made.username}"})


async def one(call: Call) -> web.Response:
    async with call.desk.reading() as connection:
        found = await users.by_name(connection, call.request.match_info["username"])
    return respond.json(views.user(found))


async def change(call: Call) -> web.Response:
    name = call.request.match_info["username"].lower()
    wanted = await body.read(call.request, AccountChange)
    if wanted.active is False and name == call.actor.username:
        raise Conflict("you would lock yourself out: ask another admin to do it")
    password_hash = await passwords.hashed(wanted.password) if wanted.password else None
    async with call.desk.writing() as connection:
        if password_hash:
            await users.set_password(connection, name, password_hash)
        if wanted.active is not None:
            await users.set_active(connection, name, active=wanted.active)
        changed = await users.by_name(connection, name)
    return respond.json(views.user(changed))
