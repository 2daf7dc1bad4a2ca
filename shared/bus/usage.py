"""The stream USAGE: what each workspace used in each month (UTC), in counters that the server adds up (NATS ADR-49)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

import nats.errors
import nats.js.errors

from shared.bus import subjects
from shared.bus.connection import Bus
from shared.bus.frames import Publication
from shared.errors import Unavailable

_INCREMENT_HEADER = "Nats-Incr"
_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class MonthlyUsage:
    """What a workspace's functions used in a month, up to a few seconds ago: time inside the guest, and events."""

    compute_s: float
    events: int


def month_of(time_s: float) -> str:
    """Give the month (UTC) of a time in seconds since 1970, as USAGE names it: `yyyy-mm`."""
    return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m")


def increment(subject: str, amount: int, *, message_id: str) -> Publication:
    """Make the message that adds to a counter; the total is in its ack. Adding 0 only asks."""
    return Publication(subject, b"", message_id=message_id, headers={_INCREMENT_HEADER: str(amount)})


async def usage_of(bus: Bus, workspace_id: str, month: str) -> MonthlyUsage:
    """Read a workspace's usage in a month, `yyyy-mm`.

    All is 0 where nothing ran, and for months that ended 13 months ago or earlier. Raises Unavailable.
    """
    compute_us = await _total(bus, subjects.compute_us(workspace_id, month))
    events = await _total(bus, subjects.events(workspace_id, month))
    return MonthlyUsage(compute_us / _MICROSECONDS, events)


async def _total(bus: Bus, subject: str) -> int:
    try:
        last = await bus.jetstream.get_last_msg(subjects.USAGE, subject, direct=True)
    except nats.js.errors.NotFoundError:
        return 0
    except (TimeoutError, nats.errors.Error) as error:
        raise Unavailable(f"The usage could not be read: {error}", reason="LOG_UNAVAILABLE") from error
    return int(json.loads(last.data)["val"])
