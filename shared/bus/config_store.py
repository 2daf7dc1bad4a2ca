"""Writing CONFIG: what registry publishes for the way of an event."""

from __future__ import annotations

from google.protobuf.message import Message

from shared.bus import subjects
from shared.bus.connection import Bus
from shared.bus.frames import Publication

# The bucket's way to say that a key was deleted: the mark stays as the key's last value.
OPERATION_HEADER = "KV-Operation"
_DELETE = {OPERATION_HEADER: "DEL"}


def config_subject(key: str) -> str:
    """Subject under which the bucket keeps a key, or a pattern of keys."""
    return f"$KV.{subjects.CONFIG}.{key}"


class ConfigStore:
    """The key-value bucket CONFIG; keys as `config.proto` names them. Both methods may be repeated at will."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def put(self, key: str, value: Message) -> None:
        """Set a key. Raises Unavailable when the bucket did not take it."""
        await self._bus.publish(Publication(config_subject(key), value.SerializeToString()))

    async def delete(self, key: str) -> None:
        """Mark a key as deleted; the mark stays, so that a service that was down learns of it. Raises as `put`."""
        await self._bus.publish(Publication(config_subject(key), b"", headers=_DELETE))
