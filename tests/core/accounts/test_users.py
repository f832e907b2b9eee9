"""Accounts: names that cannot be confused, and what ends a sign-in."""

import asyncio

import pytest

from core.accounts import users
from core.accounts.users import User
from core.desk import Desk
from core.errors import Conflict, Invalid, NotFound
from core.vocabulary import Role
from tests.builders import a_user
from tests.stored import opened_by

ANN = "ann@customer.test"


async def by_name(desk: Desk, name: str) -> User:
    async with desk.reading() as connection:
        return await users.by_name(connection, name)


async def sign_in(desk: Desk, name: str) -> tuple[User, str] | None:
    async with desk.reading() as connection:
        return await users.password_hash(connection, name)


async def test_a_name_is_the_same_in_any_case(any_desk: Desk) -> None:
    made = await a_user(any_desk, " Bob ")

    assert made.username == "bob"
    assert await by_name(any_desk, "BOB ") == made
    with pytest.raises(Conflict):
        await a_user(any_desk, "bOB")


async def test_of_two_who_want_a_name_at_once_one_has_it(any_desk: Desk) -> None:
    done = await asyncio.gather(*(a_user(any_desk, "bob") for _ in range(4)), return_exceptions=True)

    assert [type(one) for one in done].count(Conflict) == 3
    async with any_desk.reading() as connection:
        assert [user.username for user in await users.everyone(connection)] == ["bob"]


@pytest.mark.parametrize("name", ["", " ", "-bob", ".bob", "bo b", "böb", "bob\n", "bob\x00", "b" * 65, "bоb", "bob/x"])
async def test_a_name_that_could_be_mistaken_is_refused(desk: Desk, name: str) -> None:
    if name == "bob\n":  # white space around a name is nobody's intention
        assert (await a_user(desk, name)).username == "bob"
        return
    with pytest.raises(Invalid):
        await a_user(desk, name)


async def test_who_is_not_there_is_not_found_whatever_they_are_called(any_desk: Desk) -> None:
    await a_user(any_desk, "b" * 64)

    for name in ("", "nobody", "bob\x00", "\ud800", "b" * 65, "%", "'", "x" * 100_000):
        assert await sign_in(any_desk, name) is None
        with pytest.raises(NotFound):
            await by_name(any_desk, name)
        async with any_desk.writing() as connection:
            with pytest.raises(NotFound):
                await users.set_password(connection, name, "hash")


async def test_a_customer_is_the_person_who_writes_from_their_address(any_desk: Desk) -> None:
    ticket = await opened_by(any_desk, ANN)

    ann = await a_user(any_desk, "ann", Role.CUSTOMER, email="ANN@customer.test")
    bob = await a_user(any_desk, "bob", Role.AGENT, email=ANN)

    assert (ann.person_id, ann.email) == (ticket.requester_id, ANN)
    assert bob.person_id is None


@pytest.mark.parametrize("email", ["ann", "a@b@c", "ann@x.test\nBcc: y@z.test"])
async def test_an_address_that_is_none_is_refused(desk: Desk, email: str) -> None:
    with pytest.raises(Invalid):
        await a_user(desk, "ann", email=email)


async def test_a_new_password_or_being_kept_out_ends_every_sign_in(any_desk: Desk) -> None:
    bob = await a_user(any_desk)
    async with any_desk.writing() as connection:
        await users.set_password(connection, "BOB", "another hash")
    changed = await by_name(any_desk, "bob")
    async with any_desk.writing() as connection:
        await users.set_active(connection, "bob", active=False)
    kept_out = await by_name(any_desk, "bob")

    assert bob.token_version < changed.token_version < kept_out.token_version
    assert (kept_out.active, await sign_in(any_desk, "bob")) == (False, None)

    async with any_desk.writing() as connection:
        await users.set_active(connection, "bob", active=True)
        await users.sign_out_everywhere(connection, "bob")
    found = await sign_in(any_desk, "bob")
    assert found is not None
    assert found[1] == "another hash"
    assert found[0].token_version > kept_out.token_version


async def test_no_hash_is_in_what_is_shown_of_a_user(desk: Desk) -> None:
    bob = await a_user(desk)
    found = await sign_in(desk, "bob")

    assert found is not None
    assert found[1].startswith("$2b$")
    assert found[1] not in repr((bob, bob.actor))


async def test_users_are_read_together(any_desk: Desk) -> None:
    bob, bea = await a_user(any_desk, "bob"), await a_user(any_desk, "bea")

    assert tuple(await asyncio.gather(any_desk.users.get(bob.id), any_desk.users.get(bea.id))) == (bob, bea)
