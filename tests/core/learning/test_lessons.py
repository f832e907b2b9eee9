"""A desk learns from what its people decide: in the next ticket, in every process, and not from what was undone."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from core import history, tables, tickets
from core.accounts.users import User
from core.classify.inference import read as read_text
from core.classify.learning import Pupil
from core.desk import Desk
from core.desk import opened as opened_desk
from core.errors import Conflict, Invalid, NotFound
from core.learning import classification_tables, judgement, lessons, school, second_look
from core.learning.lessons import Kind, Taught
from core.messages import Wishes
from core.storage import purge
from core.tickets import Revision, Ticket
from core.vocabulary import Category, Channel, Priority, Role, Status
from tests.builders import Clock, a_mail, a_user, settings

TEXT = "The zebra ledger of the {} quarter has the shape of a lazy giraffe"


async def opened(desk: Desk, text: str = TEXT.format("last"), address: str = "ann@customer.test") -> Ticket:
    receipt = await desk.receive(a_mail(address, subject="Zebra ledger", text=text, acknowledge=False))
    assert receipt.ticket_id
    return await read(desk, receipt.ticket_id)


async def read(desk: Desk, ticket_id: object) -> Ticket:
    async with desk.reading() as connection:
        found = await tickets.by_id(connection, ticket_id)  # type: ignore[arg-type]
    assert found
    return found


async def change(desk: Desk, ticket: Ticket, revision: Revision, by: User) -> Ticket:
    async with desk.writing() as connection:
        await tickets.change(connection, ticket, revision, by=by.actor, now=desk.clock())
    return await read(desk, ticket.id)


async def rows(desk: Desk) -> list[Taught]:
    return await desk.database.look(lessons.newest)


async def correct(desk: Desk, by: User, times: int) -> None:
    for number in range(times):
        ticket = await opened(desk, TEXT.format(f"number {number} and"), f"c{number}@customer.test")
        # Soon it is right by itself, and then it is settled as it is.
        is_right = ticket.category == Category.BILLING_QUESTION
        await change(
            desk,
            ticket,
            Revision(status=Status.RESOLVED) if is_right else Revision(category=Category.BILLING_QUESTION),
            by,
        )


async def test_a_correction_makes_the_next_ticket_right_and_another_process_learns_it_too(any_desk: Desk) -> None:
    bob = await a_user(any_desk, "bob")
    first = await opened(any_desk)

    await correct(any_desk, bob, 6)

    second = await opened(any_desk, "Please look at our zebra ledger", "zoe@customer.test")
    assert (first.category, second.category) == (Category.OTHER, Category.BILLING_QUESTION)
    assert "zebra" in second.classification_keywords
    elsewhere = Desk(any_desk.settings, any_desk.database, any_desk.keys, any_desk.clock)
    await elsewhere.learn()
    assert elsewhere.judge.learned == any_desk.judge.learned
    assert elsewhere.judge.learned.trust > 0


async def test_learning_all_at_once_is_learning_one_by_one_and_an_undone_lesson_never_was(any_desk: Desk) -> None:
    bob = await a_user(any_desk, "bob")
    await correct(any_desk, bob, 4)
    before = dict(any_desk.judge.learned.weights)
    extra = await opened(any_desk, "A heron and a zebra", "eve@customer.test")
    await change(any_desk, extra, Revision(category=Category.BUG_REPORT), bob)
    taught = await rows(any_desk)
    again = Pupil()
    again.learn_all(lesson for row in lessons.counting(taught) if (lesson := row.lesson))
    assert again.learned == any_desk.judge.learned

    async with any_desk.writing() as connection:
        await lessons.undo(connection, taught[-1].number, by="carol", now=any_desk.clock())

    assert any_desk.judge.learned.weights == before
    async with any_desk.writing() as connection:
        with pytest.raises(Conflict):
            await lessons.undo(connection, taught[-1].number, by="carol", now=any_desk.clock())
        with pytest.raises(NotFound):
            await lessons.undo(connection, 4711, by="carol", now=any_desk.clock())


async def test_whoever_decides_twice_on_a_desk_of_many_lessons_does_not_wait_until_all_is_learned_anew(
    desk: Desk,
) -> None:
    bob = await a_user(desk, "bob")
    ticket = await opened(desk)
    await copied(desk, ticket, school.WAITED_FOR)
    await desk.learn()
    ticket = await change(desk, ticket, Revision(category=Category.BUG_REPORT), bob)
    once = dict(desk.judge.learned.weights)

    ticket = await change(desk, ticket, Revision(category=Category.ACCOUNT_ACCESS), bob)

    assert desk.judge.learned.weights == once
    await desk.learn()
    again = Pupil()
    again.learn_all(lesson for row in lessons.counting(await rows(desk)) if (lesson := row.lesson))
    assert desk.judge.learned == again.learned
    assert desk.judge.learned.weights != once


async def copied(desk: Desk, ticket: Ticket, times: int) -> None:
    """So many tickets more, with a lesson of each."""
    reading = read_text("", "The heron of the ledger")
    async with desk.writing() as connection:
        t = tables.tickets
        row = (await connection.execute(select(t).where(t.c.id == ticket.id))).mappings().one()
        made = [
            {**row, "id": tables.new_id(), "number": 1_000 + number, "embed_token": None} for number in range(times)
        ]
        await connection.execute(insert(t), made)
        await connection.execute(
            insert(classification_tables.lessons),
            [
                {
                    "ticket_id": one["id"],
                    "kind": Kind.CORRECTED,
                    "category": Category.BILLING_QUESTION,
                    "terms": list(reading.terms),
                    "scores": list(reading.scores),
                    "actor": "bob",
                    "at": desk.clock(),
                }
                for one in made
            ],
        )


async def test_what_people_decide_is_a_lesson_and_what_the_desk_says_itself_is_none(desk: Desk) -> None:
    bob = await a_user(desk, "bob")
    kept, looked_at, corrected, other = [
        await opened(desk, TEXT.format(word), f"{word}@customer.test") for word in ("a", "b", "c", "d")
    ]
    wished = await desk.receive(replace(a_mail(), wishes=Wishes(category=Category.OTHER, classify=False)))

    await change(desk, kept, Revision(status=Status.RESOLVED), bob)
    await change(desk, looked_at, Revision(reviewed=True), bob)
    corrected = await change(desk, corrected, Revision(category=Category.BUG_REPORT), bob)
    await change(desk, corrected, Revision(status=Status.CLOSED), bob)
    await change(desk, other, Revision(priority=Priority.URGENT, subject="Other"), bob)
    await change(desk, await read(desk, wished.ticket_id), Revision(category=Category.BUG_REPORT), bob)

    assert [(row.kind, row.category, row.was_category) for row in await rows(desk)] == [
        (Kind.KEPT, Category.OTHER, Category.OTHER),
        (Kind.CONFIRMED, Category.OTHER, Category.OTHER),
        (Kind.CORRECTED, Category.BUG_REPORT, Category.OTHER),
        (Kind.CORRECTED, Category.OTHER, Category.OTHER),
    ]
    found = lessons.report(await rows(desk))
    assert (found.decided, found.right, found.priority_right) == (4, 3, 3)
    assert found.confusion == {"other": {"other": 3}, "bug_report": {"other": 1}}
    assert [(month.month, month.decided, month.corrected) for month in found.months] == [("2026-03", 4, 1)]


async def test_a_report_needs_no_words_of_tickets_and_says_the_same_without_them(any_desk: Desk) -> None:
    bob = await a_user(any_desk, "bob")
    await correct(any_desk, bob, 3)
    async with any_desk.writing() as connection:
        await lessons.undo(connection, (await rows(any_desk))[0].number, by="carol", now=any_desk.clock())

    found = await any_desk.database.look(lessons.decided)

    assert lessons.report(found) == lessons.report(await rows(any_desk))
    assert not any(row.terms or row.scores for row in found)


async def test_what_was_thrown_away_teaches_nothing(desk: Desk) -> None:
    bob = await a_user(desk, "bob")
    spam = await opened(desk)

    thrown_away = await change(desk, spam, Revision(status=Status.DISCARDED), bob)

    assert not thrown_away.needs_review
    assert await rows(desk) == []


async def test_a_doubtful_ticket_waits_for_a_look_and_no_longer_once_somebody_has_looked(any_desk: Desk) -> None:
    bob = await a_user(any_desk, "bob")
    doubtful = [await opened(any_desk, TEXT.format(word), f"{word}@customer.test") for word in ("a", "b", "c")]
    sure = await opened(any_desk, "I forgot my password and cannot log in, please reset it", "sure@customer.test")
    wanted = (Revision(category=Category.BUG_REPORT), Revision(reviewed=True), Revision(status=Status.CLOSED))

    after = [await change(any_desk, one, step, bob) for one, step in zip(doubtful, wanted, strict=True)]

    assert [one.needs_review for one in (*doubtful, sure)] == [True, True, True, False]
    assert [one.needs_review for one in after] == [False, False, False]
    assert [one.manual_override for one in after] == [True, False, False]


async def test_a_purged_ticket_takes_its_lesson_with_it(desk: Desk, clock: Clock) -> None:
    admin = await a_user(desk, "carol", Role.ADMIN)
    await correct(desk, admin, 1)
    async with desk.writing() as connection:
        [ticket] = (await tickets.by_numbers(connection, [1])).values()
        await tickets.remove(connection, ticket, by=admin.actor, now=clock())
    clock.forward(timedelta(days=60))

    await purge.purge(desk, purge.cut(desk.settings, clock()))
    await desk.learn()

    assert await rows(desk) == []
    assert not desk.judge.learned.weights


async def test_the_same_matter_of_the_same_person_is_suggested_and_nobody_elses(any_desk: Desk, clock: Clock) -> None:
    text = "The coffee machine on the third floor leaks water over the carpet since this morning"
    first = await opened(any_desk, text)
    clock.forward(timedelta(hours=3))
    again = await opened(any_desk, f"Hello, still: {text.lower()}!")
    different = await opened(any_desk, "How do I order new business cards for a colleague of mine?")
    stranger = await opened(any_desk, text, "eve@customer.test")
    bob = await a_user(any_desk, "bob")

    suggested = await second_look.look(any_desk)

    found = [(await read(any_desk, one.id)).possible_duplicate_of for one in (first, again, different, stranger)]
    assert (suggested, found) == (1, [None, first.number, None, None])
    dismissed = await change(any_desk, await read(any_desk, again.id), Revision(no_duplicate=True), bob)
    assert dismissed.possible_duplicate_of is None


async def test_what_was_long_ago_or_is_settled_is_no_duplicate(desk: Desk, clock: Clock) -> None:
    text = "The coffee machine on the third floor leaks water over the carpet since this morning"
    bob = await a_user(desk, "bob")
    settled = await opened(desk, text)
    await change(desk, settled, Revision(status=Status.CLOSED), bob)
    await opened(desk, text)
    clock.forward(timedelta(days=8))
    await opened(desk, text)

    assert await second_look.look(desk) == 0
    assert not desk.to_look_at


async def test_a_rule_gives_a_ticket_to_an_agent_and_the_history_says_why(tmp_path: Path, clock: Clock) -> None:
    rule = {"words": ["coffee"], "category": "other", "assignee": "Anna", "tags": ["kitchen"]}
    async with opened_desk(settings(tmp_path, classify={"rules": [rule]}), clock=clock) as desk:
        await a_user(desk, "anna")
        await desk.learn()

        ticket = await opened(desk, "The coffee is cold")

        async with desk.reading() as connection:
            changes = await history.of_ticket(connection, ticket.id)
    assert (ticket.assigned_to, ticket.tags, ticket.category) == ("anna", ("kitchen",), Category.OTHER)
    assert ("Deskbell", "assigned_to", "Anna", "as [classify] in the configuration says") in [
        (one.actor, one.field, one.new, one.reason) for one in changes
    ]


async def test_a_ticket_closed_as_a_rule_had_it_teaches_nothing_of_its_words(tmp_path: Path, clock: Clock) -> None:
    rule = {"domains": ["customer.test"], "category": "billing_question"}
    async with opened_desk(settings(tmp_path, classify={"rules": [rule]}), clock=clock) as desk:
        bob = await a_user(desk, "bob")
        first, second = [await opened(desk, TEXT.format(word), f"{word}@customer.test") for word in ("a", "b")]

        await change(desk, first, Revision(status=Status.RESOLVED), bob)
        await change(desk, second, Revision(category=Category.BUG_REPORT), bob)

        assert [(row.kind, row.category) for row in await rows(desk)] == [(Kind.CORRECTED, Category.BUG_REPORT)]


async def test_what_its_sender_named_a_ticket_teaches_nothing_unless_the_desk_had_said_the_same(desk: Desk) -> None:
    bob = await a_user(desk, "bob")
    mail = a_mail(subject="Zebra ledger", text=TEXT.format("last"), acknowledge=False)
    named = [
        await desk.receive(replace(mail, dedupe_key=word, wishes=Wishes(category=word)))
        for word in (Category.BUG_REPORT, Category.OTHER)
    ]

    before = [await read(desk, receipt.ticket_id) for receipt in named]
    for ticket in before:
        await change(desk, ticket, Revision(status=Status.RESOLVED), bob)

    assert [ticket.classification_confidence is None for ticket in before] == [True, False]
    assert [row.category for row in await rows(desk)] == [Category.OTHER]


async def test_a_desk_with_a_mistake_in_its_own_phrases_does_not_open(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "lexicon").mkdir(mode=0o700)
    (tmp_path / "lexicon" / "en.toml").write_text("[categories.refunds]", encoding="utf-8")
    tmp_path.chmod(0o700)

    with pytest.raises(Invalid):
        async with opened_desk(settings(tmp_path), clock=clock):
            pass


async def test_a_lesson_is_read_with_the_desks_own_phrases_as_its_ticket_was(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "lexicon").mkdir(mode=0o700)
    own = 'markers = "vu, zu"\n[categories.billing_question]\n3 = "gilfa"\n'
    (tmp_path / "lexicon" / "xx.toml").write_text(own, encoding="utf-8")
    tmp_path.chmod(0o700)
    async with opened_desk(settings(tmp_path), clock=clock) as desk:
        bob = await a_user(desk, "bob")
        ticket = await opened(desk, "vu gilfa zu")

        await change(desk, ticket, Revision(status=Status.RESOLVED), bob)

        [row] = await rows(desk)
    assert ticket.category == Category.BILLING_QUESTION
    assert row.scores.index(max(row.scores)) == list(Category).index(Category.BILLING_QUESTION)
    assert {"~vu", "~zu"} < set(row.terms)


@pytest.mark.parametrize("text", ["My login fails, and the invoice is wrong", ""])
async def test_the_first_words_of_a_chat_are_not_heard_twice_since_the_desk_made_its_subject_of_them(
    desk: Desk, text: str
) -> None:
    bob = await a_user(desk, "bob")
    said = replace(a_mail(subject="", text=text), channel=Channel.CONSOLE)
    receipt = await desk.receive(said)
    ticket = await read(desk, receipt.ticket_id)

    await change(desk, ticket, Revision(category=Category.BUG_REPORT), bob)
    async with desk.writing() as connection:
        again = await judgement.again(
            connection, await read(desk, ticket.id), desk.judge, by=bob.actor, now=desk.clock()
        )

    [row] = await rows(desk)
    heard = read_text("", text)
    assert ticket.subject
    assert row.terms == heard.terms
    assert row.scores == pytest.approx(heard.scores, abs=0.001)
    assert again.confidence == ticket.classification_confidence
