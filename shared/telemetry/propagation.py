"""W3C trace context over HTTP headers, gRPC metadata and NATS message headers: one text, three carriers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import cast

from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

TRACEPARENT = "traceparent"
_PATTERN = re.compile(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?", re.ASCII)


def inject(context: SpanContext) -> dict[str, str]:
    """Return the header, metadata or message header that hands the context to the next hop."""
    if not context.is_valid:
        return {}
    return {TRACEPARENT: f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"}


def extract(carrier: Mapping[str, str] | Iterable[tuple[str, str | bytes]] | None) -> SpanContext | None:
    """Read the context that the hop before sent; None where it sent none or nonsense."""
    if carrier is None:
        return None
    pairs = cast("Mapping[str, str]", carrier).items() if isinstance(carrier, Mapping) else carrier
    value = next((value for name, value in pairs if name.lower() == TRACEPARENT), None)
    return parse_traceparent(value) if isinstance(value, str) else None


def parse_traceparent(text: str) -> SpanContext | None:
    """Read one `traceparent`; of newer versions the part that is known."""
    found = _PATTERN.fullmatch(text.strip())
    if found is None or (text.startswith("00") and len(text.strip()) != 55):
        return None
    flags = TraceFlags(int(found[3], 16) & TraceFlags.SAMPLED)
    context = SpanContext(int(found[1], 16), int(found[2], 16), is_remote=True, trace_flags=flags)
    return context if context.is_valid else None


def current_context() -> SpanContext | None:
    """Return the span that the running task works under, if any."""
    context = trace.get_current_span().get_span_context()
    return context if context.is_valid else None


def span_of(context: SpanContext) -> NonRecordingSpan:
    """Return what OpenTelemetry's API takes for a span of this context (`trace.use_span(span_of(context))`)."""
    return NonRecordingSpan(context)
