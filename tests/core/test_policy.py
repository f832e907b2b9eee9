"""What is not to become a ticket, and what is not to be acknowledged."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from core import desk as desks
from core import ledger, tables, tokens
from core.config import Settings
from core.desk import Desk
from core.errors import Invalid
from core.mail import marks
from core.messages import InboundMessage, Signs
from core.storage.paging import Span
from core.tables import new_id
from core.vocabulary import Channel, DeliveryKind, Disposition, MessageKind, Outcome
from tests.builders import Clock, MessageParts, a_mail
from tests.stored import count, opened_by, rows, with_section

ANN = "ann@customer.test"
FIRST = "<first@customer.test>"
HOUR = timedelta(hours=1)


async def acknowledgements(desk: Desk) -> list[str]:
    found = [d for d in await rows(desk, tables.deliveries) if d.kind == DeliveryKind.ACKNOWLEDGEMENT]
    return [str(d.address) for d in found]


async def test_our_own_mail_that_comes_back_is_a_loop(any_desk: Desk) -> None:
    await any_desk.receive(a_mail(ANN))
    [acknowledgement] = await rows(any_desk, tables.deliveries)
    ours = str(acknowledgement.remote_id)

    back = await any_desk.receive(a_mail("someone@list.test", message_id=ours))
    shouted = await any_desk.receive(a_mail("someone@list.test", message_id=ours.upper()))
    from_us = await any_desk.receive(a_mail("support@desk.test"))
    from_our_tag = await any_desk.receive(a_mail("support+1-1-aaaaaaaaaaaaaaaa@desk.test"))

    assert [r.outcome for r in (back, shouted, from_us, from_our_tag)] == [Outcome.IGNORED] * 4
    assert [e.disposition for e in await rows(any_desk, tables.ledger)][1:] == [Disposition.LOOP] * 4
    assert await count(any_desk, tables.tickets) == 1
    assert await count(any_desk, tables.deliveries) == 1


@pytest.mark.parametrize("address", ["support@desk.test.evil.test", "xsupport@desk.test", "support@other.test"])
async def test_an_address_that_only_looks_like_ours_is_a_customers(desk: Desk, address: str) -> None:
    assert (await desk.receive(a_mail(address))).outcome is Outcome.OPENED


async def test_a_delivery_report_is_kept_in_the_ledger_and_nowhere_else(any_desk: Desk) -> None:
    await any_desk.receive(a_mail(ANN, message_id=FIRST, acknowledge=False))
    bounce = replace(
        a_mail("mailer-daemon@mx.test", kind=MessageKind.BOUNCE, in_reply_to=(FIRST,)), bounced=("ann@customer.test",)
    )

    receipt = await any_desk.receive(bounce)

    assert (receipt.outcome, receipt.reason) == (Outcome.IGNORED, "delivery report about ann@customer.test")
    [*_, entry] = await rows(any_desk, tables.ledger)
    assert (entry.disposition, entry.ticket_id) == (Disposition.BOUNCE, None)
    assert await count(any_desk, tables.messages) == 1
    assert await count(any_desk, tables.deliveries) == 0


async def test_a_blocked_sender_is_kept_out_until_the_block_ends(any_desk: Desk, clock: Clock) -> None:
    await opened_by(any_desk, ANN)
    await block(any_desk, ANN, clock() + HOUR)

    kept_out = await any_desk.receive(a_mail(ANN))
    told = await count(any_desk, tables.deliveries)
    clock.forward(HOUR)
    let_in = await any_desk.receive(a_mail(ANN))

    assert (kept_out.outcome, kept_out.reason, let_in.outcome) == (Outcome.IGNORED, "abuse", Outcome.OPENED)
    assert told == 0  # what was taken is never sent back: the sender may be forged
    assert [e.disposition for e in await rows(any_desk, tables.ledger)] == [
        Disposition.TICKET, Disposition.BLOCKED, Disposition.TICKET,
    ]  # fmt: skip


async def test_who_is_set_aside_can_be_replayed_once_the_reason_is_gone(any_desk: Desk, clock: Clock) -> None:
    await opened_by(any_desk, ANN)
    await block(any_desk, ANN, clock() + HOUR)
    mail = a_mail(ANN)
    blocked = await any_desk.receive(mail)

    still = await replay(any_desk, blocked.ledger_id, mail)
    clock.forward(HOUR)
    then = await replay(any_desk, blocked.ledger_id, mail)

    assert (still, then) == (Outcome.IGNORED, Outcome.OPENED)
    assert [e.disposition for e in await rows(any_desk, tables.ledger)] == [Disposition.TICKET] * 2


BLOCKS = [
    ("eve@evil.test", "eve@evil.test", True),
    ("evil.test", "eve@evil.test", True),
    ("@evil.test", "mallory@mail.evil.test", True),
    ("eve@evil.test", "mallory@evil.test", False),
    ("evil.test", "eve@notevil.test", False),
    ("mail.evil.test", "eve@evil.test", False),
]


@pytest.mark.parametrize(("blocked", "writer", "kept_out"), BLOCKS)
async def test_a_block_is_of_an_address_or_of_a_domain_with_all_below_it(
    desk: Desk, blocked: str, writer: str, kept_out: bool
) -> None:
    await block(desk, blocked)

    receipt = await desk.receive(a_mail(writer))

    assert (receipt.outcome is Outcome.IGNORED) is kept_out


@pytest.mark.parametrize("subject", ["", "@", "eve@", "a b", "eve@evil.test, bob@evil.test", "*"])
async def test_what_is_neither_address_nor_domain_cannot_be_blocked(desk: Desk, subject: str) -> None:
    with pytest.raises(Invalid):
        await block(desk, subject)


async def test_a_block_that_is_set_again_is_the_new_one_and_can_be_lifted(any_desk: Desk, clock: Clock) -> None:
    await block(any_desk, "Evil.TEST", clock() + HOUR)
    await block(any_desk, "evil.test")
    clock.forward(2 * HOUR)

    async with any_desk.reading() as connection:
        [mark] = await marks.blocks(connection, clock(), Span(10))
    async with any_desk.writing() as connection:
        await marks.lift(connection, mark.id)

    assert (mark.subject, mark.until, mark.author) == ("@evil.test", None, "carol")
    assert (await any_desk.receive(a_mail("eve@evil.test"))).outcome is Outcome.OPENED


async def block(desk: Desk, subject: str, until: datetime | None = None) -> None:
    async with desk.writing() as connection:
        await marks.block(connection, subject, "abuse", until, by="carol", now=desk.clock())


async def test_what_the_front_server_takes_for_spam_is_shown_to_nobody_until_an_admin_releases_it(
    any_desk: Desk,
) -> None:
    mail = replace(a_mail(ANN), signs=Signs(spam="x-spam-flag: YES"))

    receipt = await any_desk.receive(mail)

    [entry] = await rows(any_desk, tables.ledger)
    assert (receipt.outcome, entry.disposition, entry.reason) == (
        Outcome.IGNORED, Disposition.SPAM, "x-spam-flag: YES",
    )  # fmt: skip
    assert await acknowledgements(any_desk) == []
    assert await replay(any_desk, receipt.ledger_id, mail) is Outcome.OPENED


async def test_spam_with_a_token_of_its_writers_own_is_let_through(desk: Desk) -> None:
    first = await desk.receive(a_mail(ANN))
    [acknowledgement] = await rows(desk, tables.deliveries)
    spam = Signs(spam="x-spam-flag: YES")

    answer = replace(a_mail(ANN, in_reply_to=(str(acknowledgement.remote_id),)), signs=spam)
    others = replace(a_mail("eve@evil.test", in_reply_to=(str(acknowledgement.remote_id),)), signs=spam)

    assert (await desk.receive(answer)).ticket_number == first.ticket_number
    assert (await desk.receive(others)).reason == "x-spam-flag: YES"


async def test_a_virus_is_set_aside_whoever_sends_it_until_an_admin_releases_it(desk: Desk) -> None:
    await desk.receive(a_mail(ANN))
    [acknowledgement] = await rows(desk, tables.deliveries)
    virus = Signs(spam="x-virus-status: Infected", infected=True)
    answer = replace(a_mail(ANN, in_reply_to=(str(acknowledgement.remote_id),)), signs=virus)

    receipt = await desk.receive(answer)

    assert (receipt.outcome, receipt.reason) == (Outcome.IGNORED, "x-virus-status: Infected")
    assert await replay(desk, receipt.ledger_id, answer) is Outcome.COMMENTED


async def test_our_own_mail_is_known_by_its_sign_when_a_list_has_given_it_another_name(desk: Desk) -> None:
    listed = replace(a_mail("list@elsewhere.test"), signs=Signs(loop="desk.test"))
    of_another_desk = replace(a_mail("help@elsewhere.test"), signs=Signs(loop="elsewhere.test"))

    assert "our own mail" in (await desk.receive(listed)).reason
    assert (await desk.receive(of_another_desk)).outcome is Outcome.OPENED


async def replay(desk: Desk, ledger_id: UUID, mail: InboundMessage) -> Outcome:
    async with desk.reading() as connection:
        arrival = await ledger.original(connection, ledger_id, desk.blob_folder)
    async with desk.writing() as connection:
        receipt = await ledger.replay(connection, arrival, mail, desk.clock(), settings=desk.settings, keys=desk.keys)
    return receipt.outcome


@pytest.fixture
def any_settings(any_settings: Settings) -> Settings:
    """Smaller limits than anyone would set, so that a test meets them with a handful of mails."""
    limits = {"mails_per_sender_per_hour": 5, "automatic_mails_per_day": 3, "automatic_mails_per_hour": 6}
    return with_section(any_settings, "limits", **limits)


async def test_who_floods_is_told_to_come_later_and_nothing_is_stored(any_desk: Desk, clock: Clock) -> None:
    for _ in range(5):
        await any_desk.receive(a_mail(ANN))

    too_many = a_mail(ANN)
    refused = await any_desk.receive(too_many)
    other = await any_desk.receive(a_mail("bea@customer.test"))
    clock.forward(HOUR)
    later = await any_desk.receive(too_many)

    assert [r.outcome for r in (refused, other, later)] == [Outcome.DEFERRED, Outcome.OPENED, Outcome.OPENED]
    assert await count(any_desk, tables.ledger) == 7


async def test_a_flood_within_one_batch_is_stopped_at_the_same_mail(any_desk: Desk) -> None:
    mails = [a_mail(ANN) for _ in range(8)]

    receipts = await asyncio.gather(
        *map(any_desk.receive, mails), any_desk.receive(mails[0]), any_desk.receive(mails[7])
    )

    assert [r.outcome for r in receipts] == [
        *[Outcome.OPENED] * 5, *[Outcome.DEFERRED] * 3, Outcome.DUPLICATE, Outcome.DEFERRED,
    ]  # fmt: skip
    assert await count(any_desk, tables.ledger) == 5


async def test_what_comes_by_another_way_does_not_count_as_mail(any_desk: Desk) -> None:
    forms = [replace(a_mail(ANN), channel=Channel.WEB_FORM) for _ in range(8)]

    receipts = await asyncio.gather(*map(any_desk.receive, [*forms, a_mail(ANN)]))

    assert {r.outcome for r in receipts} == {Outcome.OPENED}


async def test_without_limits_nobody_is_told_to_come_later(any_settings: Settings, clock: Clock) -> None:
    async with desks.opened(with_section(any_settings, "limits", enabled=False), clock=clock) as desk:
        receipts = await asyncio.gather(*(desk.receive(a_mail(ANN)) for _ in range(10)))

        assert {r.outcome for r in receipts} == {Outcome.OPENED}
        assert len(await acknowledgements(desk)) == 10


async def test_an_address_is_told_three_times_a_day(any_desk: Desk, clock: Clock) -> None:
    for _ in range(5):
        await any_desk.receive(a_mail(ANN))
    assert await acknowledgements(any_desk) == [ANN] * 3

    clock.forward(timedelta(hours=24))
    await any_desk.receive(a_mail(ANN))

    assert await acknowledgements(any_desk) == [ANN] * 4


async def test_an_address_is_told_three_times_even_in_one_batch(any_desk: Desk) -> None:
    await asyncio.gather(*(any_desk.receive(a_mail(ANN)) for _ in range(5)))

    assert await acknowledgements(any_desk) == [ANN] * 3


async def test_all_together_are_told_only_so_often_an_hour(any_desk: Desk, clock: Clock) -> None:
    await asyncio.gather(*(any_desk.receive(a_mail(f"a{n}@customer.test")) for n in range(4)))
    await asyncio.gather(*(any_desk.receive(a_mail(f"b{n}@customer.test")) for n in range(4)))
    assert len(await acknowledgements(any_desk)) == 6

    clock.forward(HOUR)
    await any_desk.receive(a_mail("c@customer.test"))

    assert len(await acknowledgements(any_desk)) == 7


SILENT: dict[str, MessageParts] = {
    "automatic": {"automatic": "Precedence: bulk"},
    "shown by its channel": {"acknowledge": False},
}


@pytest.mark.parametrize("parts", SILENT.values(), ids=SILENT)
async def test_what_nobody_waits_for_is_not_acknowledged(any_desk: Desk, parts: MessageParts) -> None:
    assert (await any_desk.receive(a_mail(ANN, **parts))).outcome is Outcome.OPENED
    assert await acknowledgements(any_desk) == []


async def test_a_comment_is_not_acknowledged(any_desk: Desk) -> None:
    await any_desk.receive(a_mail(ANN, message_id=FIRST))
    await any_desk.receive(a_mail(ANN, in_reply_to=(FIRST,)))

    assert await acknowledgements(any_desk) == [ANN]


@pytest.mark.parametrize(
    ("mode", "told"),
    [("all", [ANN, "bea@customer.test"]), ("authenticated", ["bea@customer.test"]), ("none", [])],
)
async def test_who_is_told_is_the_operators_choice(
    any_settings: Settings, clock: Clock, mode: str, told: list[str]
) -> None:
    async with desks.opened(with_section(any_settings, "mail", acknowledge=mode), clock=clock) as desk:
        await desk.receive(a_mail(ANN))
        verified = a_mail("bea@customer.test")
        await desk.receive(replace(verified, sender=replace(verified.sender, verified=True)))

        assert await acknowledgements(desk) == told


async def test_nothing_of_what_was_written_is_in_the_acknowledgement(any_desk: Desk) -> None:
    """Or the desk would send a spammer's words to whomever he names as the sender."""
    await any_desk.receive(a_mail(ANN, name="Buy Pills", subject="PILLS", text="http://pills.test"))

    [row] = await rows(any_desk, tables.deliveries)
    assert "pills" not in repr(tuple(row)).lower()
    assert row.details == {}


async def test_an_acknowledgement_carries_a_message_id_that_proves_its_ticket(any_desk: Desk) -> None:
    receipt = await any_desk.receive(a_mail(ANN))

    [row] = await rows(any_desk, tables.deliveries)
    [person] = await rows(any_desk, tables.people)
    tag = tokens.tag_of_message_id(str(row.remote_id))
    assert tag is not None
    assert receipt.ticket_id is not None
    assert tokens.proves(any_desk.keys.replies, tag, ticket_id=receipt.ticket_id, person_id=person.id, version=1)
    assert not tokens.proves(any_desk.keys.replies, tag, ticket_id=new_id(), person_id=person.id, version=1)


async def test_an_out_of_office_reply_opens_no_ticket(any_desk: Desk) -> None:
    away = a_mail("ann@customer.test", kind=MessageKind.AUTO, automatic="auto-submitted: auto-replied")

    receipt = await any_desk.receive(away)

    assert (receipt.outcome, receipt.ticket_number) == (Outcome.IGNORED, None)
    async with any_desk.reading() as connection:
        [entry] = await ledger.entries(connection)
    assert (entry.disposition, entry.reason) == (Disposition.AUTO_REPLY, "auto-submitted: auto-replied")
