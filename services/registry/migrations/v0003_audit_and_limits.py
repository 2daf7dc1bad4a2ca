"""The audit trail, and limits of sources and destinations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.database import UtcDateTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table, and columns that set no limit for what is there."""
    none = sa.text("0")
    op.add_column("sources", sa.Column("backlog_limit", sa.BigInteger, nullable=False, server_default=none))
    op.add_column("destinations", sa.Column("backlog_limit", sa.BigInteger, nullable=False, server_default=none))
    op.add_column("destinations", sa.Column("concurrency", sa.Integer, nullable=False, server_default=none))
    op.add_column("destinations", sa.Column("max_per_second", sa.Float, nullable=False, server_default=none))
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("workspace_id", sa.String(32), sa.ForeignKey("workspaces.id"), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("token_id", sa.String(32), nullable=False),
        sa.Column("service", sa.String(32), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("resource_id", sa.String(32), nullable=False),
        sa.Column("before", sa.JSON),
        sa.Column("after", sa.JSON),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_index("ix_audit_entries_resource", "audit_entries", ["workspace_id", "resource_id", "id"])
