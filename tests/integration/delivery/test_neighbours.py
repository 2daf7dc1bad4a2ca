"""What bad neighbours do to the others: nothing. One hangs, one fails, one workspace floods; the healthy get it all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from penstock.config.v1 import config_pb2
from penstock.event.v1 import outcome_pb2
from penstock.executor.v1 import executor_service_pb2, result_pb2
from services.delivery.circuit import State
from services.delivery.clock import Clock
from shared.bus import Bus
from shared.bus.subjects import deliveries
from tests.executor import ScriptedExecutor, returned, serving, threw
from tests.integration.delivery.harness import Harness, declare, track
from tests.nats import NatsServer
from tests.polling import until

HEALTHY = [f"healthy-{number}" for number in range(10)]
EVENTS = 60
FLOOD = 1200
CONCURRENCY = 10


class HangingExecutor(ScriptedExecutor):
    """Calls of instances in `hanging` end when the test lets them."""

    def __init__(self) -> None:
        super().__init__()
        self.hanging = {"ins_hanging", "ins_loud"}
        self.held: set[str] = set()
        self.released = asyncio.Event()

    async def Invoke(self, request: executor_service_pb2.InvokeRequest, context: Any) -> AsyncIterator[Any]:
        await self._hang(request.instance_id, [each.id for each in request.invocations])
        async for response in super().Invoke(request, context):
            yield response

    async def InvokeOne(self, request: executor_service_pb2.InvokeOneRequest, context: Any) -> Any:
        await self._hang(request.instance_id, [request.invocation.id])
        return await super().InvokeOne(request, context)

    async def _hang(self, instance_id: str, events: list[str]) -> None:
        if instance_id in self.hanging and not self.released.is_set():
            self.held.update(events)
            await self.released.wait()


@pytest.fixture
async def executor() -> HangingExecutor:
    return HangingExecutor()


@pytest.fixture
async def harness(executor: HangingExecutor, nats_server: NatsServer, tmp_path: Path) -> AsyncIterator[Harness]:
    async with Bus.open(nats_server.url, name="test") as bus, serving(executor) as address:
        await declare(bus)
        yield Harness(bus, executor, address, tmp_path)


async def loud_workspace(harness: Harness) -> None:
    """Make another workspace's source, to a destination that hangs as well."""
    function = config_pb2.InstanceConfig(instance_id="ins_loud")
    names: dict[str, Any] = {"workspace_id": "ws_loud", "name": "loud", "enabled": True}
    destination = config_pb2.DestinationConfig(destination_id="dst_loud", function=function, **names)
    source = config_pb2.SourceConfig(source_id="src_loud", destination_ids=["dst_loud"], **names)
    await harness.store.put("destination.dst_loud", destination)
    await harness.store.put("source.src_loud", source)


async def test_a_hanging_a_failing_and_a_flooding_neighbour_keep_nothing_from_the_healthy(
    harness: Harness, executor: HangingExecutor
) -> None:
    executor.scripts = {f"ins_{name}": lambda _: returned() for name in (*HEALTHY, "hanging", "loud")}
    executor.scripts["ins_failing"] = lambda _: threw(result_pb2.ERROR_KIND_RETRY)
    for name in ("hanging", "failing", *HEALTHY):
        await harness.destination(name)
    await harness.source(to=["hanging", "failing", *HEALTHY])
    await loud_workspace(harness)
    circuit = {"share": 0.5, "minimum": 10, "window_s": 60, "open_s": [600]}
    limits = {"concurrency": CONCURRENCY, "ack_wait_s": 1.0}
    retries = {"caps_s": [0.01], "attempts": 1000, "period_s": 3600}
    async with harness.workers(circuit=circuit, destinations=limits, destination_retry=retries) as workers:
        await harness.send([track(number) for number in range(FLOOD)], source="loud", workspace_id="ws_loud")
        await harness.send([track(number) for number in range(EVENTS)])

        async def arrived() -> bool:
            succeeded = {
                (outcome.destination_id, outcome.message_id)
                for outcome in await harness.outcomes()
                if outcome.stage == outcome_pb2.STAGE_DESTINATION and outcome.status == outcome_pb2.STATUS_SUCCEEDED
            }
            return len(succeeded) == EVENTS * len(HEALTHY)

        await until(arrived, timeout_s=30)
        # The others are as bad as before, hold no more than their own, and all of theirs still waits for them.
        await until(lambda: workers.destinations["dst_failing"].health.circuit.state is State.OPEN)
        await until(lambda: len(executor.held) == 2 * CONCURRENCY)
        await until(lambda: _all_waits(harness))
        assert len(executor.held) == 2 * CONCURRENCY
        executor.released.set()


class StoppedClock(Clock):
    """What was just now stays just now."""

    def monotonic(self) -> float:
        return 0.0


async def test_beside_another_workspace_a_flood_is_pulled_in_smaller_parts(
    harness: Harness, executor: HangingExecutor
) -> None:
    executor.scripts = {f"ins_{name}": lambda _: returned() for name in ("a", "loud")}
    await harness.destination("a")
    await harness.source(to=["a"])
    limits = {"concurrency": 100, "concurrency_beside_others": 5, "ack_wait_s": 1.0}
    async with harness.workers(clock=StoppedClock(), destinations=limits):
        await harness.send([track(0)])
        await until(lambda: executor.runs)
        await loud_workspace(harness)
        await harness.send([track(number) for number in range(50)], source="loud", workspace_id="ws_loud")
        await until(lambda: _waiting(harness, deliveries("ws_loud", "dst_loud"), 50))
        await until(lambda: len(executor.held) >= 5)
        assert len(executor.held) == 5
        executor.released.set()
        await harness.drained()


async def _waiting(harness: Harness, subject: str, messages: int) -> bool:
    found = await harness.bus.jetstream.stream_info("DELIVERIES", subjects_filter=subject)
    return (found.state.subjects or {}).get(subject) == messages


async def _all_waits(harness: Harness) -> bool:
    waiting = await harness.bus.jetstream.stream_info("DELIVERIES", subjects_filter="deliveries.>")
    return waiting.state.subjects == {
        deliveries("ws_1", "dst_hanging"): EVENTS,
        deliveries("ws_1", "dst_failing"): EVENTS,
        deliveries("ws_loud", "dst_loud"): FLOOD,
    }
