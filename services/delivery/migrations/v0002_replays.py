"""Replays of what failed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_DEAD = sa.text("status = 5")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String, nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def upgrade() -> None:
    """Add what replays need; what is there was never replayed, and its version is unknown."""
    for name in ("span_id", "version_id", "code_digest"):
        op.add_column("deliveries", sa.Column(name, sa.String, nullable=False, server_default=""))
    for table in ("deliveries", "evidence"):
        op.add_column(table, sa.Column("replay", sa.BigInteger, nullable=False, server_default="0"))
    op.create_index(
        "dead_letters", "deliveries", ["workspace_id", "ordinal"], sqlite_where=_DEAD, postgresql_where=_DEAD
    )
    _create_replays()
    _create_replayed()
    op.create_table("replay_numbers", sa.Column("workspace_id", sa.String, primary_key=True), _number("last"))


def _create_replays() -> None:
    op.create_table(
        "replays",
        sa.Column("replay_id", sa.String, primary_key=True),
        _text("workspace_id"),
        sa.Column("request_id", sa.String),
        _text("token_id"),
        sa.Column("request", sa.LargeBinary, nullable=False),
        _number("state"),
        _number("version"),
        _number("max_per_second"),
        _number("last_ordinal"),
        _number("last_number"),
        _number("cursor"),
        _number("matched"),
        _number("published"),
        sa.Column("skipped", sa.JSON, nullable=False),
        sa.Column("failed", sa.JSON, nullable=False),
        _text("waiting_for"),
        _text("owner"),
        _number("owned_until_us"),
        _number("created_us"),
        _number("updated_us"),
        _number("finished_us"),
    )
    op.create_index("replays_by_request", "replays", ["workspace_id", "request_id"], unique=True)
    op.create_index("replays_by_end", "replays", ["finished_us"])


def _create_replayed() -> None:
    op.create_table(
        "replayed",
        sa.Column("delivery_id", sa.String, primary_key=True),
        _text("workspace_id"),
        _text("replay_id"),
        _number("number"),
        _text("replayed_as"),
        sa.Column("published", sa.Boolean, nullable=False),
        _number("after_sequence"),
        _number("claimed_us"),
    )
    op.create_index("replayed_by_number", "replayed", ["workspace_id", "number"], unique=True)
    op.create_index("replayed_by_replay", "replayed", ["replay_id", "published"])
