"""Reservoirs and their gates."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.database import UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "reservoirs",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("filled_at", UtcDateTime, nullable=True),
    )
    op.create_table(
        "gates",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("reservoir", sa.String(40), sa.ForeignKey("reservoirs.name", ondelete="CASCADE"), nullable=False),
    )
