"""Publishes committed changes to CONFIG, in their order, however often NATS, the database or this process fails."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol

import structlog
from google.protobuf.message import Message

from penstock.config.v1 import config_pb2
from services.registry.cancelling import is_cancelled
from services.registry.store.outbox import Action, Change, Outbox
from shared.database import Database

_BATCH = 100
_PUT_TIMEOUT_S = 5.0
# What a replica that died has left is found after this long at the latest.
_IDLE_S = 5.0
# Short, since a deployment waits for it once NATS is back.
_MAX_BACKOFF_S = 1.0
# How long the answer to a change waits for its publication.
_PUBLISHED_S = 0.5
_FIRST_BACKOFF_S = 0.05

_MESSAGES: dict[Action, type[Message]] = {
    Action.SOURCE: config_pb2.SourceConfig,
    Action.DESTINATION: config_pb2.DestinationConfig,
    Action.INSTANCE: config_pb2.InstanceConfig,
    Action.TOKEN: config_pb2.TokenConfig,
    Action.WORKSPACE: config_pb2.WorkspaceConfig,
}


class ConfigWriter(Protocol):
    """The writing side of CONFIG. Its methods return when the server has the change."""

    async def put(self, key: str, value: Message) -> None:
        """Set a key."""
        ...

    async def delete(self, key: str) -> None:
        """Delete a key, which need not exist."""
        ...


class CodeWriter(Protocol):
    """The writing side of the object store CODE."""

    async def put_code(self, digest: str, code: bytes) -> None:
        """Keep source text under its SHA-256."""
        ...


class Publisher:
    """Drains the outbox.

    One replica drains at a time: two at once could publish an old value of a key after a new one, and CONFIG has
    nothing that tells them apart. The outbox has a key's changes in the order of their commits (see
    `Transactions.change`), and a change is forgotten only when it is published. So a crash between the two publishes
    it again, followed by all that came after it: readers end with the newest value.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._outbox = Outbox(database)
        self._wake = asyncio.Event()
        self._succeeds = False
        self._begun = 0
        self._ended = 0
        self._end = asyncio.Condition()
        self._log = structlog.get_logger()

    async def publish(self) -> None:
        """Publish what was committed, and wait for it: who is told of a change may use it at once.

        Waits half a second at most, and not at all while publishing fails: then the change is published later.
        """
        mine = self._begun + 1
        self._wake.set()
        if not self._succeeds:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(_PUBLISHED_S), self._end:
                await self._end.wait_for(lambda: self._ended >= mine)

    async def run(self, *, prepare: Callable[[], Awaitable[None]], config: ConfigWriter, code: CodeWriter) -> None:
        """Publish until cancelled. Failures are logged and tried again, after `prepare` has made what is missing."""
        failures, prepared = 0, False
        # A cancellation can meet the answer to a request and get lost in Python 3.11's `wait_for`: hence not for ever.
        while not is_cancelled():
            self._wake.clear()
            self._begun += 1
            try:
                if not prepared:
                    await prepare()
                while await self.drain(config=config, code=code):
                    pass
                failures, prepared, self._succeeds = 0, True, True
                await self._tell()
                if not is_cancelled():
                    await self._sleep()
            except Exception as error:  # noqa: BLE001 whatever fails, the outbox keeps what is to be done
                failures, prepared, self._succeeds = failures + 1, False, False
                self._log.warning("config.publish_failed", error=type(error).__name__, failures=failures)
                await asyncio.sleep(_backoff_s(failures))

    async def drain(self, *, config: ConfigWriter, code: CodeWriter) -> int:
        """Publish the oldest changes, and tell how many those were. Raises what the database or NATS raise."""
        async with self._database.exclusive("outbox"):
            changes = await self._outbox.pending(_BATCH)
            published: list[Change] = []
            try:
                for change in changes:
                    async with asyncio.timeout(_PUT_TIMEOUT_S):
                        await _publish(change, config, code)
                    published.append(change)
            finally:
                if published:
                    await self._outbox.forget([each.id for each in published])
        return len(changes)

    async def _tell(self) -> None:
        async with self._end:
            self._ended = self._begun
            self._end.notify_all()

    async def _sleep(self) -> None:
        try:
            async with asyncio.timeout(_IDLE_S):
                await self._wake.wait()
        except TimeoutError:
            return


async def _publish(change: Change, config: ConfigWriter, code: CodeWriter) -> None:
    match change.action:
        case Action.DELETE:
            await config.delete(change.key)
        case Action.CODE:
            await code.put_code(change.key, change.value)
        case _:
            await config.put(change.key, _MESSAGES[change.action].FromString(change.value))


def _backoff_s(failures: int) -> float:
    limit = min(_MAX_BACKOFF_S, _FIRST_BACKOFF_S * 2 ** min(failures, 10))
    return random.uniform(limit / 2, limit)  # noqa: S311 spreads replicas
