"""The content that is empty is always there: each arrival names it whose bytes lie with its row in the ledger."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

# SHA-256 of no bytes.
_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def upgrade() -> None:
    blobs = sa.table(
        "blobs",
        sa.column("sha256", sa.String),
        sa.column("size", sa.BigInteger),
        sa.column("data", sa.LargeBinary),
        sa.column("created_at", sa.DateTime(timezone=True)),
    )
    connection = op.get_bind()
    if connection.execute(sa.select(blobs.c.sha256).where(blobs.c.sha256 == _NOTHING)).first() is None:
        row = {"sha256": _NOTHING, "size": 0, "data": b"", "created_at": datetime.now(UTC)}
        connection.execute(sa.insert(blobs), row)


def downgrade() -> None:
    raise NotImplementedError("schemas go forward only: restore a backup instead")
