"""Rows written at once read back as they were given, on both databases."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, insert, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import IntegrityError

from core import tables
from core.desk import Desk
from core.storage import bulk
from core.storage.bulk import Columns, Same
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


async def test_columns_of_more_rows_than_a_statement_takes_are_the_rows_that_they_were(any_desk: Desk) -> None:
    count = 2 * 512 + 32 + 5
    ids = [new_id() for _ in range(count)]
    columns: Columns = {
        "id": [one.hex for one in ids],
        "name": [f"Person {n}" for n in range(count)],
        "created_at": Same(NOW),
        "deleted_at": [NOW if n % 2 else None for n in range(count)],
        "extra": Same({"é": ()}),
    }

    def work(connection: Connection) -> None:
        bulk.insert_columns(connection, PEOPLE, columns)
        bulk.insert_columns(connection, PEOPLE, {"id": [], "name": [], "created_at": Same(NOW)})

    await any_desk.database.in_transaction(work)

    p = tables.people.c
    async with any_desk.reading() as connection:
        found = (await connection.execute(select(p.id, p.name, p.created_at, p.deleted_at, p.extra))).all()
    assert {row.id: tuple(row)[1:] for row in found} == {
        one: (f"Person {n}", NOW, NOW if n % 2 else None, {"é": []}) for n, one in enumerate(ids)
    }


def test_no_value_has_a_number_of_which_python_would_warn() -> None:
    form = bulk._form(PEOPLE, frozenset({"id", "name", "created_at"}), sqlite.dialect())

    assert form.sql(2, frozenset({"created_at"})) == (
        "INSERT INTO people (id, name, created_at) SELECT column1, column2, ? FROM (VALUES (?, ?), (?, ?))"
    )


async def test_a_row_that_breaks_a_constraint_says_nothing_of_what_is_in_it(any_desk: Desk) -> None:
    row = {"id": new_id(), "name": "A secret name", "created_at": NOW}

    with pytest.raises(IntegrityError) as caught:
        await any_desk.database.in_transaction(lambda connection: bulk.insert(connection, PEOPLE, [row, row]))

    assert "A secret name" not in str(caught.value)


async def test_a_time_without_a_zone_is_never_stored(any_desk: Desk) -> None:
    row = {"id": new_id(), "name": "Ann", "created_at": NOW.replace(tzinfo=None)}

    with pytest.raises(Exception, match="a time without a zone"):
        await any_desk.database.in_transaction(lambda connection: bulk.insert(connection, PEOPLE, [row]))
