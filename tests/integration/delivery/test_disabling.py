"""Destinations that fail for days are switched off: real log, database and registry, by a clock that is moved."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from penstock.event.v1 import delivery_pb2, outcome_pb2
from penstock.executor.v1 import result_pb2
from services.delivery import app
from services.delivery.circuit import Circuit, CircuitPolicy
from services.delivery.disabling import Disabling, Failing, Suspect, by_counters, by_registry
from services.delivery.health import DestinationHealth
from services.delivery.workers import Workers
from shared.bus import ConfigStore, Publication
from shared.database import Database, migrate
from shared.errors import Unavailable
from shared.rpc.client import connect
from tests.clock import MovableClock
from tests.executor import returned, threw
from tests.integration.delivery.harness import Harness, track
from tests.integration.registry.installation import Installation, running
from tests.polling import until

MIGRATIONS = Path(app.__file__).parent / "migrations"
DAY_S, HOUR_S = 24 * 3600.0, 3600.0
RETRIES = {"caps_s": [0.01], "attempts": 10**6, "period_s": 0}
# These tests are about days, not about seconds.
NEVER = {"minimum": 10**6}


class Registry:
    """What registry is asked for; away for the first `failures` times."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.disabled: list[Suspect] = []

    async def disable(self, suspect: Suspect) -> None:
        if self.failures:
            self.failures -= 1
            raise Unavailable("registry is away")
        self.disabled.append(suspect)


class Counters:
    """Whether another replica has delivered."""

    def __init__(self) -> None:
        self.succeeded = False

    async def has_succeeded(self, _: Suspect) -> bool:
        return self.succeeded


@asynccontextmanager
async def looking(
    harness: Harness, clock: MovableClock, registry: Registry, counters: Counters | None = None, *, days: float = 5
) -> AsyncGenerator[Disabling]:
    """Look after destinations as a process that has just started does."""
    counters = counters or Counters()
    disabling = Disabling(harness.bus, days * DAY_S, registry.disable, counters.has_succeeded, clock)
    await disabling.load()
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(disabling.run())
        yield disabling
        task.cancel()


@asynccontextmanager
async def working(harness: Harness, clock: MovableClock, disabling: Disabling) -> AsyncGenerator[Workers]:
    """Run workers, and look after destinations."""
    options: dict[str, Any] = {"circuit": NEVER, "destination_retry": RETRIES}
    async with harness.workers(clock=clock, disabling=disabling, **options) as workers, asyncio.TaskGroup() as tasks:
        task = tasks.create_task(disabling.run())
        yield workers
        task.cancel()


async def deliver(harness: Harness, workspace_id: str, destination_id: str, *, events: int) -> None:
    """Put deliveries into the log, as the router does."""
    deliveries = [
        delivery_pb2.Delivery(
            event_id=f"evt_{number}",
            message_id=f"m{number}",
            workspace_id=workspace_id,
            destination_id=destination_id,
            message=json.dumps(track(number)).encode(),
        )
        for number in range(events)
    ]
    subject = f"deliveries.{workspace_id}.{destination_id}"
    await harness.bus.publish_all([Publication(subject, each.SerializeToString()) for each in deliveries])


async def fail_for(clock: MovableClock, failing: Failing, days: float) -> None:
    failing.failed()
    for _ in range(int(days * 2)):
        clock.advance(DAY_S / 2)
        failing.failed()


async def looks(clock: MovableClock, condition: Callable[[], Any]) -> Any:
    """Let minutes go by until the condition holds."""

    async def holds() -> Any:
        clock.advance(60)
        found = condition()
        return await found if inspect.isawaitable(found) else found

    return await until(holds)


async def stored(harness: Harness) -> int:
    return (await harness.bus.jetstream.stream_info("FAILING")).state.messages


async def test_days_of_failure_disable_once(harness: Harness) -> None:
    clock, registry = MovableClock(), Registry()
    async with looking(harness, clock, registry) as disabling:
        failing = disabling.of("ws_1", "dst_a")
        await fail_for(clock, failing, 4.5)
        await looks(clock, lambda: stored(harness))
        assert not registry.disabled
        await fail_for(clock, failing, 0.5)
        [suspect] = await looks(clock, lambda: registry.disabled)
        assert (suspect.workspace_id, suspect.destination_id, suspect.for_s >= 5 * DAY_S) == ("ws_1", "dst_a", True)

        async def forgotten() -> bool:
            return not await stored(harness)

        await looks(clock, forgotten)
    assert len(registry.disabled) == 1


async def test_a_success_begins_anew(harness: Harness) -> None:
    clock, registry = MovableClock(), Registry()
    async with looking(harness, clock, registry) as disabling:
        failing = disabling.of("ws_1", "dst_a")
        await fail_for(clock, failing, 4.5)
        failing.succeeded()
        await fail_for(clock, failing, 4.5)
        assert failing.for_s == pytest.approx(4.5 * DAY_S, abs=60)


async def test_the_time_of_failing_survives_restarts(harness: Harness) -> None:
    clock, registry = MovableClock(), Registry()
    for _ in range(4):
        async with looking(harness, clock, registry) as disabling:
            await fail_for(clock, disabling.of("ws_1", "dst_a"), 1)
            before = clock.time()
            await looks(clock, lambda before=before: _stored_since(harness, before))
    async with looking(harness, clock, registry) as disabling:
        await fail_for(clock, disabling.of("ws_1", "dst_a"), 1)
        await looks(clock, lambda: registry.disabled)


async def _stored_since(harness: Harness, moment: float) -> bool:
    if not await stored(harness):
        return False
    message = await harness.bus.jetstream.get_last_msg("FAILING", "failing.ws_1.dst_a")
    return json.loads(message.data)["latest"] >= moment - HOUR_S


async def test_a_registry_that_is_away_is_asked_again(harness: Harness) -> None:
    clock, registry = MovableClock(), Registry(failures=3)
    async with looking(harness, clock, registry) as disabling:
        await fail_for(clock, disabling.of("ws_1", "dst_a"), 6)
        await looks(clock, lambda: registry.disabled)


async def test_what_another_replica_has_delivered_counts(harness: Harness) -> None:
    clock, registry, counters = MovableClock(), Registry(), Counters()
    counters.succeeded = True
    async with looking(harness, clock, registry, counters) as disabling:
        failing = disabling.of("ws_1", "dst_a")
        await fail_for(clock, failing, 6)
        await looks(clock, lambda: failing.since is None)
    assert not registry.disabled


async def test_never_means_never(harness: Harness) -> None:
    clock, registry = MovableClock(), Registry()
    async with looking(harness, clock, registry, days=0) as disabling:
        await fail_for(clock, disabling.of("ws_1", "dst_a"), 100)
        await looks(clock, lambda: stored(harness))
    assert not registry.disabled


def test_seldom_failures_are_not_days_of_failure() -> None:
    clock = MovableClock()
    failing = Failing(clock)
    for _ in range(10):
        failing.failed()
        clock.advance(7 * DAY_S)
    assert failing.for_s == 0


@pytest.mark.parametrize(
    ("kind", "fails"),
    [
        (result_pb2.ERROR_KIND_RETRY, True),
        (result_pb2.ERROR_KIND_TIMEOUT, True),
        (result_pb2.ERROR_KIND_BAD_REQUEST, True),
        (result_pb2.ERROR_KIND_INVALID_SETTINGS, True),
        (result_pb2.ERROR_KIND_OUT_OF_FUEL, True),
        (result_pb2.ERROR_KIND_MESSAGE_REJECTED, False),
        (result_pb2.ERROR_KIND_UNSUPPORTED_EVENT_TYPE, False),
        (result_pb2.ERROR_KIND_DROPPED, False),
        (result_pb2.ERROR_KIND_SANDBOX_FAULT, False),
        (result_pb2.ERROR_KIND_FUNCTIONS_LOCK_OUT, False),
    ],
)
def test_which_tries_speak_against_a_destination(kind: result_pb2.ErrorKind.ValueType, fails: bool) -> None:
    failing = Failing(MovableClock())
    health = DestinationHealth("dst_a", Circuit(CircuitPolicy()), failing)
    health.observe(threw(kind))
    assert (failing.since is not None) == fails
    if not fails:  # nor do they speak for it
        health.observe(threw(result_pb2.ERROR_KIND_RETRY))
        health.observe(threw(kind))
        assert failing.since is not None
    health.observe(returned())
    assert failing.since is None


@pytest.fixture
async def installation(tmp_path: Path) -> AsyncIterator[Installation]:
    async with running(f"sqlite:///{tmp_path / 'registry.db'}", tmp_path) as installation:
        yield installation


async def test_a_dead_destination_is_switched_off_and_its_backlog_delivered_when_it_is_back(
    harness: Harness, installation: Installation, tmp_path: Path
) -> None:
    """All of it is real: registry, log, projector's database. Only the functions are played."""
    owner, clock = installation.owner, MovableClock()
    await owner.create_function()
    made = await owner.create_destination(function_id="Gate")
    name, works = made.destination_id, False

    async def publish() -> None:
        config = (await installation.publish())[f"destination.{name}"]
        await ConfigStore(harness.bus).put(f"destination.{name}", config)

    async def fails() -> bool:
        clock.advance(HOUR_S)
        return not (await owner.audited(name)).entries[0].action.endswith("created")

    harness.executor.scripts[made.instance_id] = lambda _: returned() if works else threw(result_pb2.ERROR_KIND_RETRY)
    await publish()
    database = Database(url=f"sqlite:///{tmp_path / 'delivery.db'}", schema="delivery")
    await migrate(database, versions=MIGRATIONS)
    async with connect(f"127.0.0.1:{installation.registry.port}", token=installation.tokens["delivery"]) as channel:
        disabling = Disabling(harness.bus, 5 * DAY_S, by_registry(channel), by_counters(database), clock)
        async with working(harness, clock, disabling) as workers:
            await deliver(harness, owner.workspace_id, name, events=3)
            await until(fails, timeout_s=60)
            await publish()
            await until(lambda: not workers.destinations)
            entry = (await owner.audited(name)).entries[0]
            assert (entry.action, entry.service) == ("destination.disabled", "delivery")
            assert "failed for 5" in entry.reason
            assert (await harness.bus.jetstream.stream_info("DELIVERIES")).state.messages == 3

            works = True
            made.enabled, made.etag = True, ""
            await owner.update_destination(made, "enabled")
            await publish()
            await harness.drained()
    await database.close()
    assert (await harness.statuses(outcome_pb2.STAGE_DESTINATION))["SUCCEEDED"] == 3
