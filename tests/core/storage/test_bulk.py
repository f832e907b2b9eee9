"""Rows written at once read back as they were given, on both databases."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from core import tables
from core.desk import Desk
from core.storage import bulk
from core.tables import new_id

NOW = datetime(2026, 3, 4, 5, 6, 7, 890, tzinfo=UTC)
PEOPLE = insert(tables.people)


async def test_every_kind_of_value_reads_back_as_it_was_given(any_desk: Desk) -> None:
    people = [
        {"id": new_id(), "name": "Ann", "created_at": NOW, "deleted_at": None, "extra": {"a": [1, "é"]}},
        {"id": new_id(), "name": "Bob", "created_at": NOW, "deleted_at": NOW, "extra": {}},
    ]

    await any_desk.database.in_transaction(lambda connection: bulk.insert(connection, PEOPLE, people))

    p = tables.people.c
    statement = select(p.id, p.name, p.created_at, p.deleted_at, p.extra, p.language).order_by(p.name)
    async with any_desk.reading() as connection:
        found = (await connection.execute(statement)).all()
    assert [row[:5] for row in found] == [tuple(row.values()) for row in people]
    assert [row.language for row in found] == ["", ""]


async def test_the_same_table_takes_rows_of_other_columns(any_desk: Desk) -> None:
    def work(connection: Connection) -> None:
        bulk.insert(connection, PEOPLE, [{"id": new_id(), "name": "Ann", "created_at": NOW}])
        bulk.insert(connection, PEOPLE, [{"created_at": NOW, "language": "de", "name": "Bob", "id": new_id()}])

    await any_desk.database.in_transaction(work)

    p = tables.people.c
    async with any_desk.reading() as connection:
        found = (await connection.execute(select(p.name, p.language).order_by(p.name))).all()
    assert [tuple(row) for row in found] == [("Ann", ""), ("Bob", "de")]


async def test_a_row_that_breaks_a_constraint_says_nothing_of_what_is_in_it(any_desk: Desk) -> None:
    row = {"id": new_id(), "name": "A secret name", "created_at": NOW}

    with pytest.raises(IntegrityError) as caught:
        await any_desk.database.in_transaction(lambda connection: bulk.insert(connection, PEOPLE, [row, row]))

    assert "A secret name" not in str(caught.value)


async def test_a_time_without_a_zone_is_never_stored(any_desk: Desk) -> None:
    row = {"id": new_id(), "name": "Ann", "created_at": NOW.replace(tzinfo=None)}

    with pytest.raises(Exception, match="a time without a zone"):
        await any_desk.database.in_transaction(lambda connection: bulk.insert(connection, PEOPLE, [row]))
