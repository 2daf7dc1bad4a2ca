"""Tables of what became of events. Times are Unix microseconds: they come from messages and are only compared."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Index, text
from sqlmodel import Field, SQLModel

# STATUS_EXHAUSTED. Conditions say it as a literal too: only then is the index used.
_DEAD = text("status = 5")


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
    minute: int = Field(sa_type=BigInteger, primary_key=True)
    stage: int = Field(sa_type=BigInteger, primary_key=True)
    source_id: str = Field(primary_key=True)
    destination_id: str = Field(primary_key=True)
    status: int = Field(sa_type=BigInteger, primary_key=True)
    reason: str = Field(primary_key=True)
    count: int = Field(sa_type=BigInteger)
    duplicates: int = Field(sa_type=BigInteger)


class Delivery(SQLModel, table=True):
    """Where a delivery or a source run stands after its latest try."""

    __tablename__ = "deliveries"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        Index("deliveries_by_age", "workspace_id", "ordinal"),
        Index("deliveries_by_event", "workspace_id", "event_id"),
        Index("dead_letters", "workspace_id", "ordinal", sqlite_where=_DEAD, postgresql_where=_DEAD),
    )
    delivery_id: str = Field(primary_key=True)
    workspace_id: str
    event_id: str
    message_id: str
    source_id: str
    destination_id: str
    status: int = Field(sa_type=BigInteger)
    reason: str
    attempts: int = Field(sa_type=BigInteger)
    event_type: str
    event_name: str
    received_us: int = Field(sa_type=BigInteger)
    updated_us: int = Field(sa_type=BigInteger)
    # 0 when no try is due.
    next_attempt_us: int = Field(sa_type=BigInteger)
    trace_id: str
    # Of the latest try, whatever it came to; empty for those of older releases.
    span_id: str
    version_id: str
    code_digest: str
    # Number of the replay that made it, 0 for the first way through.
    replay: int = Field(sa_type=BigInteger)
    ordinal: int = Field(sa_type=BigInteger)


class Evidence(SQLModel, table=True):
    """What a reader needs to understand the latest try that was no success: `Evidence` of the contract."""

    __tablename__ = "evidence"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (Index("evidence_by_age", "workspace_id", "destination_id", "ordinal"),)
    delivery_id: str = Field(primary_key=True)
    workspace_id: str
    destination_id: str
    status: int = Field(sa_type=BigInteger)
    evidence: bytes
    replay: int = Field(sa_type=BigInteger)
    ordinal: int = Field(sa_type=BigInteger)


class Replay(SQLModel, table=True):
    """Failures being sent on their way again. One replica at a time works on it: `owner`, while it renews its lease."""

    __tablename__ = "replays"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        Index("replays_by_request", "workspace_id", "request_id", unique=True),
        Index("replays_by_end", "finished_us"),
    )
    replay_id: str = Field(primary_key=True)
    workspace_id: str
    # None when the caller gave none.
    request_id: str | None
    token_id: str
    # `ReplayDeliveriesRequest` of the contract.
    request: bytes
    state: int = Field(sa_type=BigInteger)
    version: int = Field(sa_type=BigInteger)
    max_per_second: int = Field(sa_type=BigInteger)
    # What it is about: what failed up to this ordinal and was not replayed under a number up to this one.
    last_ordinal: int = Field(sa_type=BigInteger)
    last_number: int = Field(sa_type=BigInteger)
    # Ordinal up to which everything was claimed, skipped or found impossible.
    cursor: int = Field(sa_type=BigInteger)
    matched: int = Field(sa_type=BigInteger)
    published: int = Field(sa_type=BigInteger)
    # Counts by reason.
    skipped: dict[str, Any] = Field(sa_type=JSON)
    failed: dict[str, Any] = Field(sa_type=JSON)
    waiting_for: str
    owner: str
    owned_until_us: int = Field(sa_type=BigInteger)
    created_us: int = Field(sa_type=BigInteger)
    updated_us: int = Field(sa_type=BigInteger)
    # 0 until everything is settled.
    finished_us: int = Field(sa_type=BigInteger)


class Replayed(SQLModel, table=True):
    """A failure that was claimed by a replay: nobody else replays it. Kept when the failure is purged."""

    __tablename__ = "replayed"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        Index("replayed_by_number", "workspace_id", "number", unique=True),
        Index("replayed_by_replay", "replay_id", "published"),
    )
    delivery_id: str = Field(primary_key=True)
    workspace_id: str
    replay_id: str
    number: int = Field(sa_type=BigInteger)
    replayed_as: str
    # Whether the log is known to have it.
    published: bool
    # Last sequence of its stream before it was published: where to look for it after a crash.
    after_sequence: int = Field(sa_type=BigInteger)
    claimed_us: int = Field(sa_type=BigInteger)


class ReplayNumber(SQLModel, table=True):
    """The last number given to a replay of something; locked by all that claim in the workspace."""

    __tablename__ = "replay_numbers"  # pyright: ignore[reportAssignmentType]
    workspace_id: str = Field(primary_key=True)
    last: int = Field(sa_type=BigInteger)


class Usage(SQLModel, table=True):
    """What a function's instance used in a month."""

    __tablename__ = "usage"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (Index("usage_by_month", "month", "workspace_id"),)
    workspace_id: str = Field(primary_key=True)
    # `2026-11`.
    month: str = Field(primary_key=True)
    function_id: str = Field(primary_key=True)
    instance_id: str = Field(primary_key=True)
    invocations: int = Field(sa_type=BigInteger)
    wall_us: int = Field(sa_type=BigInteger)
    fuel: int = Field(sa_type=BigInteger)


class UsageNotice(SQLModel, table=True):
    """Word that so many percent of a month's allotment are used up; given once."""

    __tablename__ = "usage_notices"  # pyright: ignore[reportAssignmentType]
    workspace_id: str = Field(primary_key=True)
    month: str = Field(primary_key=True)
    percent: int = Field(sa_type=BigInteger, primary_key=True)
    notice_id: str
    noticed_us: int = Field(sa_type=BigInteger)
    # What was used by then, and the allotment of then.
    wall_us: int = Field(sa_type=BigInteger)
    allotment_us: int = Field(sa_type=BigInteger)
    # Whether the log has its event, or there was no source to take it.
    forwarded: bool
