"""Taking events into the log: an event is accepted when INBOX has it, and only then."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from google.protobuf.timestamp_pb2 import Timestamp
from opentelemetry.trace import SpanContext

from penstock.config.v1 import config_pb2
from penstock.event.v1 import inbound_pb2
from shared.bus import Ack, Backlogs, Bus, Publication, backlog_full
from shared.bus.message_ids import inbound_id
from shared.bus.subjects import INBOX, inbox
from shared.errors import PenstockError
from shared.ids import new_id
from shared.telemetry.propagation import inject


@dataclass(frozen=True, slots=True)
class Arrival:
    """An event that came in: a webhook, or a Segment message with the `messageId` it may have."""

    content: inbound_pb2.HttpRequest | bytes
    message_id: str = ""


class Acceptor:
    """Gives events their ids and publishes them."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._backlogs = Backlogs(bus, INBOX)

    async def accept(
        self,
        source: config_pb2.SourceConfig,
        arrivals: Sequence[Arrival],
        contexts: Sequence[SpanContext],
        *,
        started_ns: int,
        parent: SpanContext | None = None,
    ) -> list[str | PenstockError]:
        """Publish events, each in the trace of its context; give for each its id, or why the log did not take it.

        `started_ns` is when their request came, `parent` the sender's span.
        """
        events = [_event(source, arrival) for arrival in arrivals]
        for event, context in zip(events, contexts, strict=True):
            if not context.trace_flags.sampled:
                _tell_of_acceptance(event, started_ns, parent)
        publications = [
            _publication(event, arrival.message_id or event.event_id, context)
            for event, arrival, context in zip(events, arrivals, contexts, strict=True)
        ]
        room = await self._room(source, len(publications))
        results = await self._bus.publish_all(publications[:room])
        results += [backlog_full() for _ in publications[room:]]
        return [
            event.event_id if isinstance(result, Ack) else result for event, result in zip(events, results, strict=True)
        ]

    async def _room(self, source: config_pb2.SourceConfig, wanted: int) -> int:
        if not source.backlog_limit:
            return wanted
        return await self._backlogs.admit(inbox(source.workspace_id, source.source_id), source.backlog_limit, wanted)


def _event(source: config_pb2.SourceConfig, arrival: Arrival) -> inbound_pb2.InboundEvent:
    received_at = Timestamp()
    received_at.FromNanoseconds(time.time_ns())
    event = inbound_pb2.InboundEvent(
        event_id=new_id("evt"),
        workspace_id=source.workspace_id,
        source_id=source.source_id,
        received_at=received_at,
    )
    if isinstance(arrival.content, bytes):
        event.message = arrival.content
    else:
        event.request.CopyFrom(arrival.content)
    return event


def _tell_of_acceptance(event: inbound_pb2.InboundEvent, started_ns: int, parent: SpanContext | None) -> None:
    acceptance = event.acceptance
    acceptance.started_unix_nano = started_ns
    acceptance.webhook = event.HasField("request")
    acceptance.body_bytes = len(event.request.body if acceptance.webhook else event.message)
    if parent is not None:
        acceptance.parent_span_id = parent.span_id


def _publication(event: inbound_pb2.InboundEvent, message_id: str, context: SpanContext) -> Publication:
    return Publication(
        subject=inbox(event.workspace_id, event.source_id),
        payload=event.SerializeToString(),
        message_id=inbound_id(event.workspace_id, event.source_id, message_id),
        headers=inject(context),
    )
