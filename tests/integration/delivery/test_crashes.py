"""A worker dies at every step, and the server in the middle: nothing is lost, repeats are known as such."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import nats.errors
import pytest

from penstock.event.v1 import outcome_pb2
from penstock.executor.v1 import executor_service_pb2, result_pb2
from services.delivery.folding import try_key
from services.delivery.outcomes import id_of
from shared.bus import Bus
from tests.executor import Result, passed_on, returned, threw
from tests.frames import messages
from tests.integration.delivery.harness import Harness, insert_function, track
from tests.nats import NatsServer
from tests.polling import until

EVENTS = 20
RETRIED = frozenset(range(0, EVENTS, 3))
POLICY = {"caps_s": [0.01], "attempts": 100, "period_s": 3600}
Invocation = executor_service_pb2.Invocation


class Doom:
    """Lets a connection die at the nth message of a kind: from then on nothing leaves it any more."""

    def __init__(self, bus: Bus, kind: str, nth: int, *, after: bool) -> None:
        self._publish, self._write = bus.connection.publish, bus.connection.write
        self._kind, self._left, self._after = kind, nth, after
        self.come = asyncio.Event()
        bus.connection.publish, bus.connection.write = self._send_message, self._send_frames

    async def _send_message(self, subject: str, payload: bytes = b"", **more: Any) -> None:
        await self._send(subject, self._publish(subject, payload, **more))

    async def _send_frames(self, frames: bytes) -> None:
        for subject, frame in messages(frames):
            await self._send(subject, self._write(frame))

    async def _send(self, subject: str, sending: Coroutine[Any, Any, None]) -> None:
        meant = subject.startswith(self._kind)
        self._left -= meant
        doomed = meant and self._left <= 0
        if self.come.is_set() or (doomed and not self._after):
            sending.close()
        else:
            await sending
        if self.come.is_set() or doomed:
            self.come.set()
            raise nats.errors.OutboundBufferLimitError


@asynccontextmanager
async def doomed_workers(harness: Harness, nats_url: str, kind: str, nth: int, *, after: bool) -> AsyncGenerator[Doom]:
    async with Bus.open(nats_url, name="doomed") as bus, asyncio.TaskGroup() as tasks:
        doom = Doom(bus, kind, nth, after=after)

        async def work() -> None:
            async with harness.workers(bus=bus, destination_retry=POLICY, drain_s=0):
                await asyncio.Event().wait()

        task = tasks.create_task(work())
        yield doom
        task.cancel()


async def prepare(harness: Harness) -> None:
    await harness.destination("a")
    await harness.source(to=["a"], function=True)

    def deliver(invocation: Invocation) -> Result:
        number = int(invocation.event.split(b'"number":')[1].split(b"}")[0])
        first = harness.executor.runs["ins_a", invocation.id] == 0
        return threw(result_pb2.ERROR_KIND_RETRY) if first and number in RETRIED else returned()

    harness.executor.scripts = {
        "ins_s": lambda i: returned(
            {
                "type": "track",
                "event": "Tested",
                "properties": {"number": int(i.request.body)},
            }
        ),
        "ins_a": deliver,
    }


async def tries(harness: Harness, stage: outcome_pb2.Stage.ValueType) -> Counter[str]:
    """Count tries by status as the projector does: each once, whatever was repeated."""
    known = {try_key(id_of(each), each): each for each in await harness.outcomes() if each.stage == stage}
    return Counter(outcome_pb2.Status.Name(outcome.status) for outcome in known.values())


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("kind", "nth"),
    [
        ("deliveries.", 1),
        ("deliveries.", 7),
        ("outcomes.", 1),
        ("outcomes.", 3),
        ("attempts.", 2),
        ("$JS.ACK.INBOX", 1),
        ("$JS.ACK.INBOX", 5),
        ("$JS.ACK.DELIVERIES", 2),
        ("$JS.ACK.DELIVERIES", 12),
    ],
)
async def test_a_crash_between_steps_loses_nothing_and_counts_nothing_twice(
    harness: Harness, nats_server: NatsServer, kind: str, nth: int, after: bool
) -> None:
    await prepare(harness)
    await harness.send_webhooks([b"%d" % number for number in range(EVENTS)])
    async with doomed_workers(harness, nats_server.url, kind, nth, after=after) as doom, asyncio.timeout(20):
        await doom.come.wait()

    async with harness.workers(destination_retry=POLICY):
        await harness.drained()
    assert await tries(harness, outcome_pb2.STAGE_SOURCE) == {"STATUS_SUCCEEDED": EVENTS}
    assert (await tries(harness, outcome_pb2.STAGE_DESTINATION))["STATUS_SUCCEEDED"] == EVENTS
    routed = (await harness.bus.jetstream.stream_info("DELIVERIES")).state.last_seq
    assert routed == EVENTS


async def route_all(harness: Harness) -> None:
    """Let everything be routed, and nothing be delivered."""
    gate = harness.executor.gates["ins_a_insert"] = asyncio.Event()

    async def routed() -> bool:
        return (await tries(harness, outcome_pb2.STAGE_SOURCE))["STATUS_SUCCEEDED"] == EVENTS

    async with harness.workers(drain_s=0):
        await until(routed)
    gate.set()


@pytest.mark.parametrize(("kind", "repeated"), [("deliveries.", "ins_s_insert"), ("outcomes.", "ins_a_insert")])
async def test_a_crash_after_insert_functions_repeats_them_and_loses_nothing(
    harness: Harness, nats_server: NatsServer, kind: str, repeated: str
) -> None:
    await prepare(harness)
    await harness.destination("a", insert_function=insert_function("a"))
    await harness.source(to=["a"], function=True, insert=True)
    for name in ("ins_s_insert", "ins_a_insert"):
        harness.executor.scripts[name] = lambda each: passed_on(json.loads(each.event))
    event_ids = await harness.send_webhooks([b"%d" % number for number in range(EVENTS)])
    if repeated == "ins_a_insert":
        await route_all(harness)
    async with doomed_workers(harness, nats_server.url, kind, 1, after=False) as doom, asyncio.timeout(20):
        await doom.come.wait()
    before = {name for instance, name in harness.executor.runs if instance == repeated}
    async with harness.workers(destination_retry=POLICY):
        await harness.drained()
    assert before
    assert any(harness.executor.runs[repeated, name] > 1 for name in before)
    assert (await tries(harness, outcome_pb2.STAGE_DESTINATION))["STATUS_SUCCEEDED"] == EVENTS
    delivered = {each.message_id for each in await harness.outcomes() if each.message_id}
    assert delivered == {f"{event_id}-0" for event_id in event_ids}
    assert (await harness.bus.jetstream.stream_info("DELIVERIES")).state.last_seq == EVENTS


@pytest.mark.slow
async def test_nothing_is_lost_while_workers_and_the_server_are_killed(
    harness: Harness, nats_server: NatsServer
) -> None:
    await prepare(harness)
    events = 500
    harness.executor.scripts["ins_s"] = lambda i: returned(track(int(i.request.body), properties={"number": 1}))
    await harness.send_webhooks([b"%d" % number for number in range(events)])
    for kind, nth in (("$JS.ACK.INBOX", 60), ("outcomes.", 5), ("$JS.ACK.DELIVERIES", 70)):
        async with doomed_workers(harness, nats_server.url, kind, nth, after=True) as doom:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(5):
                    await doom.come.wait()
    async with harness.workers(destination_retry=POLICY):
        nats_server.kill()
        nats_server.start()
        await harness.drained(timeout_s=60)
    assert await tries(harness, outcome_pb2.STAGE_SOURCE) == {"STATUS_SUCCEEDED": events}
    assert (await tries(harness, outcome_pb2.STAGE_DESTINATION))["STATUS_SUCCEEDED"] == events


async def test_tries_are_counted_on_across_restarts(harness: Harness) -> None:
    await harness.destination("a")
    await harness.source(to=["a"])
    harness.executor.scripts["ins_a"] = lambda _: threw(result_pb2.ERROR_KIND_RETRY)
    await harness.send([track(1)])
    policy = {"caps_s": [0.2], "attempts": 6, "period_s": 0}
    for _ in range(3):
        before = sum(harness.executor.runs.values())
        async with harness.workers(destination_retry=policy):
            await until(lambda before=before: sum(harness.executor.runs.values()) > before)
    async with harness.workers(destination_retry=policy):
        await harness.drained()
    attempts = [o.attempt for o in await harness.outcomes() if o.stage == outcome_pb2.STAGE_DESTINATION]
    assert attempts == [1, 2, 3, 4, 5, 6]
