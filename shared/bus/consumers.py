"""Durable pull consumers: one per source, one per destination, made and removed with it.

A consumer of its own keeps a hanging destination's backlog away from everybody else. All replicas of delivery share it.
"""

from __future__ import annotations

from nats.js import api
from nats.js.errors import NotFoundError

from shared.bus.connection import Bus

_UNLIMITED = -1


async def declare_consumer(
    bus: Bus, *, stream: str, name: str, subject: str, ack_wait_s: float, max_ack_pending: int = _UNLIMITED
) -> None:
    """Make the consumer, or leave it as it is.

    `ack_wait_s` is the time after which a message is given to somebody else unless it is acknowledged or extended.
    Messages that wait for a retry count as pending acknowledgement, so that number has no limit by default, and neither
    has the number of deliveries: when to give up is decided by what the tries came to.
    """
    await bus.jetstream.add_consumer(
        stream,
        api.ConsumerConfig(
            durable_name=name,
            name=name,
            ack_policy=api.AckPolicy.EXPLICIT,
            ack_wait=ack_wait_s,
            max_deliver=_UNLIMITED,
            max_ack_pending=max_ack_pending,
            filter_subject=subject,
        ),
    )


async def remove_consumer(bus: Bus, *, stream: str, name: str, subject: str) -> None:
    """Remove the consumer and every message that waited for it. Does nothing where there is none."""
    try:
        await bus.jetstream.delete_consumer(stream, name)
    except NotFoundError:
        return
    await bus.jetstream.purge_stream(stream, subject=subject)
