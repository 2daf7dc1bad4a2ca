"""Depth of a reservoir, by making the table anew where the database cannot alter it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    with op.batch_alter_table("reservoirs", recreate="auto") as table:
        table.add_column(sa.Column("depth", sa.Integer, nullable=True))
        table.alter_column("level", existing_type=sa.Integer, type_=sa.BigInteger, existing_nullable=False)
