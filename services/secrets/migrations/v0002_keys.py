"""Which key encrypts which value, rotations, and lists of a workspace's accesses."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.database import UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add what says nothing of the values that are there: they are encrypted anew in the background."""
    op.add_column("secrets", sa.Column("key_id", sa.String(512), nullable=False, server_default=sa.text("''")))
    op.add_column("secrets", sa.Column("sealed_at", UtcDateTime, nullable=True))
    op.create_index("ix_access_log_workspace", "access_log", ["workspace_id", "id"])
    op.create_table(
        "rotations",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("started_at", UtcDateTime, nullable=False),
        sa.Column("finished_at", UtcDateTime, nullable=True),
    )
