"""The account that acts where a document knows no sign-in: by it the history says whence a change came."""

from secrets import token_urlsafe
from uuid import UUID

from core.accounts import passwords, users
from core.accounts.users import NewUser, User
from core.desk import Desk
from core.errors import Conflict, Invalid, NotFound, Problem
from core.vocabulary import Role


async def account(desk: Desk) -> UUID | None:
    """The id of the configured account, made now if there is none; None where nothing is served that needs it.

    Raises Invalid when it is a customer's.
    """
    name = desk.settings.api.contracts_act_as
    if not desk.settings.api.open_contracts:
        return None
    try:
        async with desk.reading() as connection:
            found = await users.by_name(connection, name)
    except NotFound:
        found = await _made(desk, name)
    if not found.actor.is_staff:
        raise Invalid(
            [Problem("api.contracts_act_as", f"{name} is a customer's account: name an agent's or an admin's")]
        )
    return found.id


async def _made(desk: Desk, name: str) -> User:
    # Nobody knows the password, so nobody signs in with it.
    password_hash = await passwords.hashed(token_urlsafe(48))
    wanted = NewUser(name, Role.ADMIN, "Contracts without sign-in")
    try:
        async with desk.writing() as connection:
            return await users.add(connection, wanted, password_hash, desk.clock())
    except Conflict:
        # Another process of this desk was faster.
        async with desk.reading() as connection:
            return await users.by_name(connection, name)
