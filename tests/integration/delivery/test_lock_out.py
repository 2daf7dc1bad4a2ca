"""Allotments of execution time: notices, and functions that stop, over a real log and both databases."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from penstock.config.v1 import config_pb2
from penstock.event.v1 import outcome_pb2
from penstock.executor.v1 import executor_service_pb2
from services.delivery.allotments import Allotments
from services.delivery.execution_time import ExecutionTime
from services.delivery.lock_out import LockOut, Used, telling
from services.delivery.notices import Notices
from shared.bus import ConfigView
from shared.bus.usage import month_of
from tests.clock import MovableClock
from tests.executor import Result, returned
from tests.integration.delivery.harness import WORKSPACE, Harness, track
from tests.integration.delivery.read_side import ReadSide, folded
from tests.polling import until

SOURCE, DESTINATION = outcome_pb2.STAGE_SOURCE, outcome_pb2.STAGE_DESTINATION
REFUSED = "DISCARDED FUNCTIONS_LOCK_OUT"
_KINDS = [config_pb2.SourceConfig, config_pb2.WorkspaceConfig]


def takes(milliseconds: int) -> Any:
    """A function that takes so long."""

    def run(_: executor_service_pb2.Invocation) -> Result:
        result = returned({"type": "track", "event": "Made", "userId": "u"})
        result.usage.wall.FromMilliseconds(milliseconds)
        return result

    return run


async def allot(harness: Harness, seconds: int, *, lock_out: bool = True, audit_source_id: str = "") -> None:
    config = config_pb2.WorkspaceConfig(workspace_id=WORKSPACE, lock_out=lock_out, audit_source_id=audit_source_id)
    config.monthly_execution.FromSeconds(seconds)
    await harness.store.put(f"workspace.{WORKSPACE}", config)


@asynccontextmanager
async def noticing(harness: Harness, reads: ReadSide) -> AsyncGenerator[Notices]:
    """Look after allotments as delivery does, when `look` is called."""
    async with ConfigView(harness.bus, _KINDS).watch() as config:
        await config.ready()
        clock = MovableClock()
        yield Notices(
            bus=harness.bus,
            config=config,
            allotments=Allotments(config, execution_s=0, lock_out=False),
            execution=ExecutionTime(reads.database),
            used=reads.store.used,
            clock=clock,
        )


async def percents(reads: ReadSide) -> list[int]:
    month = month_of(MovableClock().time())
    return [each.percent for each in await ExecutionTime(reads.database).notices(WORKSPACE, month)]


async def test_functions_stop_at_the_end_of_the_allotment_and_go_on_when_it_is_raised(
    harness: Harness, reads: ReadSide
) -> None:
    await allot(harness, 10)
    await harness.destination("a")
    await harness.source(to=["a"], function=True)
    harness.executor.scripts = {"ins_s": takes(4000), "ins_a": takes(6000)}
    # Two replicas: whichever handles an event must know.
    async with harness.workers() as one, harness.workers() as other, noticing(harness, reads) as notices:
        await harness.send_webhooks([b"{}"])
        await harness.drained()
        await folded(harness.bus, reads.store)
        await notices.look()
        assert await percents(reads) == [75, 90, 100]
        await until(lambda: all(each.is_locked_out(WORKSPACE) for each in (one, other)))
        ran = sum(harness.executor.runs.values())
        await harness.send_webhooks([b"{}"] * 3)
        await harness.send([track(1)])
        await harness.drained()
        assert sum(harness.executor.runs.values()) == ran
        assert await harness.statuses(SOURCE) == {"SUCCEEDED": 2, REFUSED: 3}
        assert await harness.statuses(DESTINATION) == {"SUCCEEDED": 1, REFUSED: 1}
        await allot(harness, 100)
        await until(lambda: not any(each.is_locked_out(WORKSPACE) for each in (one, other)))
        await harness.send([track(2)])
        await harness.drained()
        assert (await harness.statuses(DESTINATION))["SUCCEEDED"] == 2
        await notices.look()
    assert await percents(reads) == [75, 90, 100]
    refused = next(each for each in await harness.outcomes() if each.reason == "FUNCTIONS_LOCK_OUT")
    assert refused.evidence.error.message.startswith("The functions of the workspace have used up")
    assert {each.reason for each in await reads.list(status=outcome_pb2.STATUS_DISCARDED)} == {"FUNCTIONS_LOCK_OUT"}


async def test_insert_functions_stop_too(harness: Harness) -> None:
    await allot(harness, 10)
    await harness.destination("a")
    await harness.source(to=["a"], insert=True)
    clock = MovableClock()
    async with harness.workers(clock=clock) as workers:
        used = Used(month_of(clock.time()), 10_000_000)
        await harness.bus.publish_all([telling(WORKSPACE, used)])
        await until(lambda: workers.is_locked_out(WORKSPACE))
        await harness.send([track(1)])
        await harness.drained()
    assert not harness.executor.runs
    assert sum((await harness.statuses(SOURCE) + await harness.statuses(DESTINATION)).values()) >= 1
    refused = [each for each in await harness.outcomes() if each.reason == "FUNCTIONS_LOCK_OUT"]
    assert [each.status for each in refused] == [outcome_pb2.STATUS_DISCARDED]


async def test_without_lock_out_functions_run_on_and_notices_come_once(harness: Harness, reads: ReadSide) -> None:
    await allot(harness, 10, lock_out=False)
    await harness.destination("a")
    await harness.source(to=["a"])
    harness.executor.scripts["ins_a"] = takes(4000)
    async with harness.workers() as workers, noticing(harness, reads) as first, noticing(harness, reads) as second:
        told: list[list[int]] = []
        for number in range(3):
            await harness.send([track(number)])
            await harness.drained()
            await folded(harness.bus, reads.store)
            await first.look()
            await second.look()
            told.append(await percents(reads))
        assert told == [[], [75], [75, 90, 100]]
        assert not workers.is_locked_out(WORKSPACE)
    assert await harness.statuses(DESTINATION) == {"SUCCEEDED": 3}


async def test_a_notice_becomes_one_event_of_the_audit_source(harness: Harness, reads: ReadSide) -> None:
    await harness.destination("a")
    await harness.destination("trail")
    await harness.source(to=["a"])
    await harness.source("audit", to=["trail"])
    await allot(harness, 5, lock_out=False, audit_source_id="src_audit")
    got: list[dict[str, Any]] = []

    def keep(invocation: executor_service_pb2.Invocation) -> Result:
        got.append(json.loads(invocation.event))
        return returned()

    harness.executor.scripts = {"ins_a": takes(4000), "ins_trail": keep}
    async with harness.workers(), noticing(harness, reads) as notices:
        await harness.send([track(1)])
        await harness.drained()
        await folded(harness.bus, reads.store)
        running = asyncio.create_task(notices.run())
        await harness.drained()
        await until(lambda: _is_forwarded(reads))
        await harness.drained()
        running.cancel()
    (event,) = got
    assert (event["event"], event["type"], event["properties"]["percent"]) == ("Usage Notice Given", "track", 75)
    assert event["messageId"] == event["properties"]["id"]


async def _is_forwarded(reads: ReadSide) -> bool:
    return await percents(reads) == [75] and not await ExecutionTime(reads.database).unforwarded(10)


def test_who_is_locked_out_hangs_on_allotment_and_month() -> None:
    clock = MovableClock()
    month = month_of(clock.time())
    lock_out = LockOut(_Fixed(), clock)
    assert not lock_out.holds("ws_1")
    lock_out.learn("ws_1", Used(month, 9_999_999))
    assert not lock_out.holds("ws_1")
    lock_out.learn("ws_1", Used(month, 10_000_000))
    lock_out.learn("ws_1", Used(month, 1))
    assert lock_out.holds("ws_1")
    assert not lock_out.holds("ws_2")
    clock.advance(32 * 24 * 3600 - (datetime.now(UTC).day - 1) * 24 * 3600)
    assert not lock_out.holds("ws_1")


class _Fixed(Allotments):
    """Ten seconds for everybody."""

    def __init__(self) -> None:
        super().__init__(_NO_CONFIG, execution_s=10, lock_out=True)


class _NoConfig:
    def get(self, *_: Any) -> None:
        return None


_NO_CONFIG: Any = _NoConfig()
