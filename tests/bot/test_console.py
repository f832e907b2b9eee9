"""A terminal in which one can talk with the desk."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from bot import console
from bot.console import Room, rendered
from bot.talk import Button, Said
from core.desk import Desk
from core.learning import lessons
from core.vocabulary import Category, Role
from tests.builders import Clock, a_user
from tests.stored import numbered


async def talk(desk: Desk, name: str, *lines: str) -> list[str]:
    """What the terminal shows to whoever types these lines and then ends."""
    typed: Iterator[str] = iter(lines)
    shown: list[str] = []

    def read() -> str:
        try:
            return next(typed)
        except StopIteration:
            raise EOFError from None

    await console.chat(desk, name, read=read, write=shown.append)
    return shown


async def test_somebody_without_an_account_is_a_customer_and_an_agent_is_one_by_their_account(desk: Desk) -> None:
    await a_user(desk, "bob")

    customer = await talk(desk, "dave", "My printer burns", "", "/tickets")
    agent = await talk(desk, "bob", "/take 1", "/reply 1 Put it out")
    again = await talk(desk, "dave")

    assert customer[0].startswith("You are dave (customer).")
    assert "   | #1 · New · My printer burns" in customer
    assert agent[0].startswith("You are bob (agent).")
    assert again[1:] == ["  1| Bob on #1: Put it out"]
    assert (await numbered(desk, 1)).assigned_to == "bob"


async def test_a_customers_account_is_the_person_it_belongs_to(desk: Desk) -> None:
    alice = await a_user(desk, "alice", Role.CUSTOMER, email="alice@customer.test")

    await talk(desk, "alice", "My printer burns")

    assert (await numbered(desk, 1)).requester_id == alice.person_id


@pytest.mark.parametrize("name", ["bob"])
async def test_an_account_that_was_disabled_does_not_act(desk: Desk, name: str) -> None:
    from core.accounts import users

    await a_user(desk, name)
    await talk(desk, name)
    async with desk.writing() as connection:
        await users.set_active(connection, name, active=False)

    shown = await talk(desk, name, "/queue")

    assert shown[1] == "  2| I do not know /queue. /help shows what I know."


def test_buttons_are_numbered_and_only_the_newest_are_pressed() -> None:
    room = Room("dave")
    two = Said("dave", "<b>Choose</b>", buttons=((Button("One", "a"), Button("Two", "b")),))

    assert rendered(room, "7", two) == ["  7| Choose", "     [1] One  [2] Two"]
    assert room.buttons[2] == ("7", Button("Two", "b"))
    assert rendered(room, "7", Said("dave", "Chosen"), edited=True) == ["  7* Chosen"]
    assert room.buttons == {}


async def test_a_correction_that_is_undone_teaches_nothing_though_the_clock_goes_on_while_it_is_made(
    desk: Desk, clock: Clock
) -> None:
    def ticking() -> datetime:
        clock.forward(timedelta(milliseconds=1))
        return clock()

    desk.clock = ticking
    await a_user(desk, "bob")
    await talk(desk, "dave", "The zebra ledger shows another shape")

    await talk(desk, "bob", "/category 1 bug", "/undo")

    assert (await numbered(desk, 1)).category == Category.OTHER
    assert lessons.counting(await desk.database.look(lessons.newest)) == []
