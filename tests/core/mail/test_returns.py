"""Mail of ours that comes back: only what proves to be about it counts, and then the agents are told."""

from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import insert

from core import conversation, outbox, tables, tokens
from core.accounts import clients
from core.accounts.clients import ClientRevision
from core.desk import Desk
from core.mail import marks
from core.messages import InboundMessage, Report, Signs
from core.outbox import Sent
from core.storage.paging import Span
from core.tables import new_id
from core.vocabulary import Channel, DeliveryState, Disposition, MessageKind, Outcome, ReportKind, Role, Status
from tests.builders import Clock, a_mail, a_user
from tests.stored import numbered, person_of, rows, set_row

ANN, EVE = "ann@customer.test", "eve@evil.test"
FIRST = "<first@customer.test>"
GONE = Report(ReportKind.FAILED, "5.1.1", "550 5.1.1 no such user", (ANN,))
LATE = Report(ReportKind.DELAYED, "4.4.1", "connection timed out", (ANN,))
COMPLAINT = Report(ReportKind.COMPLAINT, "", "abuse", (ANN,))


@dataclass(frozen=True)
class Answered:
    """Ann's ticket, which bob has answered and then resolved: the mail has left."""

    delivery: UUID
    message_id: str
    verp: str


async def answered(desk: Desk) -> Answered:
    bob = (await a_user(desk, "bob", Role.AGENT)).actor
    await desk.receive(a_mail(ANN, message_id=FIRST, acknowledge=False))
    ticket = await numbered(desk, 1)
    async with desk.writing() as connection:
        await conversation.reply(
            connection, ticket, "Try again.", by=bob, now=desk.clock(), settings=desk.settings, keys=desk.keys
        )
    [row] = await rows(desk, tables.deliveries)
    await set_row(desk, tables.deliveries, row.id, state=DeliveryState.SENT, sent_at=desk.clock())
    await set_row(desk, tables.tickets, ticket.id, status=Status.RESOLVED, unread=0, resolved_at=desk.clock())
    delivery = UUID(str(row.id))
    verp = tokens.bounce_address(desk.keys.replies, delivery, "support@desk.test")
    return Answered(delivery, str(row.remote_id), verp)


def bounce(report: Report, *, to: str = "support@desk.test", ids: tuple[str, ...] = ()) -> InboundMessage:
    mail = a_mail(
        "mailer-daemon@mx.test",
        kind=MessageKind.BOUNCE,
        recipients=(to,),
        automatic="return-path: <>",
        acknowledge=False,
    )
    return replace(mail, bounced=report.recipients, signs=Signs(replace(report, message_ids=ids)))


async def delivery_of(desk: Desk) -> tuple[str, str]:
    [row] = await rows(desk, tables.deliveries)
    return str(row.state), str(row.reason)


async def notes(desk: Desk) -> list[str]:
    return [str(m.body) for m in await rows(desk, tables.messages) if m.direction == "note"]


@pytest.mark.parametrize("by", ["its bounce address", "its Message-ID"])
async def test_a_mail_that_did_not_arrive_is_shown_where_it_was_written_and_nothing_else_happens(
    any_desk: Desk, by: str
) -> None:
    sent = await answered(any_desk)
    mail = bounce(GONE, to=sent.verp) if by == "its bounce address" else bounce(GONE, ids=(sent.message_id.upper(),))

    receipt = await any_desk.receive(mail)

    ticket = await numbered(any_desk, 1)
    [*_, entry] = await rows(any_desk, tables.ledger)
    reason = "there is no such address (5.1.1): 550 5.1.1 no such user"
    assert await delivery_of(any_desk) == (DeliveryState.FAILED, reason)
    [note] = await notes(any_desk)
    assert note.split("\n") == [
        f"Our mail to {ANN} was not delivered: there is no such address (5.1.1).",
        "Its mail server says: 550 5.1.1 no such user",
        "Nothing more is sent to this address until it is changed.",
    ]
    assert (ticket.status, ticket.unread) == (Status.RESOLVED, 1)
    assert (entry.disposition, entry.reason, entry.ticket_number) == (Disposition.BOUNCE, reason, 1)
    assert (receipt.outcome, receipt.ticket_number) == (Outcome.IGNORED, None)
    assert len(await rows(any_desk, tables.deliveries)) == 1


async def test_who_is_in_a_chat_too_can_be_asked_there(any_desk: Desk) -> None:
    sent = await answered(any_desk)
    in_chat = {"id": new_id(), "person_id": await person_of(any_desk, ANN), "channel": Channel.TELEGRAM}
    async with any_desk.writing() as connection:
        row = {**in_chat, "address": "4711", "created_at": any_desk.clock()}
        await connection.execute(insert(tables.identities).values(row))

    await any_desk.receive(bounce(GONE, to=sent.verp))

    [note] = await notes(any_desk)
    assert note.endswith("\nThey write to us by Telegram too, and can be asked there.")


async def test_a_dead_address_is_not_written_to_until_mail_that_is_vouched_for_comes_from_it(any_desk: Desk) -> None:
    sent = await answered(any_desk)
    await any_desk.receive(bounce(GONE, to=sent.verp))

    anybody = a_mail(ANN)
    await any_desk.receive(anybody)
    [identity] = await rows(any_desk, tables.identities)
    assert identity.unreachable_at is not None
    assert len(await rows(any_desk, tables.deliveries)) == 1

    await any_desk.receive(replace(a_mail(ANN), sender=replace(anybody.sender, verified=True)))
    [identity] = await rows(any_desk, tables.identities)
    assert (identity.unreachable_at, identity.unreachable_reason) == (None, "")
    assert len(await rows(any_desk, tables.deliveries)) == 2


@pytest.mark.parametrize(
    "report",
    [
        replace(GONE, status="5.2.2"),
        replace(GONE, status="5.7.1"),
        replace(GONE, status=""),
        replace(GONE, recipients=("ann@her-other-mailbox.test",)),
        replace(GONE, kind=ReportKind.DELAYED),
    ],
    ids=["full", "refused", "no code", "forwarded", "only late"],
)
async def test_only_an_address_that_is_said_not_to_exist_is_dead(desk: Desk, report: Report) -> None:
    sent = await answered(desk)

    await desk.receive(bounce(report, to=sent.verp))

    [identity] = await rows(desk, tables.identities)
    assert identity.unreachable_at is None
    assert len(await notes(desk)) == 1


async def test_what_waits_for_a_dead_address_is_not_sent_and_an_agent_may_say_that_it_lives(any_desk: Desk) -> None:
    sent = await answered(any_desk)
    await any_desk.receive(a_mail(ANN))
    await any_desk.receive(bounce(GONE, to=sent.verp))

    states = [row.state for row in await rows(any_desk, tables.deliveries)]
    bob = (await a_user(any_desk, "bea", Role.AGENT)).actor
    async with any_desk.writing() as connection:
        client = await clients.one(connection, await person_of(any_desk, ANN), bob, any_desk.settings)
        await clients.change(connection, client, ClientRevision(email=ANN), by=bob, now=any_desk.clock())
    [identity] = await rows(any_desk, tables.identities)
    assert states == [DeliveryState.FAILED] * 2
    assert (identity.unreachable_at, identity.unreachable_reason) == (None, "")


async def test_a_server_that_returns_a_thousand_mails_is_no_flood_and_tells_each_once(desk: Desk) -> None:
    sent = await answered(desk)
    await desk.receive_many([bounce(LATE) for _ in range(60)])

    receipts = await desk.receive_many([bounce(GONE, to=sent.verp), bounce(GONE, to=sent.verp)])

    assert [r.outcome for r in receipts] == [Outcome.IGNORED, Outcome.DEFERRED]
    assert len(await notes(desk)) == 1


async def test_a_delay_is_told_once_and_a_failure_after_it_again(any_desk: Desk) -> None:
    sent = await answered(any_desk)

    for _ in range(3):
        await any_desk.receive(bounce(LATE, to=sent.verp))
    late = await delivery_of(any_desk)
    for _ in range(2):
        await any_desk.receive(bounce(GONE, to=sent.verp))
    await any_desk.receive(bounce(LATE, to=sent.verp))

    reason = "delayed: the mail server could not be reached (4.4.1): connection timed out"
    assert late == (DeliveryState.DELAYED, reason)
    assert (await delivery_of(any_desk))[0] == DeliveryState.FAILED
    assert [note.partition(":")[0] for note in await notes(any_desk)] == [
        f"Our mail to {ANN} has not arrived yet", f"Our mail to {ANN} was not delivered",
    ]  # fmt: skip


async def test_a_report_that_proves_nothing_changes_nothing(desk: Desk) -> None:
    sent = await answered(desk)
    await desk.receive(a_mail(EVE, acknowledge=False))
    eve, hers = await person_of(desk, EVE), await numbered(desk, 2)
    own = tokens.reply_tag(desk.keys.replies, 2, 1, ticket_id=hers.id, person_id=eve, version=1)
    stolen = sent.message_id.partition(".")[2]
    flipped = sent.verp.replace("+b", "+bb", 1)[: len(sent.verp)]
    false = [
        bounce(GONE),
        bounce(GONE, ids=(FIRST,)),
        # Her own MAC, and the delivery of somebody else.
        bounce(GONE, ids=(f"<{own}.{stolen}",)),
        bounce(GONE, ids=(sent.message_id.replace("-1-", "-2-", 1),)),
        bounce(GONE, ids=(tokens.message_id(own, new_id(), "desk.test"),)),
        bounce(GONE, to=flipped),
        bounce(GONE, to=tokens.bounce_address(b"k" * 32, sent.delivery, "support@desk.test")),
    ]

    receipts = [await desk.receive(mail) for mail in false]

    assert {r.reason for r in receipts} == {f"delivery report about {ANN}"}
    assert await delivery_of(desk) == (DeliveryState.SENT, "")
    assert await notes(desk) == []
    assert all(identity.unreachable_at is None for identity in await rows(desk, tables.identities))


async def test_a_complaint_ends_automatic_mail_to_its_reader_until_an_admin_says_otherwise(
    any_desk: Desk, clock: Clock
) -> None:
    sent = await answered(any_desk)
    complaint = replace(bounce(COMPLAINT), kind=MessageKind.AUTO)
    report = replace(COMPLAINT, sent_from=(sent.verp,))

    await any_desk.receive(replace(complaint, signs=Signs(report)))
    await any_desk.receive(a_mail(ANN))

    async with any_desk.writing() as connection:
        [incident] = await marks.incidents(connection, clock(), Span(10))
        assert len(await rows(any_desk, tables.deliveries)) == 1
        await marks.reset(connection, incident.id, by="carol", now=clock())
    await any_desk.receive(a_mail(ANN))
    assert (incident.subject, incident.kind, incident.until) == (ANN, "complaint", None)
    assert len(await rows(any_desk, tables.deliveries)) == 2
    assert await delivery_of_first(any_desk) == DeliveryState.SENT
    [note] = await notes(any_desk)
    assert note.startswith(f"{ANN} reported our mail as spam.")


async def test_an_incident_that_has_ended_is_not_ended_again(any_desk: Desk, clock: Clock) -> None:
    sent = await answered(any_desk)
    report = replace(COMPLAINT, sent_from=(sent.verp,))
    await any_desk.receive(replace(replace(bounce(COMPLAINT), kind=MessageKind.AUTO), signs=Signs(report)))

    async with any_desk.writing() as connection:
        [incident] = await marks.incidents(connection, clock(), Span(10))
        ended = await marks.reset(connection, incident.id, by="carol", now=clock())
        clock.forward(timedelta(hours=1))
        again = await marks.reset(connection, incident.id, by="dave", now=clock())

    assert again == ended


async def delivery_of_first(desk: Desk) -> str:
    return str((await rows(desk, tables.deliveries))[0].state)


async def test_what_came_back_before_its_sending_was_written_down_stays_failed(any_desk: Desk, clock: Clock) -> None:
    sent = await answered(any_desk)
    await set_row(any_desk, tables.deliveries, sent.delivery, state=DeliveryState.SENDING)

    await any_desk.receive(bounce(GONE, to=sent.verp))
    async with any_desk.writing() as connection:
        await outbox.settle(connection, [Sent(sent.delivery)], clock(), lifetime=clock() - clock())

    assert (await delivery_of(any_desk))[0] == DeliveryState.FAILED
    async with any_desk.writing() as connection:
        await outbox.try_again(connection, sent.delivery, clock())
        await outbox.settle(connection, [Sent(sent.delivery)], clock(), lifetime=clock() - clock())
    assert (await delivery_of(any_desk))[0] == DeliveryState.SENT


async def test_an_out_of_office_answer_to_the_bounce_address_is_on_the_ticket_and_opens_nothing_again(
    any_desk: Desk,
) -> None:
    """RFC 3834 4: autoresponders answer to the return path."""
    sent = await answered(any_desk)
    away = a_mail(ANN, kind=MessageKind.AUTO, automatic="auto-submitted: auto-replied", recipients=(sent.verp,))

    receipt = await any_desk.receive(replace(away, acknowledge=False))

    ticket = await numbered(any_desk, 1)
    [*_, message] = await rows(any_desk, tables.messages)
    [*_, entry] = await rows(any_desk, tables.ledger)
    assert (receipt.outcome, receipt.ticket_number) == (Outcome.COMMENTED, 1)
    assert (ticket.status, ticket.unread) == (Status.RESOLVED, 0)
    assert message.automatic == "auto-submitted: auto-replied"
    assert entry.disposition == Disposition.AUTO_REPLY
    assert len(await rows(any_desk, tables.deliveries)) == 1


async def test_a_report_about_a_participants_mail_is_about_theirs_alone(desk: Desk) -> None:
    sent = await answered(desk)
    await desk.receive(a_mail("cleo@customer.test", acknowledge=False))
    cleo, ticket = await person_of(desk, "cleo@customer.test"), await numbered(desk, 1)
    tag = tokens.reply_tag(desk.keys.replies, 1, 2, ticket_id=ticket.id, person_id=cleo, version=1)
    theirs = new_id()
    async with desk.writing() as connection:
        seat = {"ticket_id": ticket.id, "seq": 2, "person_id": cleo, "created_at": desk.clock()}
        await connection.execute(insert(tables.participants), seat)
        [row] = await rows(desk, tables.deliveries)
        remote_id = tokens.message_id(tag, theirs, "desk.test")
        other = {**row._mapping, "id": theirs, "address": "cleo@customer.test", "participant_seq": 2}
        await connection.execute(insert(tables.deliveries), {**other, "remote_id": remote_id})

    await desk.receive(bounce(replace(GONE, recipients=("cleo@customer.test",)), ids=(remote_id,)))

    states = {row.address: row.state for row in await rows(desk, tables.deliveries)}
    assert states == {ANN: DeliveryState.SENT, "cleo@customer.test": DeliveryState.FAILED}
    assert sent.delivery != theirs
