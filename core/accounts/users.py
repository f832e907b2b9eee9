"""Accounts: who can sign in, as what, and with which person behind it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, bindparam, false, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from core import addresses, people, tables
from core.access import Actor
from core.errors import Conflict, Invalid, NotFound, Problem
from core.storage import by_heart, paging
from core.storage.paging import Span
from core.tables import new_id
from core.text import NAME_LENGTH, clean_line
from core.vocabulary import Role

# No upper case: `Bob` and `bob` are one account, and look like one.
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
# What a list of tickets is filtered by, and a path means, in place of a name.
NO_NAMES = ("me", "none")
NAMING = "must be 1 to 64 of the letters a-z, digits, and . _ @ -, starting with a letter or digit; not me, nor none"


@dataclass(frozen=True, slots=True)
class User:
    id: UUID
    username: str
    name: str
    email: str
    role: Role
    active: bool
    token_version: int
    person_id: UUID | None
    created_at: datetime
    # Small, and never another's: for wire formats that count users.
    number: int
    # What only one wire format knows of an account, by its name.
    extra: Mapping[str, object]

    @property
    def actor(self) -> Actor:
        return Actor(self.id, self.username, self.role, self.person_id, self.name, self.email)


@dataclass(frozen=True, slots=True)
class NewUser:
    username: str
    role: Role
    name: str = ""
    email: str = ""
    extra: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UserRevision:
    """What of an account shall become different. None: stays as it is."""

    username: str | None = None
    role: Role | None = None
    name: str | None = None
    email: str | None = None
    active: bool | None = None
    password_hash: str | None = None
    extra: Mapping[str, object] | None = None


_u, _n = tables.users.c, tables.user_numbers.c
_NUMBER = select(_n.number).where(_n.user_id == _u.id).correlate(tables.users).scalar_subquery().label("number")
_COLUMNS = (
    _u.id, _u.username, _u.name, _u.email, _u.role, _u.active, _u.token_version, _u.person_id, _u.created_at, _NUMBER,
    _u.extra,
)  # fmt: skip
# Asked for each request: put together once.
_BY_IDS = select(*_COLUMNS).where(_u.id.in_(bindparam("ids", expanding=True)), _u.deleted_at.is_(None))


async def add(connection: AsyncConnection, wanted: NewUser, password_hash: str, now: datetime) -> User:
    """A new account. A customer's is tied to the person who writes from its address. Raises Invalid, Conflict."""
    username, email = normal_name(wanted.username), _email(wanted)
    user_id = new_id()
    person_id = None
    if wanted.role is Role.CUSTOMER:
        person_id = await people.recognise(connection, email, wanted.name or username, now)
    row = {
        "id": user_id,
        "username": username,
        "name": clean_line(wanted.name, most=NAME_LENGTH),
        "email": email,
        "role": wanted.role,
        "password_hash": password_hash,
        "person_id": person_id,
        "created_at": now,
        "extra": dict(wanted.extra),
    }
    try:
        await connection.execute(insert(tables.users), row)
    except IntegrityError:
        raise Conflict(f"there is a user {username} already: choose another name") from None
    await connection.execute(insert(tables.user_numbers), {"user_id": user_id})
    return await by_name(connection, username)


def normal_name(username: str) -> str:
    name = username.strip().lower()
    if not _USERNAME.fullmatch(name) or name in NO_NAMES:
        raise Invalid([Problem("username", NAMING)])
    return name


def _email(wanted: NewUser) -> str:
    return _address(wanted.email) if wanted.email else ""


def _address(text: str) -> str:
    email = addresses.normal(text)
    if email is None:
        raise Invalid([Problem("email", "must be a mail address, such as ann@example.com")])
    return email


async def by_name(connection: AsyncConnection, username: str) -> User:
    """The account of that name. Raises NotFound."""
    found = await connection.execute(select(*_COLUMNS).where(_named(username), _u.deleted_at.is_(None)))
    row = found.first()
    if row is None:
        raise NotFound("User")
    return _user(row)


def _named(username: str) -> ColumnElement[bool]:
    """What can be no name is nobody's: PostgreSQL takes a NUL in a question for an error, and no NUL is in a name."""
    name = username.strip().lower()
    return _u.username == name if _USERNAME.fullmatch(name) else false()


def by_ids(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, User]:
    users = [_user(row) for row in by_heart.rows(connection, _BY_IDS, {"ids": list(ids)})]
    return {user.id: user for user in users}


def active_ids(connection: Connection, usernames: set[str]) -> dict[str, UUID]:
    """Accounts by the name that a route gives tickets to; who is not there, or not active, is not among them."""
    if not usernames:
        return {}
    u = tables.users.c
    found = connection.execute(
        select(u.username, u.id).where(u.username.in_(sorted(usernames)), u.active, u.deleted_at.is_(None))
    )
    return {row[0]: row[1] for row in found.all()}


async def ever(connection: AsyncConnection, ids: Iterable[UUID]) -> dict[UUID, User]:
    """Like `by_ids`, and those that are gone as well: what they did has their name for good."""
    found = await connection.execute(select(*_COLUMNS).where(_u.id.in_(list(ids))))
    users = [_user(row) for row in found.all()]
    return {user.id: user for user in users}


async def by_number(connection: AsyncConnection, number: int) -> User:
    """The account of that number. Raises NotFound."""
    found = await connection.execute(
        select(*_COLUMNS)
        .join_from(tables.users, tables.user_numbers, _n.user_id == _u.id)
        .where(_n.number == number, _u.deleted_at.is_(None))
    )
    row = found.first()
    if row is None:
        raise NotFound("User")
    return _user(row)


async def of_people(connection: AsyncConnection, person_ids: Iterable[UUID]) -> dict[UUID, User]:
    """The accounts behind these people, by person. Most people have none: they write by mail."""
    found = await connection.execute(
        select(*_COLUMNS).where(_u.person_id.in_(list(person_ids))).order_by(_u.created_at.desc(), _u.id.desc())
    )
    # Of several the oldest, which is read last.
    return {user.person_id: user for user in map(_user, found.all()) if user.person_id}


async def password_hash(connection: AsyncConnection, username: str) -> tuple[User, str] | None:
    """The account and its hash, for signing in; None when there is none or it is disabled."""
    found = await connection.execute(
        select(*_COLUMNS, _u.password_hash).where(_named(username), _u.deleted_at.is_(None), _u.active.is_(True))
    )
    row = found.first()
    return None if row is None else (_user(row), row.password_hash)


async def everyone(connection: AsyncConnection) -> list[User]:
    found = await connection.execute(select(*_COLUMNS).where(_u.deleted_at.is_(None)).order_by(_u.username))
    return [_user(row) for row in found.all()]


async def listed(connection: AsyncConnection, span: Span, *, role: Role | None = None) -> list[User]:
    """A part of the accounts, by name."""
    found = await connection.execute(paging.within(_accounts(role), _u.username, span))
    return [_user(row) for row in found.all()]


async def how_many(connection: AsyncConnection, *, role: Role | None = None) -> int:
    return await paging.count(connection, _accounts(role))


def _accounts(role: Role | None) -> Select[*tuple[object, ...]]:
    chosen: Select[*tuple[object, ...]] = select(*_COLUMNS).where(_u.deleted_at.is_(None))
    return chosen.where(_u.role == role) if role else chosen


async def change(connection: AsyncConnection, user: User, revision: UserRevision, *, now: datetime) -> User:
    """Make the account what `revision` says; a new password, role or state ends its sign-ins. Raises Invalid, Conflict."""
    values: dict[str, object] = {
        name: value for name in _REVISED if (value := getattr(revision, name)) is not None and value != _now(user, name)
    }
    if values.get("active") is False or values.get("role", Role.ADMIN) is not Role.ADMIN:
        await _require_another_admin(connection, user)
    if "username" in values:
        values["username"] = normal_name(str(values["username"]))
    if "name" in values:
        values["name"] = clean_line(str(values["name"]), most=NAME_LENGTH)
    if revision.email:
        values["email"] = _address(revision.email)
    if revision.role is Role.CUSTOMER and user.person_id is None:
        email = str(values.get("email", user.email))
        values["person_id"] = await people.recognise(connection, email, str(values.get("name", user.name)), now)
    if _ENDS_SIGN_INS & values.keys():
        values["token_version"] = _u.token_version + 1
    if values:
        await _write(connection, user, values)
    return (await connection.run_sync(by_ids, [user.id]))[user.id]


_REVISED = ("username", "role", "name", "active", "password_hash", "extra")
_ENDS_SIGN_INS = frozenset({"role", "active", "password_hash"})


def _now(user: User, name: str) -> object:
    """None for what is not read with an account: a new password is always another."""
    return getattr(user, name, None)


async def _require_another_admin(connection: AsyncConnection, user: User) -> None:
    """A desk without an admin could make no accounts any more. Raises Conflict."""
    if user.role is not Role.ADMIN or not user.active:
        return
    # Held until the commit: of two admins who remove each other at once, the second finds nobody left.
    admins = select(_u.id).where(_u.role == Role.ADMIN, _u.active.is_(True), _u.deleted_at.is_(None)).order_by(_u.id)
    if not set((await connection.execute(admins.with_for_update())).scalars()) - {user.id}:
        raise Conflict("this is the last admin: make another one first")


async def _write(connection: AsyncConnection, user: User, values: Mapping[str, object]) -> None:
    try:
        written = await connection.execute(
            update(tables.users).where(_u.id == user.id, _u.deleted_at.is_(None)).values(**values)
        )
    except IntegrityError:
        raise Conflict(f"there is a user {values.get('username')} already: choose another name") from None
    if not written.rowcount:
        raise NotFound("User")


async def set_password(connection: AsyncConnection, username: str, password_hash: str) -> None:
    """A new password; every sign-in made with the old one ends. Raises NotFound."""
    await _set(connection, username, {"password_hash": password_hash})


async def set_active(connection: AsyncConnection, username: str, *, active: bool) -> None:
    """Let somebody in or keep them out, from their next request on. Raises NotFound, Conflict."""
    if not active:
        await _require_another_admin(connection, await by_name(connection, username))
    await _set(connection, username, {"active": active})


async def sign_out_everywhere(connection: AsyncConnection, username: str) -> None:
    await _set(connection, username, {})


async def _set(connection: AsyncConnection, username: str, values: dict[str, object]) -> None:
    changed = await connection.execute(
        update(tables.users)
        .where(_named(username), _u.deleted_at.is_(None))
        .values(token_version=_u.token_version + 1, **values)
    )
    if not changed.rowcount:
        raise NotFound("User")


def _user(row: Sequence[Any]) -> User:
    # What else was asked for follows.
    id_, username, name, email, role, *rest = row[: len(_COLUMNS)]
    return User(id_, username, name, email, Role(role), *rest)
