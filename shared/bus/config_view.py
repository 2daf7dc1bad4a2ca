"""Reading CONFIG: the current values in memory, kept up to date by a watch that outlives restarts of the server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any, TypeVar, cast

import nats.errors
import structlog
from google.protobuf.message import DecodeError, Message
from nats.js import api

from penstock.config.v1 import config_pb2
from shared.bus import subjects
from shared.bus.config_store import OPERATION_HEADER, config_subject
from shared.bus.connection import Bus
from shared.bus.puller import Held, Puller
from shared.errors import NotFound

_log = structlog.get_logger()

T = TypeVar("T", bound=Message)

_PREFIXES: Mapping[type[Message], str] = {
    config_pb2.SourceConfig: "source",
    config_pb2.DestinationConfig: "destination",
    config_pb2.InstanceConfig: "instance",
    config_pb2.TokenConfig: "token",
    config_pb2.WorkspaceConfig: "workspace",
}
_KINDS = {prefix: kind for kind, prefix in _PREFIXES.items()}
_BATCH = 500
# The server removes the watch's consumer when nobody has pulled for so long.
_INACTIVE_S = 60.0
_RETRY_S = 0.5


class ConfigView:
    """The values of some kinds. A value that cannot be read leaves the one before in force."""

    def __init__(self, bus: Bus, kinds: Sequence[type[Message]]) -> None:
        self._bus = bus
        self._kinds = list(kinds)
        self._values: dict[str, dict[str, Message]] = {_PREFIXES[kind]: {} for kind in kinds}
        self._deleted: dict[str, set[str]] = {_PREFIXES[kind]: set() for kind in kinds}
        self._revisions: dict[str, int] = {}
        self._ready = asyncio.Event()
        self._changed = asyncio.Condition()
        self.version = 0

    @asynccontextmanager
    async def watch(self) -> AsyncGenerator[ConfigView]:
        """Keep the view up to date while the block runs."""
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(self._run())
            try:
                yield self
            finally:
                task.cancel()

    async def ready(self) -> None:
        """Wait until all values that the bucket held at the start are here."""
        await self._ready.wait()

    @property
    def is_ready(self) -> bool:
        """Whether `ready` would return at once."""
        return self._ready.is_set()

    def get(self, kind: type[T], key: str) -> T | None:
        """Give the value of `<prefix>.<key>`; do not change it."""
        return cast("T | None", self._values[_PREFIXES[kind]].get(key))

    def all(self, kind: type[T]) -> Mapping[str, T]:
        """Give all values of a kind by key without its prefix, as a view of what is current."""
        return MappingProxyType(cast("dict[str, T]", self._values[_PREFIXES[kind]]))

    def deleted(self, kind: type[Message]) -> frozenset[str]:
        """Give the keys that were deleted: not those that are merely absent, as a bucket made anew may be behind."""
        return frozenset(self._deleted[_PREFIXES[kind]])

    async def changed(self, since: int) -> int:
        """Wait until `version` is past `since`, and give it. Changes that come together count as one."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.version > since)
            return self.version

    async def _run(self) -> None:
        while True:
            try:
                await self._follow()
            except (NotFound, TimeoutError, nats.errors.Error) as error:
                _log.info("config.watch_restarted", reason=str(error) or type(error).__name__)
                await asyncio.sleep(_RETRY_S)

    async def _follow(self) -> None:
        """Read the last value of every key, then what changes, until the watch's consumer is gone.

        That happens with each restart of the server. Everything is read anew then, and what is known is passed over.
        """
        info = await self._bus.jetstream.add_consumer(f"KV_{subjects.CONFIG}", self._consumer())
        if not info.num_pending:
            self._ready.set()
        puller = Puller(self._bus, stream=f"KV_{subjects.CONFIG}", consumer=str(info.name))
        async with puller.open():
            while True:
                await self._apply(await puller.fetch(_BATCH))

    def _consumer(self) -> api.ConsumerConfig:
        return api.ConsumerConfig(
            deliver_policy=api.DeliverPolicy.LAST_PER_SUBJECT,
            ack_policy=api.AckPolicy.NONE,
            filter_subjects=[config_subject(f"{_PREFIXES[kind]}.*") for kind in self._kinds],
            inactive_threshold=_INACTIVE_S,
            mem_storage=True,
            num_replicas=1,
        )

    async def _apply(self, entries: list[Held]) -> None:
        async with self._changed:
            changes = sum(self._take(entry) for entry in entries)
            if changes:
                self.version += 1
                self._changed.notify_all()
        if entries[-1].pending == 0:
            self._ready.set()

    def _take(self, entry: Held) -> bool:
        prefix, _, key = entry.subject.removeprefix(config_subject("")).partition(".")
        if self._revisions.get(entry.subject) == entry.sequence:
            return False
        self._revisions[entry.subject] = entry.sequence
        if entry.headers.get(OPERATION_HEADER):
            self._deleted[prefix].add(key)
            self._values[prefix].pop(key, None)
            return True
        value = _parse(_KINDS[prefix], entry)
        if value is not None:
            self._values[prefix][key] = value
            self._deleted[prefix].discard(key)
        return value is not None


def _parse(kind: type[Message], entry: Held) -> Any:
    try:
        return kind.FromString(entry.data)
    except DecodeError:
        _log.error("config.unreadable", subject=entry.subject, sequence=entry.sequence)
        return None
