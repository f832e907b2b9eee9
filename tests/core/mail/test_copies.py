"""Those who got a copy take part; copies of one mail are one ticket; our own addresses say what a ticket is."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from core import desk as desks
from core import handover, ledger, tables, tickets
from core.config import Settings
from core.desk import Desk
from core.messages import InboundMessage, Signs
from core.storage import purge
from core.vocabulary import Category, Disposition, Outcome, Priority, Role
from tests.builders import Clock, MessageParts, a_mail, a_user
from tests.stored import changes, count, numbered, rows, with_section

ANN, CLEO, DORA = "ann@customer.test", "cleo@customer.test", "dora@partner.test"
FIRST = "<first@customer.test>"


def copied_to(*addresses: str, **parts: object) -> InboundMessage:
    mail = a_mail(ANN, message_id=FIRST)
    mail = replace(mail, signs=Signs(copied=tuple(("", address) for address in addresses)))
    return replace(mail, **parts)  # type: ignore[arg-type]


async def participants(desk: Desk, number: int = 1) -> list[str]:
    return [one.email for one in (await numbered(desk, number)).participants]


async def test_who_got_a_copy_takes_part_and_may_answer(any_desk: Desk) -> None:
    await any_desk.receive(a_mail(DORA, acknowledge=False))

    await any_desk.receive(copied_to(CLEO, DORA, CLEO))
    answer = await any_desk.receive(a_mail(CLEO, in_reply_to=(FIRST,)))

    assert await participants(any_desk, 2) == [ANN, CLEO, DORA]
    assert (answer.outcome, answer.ticket_number) == (Outcome.COMMENTED, 2)
    said = [(c.field, c.new, c.reason) for c in await changes(any_desk, 2)]
    assert said[1:] == [("participants", CLEO, "got a copy"), ("participants", DORA, "got a copy")]
    # Only who opened it is told that it was received.
    assert [row.address for row in await rows(any_desk, tables.deliveries)] == [ANN]


NOBODY = [
    "support@desk.test", "support+1-1-aaaaaaaaaaaaaaaa@desk.test", ANN, "no-reply@shop.test", "noreply@shop.test",
    "orders-noreply@shop.test", "mailer-daemon@shop.test", "bounces+x@shop.test", "users-request@list.test",
    "all@customer.test", "owner-users@list.test",
]  # fmt: skip


async def test_our_own_addresses_lists_and_robots_take_no_part(desk: Desk) -> None:
    await desk.receive(copied_to(*NOBODY, CLEO))

    assert await participants(desk) == [ANN, CLEO]


async def test_an_agent_who_got_a_copy_takes_no_part(any_desk: Desk) -> None:
    """By mail an agent would answer nobody, and the answer would look like a customer's."""
    await a_user(any_desk, "bob", Role.AGENT, email="bob@staff.test")

    await any_desk.receive(copied_to("bob@staff.test", CLEO))

    assert await participants(any_desk) == [ANN, CLEO]


async def test_a_copy_to_a_whole_company_does_not_bring_it_all(desk: Desk) -> None:
    await desk.receive(copied_to(*(f"a{n}@customer.test" for n in range(30))))

    assert len(await participants(desk)) == 11


async def test_several_mails_at_once_seat_each_in_a_place_of_their_own(any_desk: Desk) -> None:
    await any_desk.receive(a_mail(ANN, message_id=FIRST))
    [acknowledgement] = await rows(any_desk, tables.deliveries)
    ours = (str(acknowledgement.remote_id),)
    answers = [copied_to(f"a{n}@customer.test", CLEO, message_id=f"<{n}@x.test>", in_reply_to=ours) for n in range(12)]

    await any_desk.receive_many([replace(mail, dedupe_key=str(n)) for n, mail in enumerate(answers)])

    found = await participants(any_desk)
    assert found[:3] == [ANN, "a0@customer.test", CLEO]
    assert len(found) == len(set(found)) == 14


async def test_somebody_new_never_gets_a_seat_that_is_taken(desk: Desk) -> None:
    """A seat between two others is free once its owner has become the requester."""
    await desk.receive(copied_to(CLEO, DORA))
    bob = (await a_user(desk, "bob", Role.AGENT)).actor
    async with desk.writing() as connection:
        await handover.give(connection, await numbered(desk, 1), CLEO, "", by=bob, now=desk.clock())
    [letter, *_] = await rows(desk, tables.message_pairs)

    mail = replace(copied_to("ed@partner.test", message_id="<2@x.test>", in_reply_to=(str(letter.remote_id),)))
    dora = replace(mail, sender=replace(mail.sender, address=DORA, verified=True), dedupe_key="2")
    desk.settings = with_section(desk.settings, "smtp", authserv_id="mx.desk.test")
    await desk.receive(dora)

    assert await participants(desk) == [CLEO, DORA, "ed@partner.test"]
    assert [row.seq for row in await rows(desk, tables.participants)] == [1, 3, 4]


@pytest.mark.parametrize(
    ("parts", "config", "join"),
    [
        ({}, {}, True),
        ({"automatic": "precedence: bulk"}, {}, False),
        ({"acknowledge": False}, {}, False),
        ({}, {"mail": {"copies": "ignore"}}, False),
        ({}, {"smtp": {"authserv_id": "mx.desk.test"}}, False),
    ],
    ids=["plain", "automatic", "list", "switched off", "not vouched for"],
)
async def test_who_sends_the_copy_must_be_a_person_and_who_they_seem(
    desk: Desk, parts: MessageParts, config: dict[str, dict[str, object]], join: bool
) -> None:
    for section, keys in config.items():
        desk.settings = with_section(desk.settings, section, **keys)

    await desk.receive(copied_to(CLEO, **parts))

    assert await participants(desk) == ([ANN, CLEO] if join else [ANN])


async def test_on_a_ticket_that_is_there_a_forged_sender_brings_nobody(desk: Desk) -> None:
    """Whoever knows a Message-ID may write Ann's name into From: nobody new learns what the desk answers her."""
    await desk.receive(a_mail(ANN, message_id=FIRST))
    [acknowledgement] = await rows(desk, tables.deliveries)

    by_reference = copied_to("eve@evil.test", message_id="<2@x.test>", in_reply_to=(FIRST,))
    by_token = copied_to(CLEO, message_id="<3@x.test>", in_reply_to=(str(acknowledgement.remote_id),))

    assert (await desk.receive(by_reference)).outcome is Outcome.COMMENTED
    assert await participants(desk) == [ANN]
    await desk.receive(by_token)
    assert await participants(desk) == [ANN, CLEO]


def copy_of(mail: InboundMessage, key: str, **parts: object) -> InboundMessage:
    return replace(mail, dedupe_key=key, raw=f"Received: {key}\r\n".encode() + mail.raw, **parts)  # type: ignore[arg-type]


async def test_one_mail_to_two_of_our_addresses_is_one_ticket_with_the_tags_of_both(
    any_settings: Settings, clock: Clock
) -> None:
    smtp = {"addresses": ("support@desk.test", "sales@desk.test")}
    routes = [{"address": "sales@desk.test", "tag": "sales"}, {"address": "support@desk.test", "tag": "help"}]
    async with desks.opened(configured(any_settings, smtp, routes), clock=clock) as desk:
        mail = replace(a_mail(ANN), signs=Signs(content="c" * 64))
        first = await desk.receive(mail)
        second = await desk.receive(copy_of(mail, "2", recipients=("sales@desk.test",)))
        third = await desk.receive(copy_of(mail, "3", recipients=("sales@desk.test",)))

        assert [r.outcome for r in (first, second, third)] == [Outcome.OPENED, *[Outcome.DUPLICATE] * 2]
        assert {r.ticket_number for r in (first, second, third)} == {1}
        assert (await numbered(desk, 1)).tags == ("help", "sales")
        assert [(e.disposition, e.ticket_number) for e in await rows(desk, tables.ledger)] == [
            (Disposition.TICKET, 1), (Disposition.DUPLICATE, 1), (Disposition.DUPLICATE, 1),
        ]  # fmt: skip
        assert await count(desk, tables.messages) == 1
        # Doing a copy again makes no second ticket of it.
        async with desk.writing() as connection:
            arrival = await ledger.original(connection, second.ledger_id, desk.blob_folder)
            again = await ledger.replay(
                connection, arrival, copy_of(mail, "2"), clock(), settings=desk.settings, keys=desk.keys
            )
        assert (again.outcome, await count(desk, tables.tickets)) == (Outcome.DUPLICATE, 1)


async def test_both_copies_in_one_moment_are_one_ticket(any_desk: Desk) -> None:
    mail = replace(a_mail(ANN), signs=Signs(content="c" * 64))

    receipts = await any_desk.receive_many([mail, copy_of(mail, "2"), copy_of(mail, "3")])

    assert [r.outcome for r in receipts] == [Outcome.OPENED, *[Outcome.DUPLICATE] * 2]
    assert len({r.ticket_id for r in receipts}) == 1


async def test_mail_whose_ticket_is_deleted_or_removed_for_good_is_not_brought_back_by_a_mailbox_that_moved(
    any_desk: Desk, clock: Clock
) -> None:
    carol = (await a_user(any_desk, "carol", Role.ADMIN)).actor
    mail = replace(a_mail(ANN, acknowledge=False), signs=Signs(content="c" * 64))
    await any_desk.receive(mail)
    async with any_desk.writing() as connection:
        await tickets.remove(connection, await numbered(any_desk, 1), by=carol, now=clock())

    deleted = await any_desk.receive(copy_of(mail, "2"))
    clock.forward(timedelta(days=31))
    await purge.purge(any_desk, purge.cut(any_desk.settings, clock()))
    removed = [await any_desk.receive(one) for one in (mail, copy_of(mail, "3"))]

    assert [r.outcome for r in (deleted, *removed)] == [Outcome.DUPLICATE] * 3
    assert await count(any_desk, tables.tickets) == 0
    assert await count(any_desk, tables.ledger) == 0


async def test_spam_that_nobody_released_is_removed_for_good(any_desk: Desk, clock: Clock) -> None:
    await any_desk.receive(replace(a_mail(ANN), signs=Signs(spam="x-spam-flag: YES")))
    await any_desk.receive(a_mail(CLEO, acknowledge=False))
    clock.forward(timedelta(days=31))

    gone = await purge.purge(any_desk, purge.cut(any_desk.settings, clock()))

    assert (gone.arrivals, gone.tickets) == (1, 0)
    assert [e.disposition for e in await rows(any_desk, tables.ledger)] == [Disposition.TICKET]


def configured(settings: Settings, smtp: Mapping[str, object], routes: Sequence[Mapping[str, object]]) -> Settings:
    values = settings.model_dump()
    values["smtp"].update(smtp)
    values["mail"]["routes"] = routes
    return Settings.model_validate(values)


async def test_the_address_a_mail_was_sent_to_says_what_it_is_and_whose(any_settings: Settings, clock: Clock) -> None:
    smtp = {"addresses": ("support@desk.test", "billing@desk.test")}
    routes: list[dict[str, object]] = [
        {
            "address": "Billing@desk.test",
            "category": "billing_question",
            "priority": "high",
            "tag": "money",
            "assignee": "bob",
        },
    ]
    async with desks.opened(configured(any_settings, smtp, routes), clock=clock) as desk:
        bob = await a_user(desk, "bob", Role.AGENT)
        await desk.receive(a_mail(ANN, recipients=("billing+x@desk.test",), subject="It crashes", text="It crashes."))
        await desk.receive(a_mail(ANN, subject="It crashes", text="It crashes."))

        routed, other = await numbered(desk, 1), await numbered(desk, 2)
        assert (routed.category, routed.priority, routed.tags) == (Category.BILLING_QUESTION, Priority.HIGH, ("money",))
        assert (routed.assignee_id, other.assignee_id) == (bob.id, None)
        assert (other.category, other.tags) == (Category.TECHNICAL_ISSUE, ())


async def test_a_route_to_somebody_who_is_not_there_leaves_the_ticket_to_everybody(
    any_settings: Settings, clock: Clock
) -> None:
    route: dict[str, object] = {"address": "support@desk.test", "assignee": "nobody"}
    async with desks.opened(configured(any_settings, {}, [route]), clock=clock) as desk:
        await desk.receive(a_mail(ANN))

        assert (await numbered(desk, 1)).assignee_id is None
