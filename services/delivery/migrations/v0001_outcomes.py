"""What became of events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String, nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def upgrade() -> None:
    op.create_table(
        "projections", sa.Column("name", sa.String, primary_key=True), _number("sequence"), _number("ordinal")
    )
    op.create_table("tries", sa.Column("key", sa.String, primary_key=True), _number("ordinal"))
    op.create_index("ix_tries_ordinal", "tries", ["ordinal"])
    op.create_table(
        "counters",
        _text("workspace_id"),
        _number("minute"),
        _number("stage"),
        _text("source_id"),
        _text("destination_id"),
        _number("status"),
        _text("reason"),
        _number("count"),
        _number("duplicates"),
        sa.PrimaryKeyConstraint("workspace_id", "minute", "stage", "source_id", "destination_id", "status", "reason"),
    )
    op.create_table(
        "deliveries",
        sa.Column("delivery_id", sa.String, primary_key=True),
        _text("workspace_id"),
        _text("event_id"),
        _text("message_id"),
        _text("source_id"),
        _text("destination_id"),
        _number("status"),
        _text("reason"),
        _number("attempts"),
        _text("event_type"),
        _text("event_name"),
        _number("received_us"),
        _number("updated_us"),
        _number("next_attempt_us"),
        _text("trace_id"),
        _number("ordinal"),
    )
    op.create_index("deliveries_by_age", "deliveries", ["workspace_id", "ordinal"])
    op.create_index("deliveries_by_event", "deliveries", ["workspace_id", "event_id"])
    op.create_table(
        "evidence",
        sa.Column("delivery_id", sa.String, primary_key=True),
        _text("workspace_id"),
        _text("destination_id"),
        _number("status"),
        sa.Column("evidence", sa.LargeBinary, nullable=False),
        _number("ordinal"),
    )
    op.create_index("evidence_by_age", "evidence", ["workspace_id", "destination_id", "ordinal"])
    op.create_table(
        "usage",
        _text("workspace_id"),
        _text("month"),
        _text("function_id"),
        _text("instance_id"),
        _number("invocations"),
        _number("wall_us"),
        _number("fuel"),
        sa.PrimaryKeyConstraint("workspace_id", "month", "function_id", "instance_id"),
    )
