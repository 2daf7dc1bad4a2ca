"""The way of an event from the log through functions to destinations."""

from __future__ import annotations

import asyncio
import json
import time

import pytest

from penstock.event.v1 import outcome_pb2
from penstock.executor.v1 import executor_service_pb2, result_pb2
from services.delivery.clock import Clock
from shared.bus import StreamLimits
from shared.errors import ResourceExhausted
from tests.executor import Result, returned, threw
from tests.integration.delivery.harness import TRACE_ID, Harness, declare, track
from tests.polling import until

SOURCE, DESTINATION = outcome_pb2.STAGE_SOURCE, outcome_pb2.STAGE_DESTINATION
Invocation = executor_service_pb2.Invocation


async def test_a_message_reaches_each_connected_destination_once(harness: Harness) -> None:
    for name in ("a", "b"):
        await harness.destination(name)
        harness.executor.scripts[f"ins_{name}"] = lambda _: returned()
    await harness.destination("off", enabled=False)
    await harness.source(to=["a", "b", "off", "unknown"])
    async with harness.workers():
        (event_id,) = await harness.send([track(1)])
        await harness.drained()
    assert await harness.statuses(SOURCE) == {"SUCCEEDED": 1}
    assert await harness.statuses(DESTINATION) == {"SUCCEEDED": 2}
    outcome = (await harness.outcomes())[-1]
    assert (outcome.event_id, outcome.message_id, outcome.event_name) == (event_id, "m1", "Tested")
    assert outcome.trace_id == TRACE_ID
    invocation = harness.executor.invocations[0]
    assert invocation.traceparent == f"00-{TRACE_ID}-{invocation.span_id}-01"
    event = json.loads(invocation.event)
    assert event["receivedAt"] == event["timestamp"] == event["originalTimestamp"]


async def test_a_webhook_goes_through_the_sources_function(harness: Harness) -> None:
    await harness.destination("a")
    await harness.source(to=["a"], function=True)
    got: list[str] = []

    def deliver(invocation: Invocation) -> Result:
        got.append(json.loads(invocation.event)["messageId"])
        return returned()

    harness.executor.scripts = {
        "ins_s": lambda i: returned({"type": "track", "event": i.request.body.decode()}, track(9)),
        "ins_a": deliver,
    }
    async with harness.workers():
        (event_id,) = await harness.send_webhooks([b"Ordered"])
        await harness.drained()
    assert sorted(got) == sorted([f"{event_id}-0", "m9"])
    source = [outcome for outcome in await harness.outcomes() if outcome.stage == SOURCE]
    assert [outcome.messages_sent for outcome in source] == [2]


async def test_the_integrations_object_is_obeyed_and_told(harness: Harness) -> None:
    for name in ("a", "b"):
        await harness.destination(name)
        harness.executor.scripts[f"ins_{name}"] = lambda _: returned()
    await harness.source(to=["a", "b"])
    async with harness.workers():
        await harness.send([track(1, integrations={"All": False, "a": True})])
        await harness.drained()
    assert await harness.statuses(DESTINATION) == {"SUCCEEDED": 1, "FILTERED INTEGRATIONS_OBJECT": 1}
    assert not [key for key in harness.executor.runs if key[0] == "ins_b"]


@pytest.mark.parametrize(
    ("kind", "statuses"),
    [
        (result_pb2.ERROR_KIND_BAD_REQUEST, {"DISCARDED BAD_REQUEST": 1}),
        (result_pb2.ERROR_KIND_MESSAGE_REJECTED, {"DISCARDED MESSAGE_REJECTED": 1}),
        (result_pb2.ERROR_KIND_OUT_OF_FUEL, {"DISCARDED OUT_OF_FUEL": 1}),
        (result_pb2.ERROR_KIND_DROPPED, {"FILTERED DROPPED": 1}),
        (result_pb2.ERROR_KIND_RETRY, {"RETRYING RETRY": 2, "EXHAUSTED RETRY": 1}),
        (result_pb2.ERROR_KIND_TIMEOUT, {"RETRYING TIMEOUT": 2, "EXHAUSTED TIMEOUT": 1}),
    ],
)
async def test_what_becomes_of_errors(
    harness: Harness, kind: result_pb2.ErrorKind.ValueType, statuses: dict[str, int]
) -> None:
    await harness.destination("a")
    await harness.source(to=["a"])
    harness.executor.scripts["ins_a"] = lambda _: threw(kind)
    async with harness.workers():
        await harness.send([track(1)])
        await harness.drained()
    assert await harness.statuses(DESTINATION) == statuses
    outcomes = [outcome for outcome in await harness.outcomes() if outcome.stage == DESTINATION]
    assert [outcome.attempt for outcome in outcomes] == list(range(1, len(outcomes) + 1))
    assert outcomes[-1].evidence.delivery.message_id == "m1"
    assert outcomes[-1].evidence.error.message == "scripted"


async def test_a_source_function_is_given_up_after_five_tries(harness: Harness) -> None:
    await harness.source(function=True)
    harness.executor.scripts["ins_s"] = lambda _: threw(result_pb2.ERROR_KIND_RETRY)
    async with harness.workers():
        await harness.send_webhooks([b"{}"])
        await harness.drained()
    assert await harness.statuses(SOURCE) == {"RETRYING RETRY": 4, "EXHAUSTED RETRY": 1}
    assert (await harness.outcomes())[-1].evidence.inbound.request.body == b"{}"


async def test_ten_tries_do_not_exhaust_within_the_period(harness: Harness) -> None:
    await harness.destination("a")
    await harness.source(to=["a"])
    failing = 12

    def script(invocation: Invocation) -> Result:
        again = harness.executor.runs["ins_a", invocation.id] < failing
        return threw(result_pb2.ERROR_KIND_RETRY) if again else returned()

    harness.executor.scripts["ins_a"] = script
    policy = {"caps_s": [0.01], "attempts": 10, "period_s": 4 * 3600}
    async with harness.workers(destination_retry=policy):
        await harness.send([track(1)])
        await harness.drained()
    assert await harness.statuses(DESTINATION) == {"RETRYING RETRY": failing, "SUCCEEDED": 1}


async def test_a_busy_executor_is_no_try(harness: Harness) -> None:
    await harness.destination("a")
    await harness.source(to=["a"])
    refusals = 3

    def script(_: Invocation) -> Result:
        nonlocal refusals
        if refusals:
            refusals -= 1
            raise ResourceExhausted("no core was free")
        return returned()

    harness.executor.scripts["ins_a"] = script
    async with harness.workers():
        await harness.send([track(1)])
        await harness.drained()
    assert await harness.statuses(DESTINATION) == {"SUCCEEDED": 1}
    assert (await harness.outcomes())[-1].attempt == 1


async def test_a_refused_workspace_waits_as_long_as_it_is_asked_to_and_loses_no_try(harness: Harness) -> None:
    await harness.destination("a")
    await harness.source(to=["a"])
    delay_s = 0.6
    called_s: list[float] = []

    def script(_: Invocation) -> Result:
        called_s.append(time.monotonic())
        if len(called_s) == 1:
            raise ResourceExhausted("used up", reason="ALLOWANCE_USED", retry_delay_s=delay_s)
        return returned()

    harness.executor.scripts["ins_a"] = script
    async with harness.workers(destinations={"concurrency": 1, "ack_wait_s": 1.0}):
        await harness.send([track(1), track(2)])
        await harness.drained()
    # Neither comes before, not even the one that was not refused itself.
    assert len(called_s) == 3
    assert all(later_s - called_s[0] >= delay_s for later_s in called_s[1:])
    assert await harness.statuses(DESTINATION) == {"SUCCEEDED": 2}
    assert [each.attempt for each in await harness.outcomes() if each.stage == DESTINATION] == [1, 1]


class WaitsNot(Clock):
    """Counts the waits that have an end, and leaves them out."""

    def __init__(self) -> None:
        self.waits = 0

    async def wait(self, event: asyncio.Event, timeout_s: float | None) -> None:
        self.waits += timeout_s is not None
        await super().wait(event, timeout_s and 0.001)


async def test_a_destination_that_fails_wholly_is_pulled_as_before_once_the_platform_works(harness: Harness) -> None:
    await harness.destination("a")
    await harness.source(to=["a"])
    clock, waits = WaitsNot(), list[int]()

    def script(_: Invocation) -> Result:
        waits.append(clock.waits)
        if len(waits) <= 2:
            raise ResourceExhausted("no core was free")
        return threw(result_pb2.ERROR_KIND_RETRY)

    harness.executor.scripts["ins_a"] = script
    async with harness.workers(clock=clock, destinations={"concurrency": 1, "ack_wait_s": 1.0}):
        await harness.send([track(number) for number in range(10)])
        await harness.drained()
    assert waits[0] < waits[2], "after a failure of the platform there is a wait"
    # The first result is concluded beside the next wait.
    assert waits[4] == waits[-1]


async def test_a_defect_of_the_executor_is_a_try_so_that_it_ends(harness: Harness) -> None:
    await harness.destination("a")
    await harness.source(to=["a"])

    def script(_: Invocation) -> Result:
        raise ZeroDivisionError

    harness.executor.scripts["ins_a"] = script
    async with harness.workers():
        await harness.send([track(1)])
        await harness.drained()
    assert await harness.statuses(DESTINATION) == {"RETRYING SANDBOX_FAULT": 2, "EXHAUSTED SANDBOX_FAULT": 1}


async def test_a_full_destination_makes_dead_letters_and_holds_up_nobody(harness: Harness) -> None:
    await declare(harness.bus, StreamLimits(deliveries_per_destination=3))
    await harness.destination("full")
    await harness.destination("free")
    await harness.source(to=["full", "free"])
    harness.executor.scripts = {
        "ins_full": lambda _: threw(result_pb2.ERROR_KIND_RETRY),
        "ins_free": lambda _: returned(),
    }
    slow = {"caps_s": [3600], "attempts": 10, "period_s": 3600, "retry_after_cap_s": 3600}
    async with harness.workers(destination_retry=slow):
        for number in range(10):
            await harness.send([track(number)])

            async def delivered(expected: int = number + 1) -> bool:
                return (await harness.statuses(DESTINATION))["SUCCEEDED"] == expected

            await until(delivered)
    assert (await harness.statuses(DESTINATION))["EXHAUSTED BACKLOG_FULL"] == 7
    dead = [each for each in await harness.outcomes() if each.status == outcome_pb2.STATUS_EXHAUSTED]
    assert all(json.loads(each.evidence.delivery.message)["event"] == "Tested" for each in dead)


async def test_a_delivery_that_takes_long_is_held_not_repeated(harness: Harness) -> None:
    await harness.destination("a")
    await harness.source(to=["a"])
    harness.executor.scripts["ins_a"] = lambda _: returned()
    harness.executor.gate.clear()
    async with harness.workers():
        await harness.send([track(1)])

        async def routed() -> bool:
            return (await harness.statuses(SOURCE))["SUCCEEDED"] == 1

        await until(routed)
        # Held past its ack_wait, the delivery is extended, not delivered twice.
        info = await harness.bus.jetstream.consumer_info("DELIVERIES", "dst_a")
        assert info.num_ack_pending <= 1
        harness.executor.gate.set()
        await harness.drained()
    assert set(harness.executor.runs.values()) == {1}


async def test_a_deleted_destination_takes_its_backlog_along(harness: Harness) -> None:
    await harness.destination("a")
    await harness.source(to=["a"])
    harness.executor.scripts["ins_a"] = lambda _: threw(result_pb2.ERROR_KIND_RETRY)
    slow = {"caps_s": [3600], "attempts": 10, "period_s": 3600}
    async with harness.workers(destination_retry=slow):
        await harness.send([track(1)])

        async def tried() -> bool:
            return (await harness.statuses(DESTINATION))["RETRYING RETRY"] == 1

        await until(tried)
        await harness.store.delete("destination.dst_a")
        await harness.drained()


async def test_a_disabled_destination_keeps_its_backlog(harness: Harness) -> None:
    await harness.destination("a")
    await harness.source(to=["a"])
    harness.executor.scripts["ins_a"] = lambda _: threw(result_pb2.ERROR_KIND_RETRY)
    async with harness.workers(destination_retry={"caps_s": [0.3], "attempts": 99, "period_s": 3600}):
        await harness.send([track(1)])

        async def tried() -> bool:
            return (await harness.statuses(DESTINATION))["RETRYING RETRY"] >= 1

        await until(tried)
        await harness.destination("a", enabled=False)
        await harness.destination("probe")
        harness.executor.scripts["ins_a"] = lambda _: returned()
        await harness.destination("a", enabled=True)
        await harness.drained()
    assert (await harness.statuses(DESTINATION))["SUCCEEDED"] == 1
