"""Settings of delivery."""

from __future__ import annotations

from pydantic import BaseModel, Field

from services.delivery.circuit import CircuitPolicy
from services.delivery.retry import RetryPolicy
from shared.bus import StreamLimits
from shared.database.settings import DatabaseSettings

_HOUR_S = 3600.0


class LaneLimits(BaseModel, frozen=True):
    """How much of one source's or destination's log is worked on at a time."""

    concurrency: int = Field(default=100, description="Events worked on at a time.")
    concurrency_beside_others: int = Field(
        default=16,
        ge=1,
        description="The same while other workspaces have work: as many as run at a time in two executors, so that no "
        "backlog queues there before everybody else's events.",
    )
    ack_wait_s: float = Field(default=10.0, description="Seconds after which the events of a dead worker come again.")


class ReadModelLimits(BaseModel, frozen=True):
    """How much of what became of events is kept to be looked at."""

    deliveries_per_workspace: int = Field(default=10_000, description="Newest deliveries kept, besides dead letters.")
    failures_per_destination: int = Field(default=100, description="Failures whose evidence is kept.")
    remembered_tries: int = Field(default=500_000, description="Latest tries by which repeated ones are known.")
    event_names_per_hour: int = Field(
        default=200, ge=0, description="Names of events that a workspace's metrics tell apart in an hour."
    )


class ReplayLimits(BaseModel, frozen=True):
    """How failures are replayed."""

    max_per_second: int = Field(default=1000, ge=1, description="Highest rate that a replay may ask for.")
    unfinished_per_workspace: int = Field(default=10, ge=1, description="Replays of a workspace at a time.")
    lease_s: float = Field(default=10.0, gt=0, description="Seconds after which another replica takes over a replay.")


class DeliverySettings(DatabaseSettings):
    """What delivery works with."""

    streams: StreamLimits = Field(default_factory=StreamLimits, description="Limits of the log.")
    sources: LaneLimits = Field(default_factory=LaneLimits, description="How sources are worked on.")
    destinations: LaneLimits = Field(default_factory=LaneLimits, description="How destinations are worked on.")
    read_models: ReadModelLimits = Field(default_factory=ReadModelLimits, description="What is kept of outcomes.")
    replays: ReplayLimits = Field(default_factory=ReplayLimits, description="How failures are replayed.")
    monthly_execution_s: float = Field(
        default=0.0,
        ge=0,
        description="Seconds that a workspace's functions may take in a calendar month (UTC); 0 for no bound.",
    )
    lock_out: bool = Field(
        default=False,
        description="Whether functions of every workspace stop at the end of that time; else where its owner says so.",
    )
    drain_s: float = Field(default=8.0, description="Seconds for running events to finish in at the end.")
    invoke_timeout_s: float = Field(default=60.0, description="Deadline of a call to an executor.")
    source_retry: RetryPolicy = Field(
        default=RetryPolicy(caps_s=(1, 5, 30, 120), attempts=5, period_s=0),
        description="How source functions are tried again.",
    )
    circuit: CircuitPolicy = Field(
        default_factory=CircuitPolicy, description="When a destination's deliveries stop for a while."
    )
    disable_after_days: float = Field(
        default=5.0,
        ge=0,
        description="Days without a single success after which a destination that fails is switched off; 0 for never.",
    )
    destination_retry: RetryPolicy = Field(
        default=RetryPolicy(caps_s=(1, 4, 15, 60, 240, 900, 1800, 3600), attempts=10, period_s=4 * _HOUR_S),
        description="How deliveries are tried again.",
    )
