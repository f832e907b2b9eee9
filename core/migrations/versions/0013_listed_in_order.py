"""The tickets of a tag, and of a number of a contract's own, in the order in which they are listed."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_NUMBERS = {
    "sqlite": "json_extract(extra, '$.healthcare.{name}')",
    "postgresql": "((extra -> 'healthcare') ->> '{name}')",
}


def upgrade() -> None:
    op.add_column("ticket_tags", sa.Column("number", sa.BigInteger(), server_default="0", nullable=False))
    op.execute("UPDATE ticket_tags SET number = (SELECT number FROM tickets WHERE tickets.id = ticket_tags.ticket_id)")
    op.drop_index("ix_ticket_tags_tag", table_name="ticket_tags")
    op.create_index("ix_ticket_tags_tag_number", "ticket_tags", ["tag", "number"])
    for name in ("tool_id", "center_id"):
        number = _NUMBERS[op.get_bind().dialect.name].format(name=name)
        where = sa.text(f"deleted_at IS NULL AND {number} IS NOT NULL")
        op.create_index(
            f"ix_tickets_healthcare_{name}",
            "tickets",
            [sa.text(number), "number"],
            sqlite_where=where,
            postgresql_where=where,
        )


def downgrade() -> None:
    raise NotImplementedError("schemas go forward only: restore a backup instead")
