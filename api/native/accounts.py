"""Signing in and out, and the accounts themselves."""

from aiohttp import web

from api import body, respond
from api.native import paging, views
from api.native.paging import AccountPage
from api.native.shapes import AccountChange, Credentials, NewAccount, NewPassword
from api.problems import Refusal
from api.routes import Call
from core.accounts import passwords, users
from core.accounts.users import NewUser, User, UserRevision
from core.chat import proofs
from core.errors import Conflict, Invalid, NotFound, Problem

# `me` is whoever asks.
USER = "{username:(?!me/?$)[A-Za-z0-9][A-Za-z0-9._@-]{0,63}}"


async def token(call: Call) -> web.Response:
    """Seed 003's sign-in."""
    given = await body.read_form_or_json(call.request, Credentials)
    user = await call.door.sign_in.user(given.username, given.password)
    return _signed_in(call, user)


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


async def own_password(call: Call) -> web.Response:
    """A new password of one's own. Ends every sign-in of the account, and answers a new one in their place."""
    wanted = await body.read(call.request, NewPassword)
    await _require_password(call, wanted.current_password)
    password_hash = await passwords.hashed(wanted.new_password)
    async with call.desk.writing() as connection:
        account = await users.by_name(connection, call.actor.username)
        changed = await users.change(
            connection, account, UserRevision(password_hash=password_hash), now=call.desk.clock()
        )
    return _signed_in(call, changed)


async def _require_password(call: Call, given: str) -> None:
    """Whoever finds an open session shall not be able to keep it. Guesses are counted like those at the sign-in."""
    try:
        await call.door.sign_in.user(call.actor.username, given)
    except Refusal as refusal:
        if refusal.status != 401:
            raise
        raise Invalid([Problem("current_password", "is not your password: check it and try again")]) from None


def _signed_in(call: Call, user: User) -> web.Response:
    signed = call.door.tokens.issue(user.id, user.token_version, call.desk.clock())
    return respond.json({"access_token": signed, "token_type": "bearer", "expires_in": call.door.tokens.seconds})


async def many(call: Call) -> web.Response:
    asked = body.query(call.request, AccountPage)
    async with call.desk.reading() as connection:
        total = await users.how_many(connection, role=asked.role)
        found = await users.listed(connection, paging.span(asked, asked.cursor), role=asked.role)
    names = [account.username for account in found]
    return respond.json(
        {"users": [views.user(account) for account in found], "pagination": paging.pagination(asked, total, names)}
    )


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
    wanted = await body.read(call.request, AccountChange)
    if wanted.active is False:
        _require_not_oneself(call)
    password_hash = await passwords.hashed(wanted.password) if wanted.password else None
    revision = UserRevision(None, wanted.role, wanted.name, wanted.email, wanted.active, password_hash)
    async with call.desk.writing() as connection:
        account = await users.by_name(connection, call.request.match_info["username"])
        changed = await users.change(connection, account, revision, now=call.desk.clock())
    return respond.json(views.user(changed))


async def remove(call: Call) -> web.Response:
    """Disables the account: what it did stays, and stays its own."""
    _require_not_oneself(call)
    async with call.desk.writing() as connection:
        account = await users.by_name(connection, call.request.match_info["username"])
        await users.change(connection, account, UserRevision(active=False), now=call.desk.clock())
    return respond.nothing()


async def link(call: Call) -> web.Response:
    """A one-time code by which whoever opens it in a chat speaks there as this account. Shown once, kept as a hash."""
    now = call.desk.clock()
    async with call.desk.writing() as connection:
        account = await users.by_name(connection, call.request.match_info["username"])
        code = await proofs.for_account(connection, account.id, now)
    answer = {"code": code, "link": proofs.way_in(code, call.desk.settings), "expires_at": now + proofs.LINK_LIFE}
    return respond.json(answer, status=201)


def _require_not_oneself(call: Call) -> None:
    if call.request.match_info["username"].lower() == call.actor.username:
        raise Conflict("you would lock yourself out: ask another admin to do it")
