"""How often a delivery was tried: a count of its own in the stream ATTEMPTS.

The consumer's own count of deliveries will not do: it also counts what the platform failed at (an executor that was
busy, a worker that died), and a try that is repeated after a crash would get another number and look like a new one. So
the count is kept by delivery: written after the outcome of a failed try and before the message is given back. A crash
between the two repeats the try under the same number, which the projector knows as a duplicate. Only what was given
back before is looked up, so a delivery that succeeds at once costs nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from nats.js.errors import NotFoundError

from services.delivery.publishing import publish_persistently
from shared.bus import Bus, Publication
from shared.bus.subjects import ATTEMPTS, attempts


class Attempts:
    """Counts of tries, of one source or destination."""

    def __init__(self, bus: Bus, owner_id: str) -> None:
        self._bus = bus
        self._owner_id = owner_id

    async def load(self, delivery_ids: Sequence[str]) -> Mapping[str, int]:
        """Give how often each was tried. Raises the client's errors when the log cannot be reached."""
        counts = await asyncio.gather(*(self._load(each) for each in delivery_ids))
        return dict(zip(delivery_ids, counts, strict=True))

    async def save(self, counts: Mapping[str, int]) -> None:
        """Store how often each was tried, waiting until the log is there."""
        await publish_persistently(
            self._bus,
            [Publication(attempts(self._owner_id, each), str(count).encode()) for each, count in counts.items()],
        )

    async def _load(self, delivery_id: str) -> int:
        try:
            stored = await self._bus.jetstream.get_last_msg(
                ATTEMPTS, attempts(self._owner_id, delivery_id), direct=True
            )
        except NotFoundError:
            return 0
        return int(stored.data)
