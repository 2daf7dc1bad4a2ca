"""The tables of secrets: ciphertext, who asked for the plaintext, and when all was encrypted anew."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, MetaData
from sqlmodel import Field, SQLModel

from shared.database import UtcDateTime

_ID = 64
_KEY_ID = 512


class Row(SQLModel):
    """A row of secrets; its metadata is apart from other services' that run in the same process."""

    metadata = MetaData()
    __tablename__: ClassVar[str]  # pyright: ignore[reportIncompatibleVariableOverride] SQLModel's type is wider


class SecretRow(Row, table=True):
    """A value as ciphertext. Without `key_id` and `sealed_at` it is of a release that did not record them."""

    __tablename__ = "secrets"

    workspace_id: str = Field(primary_key=True, max_length=_ID)
    instance_id: str = Field(primary_key=True, max_length=_ID)
    name: str = Field(primary_key=True, max_length=64)
    ciphertext: bytes = Field(sa_type=LargeBinary)
    key_id: str = Field(default="", max_length=_KEY_ID)
    sealed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class AccessRow(Row, table=True):
    """A service was given the plaintext of an instance's values."""

    __tablename__ = "access_log"
    __table_args__ = (Index("ix_access_log_workspace", "workspace_id", "id"),)

    id: int | None = Field(
        default=None,
        primary_key=True,
        sa_type=BigInteger().with_variant(Integer, "sqlite"),  # pyright: ignore[reportArgumentType] also instances fit
    )
    accessed_at: datetime = Field(sa_type=UtcDateTime, index=True)
    service: str = Field(max_length=32)
    workspace_id: str = Field(max_length=_ID)
    instance_id: str = Field(max_length=_ID)
    names: int


class RotationRow(Row, table=True):
    """All values encrypted before `started_at` are to be encrypted anew; finished when none waits any more."""

    __tablename__ = "rotations"

    id: int | None = Field(default=None, primary_key=True)
    started_at: datetime = Field(sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
