"""Registry's tables. Rows validate nothing and leave this package only as messages of the contracts."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, Index, Integer, LargeBinary, MetaData, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from shared.database import UtcDateTime

_ID = 32
_NAME = 120


class Row(SQLModel):
    """A row of registry; its metadata is apart from other services' that run in the same process."""

    metadata = MetaData()
    __tablename__: ClassVar[str]  # pyright: ignore[reportIncompatibleVariableOverride] the class's own type admits no name


class WorkspaceRow(Row, table=True):
    """A tenant. Whoever changes anything in it locks this row first.

    `config` holds what was set of its WorkspaceConfig, as protobuf's JSON.
    """

    __tablename__ = "workspaces"

    id: str = Field(primary_key=True, max_length=_ID)
    name: str = Field(max_length=_NAME)
    config: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    created_at: datetime = Field(sa_type=UtcDateTime)


class FunctionRow(Row, table=True):
    """A function; its code is in its versions."""

    __tablename__ = "functions"
    __table_args__ = (UniqueConstraint("workspace_id", "name"),)

    id: str = Field(primary_key=True, max_length=_ID)
    workspace_id: str = Field(foreign_key="workspaces.id", max_length=_ID)
    name: str = Field(max_length=_NAME)
    kind: int
    language: int
    isolation: int
    description: str = Field(sa_type=Text)
    definitions: list[dict[str, Any]] = Field(sa_type=JSON)
    latest_version_id: str = Field(max_length=_ID)
    deployed_version_id: str = Field(default="", max_length=_ID)
    logo_url: str = Field(default="", sa_type=Text)
    created_by: str = Field(default="", max_length=_ID)
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    deployed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class VersionRow(Row, table=True):
    """A version of a function; nothing of it changes but when it was last deployed."""

    __tablename__ = "versions"
    __table_args__ = (UniqueConstraint("function_id", "number"),)

    id: str = Field(primary_key=True, max_length=_ID)
    workspace_id: str = Field(foreign_key="workspaces.id", max_length=_ID)
    function_id: str = Field(foreign_key="functions.id", ondelete="CASCADE", max_length=_ID)
    number: int
    code: str = Field(sa_type=Text)
    code_bytes: int
    code_digest: str = Field(max_length=64)
    handlers: list[str] = Field(sa_type=JSON)
    author: str = Field(max_length=_ID)
    message: str = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=UtcDateTime)
    deployed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class InstanceRow(Row, table=True):
    """A function in use, with the values of settings that are not sensitive."""

    __tablename__ = "instances"

    id: str = Field(primary_key=True, max_length=_ID)
    workspace_id: str = Field(foreign_key="workspaces.id", max_length=_ID)
    function_id: str = Field(foreign_key="functions.id", max_length=_ID, index=True)
    version_id: str = Field(foreign_key="versions.id", max_length=_ID)
    settings: dict[str, Any] = Field(sa_type=JSON)
    sensitive_settings: list[str] = Field(sa_type=JSON)
    settings_revision: int = 1


class SourceRow(Row, table=True):
    """A source; without an instance it takes Segment messages."""

    __tablename__ = "sources"
    __table_args__ = (UniqueConstraint("workspace_id", "name"),)

    id: str = Field(primary_key=True, max_length=_ID)
    workspace_id: str = Field(foreign_key="workspaces.id", max_length=_ID)
    name: str = Field(max_length=_NAME)
    instance_id: str | None = Field(default=None, foreign_key="instances.id", unique=True, max_length=_ID)
    enabled: bool = True
    backlog_limit: int = Field(default=0, sa_type=BigInteger)
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class DestinationRow(Row, table=True):
    """A destination and the instance that delivers to it."""

    __tablename__ = "destinations"
    __table_args__ = (UniqueConstraint("workspace_id", "name"),)

    id: str = Field(primary_key=True, max_length=_ID)
    workspace_id: str = Field(foreign_key="workspaces.id", max_length=_ID)
    name: str = Field(max_length=_NAME)
    instance_id: str = Field(foreign_key="instances.id", unique=True, max_length=_ID)
    enabled: bool = True
    max_per_second: float = 0
    concurrency: int = 0
    backlog_limit: int = Field(default=0, sa_type=BigInteger)
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class InsertRow(Row, table=True):
    """An instance of an insert function before the routing of a source, or before a destination; each takes one."""

    __tablename__ = "inserts"

    instance_id: str = Field(primary_key=True, foreign_key="instances.id", max_length=_ID)
    workspace_id: str = Field(foreign_key="workspaces.id", max_length=_ID)
    source_id: str | None = Field(default=None, foreign_key="sources.id", unique=True, max_length=_ID)
    destination_id: str | None = Field(default=None, foreign_key="destinations.id", unique=True, max_length=_ID)
    name: str = Field(max_length=_NAME)
    enabled: bool = True
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class FilterRow(Row, table=True):
    """A filter of a destination, for the messages of one source or of all."""

    __tablename__ = "filters"

    id: str = Field(primary_key=True, max_length=_ID)
    workspace_id: str = Field(foreign_key="workspaces.id", max_length=_ID)
    destination_id: str = Field(foreign_key="destinations.id", ondelete="CASCADE", max_length=_ID, index=True)
    source_id: str | None = Field(default=None, foreign_key="sources.id", ondelete="CASCADE", max_length=_ID)
    title: str = Field(max_length=64)
    description: str = Field(sa_type=Text)
    condition: str = Field(sa_type=Text)
    actions: list[dict[str, Any]] = Field(sa_type=JSON)
    enabled: bool = True
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class ConnectionRow(Row, table=True):
    """A source's messages go to a destination."""

    __tablename__ = "connections"

    source_id: str = Field(primary_key=True, foreign_key="sources.id", ondelete="CASCADE", max_length=_ID)
    destination_id: str = Field(
        primary_key=True, foreign_key="destinations.id", ondelete="CASCADE", max_length=_ID, index=True
    )
    workspace_id: str = Field(foreign_key="workspaces.id", max_length=_ID)


class MemberRow(Row, table=True):
    """A person of a workspace. `grants` is a list of `{"role": number, "resource_ids": [id]}`; no ids stand for all."""

    __tablename__ = "members"
    __table_args__ = (UniqueConstraint("workspace_id", "email"),)

    id: str = Field(primary_key=True, max_length=_ID)
    workspace_id: str = Field(foreign_key="workspaces.id", max_length=_ID)
    email: str = Field(max_length=254)
    name: str = Field(max_length=_NAME)
    grants: list[dict[str, Any]] = Field(sa_type=JSON)
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class TokenRow(Row, table=True):
    """A token, known by its SHA-256 alone: of a source, or of the management API.

    The latter carries the roles of its member or its own: `roles` for all resources, `grants` as a member has them.
    """

    __tablename__ = "tokens"

    id: str = Field(primary_key=True, max_length=_ID)
    workspace_id: str = Field(foreign_key="workspaces.id", max_length=_ID)
    digest: str = Field(unique=True, max_length=64)
    source_id: str | None = Field(
        default=None, foreign_key="sources.id", ondelete="CASCADE", max_length=_ID, index=True
    )
    member_id: str | None = Field(
        default=None, foreign_key="members.id", ondelete="CASCADE", max_length=_ID, index=True
    )
    name: str = Field(default="", max_length=_NAME)
    hint: str = Field(default="", max_length=16)
    roles: list[int] = Field(sa_type=JSON)
    grants: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    created_by: str = Field(default="", max_length=_ID)
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class RequestRow(Row, table=True):
    """What was answered to a request with a `request_id`; `digest` tells that request from others."""

    __tablename__ = "requests"

    workspace_id: str = Field(primary_key=True, foreign_key="workspaces.id", max_length=_ID)
    method: str = Field(primary_key=True, max_length=64)
    request_id: str = Field(primary_key=True, max_length=128)
    digest: str = Field(default="", max_length=64)
    answer: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)


class AuditRow(Row, table=True):
    """A change that was made; rows are never changed. `owner_id` is what the resource belongs to."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_resource", "workspace_id", "resource_id", "id"),
        Index("ix_audit_entries_owner", "workspace_id", "owner_id", "id"),
        Index("ix_audit_entries_created_at", "created_at"),
    )

    id: str = Field(primary_key=True, max_length=_ID)
    workspace_id: str = Field(foreign_key="workspaces.id", max_length=_ID)
    created_at: datetime = Field(sa_type=UtcDateTime)
    token_id: str = Field(default="", max_length=_ID)
    member_id: str = Field(default="", max_length=_ID)
    remote_address: str = Field(default="", max_length=64)
    service: str = Field(default="", max_length=32)
    action: str = Field(max_length=64)
    resource_id: str = Field(max_length=_ID)
    resource_name: str = Field(default="", sa_type=Text)
    owner_id: str = Field(default="", max_length=_ID)
    before: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    after: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    reason: str = Field(default="", sa_type=Text)


class OutboxRow(Row, table=True):
    """A change of CONFIG that is committed but perhaps not yet published."""

    __tablename__ = "outbox"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger().with_variant(Integer, "sqlite"))  # pyright: ignore[reportArgumentType]
    action: str = Field(max_length=16)
    key: str = Field(max_length=128)
    value: bytes = Field(default=b"", sa_type=LargeBinary)
