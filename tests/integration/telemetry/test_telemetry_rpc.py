"""The interceptors between a real client and a real server, for every kind of call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
import grpc.aio
import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind

from shared.telemetry import attributes as names
from shared.telemetry.propagation import current_context
from shared.telemetry.rpc_client import client_interceptors
from shared.telemetry.rpc_server import TracingServerInterceptor
from shared.telemetry.tracing import Tracing


@dataclass
class Collected:
    spans: list[ReadableSpan] = field(default_factory=list[ReadableSpan])
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def on_end(self, span: ReadableSpan, *, important: bool = False) -> None:
        self.spans.append(span)
        self.arrived.set()

    def shutdown(self) -> None:
        return

    async def wait_for(self, kind: SpanKind) -> ReadableSpan:
        """Return the span of a kind; a server's ends after the client has its answer."""
        async with asyncio.timeout(5):
            while not (found := [span for span in self.spans if span.kind is kind]):
                self.arrived.clear()
                await self.arrived.wait()
        assert len(found) == 1
        return found[0]


def seen() -> bytes:
    context = current_context()
    return f"{context.span_id:016x}".encode() if context else b"none"


class Service:
    async def single(self, request: bytes, context: Any) -> bytes:
        if request == b"abort":
            await context.abort(grpc.StatusCode.NOT_FOUND, "no such thing")
        if request == b"raise":
            raise ValueError("hidden")
        if request == b"code":
            context.set_code(grpc.StatusCode.ABORTED)
        if request == b"hang":
            await asyncio.Event().wait()
        return seen()

    async def generated(self, request: bytes, context: Any) -> AsyncIterator[bytes]:
        for _ in range(3):
            yield seen()
        if request == b"abort":
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "no core")
        if request == b"hang":
            await asyncio.Event().wait()

    async def written(self, request: bytes, context: Any) -> None:
        for _ in range(3):
            await context.write(seen())

    async def collected(self, requests: AsyncIterator[bytes], context: Any) -> bytes:
        return seen() + b"".join([request async for request in requests])

    async def echoed(self, requests: AsyncIterator[bytes], context: Any) -> AsyncIterator[bytes]:
        async for _ in requests:
            yield seen()


def add_routes(server: grpc.aio.Server) -> None:
    service = Service()
    test: dict[str, Any] = {
        "Single": grpc.unary_unary_rpc_method_handler(service.single),
        "Generated": grpc.unary_stream_rpc_method_handler(service.generated),
        "Written": grpc.unary_stream_rpc_method_handler(service.written),
        "Collected": grpc.stream_unary_rpc_method_handler(service.collected),
        "Echoed": grpc.stream_stream_rpc_method_handler(service.echoed),
    }
    health: dict[str, Any] = {"Check": grpc.unary_unary_rpc_method_handler(service.single)}
    server.add_generic_rpc_handlers(
        (
            grpc.method_handlers_generic_handler("test.v1.Test", test),
            grpc.method_handlers_generic_handler("grpc.health.v1.Health", health),
        )
    )


@asynccontextmanager
async def running() -> AsyncGenerator[tuple[Any, Tracing, Collected]]:
    sink = Collected()
    tracing = Tracing(service="penstock-test", sink=sink)
    server = grpc.aio.server(interceptors=[TracingServerInterceptor(tracing)])
    add_routes(server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", interceptors=client_interceptors(tracing)) as channel:
            yield channel, tracing, sink
    finally:
        await server.stop(None)


async def check_spans(sink: Collected, parent_id: int, answers: list[bytes], method: str, status: str = "OK") -> None:
    client = await sink.wait_for(SpanKind.CLIENT)
    server = await sink.wait_for(SpanKind.SERVER)
    assert client.parent is not None
    assert client.context is not None
    assert server.parent is not None
    assert server.context is not None
    assert client.parent.span_id == parent_id
    assert server.parent.span_id == client.context.span_id
    assert all(answer.startswith(f"{server.context.span_id:016x}".encode()) for answer in answers)
    for span in (client, server):
        assert span.name == method
        assert (span.attributes or {})[names.RPC_STATUS] == status
        assert span.status.is_ok == (status == "OK")


async def requests() -> AsyncIterator[bytes]:
    for _ in range(3):
        yield b"x"


async def test_unary_calls() -> None:
    async with running() as (channel, tracing, sink):
        with tracing.span("root") as root:
            answer = await channel.unary_unary("/test.v1.Test/Single")(b"x", timeout=5, metadata=(("a", "b"),))
        await check_spans(sink, root.context.span_id, [answer], "test.v1.Test/Single")


@pytest.mark.parametrize("method", ["Generated", "Written"])
@pytest.mark.parametrize("by_reads", [False, True])
async def test_streams_of_answers(method: str, *, by_reads: bool) -> None:
    async with running() as (channel, tracing, sink):
        with tracing.span("root") as root:
            call = channel.unary_stream(f"/test.v1.Test/{method}")(b"x", timeout=5)
            answers = [await call.read() for _ in range(3)] if by_reads else [answer async for answer in call]
            assert not by_reads or await call.read() is grpc.aio.EOF
        assert len(answers) == 3
        await check_spans(sink, root.context.span_id, answers, f"test.v1.Test/{method}")


async def test_streams_of_requests() -> None:
    async with running() as (channel, tracing, sink):
        with tracing.span("root") as root:
            answer = await channel.stream_unary("/test.v1.Test/Collected")(requests(), timeout=5)
        assert answer.endswith(b"xxx")
        await check_spans(sink, root.context.span_id, [answer], "test.v1.Test/Collected")


async def test_streams_both_ways() -> None:
    async with running() as (channel, tracing, sink):
        with tracing.span("root") as root:
            answers = [answer async for answer in channel.stream_stream("/test.v1.Test/Echoed")(requests(), timeout=5)]
        assert len(answers) == 3
        await check_spans(sink, root.context.span_id, answers, "test.v1.Test/Echoed")


@pytest.mark.parametrize(("request_", "status"), [(b"abort", "NOT_FOUND"), (b"raise", "UNKNOWN"), (b"code", "ABORTED")])
async def test_failures_of_unary_calls(request_: bytes, status: str) -> None:
    async with running() as (channel, tracing, sink):
        with tracing.span("root") as root, pytest.raises(grpc.aio.AioRpcError) as caught:
            await channel.unary_unary("/test.v1.Test/Single")(request_, timeout=5)
        assert caught.value.code().name == status
        await check_spans(sink, root.context.span_id, [], "test.v1.Test/Single", status)


async def test_failures_within_streams() -> None:
    async with running() as (channel, tracing, sink):
        answers: list[bytes] = []

        async def read_all() -> None:
            async for answer in channel.unary_stream("/test.v1.Test/Generated")(b"abort", timeout=5):
                answers.append(answer)  # noqa: PERF401 those before the failure count

        with tracing.span("root") as root, pytest.raises(grpc.aio.AioRpcError) as caught:
            await read_all()
        assert len(answers) == 3
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        await check_spans(sink, root.context.span_id, answers, "test.v1.Test/Generated", "RESOURCE_EXHAUSTED")


async def test_deadlines() -> None:
    async with running() as (channel, tracing, sink):
        with tracing.span("root"), pytest.raises(grpc.aio.AioRpcError):
            await channel.unary_unary("/test.v1.Test/Single")(b"hang", timeout=0.1)
        assert (await sink.wait_for(SpanKind.CLIENT)).status.description == "DEADLINE_EXCEEDED"
        assert (await sink.wait_for(SpanKind.SERVER)).status.description == "CANCELLED"


async def test_streams_that_the_client_abandons() -> None:
    async with running() as (channel, tracing, sink):
        with tracing.span("root"):
            call = channel.unary_stream("/test.v1.Test/Generated")(b"hang", timeout=5)
            async for _ in call:
                break
            call.cancel()
        assert (await sink.wait_for(SpanKind.SERVER)).status.description == "CANCELLED"


async def test_calls_outside_of_spans_begin_their_trace_at_the_server() -> None:
    async with running() as (channel, _, sink):
        await channel.unary_unary("/test.v1.Test/Single")(b"x", timeout=5)
        assert (await sink.wait_for(SpanKind.SERVER)).parent is None
        assert len(sink.spans) == 1


async def test_health_checks_make_no_span() -> None:
    async with running() as (channel, _, sink):
        assert await channel.unary_unary("/grpc.health.v1.Health/Check")(b"x", timeout=5) == b"none"
        with pytest.raises(grpc.aio.AioRpcError, match="UNIMPLEMENTED"):
            await channel.unary_unary("/test.v1.Test/Unknown")(b"x", timeout=5)
        assert not sink.spans
