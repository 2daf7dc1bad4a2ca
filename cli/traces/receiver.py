"""The OTLP receiver of `penstock up`: traces by gRPC into the store, so that a trace shows with nothing else installed.

Run as a process of its own: `python -m cli.traces.receiver --address 127.0.0.1:4317 --database traces.db`.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

import grpc
import grpc.aio
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from cli.traces.store import DEFAULT_MAX_BYTES, StoredEvent, StoredSpan, TraceStore

_SERVICE = "opentelemetry.proto.collector.trace.v1.TraceService"
_MAX_REQUEST_BYTES = 16 * 1024 * 1024
_MAX_EXPORTS_AT_ONCE = 64
_MAX_NESTING = 8
_GRACE_S = 1.0


class TraceReceiver:
    """The server; `start` gives the port that it listens on."""

    def __init__(self, *, store: TraceStore) -> None:
        self._store = store
        self._server: grpc.aio.Server | None = None

    async def start(self, address: str) -> int:
        """Listen on `host:port`, port 0 for any free one. Raises RuntimeError where it is taken."""
        server = grpc.aio.server(
            options=[("grpc.max_receive_message_length", _MAX_REQUEST_BYTES), ("grpc.so_reuseport", 0)],
            maximum_concurrent_rpcs=_MAX_EXPORTS_AT_ONCE,
        )
        export: Any = grpc.unary_unary_rpc_method_handler(
            self._export,
            request_deserializer=ExportTraceServiceRequest.FromString,
            response_serializer=ExportTraceServiceResponse.SerializeToString,
        )
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(_SERVICE, {"Export": export}),))
        alive = cast("Any", health).aio.HealthServicer()
        cast("Any", health_pb2_grpc).add_HealthServicer_to_server(alive, server)
        port = server.add_insecure_port(address)
        await server.start()
        await alive.set("", health_pb2.HealthCheckResponse.SERVING)
        self._server = server
        return port

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.stop(_GRACE_S)

    async def _export(self, request: ExportTraceServiceRequest, _: Any) -> ExportTraceServiceResponse:
        await asyncio.to_thread(self._store.add, read_spans(request), now_ns=time.time_ns())
        return ExportTraceServiceResponse()


def read_spans(request: ExportTraceServiceRequest) -> Iterator[StoredSpan]:
    """Yield the spans of an export; those with ids of a wrong length are left out."""
    for resource_spans in request.resource_spans:
        service = str(_attributes(resource_spans.resource.attributes).get("service.name", "unknown"))
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                if len(span.trace_id) == 16 and len(span.span_id) == 8:
                    yield _span(span, service)


def _span(span: Span, service: str) -> StoredSpan:
    failed = span.status.code == Status.STATUS_CODE_ERROR
    return StoredSpan(
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex() or None,
        service=service,
        name=span.name,
        kind=_kind(span.kind),
        start_ns=_stored_ns(span.start_time_unix_nano),
        end_ns=_stored_ns(span.end_time_unix_nano),
        error=(span.status.message or "error") if failed else None,
        attributes=_attributes(span.attributes),
        events=[
            StoredEvent(event.name, _stored_ns(event.time_unix_nano), _attributes(event.attributes))
            for event in span.events
        ],
    )


def _kind(number: int) -> str:
    known = Span.SpanKind.DESCRIPTOR.values_by_number.get(number)
    return known.name.removeprefix("SPAN_KIND_").lower() if known else "unspecified"


def _stored_ns(time_ns: int) -> int:
    return min(time_ns, 2**63 - 1)


def _attributes(pairs: Iterable[KeyValue]) -> dict[str, Any]:
    return {pair.key: _value(pair.value, depth=0) for pair in pairs}


def _value(value: AnyValue, *, depth: int) -> Any:
    kind = value.WhichOneof("value")
    if kind is None or depth > _MAX_NESTING:
        return None
    if kind == "array_value":
        return [_value(item, depth=depth + 1) for item in value.array_value.values]
    if kind == "kvlist_value":
        return {pair.key: _value(pair.value, depth=depth + 1) for pair in value.kvlist_value.values}
    plain = getattr(value, kind)
    return plain.hex() if isinstance(plain, bytes) else plain


async def run(*, address: str, database: Path, max_bytes: int) -> None:
    """Receive until SIGINT or SIGTERM."""
    store = TraceStore.create(database, max_bytes=max_bytes)
    receiver = TraceReceiver(store=store)
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    try:
        await receiver.start(address)
        await stopping.wait()
    finally:
        await receiver.stop()
        store.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m cli.traces.receiver", description="Receive traces by OTLP/gRPC.")
    parser.add_argument("--address", required=True, help="host:port to listen on")
    parser.add_argument("--database", required=True, type=Path, help="SQLite file, made where it is missing")
    parser.add_argument(
        "--max-bytes", type=int, default=DEFAULT_MAX_BYTES, help="size above which the oldest traces go"
    )
    options = parser.parse_args()
    asyncio.run(run(address=options.address, database=options.database, max_bytes=options.max_bytes))


if __name__ == "__main__":
    main()
