"""Lists by their subject, and pages far down a list, out of an index."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_NOT_DELETED = sa.text("deleted_at IS NULL")


def upgrade() -> None:
    for name, columns in (("subject", ["subject", "number"]), ("number", ["number"])):
        op.create_index(
            f"ix_tickets_{name}", "tickets", columns, sqlite_where=_NOT_DELETED, postgresql_where=_NOT_DELETED
        )


def downgrade() -> None:
    raise NotImplementedError("schemas go forward only: restore a backup instead")
