"""How much the gateway holds at a time of what the log has not taken yet: its memory is bounded by this.

When the log hangs, requests wait; what comes above the bound is refused at once and comes again later.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Self

from shared.errors import ResourceExhausted, Unavailable

# What an event costs beside its content.
EVENT_BYTES = 2048
_RETRY_S = 1.0


class Room:
    """Bytes of events in flight, of which one source may have half."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._used_bytes = 0
        self._used_by: defaultdict[str, int] = defaultdict(int)

    def hold(self, source_id: str) -> Held:
        """Begin to hold what one request of the source brings."""
        return Held(self, source_id)

    def take(self, source_id: str, size_bytes: int) -> None:
        """Count bytes in. Raises ResourceExhausted (SOURCE_BUSY) and Unavailable (OVERLOADED)."""
        if self._used_by[source_id] + size_bytes > self._limit_bytes // 2:
            raise ResourceExhausted(
                "Too many events of this source are in flight.", reason="SOURCE_BUSY", retry_delay_s=_RETRY_S
            )
        if self._used_bytes + size_bytes > self._limit_bytes:
            raise Unavailable("The gateway holds as much as it may.", reason="OVERLOADED", retry_delay_s=_RETRY_S)
        self._used_bytes += size_bytes
        self._used_by[source_id] += size_bytes

    def give_back(self, source_id: str, size_bytes: int) -> None:
        """Count bytes out."""
        self._used_bytes -= size_bytes
        self._used_by[source_id] -= size_bytes
        if not self._used_by[source_id]:
            del self._used_by[source_id]


class Held:
    """What one request holds, until the block is left."""

    __slots__ = ("_room", "_size_bytes", "_source_id")

    def __init__(self, room: Room, source_id: str) -> None:
        self._room = room
        self._source_id = source_id
        self._size_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._room.give_back(self._source_id, self._size_bytes)

    def grow(self, size_bytes: int) -> None:
        """Hold more. Raises as `Room.take`."""
        self._room.take(self._source_id, size_bytes)
        self._size_bytes += size_bytes
