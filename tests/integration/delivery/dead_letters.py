"""Dead letters for tests: events that fail for good, and destinations that take what comes again."""

from __future__ import annotations

import json
from typing import Any

from penstock.delivery.v1 import replay_pb2
from penstock.event.v1 import outcome_pb2
from penstock.executor.v1 import executor_service_pb2, result_pb2
from tests.executor import Result, returned, threw
from tests.integration.delivery.harness import Harness, track

Invocation = executor_service_pb2.Invocation
EXHAUSTED, DISCARDED, SUCCEEDED = (
    outcome_pb2.STATUS_EXHAUSTED,
    outcome_pb2.STATUS_DISCARDED,
    outcome_pb2.STATUS_SUCCEEDED,
)
ONCE = {"caps_s": [0.01], "attempts": 1, "period_s": 0}
FINISHED, CANCELLED = replay_pb2.REPLAY_STATE_FINISHED, replay_pb2.REPLAY_STATE_CANCELLED
THEN = replay_pb2.REPLAY_VERSION_THEN
FILTER, IDS = replay_pb2.DeliveryFilter, replay_pb2.DeliveryIds


def failing(_: Invocation) -> Result:
    return threw(result_pb2.ERROR_KIND_RETRY)


def refusing(_: Invocation) -> Result:
    return threw(result_pb2.ERROR_KIND_BAD_REQUEST)


class Crm:
    """A destination that keeps what it gets, once it works."""

    def __init__(self) -> None:
        self.got: list[str] = []

    def __call__(self, invocation: Invocation) -> Result:
        self.got.append(json.loads(invocation.event)["messageId"])
        return returned()


async def fail(harness: Harness, *names: str, events: int = 1, script: Any = failing) -> list[str]:
    """Have events fail for good at destinations, and give the events' ids."""
    for name in names:
        await harness.destination(name)
        harness.executor.scripts[f"ins_{name}"] = script
    await harness.source(to=names)
    async with harness.workers(destination_retry=ONCE):
        sent = await harness.send([track(number) for number in range(events)])
        await harness.drained()
    return sent
