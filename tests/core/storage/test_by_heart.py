"""What is known by heart answers as SQLAlchemy does, on both databases."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import Connection, bindparam, insert, select, union_all
from sqlalchemy.exc import IntegrityError

from core import tables
from core.desk import Desk
from core.storage import bulk, by_heart
from core.tables import new_id

NOW = datetime(2026, 3, 4, 5, 6, 7, 890, tzinfo=UTC)
PEOPLE = [
    {"id": new_id(), "name": f"Person {n}", "created_at": NOW + timedelta(days=n), "extra": {"n": n}} for n in range(9)
]
_p = tables.people.c
_NAMED = select(_p.id, _p.name, _p.created_at, _p.deleted_at, _p.extra).where(
    _p.name.in_(bindparam("names", expanding=True)), _p.created_at > bindparam("after"), _p.deleted_at.is_(None)
)
_EITHER = union_all(
    select(_p.id, _p.name).where(_p.id.in_(bindparam("ids", expanding=True))),
    select(_p.id, _p.name).where(_p.name.in_(bindparam("names", expanding=True))),
)


@pytest.fixture
async def desk(any_desk: Desk) -> Desk:
    await any_desk.database.in_transaction(lambda c: bulk.insert(c, insert(tables.people), PEOPLE))
    return any_desk


@pytest.mark.parametrize("many", [0, 1, 2, 3, 5, 8, 9])
async def test_however_many_values_are_asked_for_each_row_comes_once(desk: Desk, many: int) -> None:
    asked = {"names": [one["name"] for one in PEOPLE[:many]], "after": NOW}

    found = await desk.database.look(partial(by_heart.rows, statement=_NAMED, asked=asked))

    # The first was not made after NOW.
    assert sorted(map(tuple, found), key=lambda row: row[1]) == [
        (one["id"], one["name"], one["created_at"], None, one["extra"]) for one in PEOPLE[1:many]
    ]


async def test_a_statement_of_several_parts_takes_each_list_where_it_belongs(desk: Desk) -> None:
    asked = {"names": ["Person 7"], "ids": [PEOPLE[1]["id"], PEOPLE[2]["id"], PEOPLE[3]["id"]]}

    found = await desk.database.look(partial(by_heart.rows, statement=_EITHER, asked=asked))

    assert sorted(name for _, name in found) == ["Person 1", "Person 2", "Person 3", "Person 7"]


async def test_what_is_asked_first_begins_the_transaction_that_is_rolled_back(desk: Desk) -> None:
    def renamed(connection: Connection) -> None:
        by_heart.run(connection, "UPDATE people SET name = ?", ("Nobody",))

    if not desk.database.is_sqlite:
        pytest.skip("only SQLite is asked past SQLAlchemy")
    async with desk.database.transaction() as transaction:
        await transaction.run(renamed)

    asked = {"names": ["Nobody"], "after": NOW}
    assert not await desk.database.look(partial(by_heart.rows, statement=_NAMED, asked=asked))


async def test_a_broken_constraint_is_told_as_ever_and_without_what_was_written(desk: Desk) -> None:
    def twice(connection: Connection) -> None:
        bulk.insert(connection, insert(tables.people), [{**PEOPLE[0], "name": "A secret name"}])

    with pytest.raises(IntegrityError) as caught:
        await desk.database.in_transaction(twice)

    assert "secret" not in str(caught.value)
