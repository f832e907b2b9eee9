"""What a receipt says of the ticket it opened is what a reader finds."""

import asyncio
from dataclasses import replace

import pytest

from core.desk import Desk
from core.messages import InboundMessage, Sender, Wishes
from core.vocabulary import Category, Channel, Priority, TicketType
from tests.builders import a_mail

WISHES = Wishes(
    Category.BILLING_QUESTION, Priority.LOW, TicketType.INCIDENCE, ("b", "a", "b"), {"metadata": {"browser": "x"}}
)


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(a_mail(), id="a_mail"),
        pytest.param(replace(a_mail(), subject="", text="Cannot log in, locked out!", wishes=WISHES), id="with_wishes"),
        pytest.param(
            replace(a_mail(), channel=Channel.TELEGRAM, sender=Sender(Channel.TELEGRAM, "4711", "Tom")), id="a_chat"
        ),
    ],
)
async def test_the_ticket_on_a_receipt_is_the_one_that_is_read(any_desk: Desk, message: InboundMessage) -> None:
    receipt = await any_desk.receive(message)

    assert receipt.opened is not None
    assert receipt.opened == await any_desk.tickets.get(receipt.opened.id)


async def test_of_a_known_sender_the_receipt_tells_the_name_they_have_here(any_desk: Desk) -> None:
    await any_desk.receive(a_mail("ann@x.test", "Ann"))

    receipt = await any_desk.receive(a_mail("ann@x.test", "Somebody else"))

    assert receipt.opened is not None
    assert (receipt.opened.requester.name, receipt.opened.requester.email) == ("Ann", "ann@x.test")
    assert receipt.opened == await any_desk.tickets.get(receipt.opened.id)


async def test_two_first_mails_at_once_are_from_one_requester(any_desk: Desk) -> None:
    mails = [a_mail("ann@x.test", name) for name in ("Ann", "Ann Archer")]

    receipts = await asyncio.gather(*map(any_desk.receive, mails))

    for receipt in receipts:
        assert receipt.opened is not None
        assert receipt.opened == await any_desk.tickets.get(receipt.opened.id)


async def test_who_signed_in_with_another_address_is_left_to_be_read(any_desk: Desk) -> None:
    first = await any_desk.receive(a_mail("ann@x.test", "Ann"))
    assert first.opened is not None
    other = Sender(Channel.EMAIL, "ann@home.test", "Ann at home", first.opened.requester_id)

    receipt = await any_desk.receive(replace(a_mail(), sender=other))

    assert receipt.ticket_id is not None
    assert receipt.opened is None
