"""Members, grants for listed resources, insert functions in use, destination filters, and more of the audit trail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.database import UtcDateTime

revision = "0004"
down_revision = "0003"

_EMPTY = sa.text("''")


def upgrade() -> None:
    """Make the tables, and columns that leave what is there as it is."""
    _extend_functions()
    _make_members()
    _extend_tokens()
    _make_inserts_and_filters()
    _extend_audit_entries()


def _extend_functions() -> None:
    op.add_column("functions", _text("logo_url", sa.Text()))
    op.add_column("functions", _text("created_by", sa.String(32)))
    op.add_column("functions", sa.Column("deployed_at", UtcDateTime))
    op.add_column("versions", sa.Column("deployed_at", UtcDateTime))


def _make_members() -> None:
    op.create_table(
        "members",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("workspace_id", sa.String(32), sa.ForeignKey("workspaces.id"), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("grants", sa.JSON, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.UniqueConstraint("workspace_id", "email"),
    )


def _extend_tokens() -> None:
    with op.batch_alter_table("tokens") as tokens:
        tokens.add_column(sa.Column("member_id", sa.String(32)))
        tokens.add_column(_text("name", sa.String(120)))
        tokens.add_column(_text("hint", sa.String(16)))
        tokens.add_column(sa.Column("grants", sa.JSON, nullable=False, server_default=sa.text("'[]'")))
        tokens.add_column(_text("created_by", sa.String(32)))
        tokens.add_column(sa.Column("expires_at", UtcDateTime))
        tokens.create_foreign_key("tokens_member_id_fkey", "members", ["member_id"], ["id"], ondelete="CASCADE")
    op.create_index("ix_tokens_member_id", "tokens", ["member_id"])


def _make_inserts_and_filters() -> None:
    op.create_table(
        "inserts",
        sa.Column("instance_id", sa.String(32), sa.ForeignKey("instances.id"), primary_key=True),
        sa.Column("workspace_id", sa.String(32), sa.ForeignKey("workspaces.id"), nullable=False),
        sa.Column("source_id", sa.String(32), sa.ForeignKey("sources.id"), unique=True),
        sa.Column("destination_id", sa.String(32), sa.ForeignKey("destinations.id"), unique=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "filters",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("workspace_id", sa.String(32), sa.ForeignKey("workspaces.id"), nullable=False),
        sa.Column(
            "destination_id", sa.String(32), sa.ForeignKey("destinations.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("source_id", sa.String(32), sa.ForeignKey("sources.id", ondelete="CASCADE")),
        sa.Column("title", sa.String(64), nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("condition", sa.Text, nullable=False),
        sa.Column("actions", sa.JSON, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
    )
    op.create_index("ix_filters_destination_id", "filters", ["destination_id"])


def _extend_audit_entries() -> None:
    op.add_column("audit_entries", _text("member_id", sa.String(32)))
    op.add_column("audit_entries", _text("remote_address", sa.String(64)))
    op.add_column("audit_entries", _text("resource_name", sa.Text()))
    op.add_column("audit_entries", _text("owner_id", sa.String(32)))
    op.create_index("ix_audit_entries_owner", "audit_entries", ["workspace_id", "owner_id", "id"])
    op.create_index("ix_audit_entries_created_at", "audit_entries", ["created_at"])


def _text(name: str, kind: sa.String) -> sa.Column[str]:
    return sa.Column(name, kind, nullable=False, server_default=_EMPTY)
