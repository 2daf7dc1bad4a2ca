"""Client spans of gRPC calls, streams included, and the trace context in their metadata.

A call made outside of any span makes none: batches carry the context of each event inside the request.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from typing import Any, TypeVar

import grpc
import grpc.aio
from opentelemetry.trace import SpanContext, SpanKind

from shared.telemetry import attributes as names
from shared.telemetry.propagation import current_context, inject
from shared.telemetry.tracing import Tracing

T = TypeVar("T")


class _Call:
    """The span of one call."""

    def __init__(self, tracing: Tracing, details: grpc.aio.ClientCallDetails, parent: SpanContext) -> None:
        self._tracing = tracing
        self._parent = parent
        self._method = _text(details.method).lstrip("/")
        self._context = tracing.begin(parent)
        self._start_ns = time.time_ns()
        self.details = _with_metadata(details, inject(self._context))

    def end(self, code: grpc.StatusCode) -> None:
        failed = code is not grpc.StatusCode.OK
        self._tracing.record_span(
            self._method, start_ns=self._start_ns, end_ns=time.time_ns(), parent=self._parent, context=self._context,
            kind=SpanKind.CLIENT, error=code.name if failed else None,
            attributes={
                names.RPC_SYSTEM: "grpc", names.RPC_METHOD: self._method, names.RPC_STATUS: code.name,
                names.ERROR_TYPE: code.name if failed else None,
            },
        )  # fmt: skip

    async def observed(self, responses: AsyncIterator[T]) -> AsyncIterator[T]:
        """Pass the responses on and end the span with the stream, however it ends."""
        code = grpc.StatusCode.CANCELLED
        try:
            async for response in responses:
                yield response
            code = grpc.StatusCode.OK
        except grpc.RpcError as error:
            code = error.code()
            raise
        finally:
            self.end(code)


class _Interceptor:
    def __init__(self, tracing: Tracing) -> None:
        self._tracing = tracing

    def _begin(self, details: grpc.aio.ClientCallDetails) -> _Call | None:
        parent = current_context()
        return None if parent is None else _Call(self._tracing, details, parent)

    async def _single(self, continuation: Any, details: grpc.aio.ClientCallDetails, request: Any) -> Any:
        call = self._begin(details)
        if call is None:
            return await continuation(details, request)
        code = grpc.StatusCode.CANCELLED
        try:
            answer = await continuation(call.details, request)
            code = await answer.code()
        except grpc.RpcError as error:
            code = error.code()
            raise
        finally:
            call.end(code)
        return answer

    async def _stream(self, continuation: Any, details: grpc.aio.ClientCallDetails, request: Any) -> Any:
        call = self._begin(details)
        if call is None:
            return await continuation(details, request)
        return call.observed(await continuation(call.details, request))


class _UnaryUnary(_Interceptor, grpc.aio.UnaryUnaryClientInterceptor):
    async def intercept_unary_unary(
        self, continuation: Any, client_call_details: grpc.aio.ClientCallDetails, request: Any
    ) -> Any:
        return await self._single(continuation, client_call_details, request)


class _StreamUnary(_Interceptor, grpc.aio.StreamUnaryClientInterceptor):
    async def intercept_stream_unary(
        self, continuation: Any, client_call_details: grpc.aio.ClientCallDetails, request_iterator: Any
    ) -> Any:
        return await self._single(continuation, client_call_details, request_iterator)


class _UnaryStream(_Interceptor, grpc.aio.UnaryStreamClientInterceptor):
    async def intercept_unary_stream(
        self, continuation: Any, client_call_details: grpc.aio.ClientCallDetails, request: Any
    ) -> Any:
        return await self._stream(continuation, client_call_details, request)


class _StreamStream(_Interceptor, grpc.aio.StreamStreamClientInterceptor):
    async def intercept_stream_stream(
        self, continuation: Any, client_call_details: grpc.aio.ClientCallDetails, request_iterator: Any
    ) -> Any:
        return await self._stream(continuation, client_call_details, request_iterator)


def client_interceptors(tracing: Tracing) -> Sequence[grpc.aio.ClientInterceptor]:
    """Return one interceptor for each kind of call: grpc takes an interceptor for one kind alone."""
    return [_UnaryUnary(tracing), _UnaryStream(tracing), _StreamUnary(tracing), _StreamStream(tracing)]


def _with_metadata(details: grpc.aio.ClientCallDetails, added: dict[str, str]) -> grpc.aio.ClientCallDetails:
    metadata = grpc.aio.Metadata(*(details.metadata or ()), *added.items())
    return grpc.aio.ClientCallDetails(
        details.method, details.timeout, metadata, details.credentials, details.wait_for_ready
    )


def _text(method: str | bytes) -> str:
    return method.decode() if isinstance(method, bytes) else method
