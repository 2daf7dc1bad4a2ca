"""Notices of used-up allotments, and counts over time with the events' names and latencies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String, nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def upgrade() -> None:
    """Make the tables; counts begin with what is folded from now on."""
    op.create_index("usage_by_month", "usage", ["month", "workspace_id"])
    op.create_table(
        "usage_notices",
        _text("workspace_id"),
        _text("month"),
        _number("percent"),
        _text("notice_id"),
        _number("noticed_us"),
        _number("wall_us"),
        _number("allotment_us"),
        sa.Column("forwarded", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "month", "percent"),
    )
    _create_event_counters()
    _create_latency_counters()


def _create_event_counters() -> None:
    op.create_table(
        "event_counters",
        _text("workspace_id"),
        _number("span_s"),
        _number("start_s"),
        _number("step"),
        _text("source_id"),
        _text("destination_id"),
        _text("event_type"),
        _text("event_name"),
        _text("reason"),
        _number("count"),
        _number("retried"),
        sa.PrimaryKeyConstraint(
            "workspace_id",
            "span_s",
            "start_s",
            "step",
            "source_id",
            "destination_id",
            "event_type",
            "event_name",
            "reason",
        ),
    )
    op.create_index("event_counters_by_age", "event_counters", ["span_s", "start_s"])


def _create_latency_counters() -> None:
    op.create_table(
        "latency_counters",
        _text("workspace_id"),
        _number("span_s"),
        _number("start_s"),
        _text("source_id"),
        _text("destination_id"),
        _number("bucket"),
        _number("count"),
        sa.PrimaryKeyConstraint("workspace_id", "span_s", "start_s", "source_id", "destination_id", "bucket"),
    )
    op.create_index("latency_counters_by_age", "latency_counters", ["span_s", "start_s"])
