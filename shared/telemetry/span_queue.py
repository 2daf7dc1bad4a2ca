"""Finished spans on their way to the receiver: a bounded queue and a thread that sends from it.

While the receiver is away spans wait, and nobody waits for them. Half of the room is for spans of failures, retries and
slow hops alone, so that sampled ones cannot crowd them out. What found no room is counted.
"""

from __future__ import annotations

import random
import threading
from collections import deque
from collections.abc import Sequence
from enum import Enum, auto
from typing import Protocol

from opentelemetry.sdk.trace import ReadableSpan

from shared.telemetry import process_metrics as metrics

CAPACITY = 16_384
_BATCH = 512
_DELAY_S = 0.5
_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 10.0
_JOIN_S = 5.0


class Sent(Enum):
    """What became of a batch."""

    TAKEN = auto()
    LATER = auto()
    REFUSED = auto()


class Exporter(Protocol):
    """Sends batches; `shutdown` makes a `send` under way end early."""

    def send(self, spans: Sequence[ReadableSpan]) -> Sent: ...

    def shutdown(self) -> None: ...


class SpanQueue:
    """Takes spans from any thread without waiting; `shutdown` sends what is left, once."""

    def __init__(self, exporter: Exporter, *, capacity: int = CAPACITY) -> None:
        self._exporter = exporter
        self._capacity = capacity
        self._spans: deque[ReadableSpan] = deque()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="spans", daemon=True)
        self._thread.start()

    def on_end(self, span: ReadableSpan, *, important: bool = False) -> None:
        """Queue a span; one that is not `important` only while half of the room is free."""
        waiting = len(self._spans)
        if waiting >= (self._capacity if important else self._capacity // 2):
            metrics.SPANS_DROPPED.add(("QUEUE_FULL",))
            return
        self._spans.append(span)
        if waiting >= _BATCH and not self._wake.is_set():
            self._wake.set()

    def shutdown(self) -> None:
        """Send what is left, each batch once, and end."""
        self._stopping.set()
        self._wake.set()
        self._thread.join(_JOIN_S)
        self._exporter.shutdown()

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            self._wake.wait(_DELAY_S)
            self._wake.clear()
            failures = 0 if self._send_all() else failures + 1
            if failures:
                longest_s = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2 ** min(failures, 10))
                self._stopping.wait(random.uniform(0.5, 1) * longest_s)  # noqa: S311 no secret
        self._send_all()

    def _send_all(self) -> bool:
        """Send until nothing is left; False when the receiver wants none now."""
        while self._spans:
            batch = [self._spans.popleft() for _ in range(min(_BATCH, len(self._spans)))]
            sent = self._exporter.send(batch)
            if sent is Sent.LATER:
                self._spans.extendleft(reversed(batch))
                return False
            (metrics.SPANS_EXPORTED if sent is Sent.TAKEN else metrics.SPANS_DROPPED).add(
                () if sent is Sent.TAKEN else ("REFUSED",), len(batch)
            )
        return True
