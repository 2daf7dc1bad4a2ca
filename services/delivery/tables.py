"""Tables of what became of events. Times are Unix microseconds: they come from messages and are only compared."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel


class Projection(SQLModel, table=True):
    """How far OUTCOMES is folded into the other tables; one row, changed in every transaction that changes them."""

    __tablename__ = "projections"  # pyright: ignore[reportAssignmentType]
    name: str = Field(primary_key=True)
    sequence: int = Field(sa_type=BigInteger)
    # Outcomes folded so far: numbers the rows of the other tables in the order of their coming.
    ordinal: int = Field(sa_type=BigInteger)


class Try(SQLModel, table=True):
    """A failed try or the end of a delivery that was counted: a repeat after a crash is known by it."""

    __tablename__ = "tries"  # pyright: ignore[reportAssignmentType]
    key: str = Field(primary_key=True)
    ordinal: int = Field(sa_type=BigInteger, index=True)


class Counter(SQLModel, table=True):
    """Tries of a minute."""

    __tablename__ = "counters"  # pyright: ignore[reportAssignmentType]
    workspace_id: str = Field(primary_key=True)
    minute: int = Field(primary_key=True)
    stage: int = Field(primary_key=True)
    source_id: str = Field(primary_key=True)
    destination_id: str = Field(primary_key=True)
    status: int = Field(primary_key=True)
    reason: str = Field(primary_key=True)
    count: int = Field(sa_type=BigInteger)
    duplicates: int = Field(sa_type=BigInteger)


class Delivery(SQLModel, table=True):
    """Where a delivery or a source run stands after its latest try."""

    __tablename__ = "deliveries"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        Index("deliveries_by_age", "workspace_id", "ordinal"),
        Index("deliveries_by_event", "workspace_id", "event_id"),
    )
    delivery_id: str = Field(primary_key=True)
    workspace_id: str
    event_id: str
    message_id: str
    source_id: str
    destination_id: str
    status: int
    reason: str
    attempts: int
    event_type: str
    event_name: str
    received_us: int = Field(sa_type=BigInteger)
    updated_us: int = Field(sa_type=BigInteger)
    # 0 when no try is due.
    next_attempt_us: int = Field(sa_type=BigInteger)
    trace_id: str
    ordinal: int = Field(sa_type=BigInteger)


class Evidence(SQLModel, table=True):
    """What a reader needs to understand the latest try that was no success: `Evidence` of the contract."""

    __tablename__ = "evidence"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (Index("evidence_by_age", "workspace_id", "destination_id", "ordinal"),)
    delivery_id: str = Field(primary_key=True)
    workspace_id: str
    destination_id: str
    status: int
    evidence: bytes
    ordinal: int = Field(sa_type=BigInteger)


class Usage(SQLModel, table=True):
    """What a function's instance used in a month."""

    __tablename__ = "usage"  # pyright: ignore[reportAssignmentType]
    workspace_id: str = Field(primary_key=True)
    # `2026-11`.
    month: str = Field(primary_key=True)
    function_id: str = Field(primary_key=True)
    instance_id: str = Field(primary_key=True)
    invocations: int = Field(sa_type=BigInteger)
    wall_us: int = Field(sa_type=BigInteger)
    fuel: int = Field(sa_type=BigInteger)
