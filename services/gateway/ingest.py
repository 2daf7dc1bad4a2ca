"""`IngestService`: Segment messages from programs, each accepted or refused on its own."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from typing import Any, cast

from opentelemetry.trace import SpanContext

from penstock.config.v1 import config_pb2
from penstock.ingest.v1 import ingest_service_pb2 as contract
from penstock.ingest.v1 import ingest_service_pb2_grpc as contract_grpc
from services.gateway import metrics
from services.gateway.accept import Acceptor, Arrival
from services.gateway.messages import MessageRefused, check_message
from shared.bus import ConfigView
from shared.errors import FailedPrecondition, InvalidArgument, PenstockError, Unauthenticated
from shared.rpc import caller
from shared.telemetry.accepting import Accepting, record_accepting
from shared.telemetry.propagation import extract, work_on
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
        results = await self._take(self._source(), request.messages, _caller_span(context))
        return contract.IngestResponse(results=results)

    async def IngestStream(
        self,
        request_iterator: AsyncIterator[contract.IngestStreamRequest],
        context: Any,
    ) -> AsyncIterator[contract.IngestStreamResponse]:
        """Take the messages of each request of a stream; the source may change its settings meanwhile."""
        async for request in request_iterator:
            results = await self._take(self._source(), request.messages, _caller_span(context))
            yield contract.IngestStreamResponse(results=results)

    def _source(self) -> config_pb2.SourceConfig:
        token = caller().source
        source = self._config.get(config_pb2.SourceConfig, token.source_id) if token else None
        if source is None:
            raise Unauthenticated("The write key's source is no more.", reason="UNKNOWN_SOURCE")
        if not source.enabled:
            raise FailedPrecondition("The source is disabled.", reason="SOURCE_DISABLED")
        return source

    async def _take(
        self, source: config_pb2.SourceConfig, messages: Sequence[bytes], caller_span: SpanContext | None
    ) -> list[contract.IngestResult]:
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
                metrics.count(source.source_id, metrics.GRPC, result.refused)
        await self._accept(source, good, caller_span)
        return results

    async def _accept(
        self,
        source: config_pb2.SourceConfig,
        good: Sequence[tuple[contract.IngestResult, Arrival]],
        caller_span: SpanContext | None,
    ) -> None:
        """Publish what is good; when the log did not take all of it the call fails, and the client repeats it all.

        Each message has a trace of its own: the caller's, if it is the only one, else a new one linked to it.
        """
        start_ns, parent = time.time_ns(), caller_span if len(good) == 1 else None
        contexts = [self._tracing.begin(parent, from_outside=True) for _ in good]
        work_on(lambda: contexts)
        arrivals = [arrival for _, arrival in good]
        results = await self._acceptor.accept(source, arrivals, contexts, started_ns=start_ns, parent=parent)
        end_ns = time.time_ns()
        for arrival, context, result in zip(arrivals, contexts, results, strict=True):
            refused = result.reason if isinstance(result, PenstockError) else ""
            metrics.count(source.source_id, metrics.GRPC, refused or metrics.ACCEPTED)
            if not self._tracing.keeps(context, start_ns, end_ns, refused or None):
                continue
            accepting = Accepting(
                context=context,
                parent=parent,
                start_ns=start_ns,
                end_ns=end_ns,
                body_bytes=len(cast("bytes", arrival.content)),
                workspace_id=source.workspace_id,
                source_id=source.source_id,
                event_id="" if isinstance(result, PenstockError) else result,
                error=refused,
                links=() if parent is caller_span or caller_span is None else (caller_span,),
            )
            record_accepting(self._tracing, accepting)
        metrics.DURATION.record((end_ns - start_ns) / 1e9, (metrics.GRPC,))
        for (answer, _), result in zip(good, results, strict=True):
            if isinstance(result, PenstockError):
                raise result
            answer.event_id = result


def _caller_span(context: Any) -> SpanContext | None:
    return extract(context.invocation_metadata())
