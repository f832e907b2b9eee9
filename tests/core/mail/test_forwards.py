"""An agent forwards a customer's mail to the desk: in whose name the ticket is, and what stays between agents."""

from dataclasses import replace

import pytest

from core import tables
from core.desk import Desk
from core.messages import Forwarded, InboundFile, InboundMessage
from core.vocabulary import Direction, Role
from tests.builders import a_mail, a_user
from tests.stored import changes, count, numbered, rows

AGENT, CLEO = "bob@desk.test", "cleo@customer.test"
MAIL = Forwarded("Cleo Vance", CLEO, "The lamp", text="The lamp is broken.", remark="He is a bit slow.", sure=True)


def a_forward(found: Forwarded, *, sender: str = AGENT, verified: bool = True) -> InboundMessage:
    text = "He is a bit slow.\n\n---------- Forwarded message ---------\nFrom: Cleo Vance\n\nThe lamp is broken."
    mail = a_mail(sender, "Bob", subject="Fwd: The lamp", text=text)
    lamp = InboundFile("lamp.jpg", "image/jpeg", b"lamp")
    return replace(mail, sender=replace(mail.sender, verified=verified), forwarded=found, files=(lamp,))


@pytest.fixture
async def desk_of_bob(any_desk: Desk) -> Desk:
    await a_user(any_desk, "bob", Role.AGENT, email=AGENT)
    await a_user(any_desk, "carol", Role.AGENT, email="carol@desk.test")
    return any_desk


async def test_the_ticket_is_of_whoever_wrote_first_and_the_agents_mail_is_a_note(desk_of_bob: Desk) -> None:
    receipt = await desk_of_bob.receive(a_forward(MAIL))

    ticket = await numbered(desk_of_bob, 1)
    assert (ticket.requester.name, ticket.requester.email) == ("Cleo Vance", CLEO)
    assert (ticket.subject, ticket.description) == ("The lamp", "The lamp is broken.")
    said, note = await rows(desk_of_bob, tables.messages)
    assert (said.direction, said.author, said.body) == (Direction.INBOUND, "Cleo Vance", "The lamp is broken.")
    assert (note.direction, note.author) == (Direction.NOTE, "Bob")
    assert note.body.startswith("He is a bit slow.")
    [attachment] = await rows(desk_of_bob, tables.attachments)
    assert attachment.message_id == note.id == receipt.message_id


async def test_it_is_recorded_who_forwarded_it_and_nobody_is_written_to(desk_of_bob: Desk) -> None:
    await desk_of_bob.receive(a_forward(MAIL))

    [opened] = await changes(desk_of_bob, 1)
    assert (opened.field, opened.actor) == ("ticket", "Bob")
    assert opened.reason == f"Forwarded by Bob; written first by {CLEO}, as the forwarded mail says."
    [entry] = await rows(desk_of_bob, tables.ledger)
    assert (entry.sender, entry.reason) == (AGENT, opened.reason)
    assert await count(desk_of_bob, tables.deliveries) == 0


async def test_somebody_known_stays_the_same_person(desk_of_bob: Desk) -> None:
    await desk_of_bob.receive(a_mail(CLEO, "Cleo", acknowledge=False))

    await desk_of_bob.receive(a_forward(MAIL))

    first, forwarded = await numbered(desk_of_bob, 1), await numbered(desk_of_bob, 2)
    assert forwarded.requester_id == first.requester_id


@pytest.mark.parametrize(
    ("found", "sender", "verified"),
    [
        (MAIL, AGENT, False),
        (replace(MAIL, sure=False), AGENT, True),
        (MAIL, "eve@evil.test", True),
        (replace(MAIL, ordered=True), "eve@evil.test", True),
    ],
    ids=["not authenticated", "perhaps a quote", "a stranger", "a stranger's order"],
)
async def test_otherwise_it_is_the_senders_own_ticket(
    desk_of_bob: Desk, found: Forwarded, sender: str, verified: bool
) -> None:
    await desk_of_bob.receive(a_forward(found, sender=sender, verified=verified))

    assert (await numbered(desk_of_bob, 1)).requester.email == sender
    assert await count(desk_of_bob, tables.messages) == 1


async def test_an_order_counts_where_nothing_can_be_authenticated_and_says_so(desk_of_bob: Desk) -> None:
    await desk_of_bob.receive(a_forward(replace(MAIL, sure=False, ordered=True), verified=False))

    assert (await numbered(desk_of_bob, 1)).requester.email == CLEO
    [opened] = await changes(desk_of_bob, 1)
    assert opened.actor == AGENT


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (Forwarded("", "", ordered=True), "no address of a first writer was found in it"),
        (replace(MAIL, address=""), "no address of a first writer was found in it"),
        (replace(MAIL, address="carol@desk.test"), "an agent wrote it"),
        (replace(MAIL, address="support+7abc@desk.test"), "this desk wrote it"),
    ],
)
async def test_what_cannot_be_told_stays_the_agents_with_a_note(desk_of_bob: Desk, found: Forwarded, why: str) -> None:
    await desk_of_bob.receive(a_forward(found))

    assert (await numbered(desk_of_bob, 1)).requester.email == AGENT
    said, note = await rows(desk_of_bob, tables.messages)
    assert said.direction == Direction.INBOUND
    assert (note.direction, note.body) == (
        Direction.NOTE,
        f"Forwarded by Bob, but whose it is cannot be told: {why}.",
    )


async def test_what_opens_a_ticket_is_shown_whole(any_desk: Desk) -> None:
    """Rule 65: it may be a forward, or answer what this desk has never seen."""
    await any_desk.receive(replace(a_mail(text="Yes.\n\n> Old words"), new_text="Yes."))

    [said] = await rows(any_desk, tables.messages)
    assert (said.body, said.new_text) == ("Yes.\n\n> Old words", None)
