"""The first tables of registry."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.database import UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables in the order in which they refer to each other."""
    op.create_table(
        "workspaces",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
    )
    _functions()
    _sources_and_destinations()
    _tokens()
    _requests_and_outbox()


def _workspace() -> sa.Column[str]:
    return sa.Column("workspace_id", sa.String(32), sa.ForeignKey("workspaces.id"), nullable=False)


def _reference(name: str, to: str, *, cascade: bool = False, nullable: bool = False) -> sa.Column[str]:
    key = sa.ForeignKey(to, ondelete="CASCADE" if cascade else None)
    return sa.Column(name, sa.String(32), key, nullable=nullable)


def _functions() -> None:
    op.create_table(
        "functions",
        sa.Column("id", sa.String(32), primary_key=True),
        _workspace(),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("kind", sa.Integer, nullable=False),
        sa.Column("language", sa.Integer, nullable=False),
        sa.Column("isolation", sa.Integer, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("definitions", sa.JSON, nullable=False),
        sa.Column("latest_version_id", sa.String(32), nullable=False),
        sa.Column("deployed_version_id", sa.String(32), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.UniqueConstraint("workspace_id", "name"),
    )
    op.create_table(
        "versions",
        sa.Column("id", sa.String(32), primary_key=True),
        _workspace(),
        _reference("function_id", "functions.id", cascade=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("code_bytes", sa.Integer, nullable=False),
        sa.Column("code_digest", sa.String(64), nullable=False),
        sa.Column("handlers", sa.JSON, nullable=False),
        sa.Column("author", sa.String(32), nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.UniqueConstraint("function_id", "number"),
    )
    op.create_table(
        "instances",
        sa.Column("id", sa.String(32), primary_key=True),
        _workspace(),
        _reference("function_id", "functions.id"),
        _reference("version_id", "versions.id"),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.Column("sensitive_settings", sa.JSON, nullable=False),
        sa.Column("settings_revision", sa.Integer, nullable=False),
    )
    op.create_index("ix_instances_function_id", "instances", ["function_id"])


def _sources_and_destinations() -> None:
    for name, needs_function in (("sources", False), ("destinations", True)):
        op.create_table(
            name,
            sa.Column("id", sa.String(32), primary_key=True),
            _workspace(),
            sa.Column("name", sa.String(120), nullable=False),
            _reference("instance_id", "instances.id", nullable=not needs_function),
            sa.Column("enabled", sa.Boolean, nullable=False),
            sa.Column("created_at", UtcDateTime, nullable=False),
            sa.Column("updated_at", UtcDateTime, nullable=False),
            sa.UniqueConstraint("workspace_id", "name"),
            sa.UniqueConstraint("instance_id"),
        )
    op.create_table(
        "connections",
        sa.Column("source_id", sa.String(32), sa.ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True),
        sa.Column(
            "destination_id", sa.String(32), sa.ForeignKey("destinations.id", ondelete="CASCADE"), primary_key=True
        ),
        _workspace(),
    )
    op.create_index("ix_connections_destination_id", "connections", ["destination_id"])


def _tokens() -> None:
    op.create_table(
        "tokens",
        sa.Column("id", sa.String(32), primary_key=True),
        _workspace(),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        _reference("source_id", "sources.id", cascade=True, nullable=True),
        sa.Column("roles", sa.JSON, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
    )
    op.create_index("ix_tokens_source_id", "tokens", ["source_id"])


def _requests_and_outbox() -> None:
    op.create_table(
        "requests",
        sa.Column("workspace_id", sa.String(32), sa.ForeignKey("workspaces.id"), primary_key=True),
        sa.Column("method", sa.String(64), primary_key=True),
        sa.Column("request_id", sa.String(128), primary_key=True),
        sa.Column("answer", sa.LargeBinary, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
    )
    op.create_index("ix_requests_created_at", "requests", ["created_at"])
    op.create_table(
        "outbox",
        # 32 bits would be used up within years on a busy installation; SQLite counts in 64 bits under this name alone.
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("key", sa.String(128), nullable=False),
        sa.Column("value", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )
