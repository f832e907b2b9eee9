"""What a courier is handed for a claimed delivery: the thread it belongs to, and where an answer to it goes."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import update

from core import conversation, letters, outbox, tables, tickets, tokens
from core.desk import Desk
from core.messages import OutboundMessage
from core.outbox import Sent
from core.vocabulary import DeliveryKind, Outcome
from tests.builders import Clock, a_mail
from tests.deliveries import a_ticket, an_agent, claim, say

MINUTE = timedelta(minutes=1)


async def written(desk: Desk) -> list[OutboundMessage]:
    taken = await claim(desk)
    async with desk.reading() as connection:
        return await letters.written(connection, taken, desk.settings)


async def sent(desk: Desk) -> OutboundMessage:
    """The one delivery that is due, sent."""
    [letter] = await written(desk)
    async with desk.writing() as connection:
        await outbox.settle(connection, [Sent(letter.delivery_id)], desk.clock(), lifetime=timedelta(days=5))
    return letter


async def test_an_acknowledgement_answers_the_mail_that_opened_the_ticket(any_desk: Desk) -> None:
    receipt = await any_desk.receive(a_mail("ann@customer.test", message_id="<one@customer.test>"))

    [letter] = await written(any_desk)

    assert (letter.kind, letter.address, letter.ticket_number) == (
        DeliveryKind.ACKNOWLEDGEMENT, "ann@customer.test", receipt.ticket_number,
    )  # fmt: skip
    assert (letter.in_reply_to, letter.references) == ("<one@customer.test>", ("<one@customer.test>",))
    assert letter.text == ""
    assert letter.status_link == f"http://127.0.0.1:8000/t/{receipt.embed_token}"


async def test_an_answer_follows_the_newest_mail_that_the_requester_has_seen(any_desk: Desk, clock: Clock) -> None:
    bob = await an_agent(any_desk)
    await any_desk.receive(a_mail("ann@customer.test", message_id="<one@customer.test>"))
    acknowledgement = await sent(any_desk)
    clock.forward(MINUTE)
    await say(any_desk, 1, "first answer", by=bob)
    first = await sent(any_desk)
    clock.forward(MINUTE)
    reply = await any_desk.receive(
        a_mail("ann@customer.test", message_id="<two@customer.test>", in_reply_to=(first.message_id,))
    )
    clock.forward(MINUTE)
    async with any_desk.writing() as connection:
        [ticket] = (await tickets.by_numbers(connection, [1])).values()
        await conversation.note(connection, ticket, "she is angry", by=bob, now=clock())
    clock.forward(MINUTE)
    await say(any_desk, 1, "second answer", by=bob)

    second = await sent(any_desk)

    assert reply.outcome is Outcome.COMMENTED
    assert acknowledgement.message_id == first.in_reply_to
    assert first.references == ("<one@customer.test>", acknowledgement.message_id)
    assert second.in_reply_to == "<two@customer.test>"
    assert second.references == (
        "<one@customer.test>", acknowledgement.message_id, first.message_id, "<two@customer.test>",
    )  # fmt: skip
    assert (second.text, second.author) == ("second answer", "Bob")


async def test_what_came_after_an_answer_was_written_is_not_what_it_answers(any_desk: Desk, clock: Clock) -> None:
    bob = await an_agent(any_desk)
    await a_ticket(any_desk, message_id="<one@customer.test>")
    await say(any_desk, 1, "hello", by=bob)
    clock.forward(MINUTE)
    await any_desk.receive(
        a_mail("ann@customer.test", message_id="<two@customer.test>", in_reply_to=("<one@customer.test>",))
    )

    [letter] = await written(any_desk)

    assert letter.references == ("<one@customer.test>",)


async def test_an_answer_that_never_left_is_not_referred_to(any_desk: Desk, clock: Clock) -> None:
    bob = await an_agent(any_desk)
    await a_ticket(any_desk, message_id="<one@customer.test>")
    await say(any_desk, 1, "lost", by=bob)
    [lost] = await written(any_desk)
    async with any_desk.writing() as connection:
        failed = outbox.Failed(lost.delivery_id, "no such user")
        await outbox.settle(connection, [failed], clock(), lifetime=timedelta(days=5))
    clock.forward(MINUTE)
    await say(any_desk, 1, "found", by=bob)

    [letter] = await written(any_desk)

    assert letter.references == ("<one@customer.test>",)


async def test_a_robots_answer_is_not_what_the_requester_has_seen(any_desk: Desk, clock: Clock) -> None:
    bob = await an_agent(any_desk)
    await a_ticket(any_desk, message_id="<one@customer.test>")
    clock.forward(MINUTE)
    away = await any_desk.receive(
        a_mail(
            "ann@customer.test",
            message_id="<away@customer.test>",
            in_reply_to=("<one@customer.test>",),
            automatic="Auto-Submitted: auto-replied",
        )
    )
    clock.forward(MINUTE)
    await say(any_desk, 1, "hello", by=bob)

    [letter] = await written(any_desk)

    assert away.outcome is Outcome.COMMENTED
    assert letter.references == ("<one@customer.test>",)


async def test_a_long_thread_keeps_its_first_mail_and_the_newest(any_desk: Desk, clock: Clock) -> None:
    bob = await an_agent(any_desk)
    await a_ticket(any_desk, message_id="<0@customer.test>")
    for number in range(1, 31):
        clock.forward(MINUTE)
        await any_desk.receive(
            a_mail("ann@customer.test", message_id=f"<{number}@customer.test>", in_reply_to=("<0@customer.test>",))
        )
    await say(any_desk, 1, "hello", by=bob)

    [letter] = await written(any_desk)

    assert len(letter.references) == letters.REFERENCES
    assert (letter.references[0], letter.references[-1]) == ("<0@customer.test>", "<30@customer.test>")
    assert letter.in_reply_to == "<30@customer.test>"


async def test_an_answer_comes_back_to_its_ticket_and_only_from_its_participant(any_desk: Desk) -> None:
    bob = await an_agent(any_desk)
    await a_ticket(any_desk, "ann@customer.test")
    await say(any_desk, 1, "hello", by=bob)
    letter = await sent(any_desk)

    hers = await any_desk.receive(a_mail("ann@customer.test", recipients=(letter.reply_to,)))
    strangers = await any_desk.receive(a_mail("eve@evil.test", recipients=(letter.reply_to,)))

    assert letter.reply_to.startswith("support+1-1-")
    assert tokens.tag_of_message_id(letter.message_id) == tokens.parse_tag(letter.reply_to[8:].partition("@")[0])
    assert (hers.outcome, hers.ticket_number) == (Outcome.COMMENTED, 1)
    # Held until an agent lets them in.
    assert (strangers.outcome, strangers.ticket_number) == (Outcome.IGNORED, None)


async def test_every_attempt_is_the_same_message(any_desk: Desk, clock: Clock) -> None:
    bob = await an_agent(any_desk)
    await a_ticket(any_desk)
    await say(any_desk, 1, "hello", by=bob)

    [first] = await written(any_desk)
    clock.forward(outbox.LEASE)
    [second] = await written(any_desk)

    assert (first.message_id, first.reply_to) == (second.message_id, second.reply_to)
    assert (first.attempt, second.attempt) == (1, 2)


async def test_a_revoked_status_page_is_not_linked(any_desk: Desk) -> None:
    bob = await an_agent(any_desk)
    await a_ticket(any_desk)
    async with any_desk.writing() as connection:
        await connection.execute(update(tables.tickets).values(embed_token=None))
    await say(any_desk, 1, "hello", by=bob)

    [letter] = await written(any_desk)

    assert letter.status_link == ""


async def test_letters_are_written_in_the_customers_language_or_the_desks(any_desk: Desk) -> None:
    await any_desk.receive(replace(a_mail("ann@customer.test"), language="de"))
    await any_desk.receive(replace(a_mail("bea@customer.test"), language=""))

    ann, bea = await written(any_desk)

    assert (ann.language, bea.language) == ("de", any_desk.settings.desk.language)
