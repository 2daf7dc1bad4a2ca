from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

from opentelemetry.sdk.trace import ReadableSpan

from shared.telemetry import process_metrics as metrics
from shared.telemetry.span_queue import Sent, SpanQueue
from tests.polling import until


class Receiver:
    """Answers as told, and keeps what it took."""

    def __init__(self, *answers: Sent) -> None:
        self.answers = list(answers)
        self.taken: list[str] = []
        self.asked = threading.Event()
        self.open = threading.Event()
        self.open.set()

    def send(self, spans: Sequence[ReadableSpan]) -> Sent:
        self.asked.set()
        self.open.wait()
        answer = self.answers.pop(0) if self.answers else Sent.TAKEN
        if answer is Sent.TAKEN:
            self.taken += [span.name for span in spans]
        return answer

    def shutdown(self) -> None:
        self.open.set()


def dropped(reason: str) -> float:
    return metrics.SPANS_DROPPED.values().get((reason,), 0)


async def test_while_the_receiver_is_away_spans_wait_in_order() -> None:
    receiver = Receiver(Sent.LATER, Sent.LATER)
    queue = SpanQueue(receiver)
    names = [str(number) for number in range(1000)]
    for name in names:
        queue.on_end(ReadableSpan(name))
    await until(lambda: len(receiver.taken) == len(names))
    assert receiver.taken == names
    queue.shutdown()


async def test_room_is_bounded_and_half_of_it_is_for_what_matters() -> None:
    receiver, before = Receiver(), dropped("QUEUE_FULL")
    receiver.open.clear()
    queue = SpanQueue(receiver, capacity=100)
    queue.on_end(ReadableSpan("under way"))
    await until(receiver.asked.is_set)
    for number in range(60):
        queue.on_end(ReadableSpan(f"sampled {number}"))
    for number in range(60):
        queue.on_end(ReadableSpan(f"failed {number}"), important=True)
    assert dropped("QUEUE_FULL") - before == 10 + 10
    receiver.open.set()
    await asyncio.to_thread(queue.shutdown)
    assert [name for name in receiver.taken if name.startswith("failed")] == [f"failed {n}" for n in range(50)]
    assert len(receiver.taken) == 101


async def test_what_the_receiver_refuses_is_counted_and_not_repeated() -> None:
    receiver, before = Receiver(Sent.REFUSED), dropped("REFUSED")
    queue = SpanQueue(receiver)
    queue.on_end(ReadableSpan("odd"))
    await until(lambda: dropped("REFUSED") == before + 1)
    queue.on_end(ReadableSpan("good"))
    await until(lambda: receiver.taken == ["good"])
    queue.shutdown()
