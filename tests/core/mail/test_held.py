"""An answer by a stranger who holds a token of a ticket: agents are asked, and what they say is done once."""

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest

from core import ledger, tables, tokens
from core.access import Actor
from core.desk import Desk
from core.errors import Conflict, DeskError, Forbidden, NotFound
from core.mail import held
from core.messages import InboundMessage
from core.storage.paging import Span
from core.vocabulary import Disposition, HeldDecision, Outcome, Role
from tests.builders import a_mail, a_user
from tests.stored import changes, numbered, rows, with_section

ANN, EVE = "ann@customer.test", "eve@private.test"


async def a_held_answer(desk: Desk) -> tuple[InboundMessage, UUID]:
    """Ann answers her own ticket from an address that nobody knows."""
    await desk.receive(a_mail(ANN, acknowledge=False))
    ticket = await numbered(desk, 1)
    tag = tokens.reply_tag(desk.keys.replies, 1, 1, ticket_id=ticket.id, person_id=ticket.requester_id, version=1)
    mail = a_mail(EVE, "Eve", recipients=(f"support+{tag}@desk.test",), text="It works now.", acknowledge=False)
    return mail, (await desk.receive(mail)).ledger_id


async def decide(
    desk: Desk, mail: InboundMessage, row: UUID, decision: HeldDecision, by: Actor, *, number: int = 1
) -> None:
    ticket = await numbered(desk, number)
    async with desk.reading() as connection:
        arrival = await ledger.original(connection, row, desk.blob_folder)
    async with desk.writing() as connection:
        await held.decide(
            connection, ticket, arrival, mail, decision, by=by, now=desk.clock(), settings=desk.settings, keys=desk.keys
        )


async def waiting(desk: Desk) -> list[UUID]:
    async with desk.reading() as connection:
        return [entry.id for entry in await held.of_ticket(connection, await numbered(desk, 1), Span(10))]


async def test_who_is_let_in_is_heard_and_takes_part_from_then_on(any_desk: Desk) -> None:
    bob = (await a_user(any_desk, "bob", Role.AGENT)).actor
    mail, row = await a_held_answer(any_desk)
    assert await waiting(any_desk) == [row]
    [*_, entry] = await rows(any_desk, tables.ledger)
    assert entry.reason == "holds a token that was made for somebody else"

    await decide(any_desk, mail, row, HeldDecision.ALLOW, bob)

    ticket = await numbered(any_desk, 1)
    [*_, said] = await rows(any_desk, tables.messages)
    [*_, entry] = await rows(any_desk, tables.ledger)
    assert [one.email for one in ticket.participants] == [ANN, EVE]
    assert (said.body, said.direction, said.ticket_id) == ("It works now.", "inbound", ticket.id)
    assert (entry.id, entry.disposition, entry.message_id) == (row, Disposition.COMMENT, said.id)
    assert await waiting(any_desk) == []
    assert [(c.field, c.new, c.reason, c.actor) for c in await changes(any_desk, 1)][1:] == [
        ("held", "allow", EVE, "bob"), ("participants", EVE, EVE, "bob"),
    ]  # fmt: skip


async def test_who_was_let_in_is_not_held_again(desk: Desk) -> None:
    bob = (await a_user(desk, "bob", Role.AGENT)).actor
    mail, row = await a_held_answer(desk)
    await decide(desk, mail, row, HeldDecision.ALLOW, bob)

    again = await desk.receive(a_mail(EVE, "Eve", recipients=mail.recipients, text="And the printer too."))

    assert (again.outcome, again.ticket_number) == (Outcome.COMMENTED, 1)
    assert await waiting(desk) == []


async def test_where_a_front_server_vouches_for_senders_who_was_let_in_is_held_again_without_it(desk: Desk) -> None:
    bob = (await a_user(desk, "bob", Role.AGENT)).actor
    mail, row = await a_held_answer(desk)
    await decide(desk, mail, row, HeldDecision.ALLOW, bob)
    desk.settings = with_section(desk.settings, "smtp", authserv_id="mx.desk.test")

    again = a_mail(EVE, "Eve", recipients=mail.recipients)
    claimed = await desk.receive(again)
    vouched = await desk.receive(
        replace(a_mail(EVE, recipients=mail.recipients), sender=replace(again.sender, verified=True))
    )

    assert (claimed.outcome, vouched.outcome) == (Outcome.IGNORED, Outcome.COMMENTED)


async def test_who_gets_a_ticket_of_their_own_has_no_part_in_the_other(any_desk: Desk) -> None:
    bob = (await a_user(any_desk, "bob", Role.AGENT)).actor
    mail, row = await a_held_answer(any_desk)

    await decide(any_desk, mail, row, HeldDecision.NEW_TICKET, bob)

    [*_, entry] = await rows(any_desk, tables.ledger)
    assert (entry.disposition, entry.ticket_number) == (Disposition.TICKET, 2)
    assert (await numbered(any_desk, 2)).requester.email == EVE
    assert [one.email for one in (await numbered(any_desk, 1)).participants] == [ANN]


async def test_what_is_turned_away_stays_in_the_ledger_and_is_on_no_ticket(any_desk: Desk) -> None:
    bob = (await a_user(any_desk, "bob", Role.AGENT)).actor
    mail, row = await a_held_answer(any_desk)

    await decide(any_desk, mail, row, HeldDecision.IGNORE, bob)

    [*_, entry] = await rows(any_desk, tables.ledger)
    assert (entry.disposition, entry.reason) == (Disposition.BLOCKED, "turned away by Bob")
    assert [m.direction for m in await rows(any_desk, tables.messages)] == ["inbound", "note"]
    assert await waiting(any_desk) == []


async def test_two_agents_decide_once(any_desk: Desk) -> None:
    bob = (await a_user(any_desk, "bob", Role.AGENT)).actor
    mail, row = await a_held_answer(any_desk)

    done = await asyncio.gather(
        *(decide(any_desk, mail, row, HeldDecision.ALLOW, bob) for _ in range(3)), return_exceptions=True
    )

    assert sorted(type(one).__name__ for one in done) == ["Conflict", "Conflict", "NoneType"]
    assert len((await numbered(any_desk, 1)).participants) == 2


@pytest.mark.parametrize(
    ("role", "number", "error"), [(Role.CUSTOMER, 1, Forbidden), (Role.AGENT, 2, NotFound)], ids=["customer", "other"]
)
async def test_only_staff_decides_and_only_on_the_ticket_it_is_held_for(
    desk: Desk, role: Role, number: int, error: type[DeskError]
) -> None:
    by = (await a_user(desk, "bob", role)).actor
    mail, row = await a_held_answer(desk)
    await desk.receive(a_mail("dora@customer.test", acknowledge=False))

    with pytest.raises(error):
        await decide(desk, mail, row, HeldDecision.ALLOW, by, number=number)

    assert await waiting(desk) == [row]


async def test_what_is_on_a_ticket_already_is_not_held(desk: Desk) -> None:
    bob = (await a_user(desk, "bob", Role.AGENT)).actor
    mail, row = await a_held_answer(desk)
    await decide(desk, mail, row, HeldDecision.ALLOW, bob)

    with pytest.raises(Conflict, match="became a comment"):
        await decide(desk, mail, row, HeldDecision.IGNORE, bob)


async def test_the_agents_read_what_is_held_in_a_note_and_no_customer_does(desk: Desk) -> None:
    _, row = await a_held_answer(desk)

    [note] = [m for m in await rows(desk, tables.messages) if m.direction == "note"]
    assert str(note.body).endswith(f"(held {row}).\n\nPrinter on fire\n\nIt works now.")
    assert "Eve <eve@private.test>" in str(note.body)


async def test_a_robot_with_a_token_of_somebody_elses_is_no_question_for_an_agent(desk: Desk) -> None:
    mail, _ = await a_held_answer(desk)
    await desk.receive(replace(mail, dedupe_key="2", automatic="auto-submitted: auto-replied"))

    assert len(await waiting(desk)) == 1
