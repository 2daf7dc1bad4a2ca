"""Many instances of several workspaces, and their events: what a shared executor sees, in process.

Every fifth function returns its event, logs, awaits a timer, throws, or allocates; one event in a thousand is an
endless loop, and now and then an instance gets a new version.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from random import Random

from penstock.config.v1 import config_pb2
from services.executor.executor import Executor
from services.executor.programs import Programs
from services.executor.results import Invocation, Limits
from tests.bench.deployed import Deployed
from tests.bench.event import track

BODIES = (
    "event.properties.added = 'x'; return event;",
    "console.log('order', event.properties.order_id, event.context); console.warn('done');",
    "await new Promise((resolve) => setTimeout(resolve, 2)); return event.messageId;",
    "throw event.number % 2 ? new RetryError('later') : new TypeError('no');",
    "const kept = []; for (let n = 0; n < 3; n++) kept.push(new Uint8Array(500_000).fill(n)); return kept.length;",
)
# A loop takes some milliseconds of it; an event of the others much less.
FUEL = 40_000_000
EVENTS_PER_LOOP = 1000
EVENTS_PER_DEPLOYMENT = 500
INSTANCES_PER_VERSION = 3
WORKSPACES = 10


class Tenants:
    """Sends events to instances, in the same order in each run. `outcomes` counts kinds of errors, "" for none."""

    def __init__(self, executor: Executor, *, instances: int) -> None:
        self._executor = executor
        self._instances = instances
        self._random = Random(1)
        self._deployed = Deployed()
        self._programs = Programs(deployments=self._deployed, pool=executor.pool, limits=Limits())
        self.outcomes: Counter[str] = Counter()
        for number in range(instances):
            self._deploy(number, number // INSTANCES_PER_VERSION)

    async def send(self, numbers: range, *, at_a_time: int = 8) -> None:
        """Run these events, several at a time."""
        left = iter(numbers)

        async def work() -> None:
            for number in left:
                await self._send(number)

        async with asyncio.TaskGroup() as group:
            for _ in range(at_a_time):
                group.create_task(work())

    async def _send(self, number: int) -> None:
        if number % EVENTS_PER_DEPLOYMENT == EVENTS_PER_DEPLOYMENT - 1:
            self._change(self._some_instance(), number)
        event = track(number) | {"number": number, "loop": number % EVENTS_PER_LOOP == 0}
        program = await self._programs.deployed(f"ins_{self._some_instance()}")
        result = await self._executor.run(program, Invocation(payload=json.dumps(event).encode()))
        self.outcomes[result.error.kind if result.error else ""] += 1

    def _change(self, instance: int, number: int) -> None:
        """Give an instance a version of its own, of the same kind as before: what it does to memory must not change."""
        self._deploy(instance, instance // INSTANCES_PER_VERSION + len(BODIES) * (self._instances + number))

    def _some_instance(self) -> int:
        """Choose an instance: the first tenth gets a third of the events."""
        return int(self._instances * self._random.random() ** 2)

    def _deploy(self, number: int, version: int) -> None:
        workspace, limits = f"ws_{number % WORKSPACES}", config_pb2.Limits(fuel=FUEL)
        self._deployed.deploy(f"ins_{number}", function(version), workspace_id=workspace, limits=limits)


def function(version: int) -> str:
    """Give the code of a version, which no other has."""
    body = BODIES[version % len(BODIES)]
    return f"const version = {version};\nasync function onTrack(event) {{ if (event.loop) for (;;); {body} }}\n"
