"""Which executor runs an instance: the less busy of the two that rendezvous hashing names for it.

The same two each time keep an instance's sandboxes warm where they ran before; a second one keeps a busy process from
holding it up (the power of two choices).
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Mapping
from contextlib import contextmanager

import grpc


class ExecutorChoice:
    """Knows the executors' channels by address, and how many calls each has in flight from here."""

    def __init__(self, channels: Mapping[str, grpc.aio.Channel]) -> None:
        self._channels = dict(channels)
        self._in_flight = dict.fromkeys(self._channels, 0)

    @contextmanager
    def channel(self, instance_id: str, /) -> Generator[grpc.aio.Channel]:
        """Choose a channel for one call; count the call as in flight until the block ends."""
        address = min(self.candidates(instance_id), key=self._in_flight.__getitem__)
        self._in_flight[address] += 1
        try:
            yield self._channels[address]
        finally:
            self._in_flight[address] -= 1

    def candidates(self, instance_id: str) -> list[str]:
        """The (at most) two addresses for an instance; they change only when executors come or go."""
        return sorted(self._channels, key=lambda address: _weight(instance_id, address), reverse=True)[:2]


def _weight(instance_id: str, address: str) -> bytes:
    return hashlib.blake2b(f"{instance_id} {address}".encode(), digest_size=8).digest()
