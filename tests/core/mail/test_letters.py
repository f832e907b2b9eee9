"""What a courier is handed for a claimed delivery: the thread it belongs to, and where an answer to it goes."""

import asyncio
import io
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import insert, update

from core import attachments, conversation, outbox, tables, tickets, tokens
from core.access import Actor
from core.attachments import NewFile
from core.desk import Desk
from core.errors import NotFound
from core.mail import enclosures, file_links, letters, recall
from core.messages import Enclosure, OutboundMessage
from core.outbox import Sent
from core.storage import blobs  # fmt: skip
from core.vocabulary import DeliveryKind, Outcome
from tests.builders import Clock, a_mail
from tests.deliveries import a_ticket, an_agent, claim, entries, say
from tests.stored import numbered, person_of

MINUTE = timedelta(minutes=1)


async def written(desk: Desk) -> list[OutboundMessage]:
    taken = await claim(desk)
    async with desk.reading() as connection:
        return await letters.written(connection, taken, desk.settings, desk.keys)


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


async def a_file_on_an_answer(
    desk: Desk, name: str, size: int, *, by: Actor, to: int = 1, text: str = "See the file."
) -> UUID:
    """An answer on ticket `to` with a file of so many bytes; answers the comment's id."""
    kept = await asyncio.to_thread(blobs.keep, desk.blob_folder, io.BytesIO(name.encode() + bytes(size - len(name))))
    file = NewFile(name, "application/pdf", kept)
    async with desk.writing() as connection:
        [ticket] = (await tickets.by_numbers(connection, [to])).values()
        said = await conversation.reply(
            connection, ticket, text, by=by, now=desk.clock(), settings=desk.settings, keys=desk.keys
        )
        await attachments.add(connection, ticket, [file], by=by, now=desk.clock(), comment_id=said)
    return said


async def test_the_files_of_an_answer_go_along_with_it(any_desk: Desk, clock: Clock) -> None:
    bob = await an_agent(any_desk)
    await a_ticket(any_desk)
    said = await a_file_on_an_answer(any_desk, "plan.pdf", 100, by=bob)
    clock.forward(MINUTE)
    async with any_desk.writing() as connection:
        [ticket] = (await tickets.by_numbers(connection, [1])).values()
        late = NewFile("late.pdf", "application/pdf", blobs.keep(any_desk.blob_folder, io.BytesIO(b"late")))
        await attachments.add(connection, ticket, [late], by=bob, now=clock(), comment_id=said)

    [letter] = await written(any_desk)
    async with any_desk.reading() as connection:
        whole = await letters.with_files(connection, letter, any_desk.blob_folder, most_mb=20)

    assert [(file.filename, file.content_type, len(file.data)) for file in whole.files] == [
        ("plan.pdf", "application/pdf", 100)
    ]
    assert whole.linked == ()


async def test_a_file_that_was_taken_away_goes_nowhere(desk: Desk) -> None:
    bob = await an_agent(desk)
    await a_ticket(desk)
    await a_file_on_an_answer(desk, "plan.pdf", 100, by=bob)
    async with desk.writing() as connection:
        await connection.execute(update(tables.attachments).values(deleted_at=desk.clock()))

    [letter] = await written(desk)

    assert letter.enclosed == ()


def test_what_does_not_fit_is_linked_and_the_smaller_ones_go() -> None:
    files = [Enclosure(str(mb), "", mb * enclosures.MIB, "", "") for mb in (10, 5, 2, 30)]

    fitting, rest = enclosures.parted(files, 20)

    assert [one.filename for one in fitting] == ["10", "2"]
    assert [one.filename for one in rest] == ["5", "30"]
    assert enclosures.parted([], 2) == ((), ())


async def test_a_link_opens_its_file_until_it_ends_or_the_file_is_gone(any_desk: Desk, clock: Clock) -> None:
    bob = await an_agent(any_desk)
    await a_ticket(any_desk)
    await a_file_on_an_answer(any_desk, "plan.pdf", 100, by=bob)
    [letter] = await written(any_desk)
    token = letter.enclosed[0].link.removeprefix("http://127.0.0.1:8000/f/")
    key = any_desk.keys.files

    async with any_desk.reading() as connection:
        found = await file_links.opened(connection, key, token, clock() + timedelta(days=file_links.DAYS))
        assert found.filename == "plan.pdf"
        other = tokens_of_another_file(token)
        for wrong in ("", token[:-1], f"{token}a", other, token.replace("-", "-1", 1), "a" * 10_000):
            with pytest.raises(NotFound):
                await file_links.opened(connection, key, wrong, clock())
        with pytest.raises(NotFound):
            await file_links.opened(connection, key, token, clock() + timedelta(days=file_links.DAYS + 1))
        with pytest.raises(NotFound):
            await file_links.opened(connection, any_desk.keys.replies, token, clock())
    for table in (tables.attachments, tables.messages, tables.tickets):
        async with any_desk.writing() as connection:
            await connection.execute(update(table).values(deleted_at=clock()))
        async with any_desk.writing() as connection:
            with pytest.raises(NotFound):
                await file_links.opened(connection, key, token, clock())
            await connection.execute(update(table).values(deleted_at=None))


def tokens_of_another_file(token: str) -> str:
    return ("0" if token[0] != "0" else "1") + token[1:]


async def test_below_an_answer_stands_what_its_reader_has_written_or_was_answered(any_desk: Desk, clock: Clock) -> None:
    bob = await an_agent(any_desk)
    await a_ticket(any_desk, text="It is on fire.", message_id="<one@customer.test>")
    clock.forward(MINUTE)
    await say(any_desk, 1, "Which one?", by=bob)
    clock.forward(MINUTE)
    async with any_desk.writing() as connection:
        [ticket] = (await tickets.by_numbers(connection, [1])).values()
        await conversation.note(connection, ticket, "she is angry", by=bob, now=clock())
    reply = a_mail(in_reply_to=("<one@customer.test>",), text="The red one.\n\n> Which one?")
    await any_desk.receive(replace(reply, new_text="The red one."))
    await any_desk.receive(a_mail(in_reply_to=("<one@customer.test>",), text="I am away", automatic="auto-replied"))
    clock.forward(MINUTE)
    await say(any_desk, 1, "Then use water.", by=bob)
    clock.forward(MINUTE)
    await any_desk.receive(a_mail(in_reply_to=("<one@customer.test>",), text="Too late."))

    newest = (await all_written(any_desk))[-1]

    assert newest.text == "Then use water."
    assert [(one.author, one.text) for one in newest.earlier] == [
        ("Ann Archer", "The red one."), ("Bob", "Which one?"), ("Ann Archer", "It is on fire."),
    ]  # fmt: skip


async def test_a_further_participant_reads_nothing_of_what_the_requester_wrote(any_desk: Desk, clock: Clock) -> None:
    bob = await an_agent(any_desk)
    await a_ticket(any_desk, text="My password is hunter2.", message_id="<one@customer.test>")
    clock.forward(MINUTE)
    await say(any_desk, 1, "For Ann alone.", by=bob)
    await a_ticket(any_desk, "cara@customer.test")
    await joins(any_desk, "cara@customer.test", ticket=1)
    clock.forward(MINUTE)
    await say(any_desk, 1, "For both.", by=bob)
    clock.forward(MINUTE)
    await say(any_desk, 1, "And again.", by=bob)

    to_ann, to_cara = [letter for letter in await all_written(any_desk) if letter.text == "And again."]

    assert (to_ann.address, to_cara.address) == ("ann@customer.test", "cara@customer.test")
    assert [one.text for one in to_cara.earlier] == ["For both."]
    assert [one.text for one in to_ann.earlier] == ["For both.", "For Ann alone.", "My password is hunter2."]
    assert to_ann.reply_to != to_cara.reply_to
    hers = await any_desk.receive(a_mail("cara@customer.test", recipients=(to_cara.reply_to,)))
    anns = await any_desk.receive(a_mail("cara@customer.test", recipients=(to_ann.reply_to,)))
    assert (hers.outcome, hers.ticket_number) == (Outcome.COMMENTED, 1)
    # Ann's token in the hands of Cara, who takes part.
    assert (anns.outcome, anns.ticket_number) == (Outcome.COMMENTED, 1)


async def joins(desk: Desk, address: str, *, ticket: int) -> None:
    """What an agent's yes, or somebody's Cc, will do."""
    found = await numbered(desk, ticket)
    async with desk.writing() as connection:
        row = {"ticket_id": found.id, "seq": 2, "person_id": await person_of(desk, address), "created_at": desk.clock()}
        await connection.execute(insert(tables.participants), row)


async def test_of_a_long_conversation_the_newest_stand_below_and_long_ones_are_cut(desk: Desk, clock: Clock) -> None:
    bob = await an_agent(desk)
    await a_ticket(desk, text="first")
    for number in range(recall.MESSAGES + 2):
        clock.forward(MINUTE)
        await say(desk, 1, f"{number}" + "x" * recall.CHARACTERS, by=bob)

    newest = (await all_written(desk))[-1]

    assert [one.text[0] for one in newest.earlier] == ["5", "4", "3", "2", "1"]
    assert {len(one.text) for one in newest.earlier} == {recall.CHARACTERS + len(recall.MORE)}


async def all_written(desk: Desk) -> list[OutboundMessage]:
    """Of all deliveries, whatever their state."""
    async with desk.reading() as connection:
        return await letters.written(connection, [entry.id for entry in await entries(desk)], desk.settings, desk.keys)


async def test_a_mail_tells_its_language_by_its_words(desk: Desk) -> None:
    await desk.receive(a_mail(text="Der Drucker im zweiten Stock brennt, und ich weiß nicht, was ich tun soll."))

    [letter] = await written(desk)

    assert letter.language == "de"
