"""Members, grants for listed resources, insert functions in use, destination filters, and more of the audit trail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from penstock.access.v1 import access_pb2
from penstock.config.v1 import config_pb2
from shared.database import UtcDateTime

revision = "0004"
down_revision = "0003"

_EMPTY = sa.text("''")


def upgrade() -> None:
    """Make the tables, and columns that leave what is there as it is."""
    _extend_functions()
    _make_members()
    _extend_tokens()
    _appoint_an_operator()
    _make_inserts_and_filters()
    _extend_audit_entries()
    op.add_column("requests", _text("digest", sa.String(64)))


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


def _appoint_an_operator() -> None:
    """Give ROLE_OPERATOR to who owns the oldest workspace: its oldest API token, as a first start does."""
    tokens = sa.table(
        "tokens",
        *(sa.column(name, sa.String) for name in ("id", "workspace_id", "digest", "source_id", "name")),
        sa.column("created_at", UtcDateTime),
        sa.column("roles", sa.JSON),
    )
    workspaces = sa.table("workspaces", sa.column("id", sa.String), sa.column("created_at", UtcDateTime))
    outbox = sa.table(
        "outbox", sa.column("action", sa.String), sa.column("key", sa.String), sa.column("value", sa.LargeBinary)
    )
    oldest = sa.select(workspaces.c.id).order_by(workspaces.c.created_at, workspaces.c.id).limit(1).scalar_subquery()
    query = sa.select(tokens).where(tokens.c.workspace_id == oldest, tokens.c.source_id.is_(None))
    found = op.get_bind().execute(query.order_by(tokens.c.created_at, tokens.c.id).limit(1)).first()
    if found is None:
        return
    roles = sorted({*found.roles, access_pb2.ROLE_OPERATOR})
    op.execute(tokens.update().where(tokens.c.id == found.id).values(roles=roles, name="First owner"))
    config = config_pb2.TokenConfig(token_id=found.id, workspace_id=found.workspace_id)
    config.roles.roles.extend(roles)
    published = {"action": "token", "key": f"token.{found.digest}", "value": config.SerializeToString()}
    op.execute(outbox.insert().values(**published))


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
