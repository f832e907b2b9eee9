"""Which numbers the tickets of each day have, kept on SQLite: a list of old days begins where they lie."""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_TABLE = """CREATE TABLE ticket_days (
    day VARCHAR NOT NULL, least INTEGER NOT NULL, most INTEGER NOT NULL, CONSTRAINT pk_ticket_days PRIMARY KEY (day)
) WITHOUT ROWID"""
_UP_TO_NOW = """INSERT INTO ticket_days (day, least, most)
    SELECT substr(created_at, 1, 10), min(number), max(number) FROM tickets GROUP BY 1"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(_TABLE)
        op.execute(_UP_TO_NOW)


def downgrade() -> None:
    raise NotImplementedError("schemas go forward only: restore a backup instead")
