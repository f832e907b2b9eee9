"""Tickets that may be the same matter twice: found as a set, and as they would be found one by one."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from core import tables
from core.classify.evidence import matter_of
from core.classify.library import standard
from core.classify.terms import terms_of
from core.desk import Desk
from core.learning import second_look
from core.learning.duplicates import FEWEST, LOOKED_AT, OF_ALL, OF_FEWER, Comparison, Told
from core.vocabulary import Status
from tests.builders import NOON
from tests.stored import rows

DAY, WEEK = timedelta(days=1), timedelta(days=7)
ANN, BOB = tables.new_id(), tables.new_id()
# What people write of one matter and of another, with all that is cut away, folded or counted otherwise before it is compared.
LINES = (
    "The coffee machine on the third floor leaks water over the carpet since this morning",
    "Hello dear support team,",
    "Die Kaffeemaschine im dritten Stock tropft seit heute früh auf den Teppich, GRÖẞE 3<br>Viele Grüße",
    "L’imprimante du café\\r\\nne répond plus, merci de l’aider",
    "Кофемашина на третьем этаже протекает, ковёр мокрый",
    "ORDER 4711 NEVER ARRIVED, please send the invoice again!",
    "the invoice arrived twice and the carpet is wet",
    "Best regards\nAnn Archer",
    "-- \nPhone: 555 0199",
    " ".join(f"word{chr(97 + i // 26)}{chr(97 + i % 26)}" for i in range(90)),
    "",
)


def one_by_one(new: Told, earlier: Sequence[Told], window: timedelta) -> Told | None:
    """The definition: every text is read as a whole, each pair is compared, the most alike is taken, of those the newest."""
    alike = [
        (_alike(_words(new), _words(one)), one.number, one)
        for one in sorted(earlier, key=lambda one: -one.number)[:LOOKED_AT]
        if new.created_at - one.created_at <= window and one.requester_id == new.requester_id
    ]
    best = max((entry for entry in alike if entry[0]), key=lambda entry: entry[:2], default=None)
    return best and best[2]


def _words(ticket: Told) -> frozenset[str]:
    library = standard()
    return frozenset(terms_of(matter_of(ticket.subject, ticket.text, library.manners), library))


def _alike(one: frozenset[str], other: frozenset[str]) -> float:
    fewer, common, together = min(len(one), len(other)), len(one & other), len(one | other)
    is_one = fewer >= FEWEST and common >= OF_FEWER * fewer and common >= OF_ALL * together
    return common / together if is_one else 0.0


def told(number: int, chance: random.Random, *, requester_id: UUID = ANN, created_at: datetime = NOON) -> Told:
    text = "\n".join(chance.choices(LINES, k=chance.randrange(4)))
    subject = chance.choice(("", "The coffee machine", f"Order {number}", "Ковёр", "The carpet, a word of it"))
    return Told(tables.new_id(), number, requester_id, subject, text, created_at)


def test_the_suggestions_are_those_of_comparing_each_pair() -> None:
    chance = random.Random(4)
    comparison, found = Comparison(), 0

    for number in range(1, 400):
        earlier = [
            told(
                before, chance, requester_id=chance.choice((ANN, ANN, BOB)), created_at=NOON - chance.random() * 9 * DAY
            )
            for before in range(number + 13, number, -1)
        ]
        new = told(number + 14, chance)
        same = comparison.same_matter(new, earlier, WEEK)
        assert same == one_by_one(new, earlier, WEEK), (new, same)
        found += same is not None

    assert 50 < found < 350


def test_of_tickets_that_say_the_same_the_newest_is_meant() -> None:
    first = Told(tables.new_id(), 1, ANN, "Coffee", LINES[0], NOON)
    second, new = replace(first, number=2), replace(first, id=tables.new_id(), number=3)

    assert Comparison().same_matter(new, [second, first], WEEK) == second


def a_history() -> list[dict[str, object]]:
    """Rows of tickets in every state and of every age, of one person more than are looked at."""
    chance = random.Random(7)
    people = [tables.new_id() for _ in range(4)]
    described = [
        told(number, chance, requester_id=who, created_at=NOON - chance.random() * 10 * DAY)
        for number, who in enumerate(chance.choices(people, weights=(8, 4, 2, 1), k=120), 1)
    ]
    return [
        {
            "id": one.id, "number": one.number, "subject": one.subject, "description": one.text, "type": "problem",
            "status": chance.choice((Status.NEW, Status.NEW, Status.IN_PROGRESS, Status.CLOSED, Status.DISCARDED)),
            "priority": "low", "category": "other", "channel": "email", "requester_id": one.requester_id,
            "created_at": one.created_at, "updated_at": NOON, "version": 1,
            "deleted_at": NOON if chance.random() < 0.1 else None,
            "possible_duplicate_of": 1 if chance.random() < 0.1 else None,
        }
        for one in described
    ]  # fmt: skip


def expected(history: Sequence[dict[str, object]], new: Sequence[object]) -> dict[object, object]:
    """What each ticket is a possible duplicate of after a look at `new`, asked for each alone."""
    is_open = [
        row for row in history if row["status"] in (Status.NEW, Status.IN_PROGRESS) and row["deleted_at"] is None
    ]
    recent = {row["id"]: _as_told(row) for row in is_open}
    after = {row["id"]: row["possible_duplicate_of"] for row in history}
    for one in (recent[ticket_id] for ticket_id in new if ticket_id in recent and after[ticket_id] is None):
        before = [other for other in recent.values() if _comes_before(other, one)]
        if same := one_by_one(one, before, WEEK):
            after[one.id] = same.number
    return after


def _comes_before(other: Told, one: Told) -> bool:
    return other.requester_id == one.requester_id and other.number < one.number and other.created_at >= NOON - WEEK


def _as_told(row: Mapping[str, Any]) -> Told:
    text = row["description"][: second_look.COMPARED]
    return Told(row["id"], row["number"], row["requester_id"], row["subject"], text, row["created_at"])


async def test_a_list_of_new_tickets_is_looked_at_as_each_would_be_alone(any_desk: Desk) -> None:
    history = a_history()
    new = [row["id"] for row in history[-second_look.AT_ONCE :]]
    wanted = expected(history, new)
    async with any_desk.writing() as connection:
        people = {row["requester_id"] for row in history}
        await connection.execute(
            insert(tables.people), [{"id": one, "name": "Ann", "created_at": NOON} for one in people]
        )
        await connection.execute(insert(tables.tickets), history)
    any_desk.to_look_at.extend(new)  # type: ignore[arg-type]  # they are ids

    await second_look.look(any_desk)

    after, noted = await rows(any_desk, tables.tickets), await rows(any_desk, tables.changes)
    assert {row.id: row.possible_duplicate_of for row in after} == wanted
    marked = {row.id: str(row.possible_duplicate_of) for row in after if row.version == 2}
    assert {row.ticket_id: row.new for row in noted} == marked
    assert len({row.act_id for row in noted}) == len(noted) == len(marked) > 10
    assert marked.keys() == {row["id"] for row in history if wanted[row["id"]] != row["possible_duplicate_of"]}
