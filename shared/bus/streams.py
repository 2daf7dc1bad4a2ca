"""The streams of an installation, declared in one place: made when missing, brought up to date when not."""

from __future__ import annotations

from dataclasses import replace

import structlog
from nats.js import api
from nats.js.errors import NotFoundError, ServerError
from pydantic import BaseModel, Field

from shared.bus import subjects
from shared.bus.connection import Bus

_log = structlog.get_logger()

_HOUR_S = 3600.0
_NO_STORAGE = 10047
# How long a stream remembers message ids.
_DUPLICATE_WINDOW_S = 120.0
# Past this time after its latest try a delivery's count of tries is forgotten: it is then tried more often, not less.
_ATTEMPTS_AGE_S = 7 * 24 * _HOUR_S
# Nothing of the month before matters.
_EXECUTION_AGE_S = 32 * 24 * _HOUR_S
# A month's usage can be seen for 13 months after its last event.
_USAGE_AGE_S = 13 * 31 * 24 * _HOUR_S
# Past a restart the server knows the ids of those messages alone that it keeps: with one per subject, an increment
# whose ack the restart took would be counted twice if another executor's came after it.
_USAGE_PER_SUBJECT = 16
# Increments are few, so their ids can be remembered for longer than a connection is usually away.
_USAGE_DUPLICATE_WINDOW_S = 600.0


class StreamLimits(BaseModel, frozen=True):
    """How much may wait in the log."""

    inbox_per_source: int = Field(default=100_000, description="Inbound events that may wait for a source.")
    deliveries_per_destination: int = Field(default=100_000, description="Deliveries that may wait for a destination.")
    inbox_bytes: int = Field(
        default=2 * 1024**3, description="Bytes of inbound events that may wait, over all sources."
    )
    deliveries_bytes: int = Field(
        default=8 * 1024**3, description="Bytes of deliveries that may wait, over all destinations."
    )
    outcomes_age_s: float = Field(default=7 * 24 * _HOUR_S, description="Seconds that outcomes wait for the projector.")
    outcomes_bytes: int = Field(default=4 * 1024**3, description="Bytes of outcomes that wait for the projector.")
    replicas: int = Field(default=1, description="Servers that keep each message; more than one needs a NATS cluster.")


async def declare_streams(bus: Bus, limits: StreamLimits) -> None:
    """Make or update every stream and bucket; may be repeated at will. delivery, which has the limits, does it."""
    for config in stream_configs(limits):
        await _declare(bus, config)
    await declare_config(bus, replicas=limits.replicas)


async def declare_config(bus: Bus, *, replicas: int = 1) -> None:
    """Make the buckets CONFIG and CODE where they are missing; registry needs them before delivery is there."""
    await bus.jetstream.create_key_value(
        bucket=subjects.CONFIG, history=1, storage=api.StorageType.FILE, replicas=replicas, direct=True
    )
    await bus.jetstream.create_object_store(
        bucket=subjects.CODE, config=api.ObjectStoreConfig(storage=api.StorageType.FILE, replicas=replicas)
    )


def stream_configs(limits: StreamLimits) -> list[api.StreamConfig]:
    """The streams as JetStream knows them, without the buckets."""
    return [
        _work_queue(subjects.INBOX, "inbox.*.*", limits.inbox_per_source, limits.inbox_bytes, limits.replicas),
        _work_queue(
            subjects.DELIVERIES,
            "deliveries.*.*",
            limits.deliveries_per_destination,
            limits.deliveries_bytes,
            limits.replicas,
        ),
        api.StreamConfig(
            name=subjects.OUTCOMES,
            subjects=["outcomes.*"],
            retention=api.RetentionPolicy.LIMITS,
            storage=api.StorageType.FILE,
            max_age=limits.outcomes_age_s,
            max_bytes=limits.outcomes_bytes,
            duplicate_window=_DUPLICATE_WINDOW_S,
            num_replicas=limits.replicas,
        ),
        api.StreamConfig(
            name=subjects.ATTEMPTS,
            subjects=["attempts.*.*"],
            retention=api.RetentionPolicy.LIMITS,
            storage=api.StorageType.FILE,
            max_age=_ATTEMPTS_AGE_S,
            max_msgs_per_subject=1,
            allow_direct=True,
            num_replicas=limits.replicas,
        ),
        api.StreamConfig(
            name=subjects.FAILING,
            subjects=["failing.*.*"],
            retention=api.RetentionPolicy.LIMITS,
            storage=api.StorageType.FILE,
            max_msgs_per_subject=1,
            num_replicas=limits.replicas,
        ),
        api.StreamConfig(
            name=subjects.EXECUTION,
            subjects=["execution.*"],
            retention=api.RetentionPolicy.LIMITS,
            storage=api.StorageType.FILE,
            max_age=_EXECUTION_AGE_S,
            max_msgs_per_subject=1,
            num_replicas=limits.replicas,
        ),
        api.StreamConfig(
            name=subjects.USAGE,
            subjects=["usage.*.*.*"],
            retention=api.RetentionPolicy.LIMITS,
            storage=api.StorageType.FILE,
            max_age=_USAGE_AGE_S,
            max_msgs_per_subject=_USAGE_PER_SUBJECT,
            allow_msg_counter=True,
            allow_direct=True,
            duplicate_window=_USAGE_DUPLICATE_WINDOW_S,
            num_replicas=limits.replicas,
        ),
    ]


def _work_queue(name: str, subject: str, per_subject: int, size_bytes: int, replicas: int) -> api.StreamConfig:
    return api.StreamConfig(
        name=name,
        subjects=[subject],
        retention=api.RetentionPolicy.WORK_QUEUE,
        storage=api.StorageType.FILE,
        discard=api.DiscardPolicy.NEW,
        discard_new_per_subject=True,
        max_msgs_per_subject=per_subject,
        max_bytes=size_bytes,
        duplicate_window=_DUPLICATE_WINDOW_S,
        num_replicas=replicas,
    )


async def _declare(bus: Bus, config: api.StreamConfig) -> None:
    try:
        await _update_or_add(bus, config)
    except ServerError as error:
        if error.err_code != _NO_STORAGE:
            raise
        # The server sets aside what a stream may hold, and this disk has less than that. It refuses when it is full.
        _log.warning("stream.without_bound", stream=config.name, wanted_bytes=config.max_bytes)
        await _update_or_add(bus, replace(config, max_bytes=-1))


async def _update_or_add(bus: Bus, config: api.StreamConfig) -> None:
    try:
        await bus.jetstream.update_stream(config)
    except NotFoundError:
        await bus.jetstream.add_stream(config)
        _log.info("stream.created", stream=config.name)
