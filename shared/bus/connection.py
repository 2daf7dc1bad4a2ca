"""The connection to NATS: found again for ever after it was lost, and everybody who waits on it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import nats.errors
import structlog

from shared.bus.publisher import MAX_PENDING_BYTES, Publisher
from shared.bus.wire import WireClient

_log = structlog.get_logger()

_CONNECT_TIMEOUT_S = 2
_RECONNECT_WAIT_S = 0.25
_CLOSE_TIMEOUT_S = 2
# How long an answer of JetStream may take, for publications as for management.
JETSTREAM_TIMEOUT_S = 5.0
# Above what the publisher fills, so that no write ever waits for the server to read.
_WRITE_BUFFER_BYTES = 4 * MAX_PENDING_BYTES


class Bus:
    """One connection to NATS with its JetStream; `open` makes it."""

    def __init__(self, connection: WireClient) -> None:
        # The client's types leave holes that strict checking trips over.
        self.connection: Any = connection
        self.jetstream: Any = self.connection.jetstream(timeout=JETSTREAM_TIMEOUT_S)
        self._publisher = Publisher(connection, timeout_s=JETSTREAM_TIMEOUT_S)
        self.publish = self._publisher.publish
        self.publish_all = self._publisher.publish_all
        self._on_reconnect: dict[object, Callable[[], None]] = {}

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, *, name: str) -> AsyncGenerator[Bus]:
        """Connect, waiting as long as it takes until the server is there; leave to flush and close.

        `name` is what the server's own listings call this connection.
        """
        bus = cls(WireClient())
        try:
            await bus._connect(url, name)
            yield bus
        finally:
            await bus._close()

    @property
    def is_connected(self) -> bool:
        """Whether the server is reached at this moment."""
        return self.connection.is_connected

    @contextmanager
    def on_reconnect(self, call: Callable[[], None]) -> Generator[None]:
        """Have `call` called after each reconnection while the block runs: what the server owed us is lost then."""
        key = object()
        self._on_reconnect[key] = call
        try:
            yield
        finally:
            del self._on_reconnect[key]

    async def _connect(self, url: str, name: str) -> None:
        await self.connection.connect(
            url,
            name=name,
            connect_timeout=_CONNECT_TIMEOUT_S,
            reconnect_time_wait=_RECONNECT_WAIT_S,
            max_reconnect_attempts=-1,
            pending_size=_WRITE_BUFFER_BYTES,
            # Every subject is made by `subjects.py` from ids that registry made.
            skip_subject_validation=True,
            error_cb=_log_error,
            disconnected_cb=self._disconnected,
            reconnected_cb=self._reconnected,
        )
        await self._publisher.start()

    async def _close(self) -> None:
        # Whoever waited for an ack has it or an error. A server that hangs is left behind, and so is one that has just
        # died: the client tries to write to it once more.
        if self.connection.is_connected:
            with suppress(nats.errors.Error, OSError):
                await self.connection.flush(timeout=_CLOSE_TIMEOUT_S)
        with suppress(nats.errors.Error, OSError):
            async with asyncio.timeout(_CLOSE_TIMEOUT_S):
                await self.connection.close()

    async def _disconnected(self) -> None:
        if not self.connection.is_closed:
            _log.warning("nats.disconnected")
        self._publisher.fail_all()

    async def _reconnected(self) -> None:
        _log.info("nats.reconnected")
        for call in list(self._on_reconnect.values()):
            call()


async def _log_error(error: Exception) -> None:
    _log.warning("nats.error", error=str(error) or type(error).__name__)
