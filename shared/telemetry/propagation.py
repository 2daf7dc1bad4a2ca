"""W3C trace context over HTTP headers, gRPC metadata and NATS message headers: one text, three carriers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from typing import cast

from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

TRACEPARENT = "traceparent"
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_NOT_SAMPLED = TraceFlags(TraceFlags.DEFAULT)
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
    if isinstance(carrier, dict) and TRACEPARENT in carrier:
        return parse_traceparent(cast("dict[str, str]", carrier)[TRACEPARENT])
    pairs = cast("Mapping[str, str]", carrier).items() if isinstance(carrier, Mapping) else carrier
    value = next((value for name, value in pairs if name.lower() == TRACEPARENT), None)
    return parse_traceparent(value) if isinstance(value, str) else None


def parse_traceparent(text: str) -> SpanContext | None:
    """Read one `traceparent`; of newer versions the part that is known."""
    found = _PATTERN.fullmatch(text.strip())
    if found is None or (text.startswith("00") and len(text.strip()) != 55):
        return None
    trace_id, span_id, flags = found.groups()
    sampled = _SAMPLED if int(flags, 16) & 1 else _NOT_SAMPLED
    context = SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=sampled)
    return context if context.is_valid else None


# What the running task works on, where it is not under one span: a group of events, each in a trace of its own.
_worked_on: ContextVar[Callable[[], Sequence[SpanContext | None]]] = ContextVar("worked_on")


def work_on(contexts: Callable[[], Sequence[SpanContext | None]]) -> None:
    """Have the log lines of this task, from here to its end, name these traces; asked only when there is a line."""
    _worked_on.set(contexts)


def worked_on() -> Sequence[SpanContext]:
    """Return what the running task said that it works on."""
    contexts = _worked_on.get(None)
    return [context for context in contexts() if context is not None] if contexts else ()


def current_context() -> SpanContext | None:
    """Return the span that the running task works under, if any."""
    context = trace.get_current_span().get_span_context()
    return context if context.is_valid else None


def span_of(context: SpanContext) -> NonRecordingSpan:
    """Return what OpenTelemetry's API takes for a span of this context (`trace.use_span(span_of(context))`)."""
    return NonRecordingSpan(context)
