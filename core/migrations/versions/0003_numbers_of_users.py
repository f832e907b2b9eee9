"""A small whole number for each account."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "user_numbers",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_user_numbers_user_id_users")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_user_numbers")),
        sa.UniqueConstraint("user_id", name=op.f("uq_user_numbers_user_id")),
    )
    # In the order in which they came: the first account, which is the first admin's, is number 1.
    op.execute("INSERT INTO user_numbers (user_id) SELECT id FROM users ORDER BY created_at, id")
