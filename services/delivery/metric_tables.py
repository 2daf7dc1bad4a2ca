"""Tables of counts over time. All old rows are removed: minutes after two days, hours after two weeks."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

MINUTE_S = 60
HOUR_S = 3600


class EventCounter(SQLModel, table=True):
    """How many events or deliveries ended at a step, by minute (`span_s` 60) and once more by hour (3600)."""

    __tablename__ = "event_counters"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (Index("event_counters_by_age", "span_s", "start_s"),)
    workspace_id: str = Field(primary_key=True)
    span_s: int = Field(sa_type=BigInteger, primary_key=True)
    # Unix time at which the minute or hour begins.
    start_s: int = Field(sa_type=BigInteger, primary_key=True)
    # `DeliveryStep` of the contract.
    step: int = Field(sa_type=BigInteger, primary_key=True)
    source_id: str = Field(primary_key=True)
    destination_id: str = Field(primary_key=True)
    event_type: str = Field(primary_key=True)
    event_name: str = Field(primary_key=True)
    reason: str = Field(primary_key=True)
    count: int = Field(sa_type=BigInteger)
    # Of these, how many took more than one try.
    retried: int = Field(sa_type=BigInteger)


class LatencyCounter(SQLModel, table=True):
    """How many deliveries arrived, by how long they took: a histogram for each minute, and for each hour."""

    __tablename__ = "latency_counters"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (Index("latency_counters_by_age", "span_s", "start_s"),)
    workspace_id: str = Field(primary_key=True)
    span_s: int = Field(sa_type=BigInteger, primary_key=True)
    start_s: int = Field(sa_type=BigInteger, primary_key=True)
    source_id: str = Field(primary_key=True)
    destination_id: str = Field(primary_key=True)
    # Number of the bucket, see `latency.py`.
    bucket: int = Field(sa_type=BigInteger, primary_key=True)
    count: int = Field(sa_type=BigInteger)
