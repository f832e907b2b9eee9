"""How many tickets have each combination of words, kept on SQLite: lists tell their length without counting.

And the index of all tickets tells the usual filters of those that a search or a tag has found.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_NOT_DELETED = sa.text("deleted_at IS NULL")
_TABLE = """CREATE TABLE ticket_tallies (
    type VARCHAR NOT NULL, status VARCHAR NOT NULL, priority VARCHAR NOT NULL, category VARCHAR NOT NULL,
    channel VARCHAR NOT NULL, is_free BOOLEAN NOT NULL, tickets INTEGER NOT NULL,
    CONSTRAINT pk_ticket_tallies PRIMARY KEY (status, priority, category, channel, type, is_free)
) WITHOUT ROWID"""
_MORE = """INSERT INTO ticket_tallies (status, priority, category, channel, type, is_free, tickets)
    SELECT NEW.status, NEW.priority, NEW.category, NEW.channel, NEW.type, NEW.assignee_id IS NULL, 1
    WHERE NEW.deleted_at IS NULL
    ON CONFLICT (status, priority, category, channel, type, is_free) DO UPDATE SET tickets = tickets + 1"""
_LESS = """UPDATE ticket_tallies SET tickets = tickets - 1
    WHERE OLD.deleted_at IS NULL AND status = OLD.status AND priority = OLD.priority AND category = OLD.category
    AND channel = OLD.channel AND type = OLD.type AND is_free = (OLD.assignee_id IS NULL)"""
_CHANGED = "UPDATE OF status, priority, category, channel, type, assignee_id, deleted_at"
_UP_TO_NOW = """INSERT INTO ticket_tallies (status, priority, category, channel, type, is_free, tickets)
    SELECT status, priority, category, channel, type, assignee_id IS NULL, count(*)
    FROM tickets WHERE deleted_at IS NULL GROUP BY 1, 2, 3, 4, 5, 6"""


def upgrade() -> None:
    name = op.f("ix_tickets_number")
    op.drop_index(name, table_name="tickets")
    columns = ["number", "status", "priority", "category"]
    op.create_index(name, "tickets", columns, sqlite_where=_NOT_DELETED, postgresql_where=_NOT_DELETED)
    if op.get_bind().dialect.name != "sqlite":
        return
    for statement in (
        _TABLE,
        _UP_TO_NOW,
        f"CREATE TRIGGER tally_changed_ticket AFTER {_CHANGED} ON tickets BEGIN {_LESS}; {_MORE}; END",
        f"CREATE TRIGGER tally_purged_ticket AFTER DELETE ON tickets BEGIN {_LESS}; END",
    ):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("schemas go forward only: restore a backup instead")
