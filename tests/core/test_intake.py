"""Messages in, tickets out: what the desk does with what it is handed, on both databases."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from core import tables, tickets
from core.desk import Desk
from core.intake import rounds
from core.messages import InboundFile, Sender, Wishes
from core.storage import blobs
from core.tickets import Revision
from core.vocabulary import Category, Channel, Direction, Disposition, MessageKind, Outcome, Priority, Role, Status
from tests.builders import Clock, MessageParts, a_mail, a_user, settings
from tests.stored import a_post, changes, count, numbered, rows, set_row

ANN = "ann@customer.test"
FIRST = "<first@customer.test>"
ANSWER: MessageParts = {"in_reply_to": (FIRST,), "subject": "Re: Printer on fire", "text": "It still burns."}


async def test_a_first_mail_opens_a_ticket(any_desk: Desk) -> None:
    receipt = await any_desk.receive(a_mail(subject="Cannot log in", text="I forgot my password."))

    assert (receipt.outcome, receipt.ticket_number) == (Outcome.OPENED, 1)
    ticket = await numbered(any_desk, 1)
    assert (ticket.subject, ticket.description) == ("Cannot log in", "I forgot my password.")
    assert (ticket.status, ticket.category) == (Status.NEW, Category.ACCOUNT_ACCESS)
    assert (ticket.requester.name, ticket.requester.email) == ("Ann Archer", ANN)


async def test_what_was_opened_is_in_the_ledger_with_every_byte_that_came(any_desk: Desk) -> None:
    mail = replace(a_mail(), raw=b"\xff\x00 any bytes", envelope={"peer": "192.0.2.1", "recipients": ["a", "b"]})

    receipt = await any_desk.receive(mail)

    [entry] = await rows(any_desk, tables.ledger)
    assert (entry.id, entry.disposition, entry.ticket_number) == (receipt.ledger_id, Disposition.TICKET, 1)
    assert (entry.sender, entry.size, entry.envelope) == (ANN, 12, mail.envelope)
    assert entry.raw == mail.raw


async def test_a_mail_that_is_large_lies_by_itself(any_desk: Desk) -> None:
    mail = replace(a_mail(), raw=b"x" * (blobs.SMALL + 1))

    await any_desk.receive(mail)

    [entry] = await rows(any_desk, tables.ledger)
    blob = max(await rows(any_desk, tables.blobs), key=lambda row: row.size)
    assert (entry.raw, blob.sha256, blob.data) == (None, entry.raw_sha256, mail.raw)


async def test_the_same_mail_twice_is_one_ticket(any_desk: Desk) -> None:
    mail = a_mail()

    first, again = await any_desk.receive(mail), await any_desk.receive(mail)

    assert again == replace(first, outcome=Outcome.DUPLICATE)
    assert await count(any_desk, tables.tickets) == 1
    [entry] = await rows(any_desk, tables.ledger)
    assert entry.times_seen == 2


async def test_the_same_mail_many_times_at_once_is_one_ticket(any_desk: Desk) -> None:
    mail = a_mail()

    receipts = await asyncio.gather(*(any_desk.receive(mail) for _ in range(40)))

    assert sorted(r.outcome for r in receipts) == [Outcome.DUPLICATE] * 39 + [Outcome.OPENED]
    assert len({r.ticket_id for r in receipts}) == 1
    [entry] = await rows(any_desk, tables.ledger)
    assert entry.times_seen == 40
    assert await count(any_desk, tables.deliveries) == 1


async def test_two_mails_with_one_message_id_are_two_tickets(any_desk: Desk) -> None:
    """Whoever sends a victim's Message-ID first must not have the real mail swallowed (reliability, row 19)."""
    poison = await any_desk.receive(a_mail("eve@evil.test", message_id=FIRST))
    real = await any_desk.receive(a_mail(ANN, message_id=FIRST))

    assert [poison.outcome, real.outcome] == [Outcome.OPENED, Outcome.OPENED]


async def test_two_first_mails_of_one_person_at_once_are_of_one_person(any_desk: Desk) -> None:
    await asyncio.gather(any_desk.receive(a_mail(ANN)), any_desk.receive(a_mail(ANN)))

    first, second = await numbered(any_desk, 1), await numbered(any_desk, 2)
    assert first.requester == second.requester
    assert await count(any_desk, tables.identities) == 1


async def test_nobody_in_particular_is_somebody_else_each_time(any_desk: Desk) -> None:
    await asyncio.gather(any_desk.receive(a_mail("", name="")), any_desk.receive(a_mail("", name="")))
    await any_desk.receive(a_mail("", name=""))

    assert len({(await numbered(any_desk, number)).requester.id for number in (1, 2, 3)}) == 3
    assert await count(any_desk, tables.identities) == 0
    assert await count(any_desk, tables.deliveries) == 0


async def test_sixty_four_different_messages_at_once_become_what_each_would_alone(any_desk: Desk) -> None:
    await any_desk.receive(a_mail(ANN, message_id=FIRST))
    known = a_mail("known@customer.test")
    await any_desk.receive(known)
    batch = [
        *(a_mail(f"new{n}@customer.test") for n in range(16)),
        *(a_mail(ANN, in_reply_to=(FIRST,)) for _ in range(16)),
        *([known] * 8),
        *(a_mail("", kind=MessageKind.BOUNCE) for _ in range(8)),
        *(a_mail("support@desk.test") for _ in range(8)),
        *(a_post(dedupe_key=f"api:{n}") for n in range(8)),
    ]

    receipts = await asyncio.gather(*map(any_desk.receive, batch))

    assert [r.outcome for r in receipts] == [
        *[Outcome.OPENED] * 16, *[Outcome.COMMENTED] * 16, *[Outcome.DUPLICATE] * 8, *[Outcome.IGNORED] * 16,
        *[Outcome.OPENED] * 8,
    ]  # fmt: skip
    assert len({r.ledger_id for r in receipts}) == 57
    assert sorted(r.ticket_number or 0 for r in receipts if r.outcome is Outcome.OPENED) == list(range(3, 27))
    assert await count(any_desk, tables.tickets) == 26
    assert await count(any_desk, tables.messages) == 42
    assert await count(any_desk, tables.people) == 18
    assert (await numbered(any_desk, 1)).version == 17


def test_a_batch_is_cut_only_where_a_mail_answers_one_before_it(tmp_path: Path) -> None:
    plain = settings(tmp_path)
    one, two = a_mail(message_id="<1@x.test>"), a_mail(message_id="<2@x.test>", references=("<0@x.test>", "<1@x.test>"))
    three = a_mail(message_id="<3@x.test>", in_reply_to=("<1@x.test>",))
    nameless = a_mail(message_id="")

    assert list(rounds([one, nameless, nameless, two, three], plain)) == [[one, nameless, nameless], [two, three]]
    assert list(rounds([two, one], plain)) == [[two, one]]
    assert list(rounds([], plain)) == []


@pytest.mark.parametrize(
    ("before", "assigned", "after"),
    [
        (Status.NEW, False, Status.NEW),
        (Status.REVIEWED, False, Status.REVIEWED),
        (Status.IN_PROGRESS, True, Status.IN_PROGRESS),
        (Status.WAITING_CUSTOMER, False, Status.NEW),
        (Status.WAITING_CUSTOMER, True, Status.IN_PROGRESS),
        (Status.RESOLVED, False, Status.NEW),
        (Status.RESOLVED, True, Status.IN_PROGRESS),
        (Status.CLOSED, False, Status.NEW),
        (Status.CLOSED, True, Status.IN_PROGRESS),
        (Status.DISCARDED, False, Status.NEW),
        (Status.DISCARDED, True, Status.IN_PROGRESS),
    ],
)
async def test_a_customers_answer_brings_a_waiting_or_settled_ticket_back(
    desk: Desk, before: Status, assigned: bool, after: Status
) -> None:
    await _a_ticket_that_is(desk, before, assigned=assigned)
    earlier = len(await changes(desk, 1))

    await desk.receive(a_mail(ANN, **ANSWER))

    ticket = await numbered(desk, 1)
    assert (ticket.status, ticket.resolved_at, ticket.unread) == (after, None, 1 if assigned else 2)
    new = (await changes(desk, 1))[earlier:]
    expected = [] if before is after else [("Ann Archer", "status", before, after)]
    assert [(c.actor, c.field, c.old, c.new) for c in new] == expected


async def test_two_answers_at_once_bring_a_ticket_back_once(any_desk: Desk) -> None:
    await _a_ticket_that_is(any_desk, Status.RESOLVED)

    await asyncio.gather(any_desk.receive(a_mail(ANN, **ANSWER)), any_desk.receive(a_mail(ANN, **ANSWER)))

    assert [c.field for c in await changes(any_desk, 1)].count("status") == 2  # resolved by bob, and brought back
    assert (await numbered(any_desk, 1)).unread == 3


async def _a_ticket_that_is(desk: Desk, status: Status, *, assigned: bool = False) -> None:
    bob = await a_user(desk, "bob", Role.AGENT)
    await desk.receive(a_mail(ANN, message_id=FIRST))
    async with desk.writing() as connection:
        if assigned:
            await tickets.assign(
                connection, await _one(desk), bob, by=bob.actor, now=desk.clock(), settings=desk.settings
            )
    async with desk.writing() as connection:
        await tickets.change(connection, await _one(desk), Revision(status=status), by=bob.actor, now=desk.clock())


async def _one(desk: Desk) -> tickets.Ticket:
    return await numbered(desk, 1)


async def test_an_out_of_office_reply_is_kept_and_changes_nothing(any_desk: Desk) -> None:
    await _a_ticket_that_is(any_desk, Status.WAITING_CUSTOMER)
    before = await numbered(any_desk, 1)
    earlier = await changes(any_desk, 1)

    receipt = await any_desk.receive(replace(a_mail(ANN, **ANSWER), automatic="Auto-Submitted: auto-replied"))

    after = await numbered(any_desk, 1)
    assert receipt.outcome is Outcome.COMMENTED
    assert (after.status, after.unread) == (Status.WAITING_CUSTOMER, before.unread)
    assert await changes(any_desk, 1) == earlier
    [*_, message] = await rows(any_desk, tables.messages)
    [*_, entry] = await rows(any_desk, tables.ledger)
    assert message.automatic == "Auto-Submitted: auto-replied"
    assert (entry.disposition, entry.reason) == (Disposition.AUTO_REPLY, "Auto-Submitted: auto-replied")


async def test_what_a_machine_reports_is_a_ticket_that_nobody_is_told_about(any_desk: Desk) -> None:
    receipt = await any_desk.receive(a_mail("monitor@customer.test", automatic="Auto-Submitted: auto-generated"))

    assert receipt.outcome is Outcome.OPENED
    assert await count(any_desk, tables.deliveries) == 0


async def test_an_answer_is_kept_whole_beside_its_new_part(any_desk: Desk) -> None:
    await any_desk.receive(a_mail(ANN, message_id=FIRST))

    mail = replace(a_mail(ANN, in_reply_to=(FIRST,)), text="Yes.\n> Does it?", new_text="Yes.", html="<p>Yes.</p>")
    receipt = await any_desk.receive(mail)

    async with any_desk.reading() as connection:
        m = tables.messages.c
        row = (await connection.execute(select(tables.messages).where(m.id == receipt.message_id))).one()
    assert (row.body, row.new_text, row.html) == ("Yes.\n> Does it?", "Yes.", "<p>Yes.</p>")
    assert (row.direction, row.channel, row.author) == (Direction.INBOUND, Channel.EMAIL, "Ann Archer")


@pytest.mark.parametrize(
    ("subject", "text", "expected"),
    [
        ("Printer", "on fire", "Printer"),
        ("", "\n \n  The printer\n is on fire", "The printer"),
        (" \t\n ", "on fire", "on fire"),
        ("", "w" * 100, "w" * 60),
        ("", "", "(no subject)"),
        ("s" * 300, "", "s" * 255),
        ("two\nlines", "", "two lines"),
    ],
)
async def test_a_ticket_always_has_a_subject(desk: Desk, subject: str, text: str, expected: str) -> None:
    await desk.receive(a_mail(subject=subject, text=text))

    assert (await numbered(desk, 1)).subject == expected


async def test_wishes_come_before_what_the_classifier_finds(any_desk: Desk) -> None:
    wishes = Wishes(Category.BUG_REPORT, Priority.LOW, tags=("b", "a", "b"), extra={"metadata": {"browser": "x"}})

    await any_desk.receive(a_post(dedupe_key="api:1", wishes=wishes))

    ticket = await numbered(any_desk, 1)
    assert (ticket.category, ticket.priority, ticket.tags) == (Category.BUG_REPORT, Priority.LOW, ("a", "b"))
    assert ticket.extra == {"metadata": {"browser": "x"}}
    assert ticket.classified_at is not None
    # It is of the category that the ticket has, of which the classifier thinks otherwise.
    assert ticket.classification_confidence is None


async def test_who_is_signed_in_is_who_they_are_whatever_their_address_says(any_desk: Desk) -> None:
    await any_desk.receive(a_mail("known@customer.test"))
    known = await numbered(any_desk, 1)

    await any_desk.receive(a_post(dedupe_key="api:1", person_id=known.requester.id))

    assert (await numbered(any_desk, 2)).requester == known.requester


async def test_the_same_address_is_another_person_on_another_channel(any_desk: Desk) -> None:
    mail = a_mail("4711", message_id="")
    await any_desk.receive(replace(mail, sender=Sender(Channel.TELEGRAM, "4711", "Tom"), channel=Channel.TELEGRAM))
    await any_desk.receive(replace(mail, sender=Sender(Channel.CONSOLE, "4711", "Con"), dedupe_key="other"))

    assert [(await numbered(any_desk, number)).requester.name for number in (1, 2)] == ["Tom", "Con"]


async def test_files_come_with_their_message_and_the_same_bytes_are_kept_once(any_desk: Desk) -> None:
    logo = InboundFile("logo.png", "image/png", b"logo", inline=True, content_id="logo@x")
    mail = replace(a_mail(), files=(logo, replace(logo, filename="again.png"), InboundFile("", "", b"")))

    await any_desk.receive(mail)

    found = await rows(any_desk, tables.attachments)
    assert [(f.filename, f.content_type, f.size, f.inline) for f in found] == [
        ("logo.png", "image/png", 4, True), ("again.png", "image/png", 4, True), ("", "", 0, False),
    ]  # fmt: skip
    assert await count(any_desk, tables.blobs) == 2  # the logo, nothing


async def test_a_sender_who_is_called_nothing_goes_by_their_address(any_desk: Desk) -> None:
    await any_desk.receive(a_mail("zoe.z@customer.test", name=""))

    assert (await numbered(any_desk, 1)).requester.name == "zoe.z"


async def test_a_mail_is_found_again_years_later(desk: Desk, clock: Clock) -> None:
    mail = a_mail(ANN, message_id=FIRST)
    await desk.receive(mail)

    clock.forward(timedelta(days=1000))

    assert (await desk.receive(mail)).outcome is Outcome.DUPLICATE
    assert (await desk.receive(a_mail(ANN, **ANSWER))).outcome is Outcome.COMMENTED


async def test_a_mail_whose_ticket_was_deleted_is_not_opened_again_by_its_sender(any_desk: Desk) -> None:
    mail = a_mail()
    receipt = await any_desk.receive(mail)
    assert receipt.ticket_id is not None
    await set_row(any_desk, tables.tickets, receipt.ticket_id, deleted_at=any_desk.clock(), status=Status.DELETED)

    assert (await any_desk.receive(mail)).outcome is Outcome.DUPLICATE
    assert await count(any_desk, tables.tickets) == 1


async def test_the_id_of_another_system_is_cleaned_though_nothing_else_is_wished(any_desk: Desk) -> None:
    mail = a_mail()

    receipt = await any_desk.receive(replace(mail, wishes=replace(mail.wishes, external_id="T\x00-1")))

    assert receipt.outcome is Outcome.OPENED
    [ticket] = await rows(any_desk, tables.tickets)
    assert "\x00" not in ticket.external_id
