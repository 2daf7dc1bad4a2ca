"""Limits and rules of workspaces."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add a column that says nothing of the workspaces that are there."""
    op.add_column("workspaces", sa.Column("config", sa.JSON, nullable=False, server_default=sa.text("'{}'")))
