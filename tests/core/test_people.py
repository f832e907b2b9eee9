"""People and their addresses."""

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from core import desk as desks
from core import people, tables
from core.access import THE_DESK
from core.config import Settings
from core.desk import Desk
from core.tables import new_id
from core.vocabulary import Channel
from tests.builders import Clock, a_mail
from tests.stored import count, opened_by, set_row

ANN = "ann@customer.test"


async def recognise(desk: Desk, email: str, name: str = "Ann") -> object:
    async with desk.writing() as connection:
        return await people.recognise(connection, email, name, desk.clock())


async def known(desk: Desk, connection: AsyncConnection, person_id: UUID) -> people.Person | None:
    return await people.by_id(connection, person_id, THE_DESK, desk.settings)


async def test_an_address_has_one_person_whoever_names_it_first(any_desk: Desk) -> None:
    first = await recognise(any_desk, ANN)
    by_mail = await opened_by(any_desk, ANN)
    again = await recognise(any_desk, ANN, "Somebody Else")

    assert first == by_mail.requester_id == again
    assert await count(any_desk, tables.people) == 1
    assert by_mail.requester.name == "Ann"


async def test_without_an_address_everybody_is_somebody_new(any_desk: Desk) -> None:
    assert await recognise(any_desk, "") != await recognise(any_desk, "")
    assert await count(any_desk, tables.identities) == 0


async def test_two_processes_that_meet_somebody_at_once_agree_on_who_it_is(
    any_settings: Settings, any_desk: Desk, clock: Clock
) -> None:
    async with desks.opened(any_settings, clock=clock) as other:
        found = await asyncio.gather(*(recognise(desk, ANN) for desk in (any_desk, other) * 4))

    assert len(set(found)) == 1
    assert await count(any_desk, tables.identities) == 1


async def test_a_person_is_known_with_their_oldest_mail_address(any_desk: Desk) -> None:
    ticket = await opened_by(any_desk, ANN)

    async with any_desk.reading() as connection:
        assert await known(any_desk, connection, ticket.requester_id) == people.Person(
            ticket.requester_id, "Ann Archer", ANN
        )
        assert await known(any_desk, connection, new_id()) is None
        assert await people.of_address(connection, ANN) == ticket.requester_id
        assert await people.of_address(connection, "nobody@customer.test") is None


async def test_an_address_of_another_channel_is_no_mail_address(any_desk: Desk) -> None:
    mail = a_mail("4711")
    await any_desk.receive(replace(mail, sender=replace(mail.sender, channel=Channel.TELEGRAM)))

    async with any_desk.reading() as connection:
        assert await people.of_address(connection, "4711") is None


async def test_who_was_deleted_is_not_known(any_desk: Desk) -> None:
    ticket = await opened_by(any_desk, ANN)
    await set_row(any_desk, tables.people, ticket.requester_id, deleted_at=any_desk.clock())

    async with any_desk.reading() as connection:
        assert await known(any_desk, connection, ticket.requester_id) is None


@pytest.mark.parametrize(("given_", "kept"), [("x" * 500, "x" * 120), ("a\nb\x00", "a b"), ("", "")])
async def test_a_name_is_one_line_that_fits(any_desk: Desk, given_: str, kept: str) -> None:
    person_id = await recognise(any_desk, ANN, given_)

    async with any_desk.reading() as connection:
        found = await known(any_desk, connection, person_id)  # type: ignore[arg-type]
    assert found is not None
    assert found.name == kept
