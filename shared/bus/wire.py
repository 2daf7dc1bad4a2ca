"""The client's short cuts: frames written as they are, and messages handed over as they are parsed.

nats-py's `publish` builds its frame header by header and awaits twice; a subscription makes an object, a place in a
queue and a turn of a task of each message. For publications and their acks that is most of what a hop does. Everything
that reaches into nats-py's own is here, and tests/integration/bus/test_wire.py tells when an upgrade moves it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nats.aio.client import Client

# Takes subject and payload; must not raise.
Take = Callable[[bytes, bytes], None]


class WireClient(Client):
    """nats-py's client with these two short cuts."""

    def __init__(self) -> None:
        super().__init__()
        self._takers: dict[int, Take] = {}

    async def hand_over(self, subject: str, take: Take) -> None:
        """Subscribe, and have `take` called with each message, also over later connections."""
        client: Any = self
        subscription = await client.subscribe(subject)
        self._takers[subscription._id] = take  # noqa: SLF001

    async def write(self, frames: bytes) -> None:
        """Send protocol text. What is written in one turn of the event loop goes out together."""
        client: Any = self
        await client._send_command(frames)  # noqa: SLF001
        if client._flush_queue.empty():  # noqa: SLF001
            await client._flush_pending()  # noqa: SLF001

    async def _process_msg(self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: Any) -> None:
        take = self._takers.get(sid)
        if take is None:
            await super()._process_msg(sid, subject, reply, data, headers)
        else:
            take(subject, data)
