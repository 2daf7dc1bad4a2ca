"""The span of an event's first hop: recorded by the gateway, or by whoever learns later that it is to be kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from opentelemetry.trace import SpanContext, SpanKind

from shared.telemetry import attributes as names
from shared.telemetry.tracing import Tracing

_ROUTE = "/hooks/{token}"
SERVER_ERROR = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepting:
    """How an event was taken, or not; `status` is the HTTP status of a webhook's answer, `error` that of a failure."""

    context: SpanContext
    parent: SpanContext | None
    start_ns: int
    end_ns: int
    body_bytes: int = 0
    workspace_id: str = ""
    source_id: str = ""
    event_id: str = ""
    status: int = 0
    error: str = ""
    links: Sequence[SpanContext] = ()


def record_accepting(tracing: Tracing, accepting: Accepting, *, keep: bool = False) -> None:
    """Record the span `accept`."""
    error = accepting.error or (str(accepting.status) if accepting.status >= SERVER_ERROR else "")
    tracing.record_span(
        "accept",
        start_ns=accepting.start_ns,
        end_ns=accepting.end_ns,
        parent=accepting.parent,
        context=accepting.context,
        kind=SpanKind.SERVER,
        error=error or None,
        links=accepting.links,
        keep=keep,
        attributes={
            names.WORKSPACE: accepting.workspace_id or None,
            names.SOURCE: accepting.source_id or None,
            names.EVENT_ID: accepting.event_id or None,
            names.ERROR_TYPE: error or None,
            **(_http(accepting) if accepting.status else {names.RPC_SYSTEM: "grpc"}),
        },
    )


def _http(accepting: Accepting) -> dict[str, str | int]:
    return {
        names.HTTP_REQUEST_METHOD: "POST",
        names.HTTP_ROUTE: _ROUTE,
        # The token is the right to send, so it stands nowhere.
        names.URL_PATH: _ROUTE,
        names.HTTP_REQUEST_BODY_SIZE: accepting.body_bytes,
        names.HTTP_RESPONSE_STATUS_CODE: accepting.status,
    }
