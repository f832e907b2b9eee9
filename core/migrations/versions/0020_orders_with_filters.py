"""The orders by subject and by last change can tell the usual filters by themselves: no ticket is looked up to be left out.
And whom tickets are assigned to in a client's own system has an index.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_NOT_DELETED = sa.text("deleted_at IS NULL")
_OUTSIDE = {
    "sqlite": "json_extract(extra, '$.customer_support.assigned_to')",
    "postgresql": "((extra -> 'customer_support') ->> 'assigned_to')",
}
_ALONGSIDE = ("number", "status", "priority", "category")


def upgrade() -> None:
    for column in ("subject", "updated_at"):
        name = op.f(f"ix_tickets_{column}")
        op.drop_index(name, table_name="tickets")
        op.create_index(
            name,
            "tickets",
            [column, *_ALONGSIDE],
            sqlite_where=_NOT_DELETED,
            postgresql_where=_NOT_DELETED,
        )
    assigned_to = _OUTSIDE[op.get_bind().dialect.name]
    where = sa.text(f"deleted_at IS NULL AND {assigned_to} IS NOT NULL")
    op.create_index(
        "ix_tickets_customer_support_assigned_to",
        "tickets",
        [sa.text(assigned_to), "number"],
        sqlite_where=where,
        postgresql_where=where,
    )


def downgrade() -> None:
    raise NotImplementedError("schemas go forward only: restore a backup instead")
