"""Deliveries to one destination, how often they are tried, and what is done to the log meanwhile."""

from __future__ import annotations

import contextlib
from collections import Counter
from typing import Any

import nats.js.errors

from penstock.event.v1 import outcome_pb2
from penstock.executor.v1 import executor_service_pb2, result_pb2
from tests.clock import MovableClock
from tests.executor import Result, returned, threw
from tests.integration.delivery.harness import Harness
from tests.nats import NatsServer
from tests.polling import until

DESTINATION = outcome_pb2.STAGE_DESTINATION
RETRY = result_pb2.ERROR_KIND_RETRY
HOUR_S = 3600.0
QUICK: dict[str, Any] = {"caps_s": [0.01], "attempts": 10, "period_s": 4 * HOUR_S}
# Long enough that no retry comes due while a test runs, unless its clock is moved.
SLOW: dict[str, Any] = {"caps_s": [2000], "attempts": 10, "period_s": 4 * HOUR_S}
Invocation = executor_service_pb2.Invocation


class Outside:
    """A destination that fails until it is mended."""

    def __init__(self, harness: Harness, *, works: bool = False, error: str = "") -> None:
        self.works = works
        self.error = error
        self.tries: Counter[str] = Counter()
        harness.executor.scripts["ins_a"] = self._answer

    @property
    def total(self) -> int:
        return self.tries.total()

    def _answer(self, invocation: Invocation) -> Result:
        self.tries[invocation.id] += 1
        if self.works:
            return returned()
        result = threw(RETRY)
        if self.error:
            result.requests.add(method="POST", error_code=self.error)
        return result


async def routes(harness: Harness) -> None:
    await harness.destination("a")
    await harness.source(to=["a"])


async def restart(harness: Harness, nats_server: NatsServer) -> None:
    """Kill the server as a crash would, and wait until it is there again."""
    nats_server.kill()
    await until(lambda: not harness.bus.is_connected)
    nats_server.start()
    await until(lambda: harness.bus.is_connected)


async def attempts_of(harness: Harness) -> dict[str, list[int]]:
    """The numbers of all tries, by message."""
    found: dict[str, list[int]] = {}
    for each in await harness.outcomes():
        if each.stage == DESTINATION:
            found.setdefault(each.message_id, []).append(each.attempt)
    return found


async def waiting(harness: Harness) -> int:
    """Deliveries that were given back and are not due."""
    return (await consumer_info(harness)).num_ack_pending


async def consumer_info(harness: Harness) -> Any:
    """What the server says of the consumer, once there is one."""

    async def found() -> Any:
        with contextlib.suppress(nats.js.errors.NotFoundError):
            return await harness.bus.jetstream.consumer_info("DELIVERIES", "dst_a")

    return await until(found)


async def remake_consumer(harness: Harness) -> None:
    """Remove the consumer without what waits for it: all of that comes again at once, as if for the first time."""
    with contextlib.suppress(nats.js.errors.NotFoundError):
        await harness.bus.jetstream.delete_consumer("DELIVERIES", "dst_a")


async def tries_more(harness: Harness, clock: MovableClock, outside: Outside, policy: dict[str, Any]) -> None:
    """Work until something was tried and settled. The log's clock cannot be moved: its consumer forgets all delays."""
    await remake_consumer(harness)
    before = outside.total
    async with harness.workers(clock=clock, destination_retry=policy):
        await until(lambda: outside.total > before or harness.is_drained())
