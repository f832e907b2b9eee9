"""Webhooks: programs that hear what happens to tickets."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TO_WEBHOOK = sa.text("webhook_id IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("secret_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
    )
    op.add_column("deliveries", sa.Column("webhook_id", sa.Uuid(), nullable=True))
    op.create_index(
        "ix_deliveries_webhook_id",
        "deliveries",
        ["webhook_id", "id"],
        sqlite_where=_TO_WEBHOOK,
        postgresql_where=_TO_WEBHOOK,
    )


def downgrade() -> None:
    raise NotImplementedError("schemas go forward only: restore a backup instead")
