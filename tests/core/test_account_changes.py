"""What may become different about an account, what that ends, and the number that never does."""

import asyncio

import pytest

from core import tables
from core.access import Actor
from core.accounts import users
from core.accounts.users import NewUser, User, UserRevision
from core.desk import Desk
from core.errors import Conflict, Invalid, NotFound
from core.vocabulary import Role
from tests.builders import a_user
from tests.stored import count, set_row


async def change(desk: Desk, user: User, revision: UserRevision) -> User:
    async with desk.writing() as connection:
        return await users.change(connection, user, revision, now=desk.clock())


async def numbered(desk: Desk, number: int) -> User:
    async with desk.reading() as connection:
        return await users.by_number(connection, number)


async def test_accounts_are_counted_in_the_order_in_which_they_come(any_desk: Desk) -> None:
    ann, bob = await a_user(any_desk, "ann"), await a_user(any_desk, "bob")

    assert (ann.number, bob.number) == (1, 2)
    assert await numbered(any_desk, 2) == bob
    for nobody in (0, 3, 2**62):
        with pytest.raises(NotFound):
            await numbered(any_desk, nobody)


async def test_accounts_that_come_at_once_have_numbers_of_their_own(any_desk: Desk) -> None:
    made = await asyncio.gather(*(a_user(any_desk, f"user{n}") for n in range(8)))

    assert len({user.number for user in made}) == 8


async def test_whose_name_is_taken_takes_no_number(any_desk: Desk) -> None:
    await a_user(any_desk, "bob")

    with pytest.raises(Conflict):
        await a_user(any_desk, "bob")

    assert await count(any_desk, tables.user_numbers) == 1


async def test_whoever_is_gone_keeps_the_number_and_the_name_of_what_they_did(any_desk: Desk) -> None:
    bob = await a_user(any_desk, "bob")
    await set_row(any_desk, tables.users, bob.id, deleted_at=any_desk.clock())

    with pytest.raises(NotFound):
        await numbered(any_desk, bob.number)
    async with any_desk.reading() as connection:
        assert (await users.ever(connection, [bob.id]))[bob.id].username == "bob"
    assert (await a_user(any_desk, "erin")).number != bob.number


async def test_what_is_named_becomes_different_and_the_rest_stays(any_desk: Desk) -> None:
    bob = await a_user(any_desk, "bob", email="bob@people.test")

    after = await change(any_desk, bob, UserRevision(name=" Robert\n", email="Rob@people.test", extra={"x": {"y": 1}}))

    assert (after.name, after.email, after.extra) == ("Robert", "rob@people.test", {"x": {"y": 1}})
    assert (after.username, after.role, after.number, after.active) == ("bob", Role.AGENT, bob.number, True)
    assert after.token_version == bob.token_version


@pytest.mark.parametrize(
    "revision", [UserRevision(role=Role.ADMIN), UserRevision(active=False), UserRevision(password_hash="x")]
)
async def test_a_new_password_role_or_state_ends_every_sign_in(desk: Desk, revision: UserRevision) -> None:
    bob = await a_user(desk, "bob")

    assert (await change(desk, bob, revision)).token_version == bob.token_version + 1


async def test_what_is_the_same_already_ends_none(desk: Desk) -> None:
    bob = await a_user(desk, "bob")

    assert await change(desk, bob, UserRevision("bob", Role.AGENT, "Bob", active=True)) == bob


async def test_who_becomes_a_customer_is_the_person_of_their_address(any_desk: Desk) -> None:
    known = await a_user(any_desk, "alice", Role.CUSTOMER, email="alice@people.test")
    bob = await a_user(any_desk, "bob", email="alice@people.test")

    after = await change(any_desk, bob, UserRevision(role=Role.CUSTOMER))

    assert after.person_id == known.person_id
    async with any_desk.reading() as connection:
        found = await users.of_people(connection, {known.person_id} - {None})  # type: ignore[arg-type]
    assert [user.username for user in found.values()] == ["alice"]


async def test_a_name_that_is_taken_or_could_be_mistaken_is_refused(any_desk: Desk) -> None:
    bob = await a_user(any_desk, "bob")
    await a_user(any_desk, "erin")

    with pytest.raises(Conflict):
        await change(any_desk, bob, UserRevision("Erin"))
    with pytest.raises(Invalid):
        await change(any_desk, bob, UserRevision("bo b"))
    with pytest.raises(Invalid):
        await change(any_desk, bob, UserRevision(email="nobody"))


async def test_an_account_brings_along_what_only_one_wire_format_knows(any_desk: Desk) -> None:
    async with any_desk.writing() as connection:
        wanted = NewUser("ann", Role.AGENT, extra={"healthcare": {"surnames": "Archer"}})
        made = await users.add(connection, wanted, "hash", any_desk.clock())

    assert made.extra == {"healthcare": {"surnames": "Archer"}}
    assert isinstance(made.actor, Actor)
