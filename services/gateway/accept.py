"""Taking events into the log: an event is accepted when INBOX has it, and only then."""

from __future__ import annotations

import time
from collections.abc import Sequence

from opentelemetry.trace import SpanContext

from penstock.config.v1 import config_pb2
from penstock.event.v1 import inbound_pb2
from shared.bus import Ack, Backlogs, Bus, Publication, backlog_full
from shared.bus.message_ids import inbound_id
from shared.bus.subjects import INBOX, inbox
from shared.errors import PenstockError
from shared.ids import new_id


class Acceptor:
    """Publishes events, as many as their source has room for."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._backlogs = Backlogs(bus, INBOX)

    async def accept(
        self, source: config_pb2.SourceConfig, publications: Sequence[Publication]
    ) -> list[Ack | PenstockError]:
        """Give for each publication the log's ack, or why the log did not take it."""
        room = await self._room(source, len(publications))
        results = await self._bus.publish_all(publications[:room])
        results += [backlog_full() for _ in publications[room:]]
        return results

    async def _room(self, source: config_pb2.SourceConfig, wanted: int) -> int:
        if not source.backlog_limit:
            return wanted
        return await self._backlogs.admit(inbox(source.workspace_id, source.source_id), source.backlog_limit, wanted)


def new_event(source: config_pb2.SourceConfig) -> inbound_pb2.InboundEvent:
    """Make an event that came in just now, still without content."""
    now_ns = time.time_ns()
    event = inbound_pb2.InboundEvent(
        event_id=new_id("evt"), workspace_id=source.workspace_id, source_id=source.source_id
    )
    event.received_at.seconds, event.received_at.nanos = divmod(now_ns, 1_000_000_000)
    return event


def tell_of_acceptance(event: inbound_pb2.InboundEvent, started_ns: int, parent: SpanContext | None) -> None:
    """Put into an event what a span of its acceptance would tell, should its trace turn out to be one to keep.

    `started_ns` is when its request came, `parent` the sender's span.
    """
    acceptance = event.acceptance
    acceptance.started_unix_nano = started_ns
    acceptance.webhook = event.HasField("request")
    acceptance.body_bytes = len(event.request.body if acceptance.webhook else event.message)
    if parent is not None:
        acceptance.parent_span_id = parent.span_id


def inbox_publication(event: inbound_pb2.InboundEvent, trace: dict[str, str], message_id: str = "") -> Publication:
    """Make the message that has the event; `trace` are the headers of its context.

    INBOX drops repeats of a `message_id`, which is the sender's; without one the event is like no other.
    """
    workspace_id, source_id = event.workspace_id, event.source_id
    return Publication(
        subject=inbox(workspace_id, source_id),
        payload=event.SerializeToString(),
        message_id=inbound_id(workspace_id, source_id, message_id or event.event_id),
        headers=trace,
    )
