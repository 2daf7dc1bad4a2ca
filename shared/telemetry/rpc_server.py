"""Server spans of gRPC calls, for all four kinds of handlers, written as generators or with `context.write`."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Generator
from contextlib import contextmanager
from typing import Any

import grpc
import grpc.aio
from opentelemetry import trace
from opentelemetry.context import attach
from opentelemetry.trace import SpanContext, SpanKind

from shared.rpc_handlers import Behavior, with_behavior
from shared.telemetry import attributes as names
from shared.telemetry.process_metrics import RPC_DURATION
from shared.telemetry.propagation import extract, span_of
from shared.telemetry.tracing import Tracing

UNTRACED = (
    "grpc.health.v1.Health/",
    "grpc.reflection.v1alpha.ServerReflection/",
    "grpc.reflection.v1.ServerReflection/",
)


class TracingServerInterceptor(grpc.aio.ServerInterceptor):
    """Makes a span of each call, current while it is handled; a call without trace context begins a trace.

    `untraced` are beginnings of `package.Service/Method` that make no span: health checks, and methods that carry the
    context of each event in the request.
    """

    def __init__(self, tracing: Tracing, *, untraced: Collection[str] = ()) -> None:
        self._tracing = tracing
        self._untraced = (*UNTRACED, *untraced)

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        handler: Any = await continuation(handler_call_details)
        method = handler_call_details.method.lstrip("/")
        if handler is None or method.startswith(self._untraced):
            return handler
        parent = extract(handler_call_details.invocation_metadata)
        return with_behavior(handler, lambda behaviour: self._traced(behaviour, method, parent))

    def _traced(self, behaviour: Behavior, method: str, parent: SpanContext | None) -> Behavior:
        if inspect.isasyncgenfunction(behaviour):

            async def generate(request: Any, context: Any) -> AsyncIterator[Any]:
                with self._span(method, parent, context):
                    async for response in behaviour(request, context):
                        yield response

            return generate

        async def handle(request: Any, context: Any) -> Any:
            with self._span(method, parent, context):
                return await behaviour(request, context)

        return handle

    @contextmanager
    def _span(self, method: str, parent: SpanContext | None, context: Any) -> Generator[None]:
        span = self._tracing.begin(parent)
        start_ns = time.time_ns()
        # Never detached: a call has a task, so a context, of its own, and an abandoned generator is closed in another.
        attach(trace.set_span_in_context(span_of(span)))
        code = grpc.StatusCode.OK
        try:
            yield
        except BaseException as error:
            code = _code_of(error)
            raise
        finally:
            self._record(method, parent, span, start_ns, _set_code(context) or code)

    def _record(
        self, method: str, parent: SpanContext | None, context: SpanContext, start_ns: int, code: grpc.StatusCode
    ) -> None:
        error = None if code is grpc.StatusCode.OK else code.name
        end_ns = time.time_ns()
        RPC_DURATION.record((end_ns - start_ns) / 1e9, (method, code.name))
        attributes = {
            names.RPC_SYSTEM: "grpc", names.RPC_METHOD: method, names.RPC_STATUS: code.name, names.ERROR_TYPE: error,
        }  # fmt: skip
        self._tracing.record_span(
            method, start_ns=start_ns, end_ns=end_ns, parent=parent, context=context, kind=SpanKind.SERVER,
            error=error, attributes=attributes,
        )  # fmt: skip


def _set_code(context: Any) -> grpc.StatusCode | None:
    """Return the status that the handler set; grpc gives the number where it set none."""
    code: Any = context.code()
    if isinstance(code, grpc.StatusCode):
        return None if code is grpc.StatusCode.OK else code
    return next((known for known in grpc.StatusCode if known.value[0] == code and code), None)


def _code_of(error: BaseException) -> grpc.StatusCode:
    cancelled = isinstance(error, asyncio.CancelledError | GeneratorExit)
    return grpc.StatusCode.CANCELLED if cancelled else grpc.StatusCode.UNKNOWN
