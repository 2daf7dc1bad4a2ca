"""What delivery counts, and what it sees waiting in the log."""

from __future__ import annotations

from collections import Counter

from penstock.executor.v1 import result_pb2
from services.delivery import metrics
from services.delivery.backlogs import Backlogs
from tests.executor import returned, threw
from tests.integration.delivery.harness import Harness, track
from tests.polling import until


def tries(destination: str) -> Counter[str]:
    return Counter(
        {
            f"{status} {reason}".strip(): int(count)
            for (name, status, reason), count in metrics.TRIES.values().items()
            if name == destination
        }
    )


async def test_outcomes_are_counted(harness: Harness) -> None:
    await harness.destination("counted")
    await harness.source("measured", to=["counted"])
    harness.executor.scripts["ins_counted"] = lambda each: (
        threw(result_pb2.ERROR_KIND_RETRY)
        if b'"m1"' in each.event and harness.executor.runs["ins_counted", each.id] == 0
        else threw(result_pb2.ERROR_KIND_BAD_REQUEST)
        if b'"m2"' in each.event
        else returned()
    )
    async with harness.workers():
        await harness.send([track(1), track(2), track(3)], source="measured")
        await harness.drained()
    assert tries("dst_counted") == {"SUCCEEDED": 2, "RETRYING RETRY": 1, "DISCARDED BAD_REQUEST": 1}
    assert metrics.RUNS.values()["src_measured", "SUCCEEDED", ""] == 3
    assert metrics.LATENCY.values()["dst_counted",].count == 2
    assert metrics.TRY_DURATION.values()["dst_counted",].count == 4


async def test_what_waits_and_what_is_worked_on_is_seen(harness: Harness) -> None:
    await harness.destination("waiting")
    await harness.source("full", to=["waiting"])
    harness.executor.scripts["ins_waiting"] = lambda _: returned()
    harness.executor.gate.clear()
    await harness.send([track(n) for n in range(5)], source="full")
    backlogs = Backlogs(harness.bus)
    await backlogs.look()
    async with backlogs.observed():
        assert metrics.BACKLOG.values()["src_full", ""] == 5
        assert metrics.AGE.values()["src_full", ""] >= 0
        async with harness.workers() as workers:

            async def arrived() -> bool:
                await backlogs.look()
                return metrics.BACKLOG.values().get(("", "dst_waiting")) == 5

            await until(arrived)
            await until(lambda: workers.in_flight() == {("source",): 0, ("destination",): 5})
            harness.executor.gate.set()
            await harness.drained()
        await backlogs.look()
        assert metrics.BACKLOG.values() == {}
