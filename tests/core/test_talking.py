"""What chats ask of the desk: words amended, tickets merged, asleep, undone."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from core import conversation, corrections, merging, snoozing, tables, tickets
from core.access import Actor
from core.chat import absences, answering, canned, linking, topic_work, topics, undoing  # fmt: skip
from core.desk import Desk
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.learning import lessons
from core.messages import InboundFile, Receipt
from core.tickets import Revision, Ticket
from core.vocabulary import Category, Channel, DeliveryKind, MessageKind, Outcome, Priority, Role, Status
from tests.builders import Clock, a_mail, a_user
from tests.stored import a_chat_line, a_post, changes, numbered, opened_by, person_of, rows, set_row


async def said_on(desk: Desk, ticket: Ticket, actor: Actor) -> list[conversation.Message]:
    async with desk.reading() as connection:
        return await conversation.of_ticket(connection, ticket, actor)


async def reply(desk: Desk, number: int, by: Actor, body: str = "Turn it off.") -> UUID:
    ticket = await numbered(desk, number)
    async with desk.writing() as connection:
        return await conversation.reply(
            connection, ticket, body, by=by, now=desk.clock(), settings=desk.settings, keys=desk.keys
        )


async def opened(desk: Desk, key: str = "1", text: str = "It burns", address: str = "77") -> Receipt:
    receipt = await desk.receive(a_chat_line(key, text, address))
    assert receipt.outcome is Outcome.OPENED
    return receipt


async def test_an_edited_message_keeps_its_earlier_wording_and_the_ticket_follows(any_desk: Desk) -> None:
    carol = (await a_user(any_desk, "carol", Role.ADMIN)).actor
    receipt = await opened(any_desk)

    for _ in range(2):
        await any_desk.receive(a_chat_line("1/e", "It smokes", kind=MessageKind.EDIT, amends=receipt.message_id))

    ticket = await numbered(any_desk, 1)
    [message] = await said_on(any_desk, ticket, carol)
    assert (message.body, ticket.description, message.edited_at) == ("It smokes", "It smokes", any_desk.clock())
    assert [(row.version, row.body) for row in await rows(any_desk, tables.message_versions)] == [(1, "It burns")]
    assert len(await rows(any_desk, tables.message_pairs)) == 1


async def test_several_edits_in_one_batch_are_versions_in_their_order(any_desk: Desk) -> None:
    receipt = await opened(any_desk)
    edits = [
        a_chat_line(f"1/{n}", text, kind=MessageKind.EDIT, amends=receipt.message_id)
        for n, text in enumerate(("It smokes", "It smokes", "It glows"))
    ]

    await any_desk.receive_many(edits)

    assert [(r.version, r.body) for r in await rows(any_desk, tables.message_versions)] == [
        (1, "It burns"),
        (2, "It smokes"),
    ]
    assert (await numbered(any_desk, 1)).description == "It glows"


async def test_late_files_of_an_album_join_the_message_and_a_stranger_adds_nothing(any_desk: Desk) -> None:
    receipt = await opened(any_desk)
    file = InboundFile("b.jpg", "image/jpeg", b"\xff\xd8")

    await any_desk.receive(
        a_chat_line("2", "the back", files=(file,), kind=MessageKind.MORE, amends=receipt.message_id)
    )
    await any_desk.receive(a_chat_line("3", "mine", "666", kind=MessageKind.MORE, amends=receipt.message_id))

    [message, other] = await rows(any_desk, tables.messages)
    [attachment] = await rows(any_desk, tables.attachments)
    assert message.body == "It burns\nthe back"
    assert attachment.message_id == message.id
    assert other.ticket_id != message.ticket_id
    assert [(row.place, row.remote_id) for row in await rows(any_desk, tables.message_pairs)][:2] == [
        ("77", "1"),
        ("77", "2"),
    ]


async def test_a_chat_is_answered_where_it_was_written(any_desk: Desk) -> None:
    bob = (await a_user(any_desk)).actor
    await opened(any_desk)

    await reply(any_desk, 1, bob)

    [delivery] = await rows(any_desk, tables.deliveries)
    assert (delivery.channel, delivery.address, delivery.kind) == (Channel.TELEGRAM, "77", DeliveryKind.ANSWER)


async def test_who_wrote_by_mail_last_is_answered_by_mail(any_desk: Desk) -> None:
    bob = (await a_user(any_desk)).actor
    await opened(any_desk)
    await desk_links(any_desk, "77", "ann@customer.test")
    ticket = await numbered(any_desk, 1)
    await any_desk.receive(a_mail("ann@customer.test", acknowledge=False))
    person = await person_of(any_desk, "77")
    await any_desk.receive(a_post(channel=Channel.WEB_FORM, dedupe_key="form:1", person_id=person, ticket_id=ticket.id))

    await reply(any_desk, 1, bob)

    [delivery] = [row for row in await rows(any_desk, tables.deliveries) if row.kind == DeliveryKind.ANSWER]
    assert (delivery.channel, delivery.address) == (Channel.EMAIL, "ann@customer.test")


@pytest.mark.parametrize("proved", [True, False])
async def test_where_a_chat_is_blocked_only_a_proved_mailbox_takes_its_place(desk: Desk, proved: bool) -> None:
    bob = (await a_user(desk)).actor
    await opened(desk)
    await desk_links(desk, "77", "ann@customer.test")
    for row in await rows(desk, tables.identities):
        if row.channel == Channel.TELEGRAM:
            await set_row(
                desk, tables.identities, row.id, unreachable_at=desk.clock(), unreachable_reason="the bot was blocked"
            )
        elif not proved:
            await set_row(desk, tables.identities, row.id, verified_at=None)

    await reply(desk, 1, bob)

    async with desk.reading() as connection:
        [to] = await conversation.reach(connection, await numbered(desk, 1))
    sent = [row.address for row in await rows(desk, tables.deliveries)]
    assert to.missed == "telegram: the bot was blocked"
    assert (sent, to.offered) == ((["ann@customer.test"], "") if proved else ([], "ann@customer.test"))


async def desk_links(desk: Desk, address: str, email: str) -> None:
    async with desk.writing() as connection:
        await linking.prove(connection, email, Channel.TELEGRAM, address, "Ann", desk.clock())


async def test_two_tickets_of_one_customer_become_one_and_answers_to_the_first_go_there(any_desk: Desk) -> None:
    bob = (await a_user(any_desk)).actor
    first = await any_desk.receive(a_mail(message_id="<a@x>", acknowledge=False))
    await any_desk.receive(a_mail(acknowledge=False))
    one, two = await numbered(any_desk, 1), await numbered(any_desk, 2)
    async with any_desk.writing() as connection:
        await merging.merge(connection, one, two, by=bob, now=any_desk.clock())

    again = await any_desk.receive(a_mail(in_reply_to=("<a@x>",), acknowledge=False))

    assert (again.outcome, again.ticket_number) == (Outcome.COMMENTED, 2)
    async with any_desk.reading() as connection:
        assert (await merging.living(connection, await numbered(any_desk, 1))).number == 2
    assert first.message_id in [message.id for message in await said_on(any_desk, two, bob)]
    assert (await numbered(any_desk, 1)).status is Status.CLOSED
    assert [(c.field, c.new) for c in await changes(any_desk, 2)][-1] == ("merged", "1")
    with pytest.raises(Invalid, match="merged into another ticket itself"):
        async with any_desk.writing() as connection:
            await merging.merge(
                connection, await numbered(any_desk, 2), await numbered(any_desk, 1), by=bob, now=any_desk.clock()
            )


async def test_tickets_of_two_customers_are_never_merged_nor_one_with_itself(desk: Desk) -> None:
    bob = (await a_user(desk)).actor
    one, two = await opened_by(desk, "ann@x.test"), await opened_by(desk, "eve@x.test")

    for into in (one, two):
        with pytest.raises(Invalid):
            async with desk.writing() as connection:
                await merging.merge(connection, one, into, by=bob, now=desk.clock())

    assert (await numbered(desk, 1)).status is Status.NEW


async def test_a_ticket_sleeps_until_its_time_or_until_its_customer_writes(any_desk: Desk, clock: Clock) -> None:
    bob = (await a_user(any_desk)).actor
    receipt = await opened(any_desk)
    for _ in range(2):
        async with any_desk.writing() as connection:
            await snoozing.snooze(
                connection, await numbered(any_desk, 1), clock() + timedelta(hours=2), by=bob, now=clock()
            )
        await any_desk.receive(a_chat_line(f"x{clock()}", "still", ticket_id=receipt.ticket_id))
        assert await asleep(any_desk) is None
        clock.forward(timedelta(minutes=1))
    async with any_desk.writing() as connection:
        await snoozing.snooze(
            connection, await numbered(any_desk, 1), clock() + timedelta(hours=2), by=bob, now=clock()
        )
        assert await snoozing.wake(connection, clock() + timedelta(minutes=119)) == []

    clock.forward(timedelta(hours=2))
    async with any_desk.writing() as connection:
        assert await snoozing.wake(connection, clock()) == [1]

    assert (await numbered(any_desk, 1)).unread == 4
    assert (await changes(any_desk, 1))[-1].reason == "its time has come"
    with pytest.raises(Invalid):
        async with any_desk.writing() as connection:
            await snoozing.snooze(connection, await numbered(any_desk, 1), clock(), by=bob, now=clock())


async def asleep(desk: Desk) -> object:
    async with desk.reading() as connection:
        return (await connection.execute(select(tables.tickets.c.snoozed_until))).scalar_one()


async def test_the_last_act_is_undone_within_ten_seconds_and_not_later(any_desk: Desk, clock: Clock) -> None:
    bob = (await a_user(any_desk)).actor
    await opened(any_desk)
    for wait, goes in ((10, True), (11, False)):
        ticket = await numbered(any_desk, 1)
        async with any_desk.writing() as connection:
            was = await undoing.before(connection, ticket, clock())
            wanted = Revision(status=Status.CLOSED, priority=Priority.URGENT, tags=("vip",))
            await tickets.change(connection, ticket, wanted, by=bob, now=clock())
        async with any_desk.writing() as connection:
            await undoing.remember(connection, await numbered(any_desk, 1), was, by=bob)
        clock.forward(timedelta(seconds=wait))
        if goes:
            assert await undone(any_desk, bob) == (ticket.status, ticket.priority, ())
            assert (await changes(any_desk, 1))[-1].reason == "undone"
    with pytest.raises(Conflict):
        await undone(any_desk, bob)


async def test_a_correction_that_was_undone_teaches_nothing_and_is_looked_for_again(
    any_desk: Desk, clock: Clock
) -> None:
    bob = (await a_user(any_desk)).actor
    await any_desk.receive(a_chat_line("1", "The zebra ledger shows another shape"))
    ticket = await numbered(any_desk, 1)
    async with any_desk.writing() as connection:
        was = await undoing.before(connection, ticket, clock())
        await tickets.change(connection, ticket, Revision(category=Category.BUG_REPORT), by=bob, now=clock())
        corrected = await tickets.by_id(connection, ticket.id)
        assert corrected
        await undoing.remember(connection, corrected, was, by=bob)

    await undone(any_desk, bob)

    after = await numbered(any_desk, 1)
    assert (ticket.needs_review, corrected.needs_review, after.needs_review) == (True, False, True)
    assert lessons.counting(await any_desk.database.look(lessons.newest)) == []
    assert any_desk.judge.learned.weights == {}


async def undone(desk: Desk, by: Actor) -> tuple[Status, Priority, tuple[str, ...]]:
    async with desk.writing() as connection:
        ticket = await undoing.undo(connection, by=by, now=desk.clock(), settings=desk.settings)
    return ticket.status, ticket.priority, ticket.tags


async def test_what_has_moved_on_is_not_undone_and_a_note_is_taken_back(desk: Desk, clock: Clock) -> None:
    bob = (await a_user(desk)).actor
    receipt = await opened(desk)
    ticket = await numbered(desk, 1)
    async with desk.writing() as connection:
        await undoing.remember(connection, ticket, await undoing.before(connection, ticket, clock()), by=bob)
    await desk.receive(a_chat_line("2", "more", ticket_id=receipt.ticket_id))
    with pytest.raises(Conflict, match="something else"):
        await undone(desk, bob)
    async with desk.writing() as connection:
        note = await conversation.note(connection, ticket, "hm", by=bob, now=clock())
        was = undoing.Before({}, clock(), note)
        await undoing.remember(connection, ticket, was, by=bob)

    await undone(desk, bob)

    assert "hm" not in [message.body for message in await said_on(desk, ticket, bob)]
    with pytest.raises(NotFound):
        async with desk.writing() as connection:
            await corrections.take_back(connection, ticket, note, by=bob, now=clock())


async def test_the_mark_of_an_answer_holds_two_minutes_and_is_told_once(any_desk: Desk, clock: Clock) -> None:
    bob, erin = (await a_user(any_desk)).actor, (await a_user(any_desk, "erin")).actor
    ticket = await opened_by(any_desk)
    async with any_desk.writing() as connection:
        await answering.begin(connection, ticket, by=bob, now=clock())
        assert await answering.other(connection, ticket, bob, clock()) is None
        mark = await answering.other(connection, ticket, erin, clock())
        assert mark
        assert (mark.name, mark.told) == ("Bob", False)
        await answering.told(connection, ticket, erin)
        again = await answering.other(connection, ticket, erin, clock())
        assert again
        assert again.told
        assert await answering.other(connection, ticket, erin, clock() + timedelta(minutes=2)) is None
        await answering.end(connection, ticket, bob)
        assert await answering.other(connection, ticket, erin, clock()) is None


async def test_canned_replies_are_kept_by_name_and_filled_in_for_a_ticket(any_desk: Desk, clock: Clock) -> None:
    bob, ticket = (await a_user(any_desk)).actor, await opened_by(any_desk)
    async with any_desk.writing() as connection:
        await canned.put(connection, "hi", "old", by=bob, now=clock())
        await canned.put(connection, "Hi", "Hello {name}, {agent} here about {number}", by=bob, now=clock())
        [one] = await canned.listed(connection, by=bob)
        assert canned.filled(one.body, ticket, bob, "") == "Hello Ann Archer, Bob here about 1"
        for name, body in (("no way!", "x"), ("x", " "), ("x", "{password}")):
            with pytest.raises(Invalid):
                await canned.put(connection, name, body, by=bob, now=clock())
        await canned.remove(connection, "hi", by=bob)
        with pytest.raises(NotFound):
            await canned.one(connection, "hi", by=bob)


async def test_an_agent_is_away_until_they_come_back(any_desk: Desk, clock: Clock) -> None:
    bob = (await a_user(any_desk)).actor
    async with any_desk.writing() as connection:
        await absences.leave(connection, "until\nMonday", by=bob, now=clock())
        await absences.leave(connection, "until Tuesday", by=bob, now=clock())
        assert await absences.away(connection, [bob.user_id]) == {bob.user_id: "until Tuesday"}
        assert await absences.come_back(connection, by=bob)
        assert not await absences.come_back(connection, by=bob)


async def test_topics_and_cards_know_their_ticket(any_desk: Desk, clock: Clock) -> None:
    ticket = await opened_by(any_desk)
    async with any_desk.writing() as connection:
        await topics.make(connection, ticket.id, "-100", "5", clock())
        await topics.shown(connection, ticket.id, "900", 0)
        assert await topic_work.outdated(connection, "-100") == ticket.id
        await topics.shown(connection, ticket.id, "900", ticket.version)
        assert await topic_work.outdated(connection, "-100") is None
        assert await topics.of_card(connection, Channel.TELEGRAM, "-100", "900") == ticket.id
        for version in (1, 2):
            await topics.keep_card(connection, Channel.TELEGRAM, "7", "8", ticket.id, version, clock())
        assert await topics.of_card(connection, Channel.TELEGRAM, "7", "8") == ticket.id
        await topics.moved(connection, "-100", "-200")
        found = await topics.at(connection, "-200", "5")
        assert found == await topics.of_ticket(connection, ticket.id)
        await topics.close(connection, ticket.id, clock())
        await topics.lose(connection, ticket.id)
        assert await topics.at(connection, "-200", "5") is None


async def test_none_of_it_is_a_customers(desk: Desk, clock: Clock) -> None:
    alice, ticket = (await a_user(desk, "alice", Role.CUSTOMER)).actor, await opened_by(desk)
    async with desk.writing() as connection:
        for forbidden in (
            merging.merge(connection, ticket, ticket, by=alice, now=clock()),
            snoozing.snooze(connection, ticket, None, by=alice, now=clock()),
            answering.begin(connection, ticket, by=alice, now=clock()),
            canned.listed(connection, by=alice),
            canned.put(connection, "x", "y", by=alice, now=clock()),
            canned.remove(connection, "x", by=alice),
            absences.leave(connection, "", by=alice, now=clock()),
        ):
            with pytest.raises(Forbidden):
                await forbidden
