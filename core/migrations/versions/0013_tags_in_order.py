"""The tickets of a tag in the order in which they are listed."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ticket_tags", sa.Column("number", sa.BigInteger(), server_default="0", nullable=False))
    op.execute("UPDATE ticket_tags SET number = (SELECT number FROM tickets WHERE tickets.id = ticket_tags.ticket_id)")
    op.drop_index("ix_ticket_tags_tag", table_name="ticket_tags")
    op.create_index("ix_ticket_tags_tag_number", "ticket_tags", ["tag", "number"])


def downgrade() -> None:
    raise NotImplementedError("schemas go forward only: restore a backup instead")
