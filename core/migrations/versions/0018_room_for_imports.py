"""What arrives in a file lies with its row of the ledger; tags and participants without a second key on SQLite; lists of
the rarer type.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

# Whose key is all there is to them, and what they are read by besides.
_KEYED = {
    "ticket_tags": (("ix_ticket_tags_tag_number", ("tag", "number")),),
    "participants": (("ix_participants_person_id", ("person_id",)),),
}

_SUGGESTIONS = sa.text("type = 'suggestion' AND deleted_at IS NULL")


def upgrade() -> None:
    op.create_index(
        "ix_tickets_suggestions",
        "tickets",
        ["type", "number"],
        sqlite_where=_SUGGESTIONS,
        postgresql_where=_SUGGESTIONS,
    )
    op.add_column("ledger", sa.Column("raw", sa.LargeBinary(), nullable=True))
    if op.get_bind().dialect.name == "sqlite":
        for table, indexes in _KEYED.items():
            _without_rowid(table)
            for name, columns in indexes:
                op.create_index(op.f(name), table, list(columns), unique=False)


def _without_rowid(table: str) -> None:
    """The same table made anew. No other one refers to it, and no trigger is on it."""
    connection = op.get_bind()
    made = connection.execute(
        sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :table"), {"table": table}
    ).scalar_one()
    # Alembic has put the name into quotes where it made it anew.
    _, _, columns = made.partition("(")
    op.execute(f"CREATE TABLE {table}_anew ({columns} WITHOUT ROWID")
    op.execute(f"INSERT INTO {table}_anew SELECT * FROM {table} ORDER BY 1, 2")  # noqa: S608 - of the table above
    op.execute(f"DROP TABLE {table}")
    op.execute(f"ALTER TABLE {table}_anew RENAME TO {table}")


def downgrade() -> None:
    raise NotImplementedError("schemas go forward only: restore a backup instead")
