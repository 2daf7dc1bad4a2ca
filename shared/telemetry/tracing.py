"""Spans made from timestamps at the end of a hop, and their export.

Events' spans are finished late and out of order, so no span object lives while the work is done: `begin` costs two
random numbers, and `record_span` builds what is exported. A thread of its own sends it (`span_queue`).
"""

from __future__ import annotations

import asyncio
import os
import random
import socket
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Protocol, Self

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from shared.telemetry import attributes as names
from shared.telemetry.otlp import OtlpExporter
from shared.telemetry.propagation import span_of
from shared.telemetry.sampling import TraceRate
from shared.telemetry.span_queue import SpanQueue

AttributeValue = str | int | float | bool
Attributes = Mapping[str, AttributeValue | None]

SHUTDOWN_TIMEOUT_S = 2.0
MAX_ATTRIBUTE_CHARACTERS = 4096
MAX_EVENTS = 128
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_NOT_SAMPLED = TraceFlags(TraceFlags.DEFAULT)
_SCOPE = InstrumentationScope("penstock")
_INSTANCE = f"{socket.gethostname()}:{os.getpid()}"


class SpanSink(Protocol):
    """Takes finished spans; those of failures, retries and slow hops are `important`."""

    def on_end(self, span: ReadableSpan, *, important: bool = False) -> None: ...

    def shutdown(self) -> None: ...


@dataclass(frozen=True, slots=True)
class SpanEvent:
    """Something that happened within a span, such as a line that a function logged."""

    name: str
    time_ns: int
    attributes: Attributes = field(default_factory=dict[str, AttributeValue | None])


@dataclass(slots=True)
class OpenSpan:
    """A span being worked under: children hang under `context`; set what is known when it ends."""

    context: SpanContext
    attributes: dict[str, AttributeValue | None]
    error: str | None = None


class Tracing:
    """Makes the spans of one service; without a sink it makes contexts only, so that traces pass through."""

    def __init__(
        self,
        *,
        service: str,
        sink: SpanSink | None,
        traces_per_second: float = 100,
        slow_s: float = 1.0,
    ) -> None:
        """Make spans of `service` (`penstock-gateway`).

        Args:
            service: Its `service.name`.
            sink: Where spans go.
            traces_per_second: New traces kept in this process; failed, repeated and slow spans are kept above it too.
            slow_s: A span of this length is always kept.
        """
        self._resource = Resource.create(
            {"service.name": service, "service.version": version("penstock"), "service.instance.id": _INSTANCE}
        )
        self._sink = sink
        self._rate = TraceRate(traces_per_second=traces_per_second)
        self._slow_ns = int(slow_s * 1e9)

    @classmethod
    def exporting(
        cls, *, service: str, endpoint: str | None, traces_per_second: float = 100, slow_s: float = 1.0
    ) -> Tracing:
        """Make spans and send them by OTLP/gRPC to `endpoint` (`http://host:4317`; https for TLS), if there is one."""
        sink = SpanQueue(OtlpExporter(endpoint)) if endpoint else None
        return cls(service=service, sink=sink, traces_per_second=traces_per_second, slow_s=slow_s)

    def named(self, service: str) -> Self:
        """Make spans in the name of another service, over the same queue: those of what it told, but did not record."""
        return type(self)(service=service, sink=self._sink, slow_s=self._slow_ns / 1e9)

    @property
    def resource(self) -> Resource:
        """Who makes the spans."""
        return self._resource

    def keeps(self, context: SpanContext, start_ns: int, end_ns: int, error: str | None = None) -> bool:
        """Tell whether `record_span` would keep such a span, for callers that would build its attributes in vain."""
        return context.trace_flags.sampled or error is not None or end_ns - start_ns >= self._slow_ns

    def is_slow(self, start_ns: int, end_ns: int) -> bool:
        """Tell whether a hop took so long that its trace is kept."""
        return end_ns - start_ns >= self._slow_ns

    def begin(
        self, parent: SpanContext | None = None, *, from_outside: bool = False, keep: bool = False
    ) -> SpanContext:
        """Allocate the context of a span that will be recorded later, for its children to hang under.

        A span without parent begins a trace. With `from_outside` the parent is a stranger's: its trace goes on, but
        whether it is kept is decided here. With `keep` it is kept with all below it, as for a retry, whose message
        still says what was decided before the failure.
        """
        inherits = parent is not None and not from_outside
        sampled = keep or (parent.trace_flags.sampled if parent is not None and inherits else self._rate.allows())
        return SpanContext(
            parent.trace_id if parent is not None else random.getrandbits(128) or 1,
            random.getrandbits(64) or 1,
            is_remote=False,
            trace_flags=_SAMPLED if sampled else _NOT_SAMPLED,
        )

    def record_span(
        self,
        name: str,
        *,
        start_ns: int,
        end_ns: int,
        parent: SpanContext | None = None,
        context: SpanContext | None = None,
        attributes: Attributes | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        error: str | None = None,
        links: Sequence[SpanContext] = (),
        events: Sequence[SpanEvent] = (),
        keep: bool = False,
    ) -> SpanContext:
        """Record a finished hop.

        Args:
            name: Of low cardinality, as the conventions say (`process deliveries`).
            start_ns: Unix time in nanoseconds (`time.time_ns`).
            end_ns: Likewise.
            parent: None for the first span of a trace.
            context: What `begin` gave for it; None allocates one.
            attributes: Named in `attributes`; None values are left out, long texts cut.
            kind: The conventions' kind of span.
            error: Makes the status an error with this text.
            links: Other traces that belong to it, as those of a batch.
            events: At most 128 are kept.
            keep: Keep it above the rate, as for a retry. Errors and slow spans are kept anyway.

        Returns:
            The span's context to hand on: kept if this span is, so that what follows a failure is seen whole.
        """
        context = context or self.begin(parent)
        important = keep or error is not None or end_ns - start_ns >= self._slow_ns
        if not (important or context.trace_flags.sampled):
            return context
        if not context.trace_flags.sampled:
            context = SpanContext(context.trace_id, context.span_id, is_remote=False, trace_flags=_SAMPLED)
        if self._sink is not None:
            self._sink.on_end(
                ReadableSpan(
                    name, context, parent, self._resource, _clean(attributes or {}), _events(events),
                    [Link(link) for link in links], kind, status=_status(error), start_time=start_ns,
                    end_time=max(start_ns, end_ns), instrumentation_scope=_SCOPE,
                ),
                important=important,
            )  # fmt: skip
        return context

    @contextmanager
    def span(
        self,
        name: str,
        *,
        parent: SpanContext | None = None,
        from_outside: bool = False,
        attributes: Attributes | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
    ) -> Generator[OpenSpan]:
        """Work under a span that is current meanwhile (logs and calls carry it); an exception makes it an error."""
        opened = OpenSpan(self.begin(parent, from_outside=from_outside), dict(attributes or {}))
        start_ns = time.time_ns()
        try:
            with trace.use_span(span_of(opened.context)):
                yield opened
        except BaseException as error:
            opened.error = opened.error or type(error).__name__
            opened.attributes.setdefault(names.ERROR_TYPE, type(error).__name__)
            raise
        finally:
            self.record_span(
                name, start_ns=start_ns, end_ns=time.time_ns(), parent=parent, context=opened.context,
                attributes=opened.attributes, kind=kind, error=opened.error,
            )  # fmt: skip

    async def shutdown(self) -> None:
        """Send what is left, for at most two seconds; a receiver that hangs is left behind."""
        if self._sink is None:
            return
        loop = asyncio.get_running_loop()
        done = asyncio.Event()
        # A thread of its own, since the default executor would be waited for at the end of the loop.
        threading.Thread(target=_shut_down, args=(self._sink, loop, done), daemon=True).start()
        try:
            async with asyncio.timeout(SHUTDOWN_TIMEOUT_S):
                await done.wait()
        except TimeoutError:
            return


def _shut_down(sink: SpanSink, loop: asyncio.AbstractEventLoop, done: asyncio.Event) -> None:
    sink.shutdown()
    try:
        loop.call_soon_threadsafe(done.set)
    except RuntimeError:
        return  # the loop did not wait


def _clean(attributes: Attributes) -> dict[str, AttributeValue]:
    return {
        name: _text(value) if isinstance(value, str) else value
        for name, value in attributes.items()
        if value is not None
    }


def _text(text: str) -> str:
    """Cut a text and replace what is no valid Unicode: one half of a surrogate pair would lose its whole batch."""
    cut = text[:MAX_ATTRIBUTE_CHARACTERS]
    return cut if cut.isascii() else cut.encode("utf-8", "replace").decode("utf-8")


def _events(events: Sequence[SpanEvent]) -> list[Event]:
    return [Event(_text(event.name), _clean(event.attributes), event.time_ns) for event in events[:MAX_EVENTS]]


def _status(error: str | None) -> Status:
    if error is None:
        return Status(StatusCode.UNSET)
    return Status(StatusCode.ERROR, _text(error))
