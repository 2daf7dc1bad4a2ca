"""`IngestService`: Segment messages from programs, each accepted or refused on its own."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from google.protobuf.internal.containers import RepeatedCompositeFieldContainer
from opentelemetry.trace import SpanContext

from penstock.config.v1 import config_pb2
from penstock.ingest.v1 import ingest_service_pb2 as contract
from penstock.ingest.v1 import ingest_service_pb2_grpc as contract_grpc
from services.gateway import metrics
from services.gateway.accept import Acceptor, inbox_publication, new_event, tell_of_acceptance
from services.gateway.messages import MessageRefused, check_message
from services.gateway.room import EVENT_BYTES, Room
from services.gateway.tokens import Tokens
from shared.bus import Publication
from shared.errors import FailedPrecondition, InvalidArgument, PenstockError, Unauthenticated
from shared.rpc.access import caller
from shared.telemetry.accepting import Accepting, record_accepting
from shared.telemetry.propagation import extract, inject, work_on
from shared.telemetry.tracing import Tracing

_MAX_MESSAGES = 500

Results: TypeAlias = RepeatedCompositeFieldContainer[contract.IngestResult]


@dataclass(frozen=True, slots=True)
class _Taken:
    """A message that is good, and where to say so."""

    message: bytes
    message_id: str
    result: contract.IngestResult


class IngestService(contract_grpc.IngestServiceServicer):
    """Takes messages for the source whose write key the caller holds."""

    def __init__(self, *, tokens: Tokens, acceptor: Acceptor, tracing: Tracing, room: Room, message_bytes: int) -> None:
        self._tokens = tokens
        self._acceptor = acceptor
        self._tracing = tracing
        self._room = room
        self._message_bytes = message_bytes

    async def Ingest(self, request: contract.IngestRequest, context: Any) -> contract.IngestResponse:
        """Take the messages of one request."""
        response = contract.IngestResponse()
        await self._take(request.messages, response.results, _caller_span(context))
        return response

    async def IngestStream(
        self,
        request_iterator: AsyncIterator[contract.IngestStreamRequest],
        context: Any,
    ) -> AsyncIterator[contract.IngestStreamResponse]:
        """Take the messages of each request of a stream; the source may change its settings meanwhile."""
        async for request in request_iterator:
            response = contract.IngestStreamResponse()
            await self._take(request.messages, response.results, _caller_span(context))
            yield response

    def _source(self) -> config_pb2.SourceConfig:
        # Asked anew for each request of a stream, which may outlive the key that opened it.
        source = self._tokens.source_of_digest(caller().token_digest)
        if source is None:
            raise Unauthenticated("The write key opens no source any more.", reason="UNKNOWN_SOURCE")
        if not source.enabled:
            raise FailedPrecondition("The source is disabled.", reason="SOURCE_DISABLED")
        return source

    async def _take(self, messages: Sequence[bytes], results: Results, caller_span: SpanContext | None) -> None:
        """Publish what is good; when the log did not take all of it the call fails, and the client repeats it all.

        Each message has a trace of its own: the caller's, if it is the only one, else a new one linked to it.
        """
        source = self._source()
        if not 1 <= len(messages) <= _MAX_MESSAGES:
            raise InvalidArgument(f"A request has 1 to {_MAX_MESSAGES} messages.", reason="MESSAGE_COUNT")
        with self._room.hold(source.source_id) as held:
            held.grow(sum(map(len, messages)) + EVENT_BYTES * len(messages))
            good = self._check(source, messages, results)
            await self._accept(source, good, caller_span)

    async def _accept(
        self, source: config_pb2.SourceConfig, good: Sequence[_Taken], caller_span: SpanContext | None
    ) -> None:
        start_ns, parent = time.time_ns(), caller_span if len(good) == 1 else None
        contexts = [self._tracing.begin(parent, from_outside=True) for _ in good]
        work_on(lambda: contexts)
        answers = await self._acceptor.accept(
            source,
            [
                _publication(source, taken, context, start_ns, parent)
                for taken, context in zip(good, contexts, strict=True)
            ],
        )
        refusals = [answer.reason if isinstance(answer, PenstockError) else "" for answer in answers]
        self._record(source, list(zip(good, contexts, refusals, strict=True)), start_ns, caller_span)
        for answer in answers:
            if isinstance(answer, PenstockError):
                raise answer

    def _check(self, source: config_pb2.SourceConfig, messages: Sequence[bytes], results: Results) -> list[_Taken]:
        good: list[_Taken] = []
        for message in messages:
            result = results.add()
            try:
                message_id = check_message(message, size_bytes=self._message_bytes)
                good.append(_Taken(message, message_id, result))
            except MessageRefused as refused:
                result.refused = str(refused)
                metrics.count(source.source_id, metrics.GRPC, result.refused)
        return good

    def _record(
        self,
        source: config_pb2.SourceConfig,
        answered: Sequence[tuple[_Taken, SpanContext, str]],
        start_ns: int,
        caller_span: SpanContext | None,
    ) -> None:
        end_ns, alone = time.time_ns(), len(answered) == 1
        for refused, number in Counter(refused for *_, refused in answered).items():
            metrics.count(source.source_id, metrics.GRPC, refused or metrics.ACCEPTED, number)
        metrics.DURATION.record((end_ns - start_ns) / 1e9, (metrics.GRPC,))
        for taken, context, refused in answered:
            if not self._tracing.keeps(context, start_ns, end_ns, refused or None):
                continue
            accepting = Accepting(
                context=context,
                parent=caller_span if alone else None,
                start_ns=start_ns,
                end_ns=end_ns,
                body_bytes=len(taken.message),
                workspace_id=source.workspace_id,
                source_id=source.source_id,
                event_id="" if refused else taken.result.event_id,
                error=refused,
                links=() if alone or caller_span is None else (caller_span,),
            )
            record_accepting(self._tracing, accepting)


def _publication(
    source: config_pb2.SourceConfig, taken: _Taken, context: SpanContext, start_ns: int, parent: SpanContext | None
) -> Publication:
    event = new_event(source)
    event.message = taken.message
    if not context.trace_flags.sampled:
        tell_of_acceptance(event, start_ns, parent)
    taken.result.event_id = event.event_id
    return inbox_publication(event, inject(context), taken.message_id)


def _caller_span(context: Any) -> SpanContext | None:
    return extract(context.invocation_metadata())
