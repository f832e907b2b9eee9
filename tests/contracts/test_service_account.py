"""Who acts where nobody signs in: one account, which nobody can sign in as, and what becomes of it."""

import asyncio

import pytest

from api.contracts import service
from core import history
from core.accounts import users
from core.config import Settings
from core.desk import Desk
from core.errors import Invalid
from core.vocabulary import Role
from tests.builders import a_user
from tests.contracts.conftest import Served, served
from tests.stored import numbered, with_section

TICKET = {"title": "Lamp", "description": "It flickers.", "contact_info": "ann@customer.test", "status": "pending"}


async def test_it_is_made_once_as_an_admin(any_desk: Desk) -> None:
    first, again = await asyncio.gather(service.account(any_desk), service.account(any_desk))

    async with any_desk.reading() as connection:
        everyone = await users.everyone(connection)
    assert [(user.username, user.role) for user in everyone] == [("service", Role.ADMIN)]
    assert first == again == everyone[0].id


async def test_none_is_made_where_nothing_is_open(desk: Desk, desk_settings: Settings) -> None:
    desk.settings = with_section(desk_settings, "api", contracts=())

    assert await service.account(desk) is None


async def test_an_account_that_is_there_is_taken(desk: Desk, desk_settings: Settings) -> None:
    bob = await a_user(desk, "bob")
    desk.settings = with_section(desk_settings, "api", contracts_act_as="Bob")

    assert await service.account(desk) == bob.id


async def test_a_customers_account_cannot_be_it(desk: Desk) -> None:
    await a_user(desk, "service", Role.CUSTOMER, email="ann@customer.test")

    with pytest.raises(Invalid, match="name an agent's or an admin's"):
        await service.account(desk)


async def test_nobody_signs_in_as_it(ask: Served) -> None:
    for password in ("", "service", "service123", "!"):
        answer = await ask.native("POST", "/auth/token", json={"username": "service", "password": password})
        assert answer.status in (400, 401)


async def test_what_is_done_without_a_sign_in_stands_under_its_name(ask: Served) -> None:
    await ask("basic", "POST", "/tickets", json=TICKET)
    await ask("basic", "PUT", "/tickets/1", json={"status": "closed"})

    ticket = await numbered(ask.desk, 1)
    async with ask.desk.reading() as connection:
        made = await history.of_ticket(connection, ticket.id)
    assert [(change.actor, change.field, change.new) for change in made][1:] == [("service", "status", "closed")]


async def test_once_it_is_disabled_nothing_is_done_for_anybody(ask: Served) -> None:
    async with ask.desk.writing() as connection:
        await users.set_active(connection, "service", active=False)

    answer = await ask("basic", "GET", "/tickets")

    assert answer.status == 503
    assert "is disabled: an admin must enable it" in answer.json["detail"]


async def test_an_agent_in_its_place_may_do_what_an_agent_may(desk: Desk, desk_settings: Settings) -> None:
    desk.settings = with_section(desk_settings, "api", contracts_act_as="frank")
    await a_user(desk, "frank")
    async with served(desk) as ask:
        await ask("basic", "POST", "/tickets", json=TICKET)

        assert (await ask("basic", "PUT", "/tickets/1", json={"status": "closed"})).status == 200
        assert (await ask("basic", "DELETE", "/tickets/1")).status == 403
