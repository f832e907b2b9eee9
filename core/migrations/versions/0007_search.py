"""Finding tickets by their words, and lists that cost the same at a million tickets."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_NOT_DELETED = sa.text("deleted_at IS NULL")
_LISTED_BY = (
    ("status", "number", "priority", "category", "channel"),
    ("priority", "number", "status", "category", "channel"),
    ("category", "number", "status", "priority", "channel"),
    ("channel", "number", "status", "priority"),
    ("created_at", "number"),
    ("updated_at", "number"),
)
_SEARCH = {
    "sqlite": (
        "CREATE VIRTUAL TABLE ticket_words USING fts5(words, detail=none, columnsize=0, tokenize='ascii')",
        "CREATE VIRTUAL TABLE ticket_vocabulary USING fts5vocab(ticket_words, 'row')",
        "CREATE TRIGGER search_changed_ticket AFTER UPDATE OF subject, description, deleted_at ON tickets BEGIN INSERT INTO search_queue (number) VALUES (NEW.number); END",
        "CREATE TRIGGER search_purged_ticket AFTER DELETE ON tickets BEGIN INSERT INTO search_queue (number) VALUES (OLD.number); END",
        "CREATE TRIGGER search_new_message AFTER INSERT ON messages BEGIN INSERT INTO search_queue (number) SELECT number FROM tickets WHERE id = NEW.ticket_id; END",
        "CREATE TRIGGER search_changed_message AFTER UPDATE OF body, direction, deleted_at ON messages BEGIN INSERT INTO search_queue (number) SELECT number FROM tickets WHERE id = NEW.ticket_id; END",
        "CREATE TRIGGER search_purged_message AFTER DELETE ON messages BEGIN INSERT INTO search_queue (number) SELECT number FROM tickets WHERE id = OLD.ticket_id; END",
    ),
    "postgresql": (
        "CREATE TABLE ticket_words (number BIGINT CONSTRAINT pk_ticket_words PRIMARY KEY, words TSVECTOR NOT NULL)",
        "CREATE INDEX ix_ticket_words_words ON ticket_words USING gin (words)",
        "CREATE FUNCTION search_ticket() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TG_OP = 'DELETE' THEN INSERT INTO search_queue (number) VALUES (OLD.number); ELSE INSERT INTO search_queue (number) VALUES (NEW.number); END IF; RETURN NULL; END $$",
        "CREATE FUNCTION search_message() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TG_OP = 'DELETE' THEN INSERT INTO search_queue (number) SELECT number FROM tickets WHERE id = OLD.ticket_id; ELSE INSERT INTO search_queue (number) SELECT number FROM tickets WHERE id = NEW.ticket_id; END IF; RETURN NULL; END $$",
        "CREATE TRIGGER search_ticket AFTER DELETE OR UPDATE OF subject, description, deleted_at ON tickets FOR EACH ROW EXECUTE FUNCTION search_ticket()",
        "CREATE TRIGGER search_message AFTER INSERT OR DELETE OR UPDATE OF body, direction, deleted_at ON messages FOR EACH ROW EXECUTE FUNCTION search_message()",
    ),
}


def upgrade() -> None:
    for name in ("requester_id", "assignee_id", "status_number", "created_at", "updated_at"):
        op.drop_index(f"ix_tickets_{name}", table_name="tickets")
    op.create_index("ix_tickets_requester_id", "tickets", ["requester_id", "number", "deleted_at"])
    op.create_index("ix_tickets_assignee_id", "tickets", ["assignee_id", "number", "deleted_at", "status"])
    for columns in _LISTED_BY:
        op.create_index(
            f"ix_tickets_{columns[0]}",
            "tickets",
            list(columns),
            sqlite_where=_NOT_DELETED,
            postgresql_where=_NOT_DELETED,
        )
    op.create_table(
        "search_queue",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_queue")),
    )
    for statement in _SEARCH[op.get_bind().dialect.name]:
        op.get_bind().exec_driver_sql(statement)
    # All that is there already: the index is made in the background, beginning with the oldest.
    op.execute("INSERT INTO search_queue (number) SELECT number FROM tickets ORDER BY number")


def downgrade() -> None:
    raise NotImplementedError("schemas go forward only: restore a backup instead")
