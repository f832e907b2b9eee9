"""Which version the database has, and bringing it to ours. Alembic is imported only when there is something to do."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Column, Connection, MetaData, PrimaryKeyConstraint, String, Table, insert, inspect, text

from core import days, tables, tallies, webhook_tables
from core.chat import talk_tables, telegram_tables
from core.errors import Invalid, Problem
from core.finding import search_tables
from core.learning import classification_tables
from core.mail import mark_tables
from core.storage import blobs, new_tables
from core.storage.database import Database
from core.tables import metadata

if TYPE_CHECKING:
    from alembic.config import Config

# What other modules add to the metadata, named here so that it is there.
BESIDE = (
    search_tables.search_queue, webhook_tables.webhooks, classification_tables.lessons, *telegram_tables.ALL,
    *talk_tables.TALK_TABLES, mark_tables.marks, mark_tables.tombstones,
)  # fmt: skip
# The newest script in core/migrations/versions; a test compares.
HEAD = "0025"

# Alembic's own table, as Alembic makes it.
VERSION = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)


async def version(database: Database) -> str | None:
    """The schema's version, or None for an empty database."""
    async with database.reading() as connection:
        if not await connection.run_sync(lambda sync: inspect(sync).has_table("alembic_version")):
            return None
        found = await connection.execute(text("SELECT version_num FROM alembic_version"))
        return found.scalar_one_or_none()


async def wrong(database: Database) -> list[str]:
    """What is wrong with the schema, and what to do; nothing when it is this program's."""
    found = await version(database)
    if found == HEAD:
        return []
    if found is not None and found > HEAD:
        return [f"the schema is {found}, newer than this program's {HEAD}: install the newer Deskbell"]
    return [f"the schema is {found or 'empty'}: run `deskbell db upgrade`"]


async def foreign(database: Database) -> list[str]:
    """Tables that are called like ours, in a database that has no version of ours: they are another program's."""
    async with database.reading() as connection:
        return await connection.run_sync(_named_as_ours)


def _named_as_ours(connection: Connection) -> list[str]:
    return sorted(set(metadata.tables) & set(inspect(connection).get_table_names()))


async def upgrade(database: Database) -> str | None:
    """Bring the database to HEAD in one transaction; answers the version it had. Raises Invalid when it is newer than us."""
    before = await version(database)
    if before == HEAD:
        return before
    if before is not None and before > HEAD:
        raise Invalid(
            [Problem("database", f"has schema {before}, newer than this program's {HEAD}: install the newer Deskbell")]
        )
    if before is None:
        await database.in_transaction(_create)
    else:
        async with database.writing() as connection:
            await connection.run_sync(_upgrade)
    return before


def _create(connection: Connection) -> None:
    """An empty database gets the tables as they are now; a test holds that the scripts lead to the same."""
    _wait_for_others(connection)
    if inspect(connection).has_table(VERSION.name):
        return
    # A table of that name that is there already is another program's: better an error than to move in with it.
    if found := _named_as_ours(connection):
        said = f"holds another program's tables ({', '.join(found[:3])}): give Deskbell a database of its own"
        raise Invalid([Problem("database", said)])
    make = new_tables.create if connection.dialect.name == "sqlite" else make_tables
    make(connection)
    connection.execute(insert(tables.counters), {"name": "ticket", "value": 0})
    blobs.insert(connection, [blobs.NOTHING], datetime.now(UTC))
    connection.execute(insert(VERSION), {"version_num": HEAD})


def make_tables(connection: Connection) -> None:
    """All tables as this program has them."""
    whole().create_all(connection, checkfirst=False)
    search_tables.create(connection)
    tallies.create(connection)
    days.create(connection)
    VERSION.create(connection)


def whole() -> MetaData:
    """All there is, with the indexes of the lists. They name both databases, which loads both of SQLAlchemy's dialects:
    2 MB that a desk needs no more once its tables are there.
    """
    from core.storage import list_indexes  # noqa: F401 - it adds them to the tables

    return metadata


def _upgrade(connection: Connection, to: str = "head") -> None:
    from alembic import command

    config = _config()
    config.attributes["connection"] = connection
    _wait_for_others(connection)
    command.upgrade(config, to)


def _wait_for_others(connection: Connection) -> None:
    """Two processes may start at once; the second waits here and then finds nothing to do.

    For as long as it takes: tables of years are changed in more time than any other statement of ours may take.
    """
    if connection.dialect.name == "postgresql":
        for limit in ("statement_timeout", "lock_timeout"):
            connection.execute(text(f"SET LOCAL {limit} = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(4242001)"))


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent.with_name("migrations")))
    return config
