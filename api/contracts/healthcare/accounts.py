"""Signing in, and the accounts: who is there, adding one, changing one."""

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from api import body, respond
from api.contracts.healthcare import finding, views
from api.contracts.healthcare.shapes import Credentials, NewUser, UserChange
from api.contracts.healthcare.words import LEVEL, NAME
from api.routes import Call
from core.accounts import passwords, users
from core.accounts.users import User, UserRevision
from core.errors import Conflict, NotFound


async def token(call: Call) -> web.Response:
    given = await body.read_form_or_json(call.request, Credentials)
    user = await call.door.sign_in.user(given.username, given.password)
    signed = call.door.tokens.issue(user.id, user.token_version, call.desk.clock())
    return respond.json({"access_token": signed, "token_type": "bearer"})


async def me(call: Call) -> web.Response:
    account = await call.desk.users.get(call.actor.user_id)
    if account is None:
        raise NotFound("User")
    return respond.json(views.user(account))


async def create(call: Call) -> web.Response:
    wanted = await body.read(call.request, NewUser)
    password_hash = await passwords.hashed(wanted.password)
    extra = {"surnames": wanted.surnames, "default_center_id": wanted.default_center_id}
    role = LEVEL.word(wanted.permission_level)
    account = users.NewUser(wanted.username, role, wanted.name, wanted.email, {NAME: extra})
    async with call.desk.writing() as connection:
        await _require_center(connection, wanted)
        made = await users.add(connection, account, password_hash, call.desk.clock())
    return respond.json(views.user(made), status=201)


async def change(call: Call) -> web.Response:
    wanted = await body.read(call.request, UserChange)
    password_hash = await passwords.hashed(wanted.password) if wanted.password else None
    async with call.desk.writing() as connection:
        account = await users.by_number(connection, int(call.request.match_info["user_id"]))
        _require_not_oneself(call, account, wanted)
        await _require_center(connection, wanted)
        revision = _revision(account, wanted, password_hash)
        changed = await users.change(connection, account, revision, now=call.desk.clock())
    return respond.json(views.user(changed))


async def _require_center(connection: AsyncConnection, wanted: NewUser | UserChange) -> None:
    finding.require_listed(await finding.lists(connection), {"default_center_id": wanted.default_center_id})


def _require_not_oneself(call: Call, account: User, wanted: UserChange) -> None:
    lowers = wanted.is_active is False or wanted.permission_level not in (None, 1)
    if account.id == call.actor.user_id and lowers:
        raise Conflict("you would lock yourself out: ask another user of level 1 to do it")


def _revision(account: User, wanted: UserChange, password_hash: str | None) -> UserRevision:
    named = wanted.model_fields_set
    fields: dict[str, object] = {
        name: getattr(wanted, name) for name in ("surnames", "default_center_id") if name in named
    }
    return UserRevision(
        username=wanted.username,
        role=LEVEL.word(wanted.permission_level) if wanted.permission_level else None,
        name=wanted.name,
        email=wanted.email,
        active=wanted.is_active,
        password_hash=password_hash,
        extra={**account.extra, NAME: {**views.own(account.extra), **fields}} if fields else None,
    )
