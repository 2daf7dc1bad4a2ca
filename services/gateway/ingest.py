"""`IngestService`: Segment messages from programs, each accepted or refused on its own."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

from opentelemetry.trace import SpanContext, SpanKind

from penstock.config.v1 import config_pb2
from penstock.ingest.v1 import ingest_service_pb2 as contract
from penstock.ingest.v1 import ingest_service_pb2_grpc as contract_grpc
from services.gateway.accept import Acceptor, Arrival
from services.gateway.messages import MessageRefused, check_message
from shared.bus import ConfigView
from shared.errors import FailedPrecondition, InvalidArgument, PenstockError, Unauthenticated
from shared.rpc import caller
from shared.telemetry import attributes as names
from shared.telemetry.propagation import current_context
from shared.telemetry.tracing import Tracing

_MAX_MESSAGES = 500


class IngestService(contract_grpc.IngestServiceServicer):
    """Takes messages for the source whose write key the caller holds."""

    def __init__(self, *, config: ConfigView, acceptor: Acceptor, tracing: Tracing, message_bytes: int) -> None:
        self._config = config
        self._acceptor = acceptor
        self._tracing = tracing
        self._message_bytes = message_bytes

    async def Ingest(self, request: contract.IngestRequest, context: Any) -> contract.IngestResponse:
        """Take the messages of one request."""
        return contract.IngestResponse(results=await self._take(self._source(), request.messages))

    async def IngestStream(
        self,
        request_iterator: AsyncIterator[contract.IngestStreamRequest],
        context: Any,
    ) -> AsyncIterator[contract.IngestStreamResponse]:
        """Take the messages of each request of a stream; the source may change its settings meanwhile."""
        async for request in request_iterator:
            yield contract.IngestStreamResponse(results=await self._take(self._source(), request.messages))

    def _source(self) -> config_pb2.SourceConfig:
        token = caller().source
        source = self._config.get(config_pb2.SourceConfig, token.source_id) if token else None
        if source is None:
            raise Unauthenticated("The write key's source is no more.", reason="UNKNOWN_SOURCE")
        if not source.enabled:
            raise FailedPrecondition("The source is disabled.", reason="SOURCE_DISABLED")
        return source

    async def _take(self, source: config_pb2.SourceConfig, messages: Sequence[bytes]) -> list[contract.IngestResult]:
        if not 1 <= len(messages) <= _MAX_MESSAGES:
            raise InvalidArgument(f"A request has 1 to {_MAX_MESSAGES} messages.", reason="MESSAGE_COUNT")
        results = [contract.IngestResult() for _ in messages]
        good: list[tuple[contract.IngestResult, Arrival]] = []
        for result, message in zip(results, messages, strict=True):
            try:
                message_id = check_message(message, size_bytes=self._message_bytes)
                good.append((result, Arrival(message, message_id)))
            except MessageRefused as refused:
                result.refused = str(refused)
        await self._accept(source, good)
        return results

    async def _accept(
        self, source: config_pb2.SourceConfig, good: Sequence[tuple[contract.IngestResult, Arrival]]
    ) -> None:
        """Publish what is good; when the log did not take all of it the call fails, and the client repeats it all."""
        start_ns, parent = time.time_ns(), current_context()
        contexts = [self._tracing.begin(parent) for _ in good]
        accepted = await self._acceptor.accept(source, [arrival for _, arrival in good], contexts)
        for (result, _), event_id, context in zip(good, accepted, contexts, strict=True):
            if isinstance(event_id, PenstockError):
                raise event_id
            result.event_id = event_id
            self._record(source, event_id, start_ns, parent, context)

    def _record(
        self,
        source: config_pb2.SourceConfig,
        event_id: str,
        start_ns: int,
        parent: SpanContext | None,
        context: SpanContext,
    ) -> None:
        self._tracing.record_span(
            "accept",
            start_ns=start_ns,
            end_ns=time.time_ns(),
            parent=parent,
            context=context,
            kind=SpanKind.SERVER,
            attributes={
                names.EVENT_ID: event_id,
                names.WORKSPACE: source.workspace_id,
                names.SOURCE: source.source_id,
            },
        )
