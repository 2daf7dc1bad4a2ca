"""Brings entries of the audit trail into the log, as events of the workspaces' audit sources.

Entries wait in the outbox beside the changes of CONFIG, but for themselves: a source that takes no more keeps back its
own entries alone. An entry is forgotten only when the log has it, and INBOX knows one that is published again, within
two minutes; later its ids, which come from the entry's, tell that it is the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from penstock.event.v1 import inbound_pb2
from services.registry.cancelling import is_cancelled
from services.registry.store.outbox import AuditEvent, Outbox
from shared.bus import Ack, Publication
from shared.bus.audit_events import audit_publication
from shared.database import Database
from shared.errors import InvalidArgument, PenstockError

_BATCH = 100
# When a source takes events again, and what a replica that died has left, is found after this long at the latest.
_IDLE_S = 5.0

_log = structlog.get_logger()

Publish = Callable[[Sequence[Publication]], Awaitable[Sequence[Ack | PenstockError]]]


class AuditForwarder:
    """Drains what the outbox has for audit sources."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._outbox = Outbox(database)
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Look at once: something was committed."""
        self._wake.set()

    async def run(self, publish: Publish) -> None:
        """Forward until cancelled. What fails is tried again."""
        while not is_cancelled():
            self._wake.clear()
            try:
                await self.drain(publish)
            except Exception as error:  # noqa: BLE001 whatever fails, the outbox keeps what is to be done
                _log.warning("audit.forwarding_failed", error=type(error).__name__)
                self._wake.clear()
            if not is_cancelled():
                await self._sleep()

    async def drain(self, publish: Publish) -> None:
        """Publish all that the log takes now."""
        after, stuck = 0, set[str]()
        while True:
            # One replica at a time, so that no two publish the same.
            async with self._database.exclusive("audit_events"):
                events = await self._outbox.audit_events(after=after, limit=_BATCH)
                await self._publish(publish, events, stuck)
            if len(events) < _BATCH:
                return
            after = events[-1].id

    async def _publish(self, publish: Publish, events: Sequence[AuditEvent], stuck: set[str]) -> None:
        there = await self._outbox.existing_sources({each.source_id for each in events})
        gone = [each for each in events if each.source_id not in there]
        due = [each for each in events if each.source_id in there and each.source_id not in stuck]
        results = await publish([_publication(each) for each in due])
        done = [each.id for each in gone]
        for each, result in zip(due, results, strict=True):
            if isinstance(result, Ack) or _is_hopeless(each, result):
                done.append(each.id)
            else:
                stuck.add(each.source_id)
        if gone:
            _log.warning("audit.source_gone", entries=len(gone))
        if done:
            await self._outbox.forget(done)

    async def _sleep(self) -> None:
        try:
            async with asyncio.timeout(_IDLE_S):
                await self._wake.wait()
        except TimeoutError:
            return


def _publication(each: AuditEvent) -> Publication:
    return audit_publication(inbound_pb2.InboundEvent.FromString(each.event), each.entry_id)


def _is_hopeless(each: AuditEvent, error: PenstockError) -> bool:
    if isinstance(error, InvalidArgument):
        _log.error("audit.not_forwarded", entry=each.entry_id, reason=error.reason)
        return True
    return False
