"""Counts over time and usage, over both databases: read as they were folded, and old ones removed."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from penstock.delivery.v1 import delivery_metrics_pb2 as contract
from penstock.event.v1 import outcome_pb2
from services.delivery.delivery_metrics import DeliveryMetrics
from services.delivery.execution_time import ExecutionTime
from services.delivery.metric_pruning import MetricPruning
from services.delivery.metrics_inputs import asked
from services.delivery.read_side import MIGRATIONS
from services.delivery.settings import ReadModelLimits
from services.delivery.store import Store
from shared.database import Database, migrate
from tests.clock import MovableClock

NOW_S = int(time.time()) // 3600 * 3600
SUCCESSFUL, FAILED = contract.DELIVERY_STEP_SUCCESSFUL_DELIVERY, contract.DELIVERY_STEP_FAILED_DELIVERY
BY_NAME, BY_TYPE = contract.METRICS_GROUP_EVENT_NAME, contract.METRICS_GROUP_EVENT_TYPE


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(url=database_url, schema="delivery")
    await migrate(database, versions=MIGRATIONS)
    yield database
    await database.close()


def outcome(
    number: int, name: str = "Bought", *, ago_s: int = 60, took_ms: int = 20, **more: Any
) -> outcome_pb2.Outcome:
    values: dict[str, Any] = {"workspace_id": "ws_1", "status": outcome_pb2.STATUS_SUCCEEDED, "attempt": 1} | more
    made = outcome_pb2.Outcome(
        event_id=f"evt_{number}",
        source_id="src_1",
        destination_id="dst_1",
        stage=outcome_pb2.STAGE_DESTINATION,
        event_type="track",
        event_name=name,
        **values,
    )
    made.finished_at.FromMilliseconds((NOW_S - ago_s) * 1000)
    made.received_at.FromMilliseconds((NOW_S - ago_s) * 1000 - took_ms)
    made.function.function_id, made.function.instance_id = "fn_1", "ins_1"
    made.function.usage.wall.FromMicroseconds(1500)
    return made


async def folded(database: Database, *groups: list[outcome_pb2.Outcome], names: int = 10) -> None:
    store = Store(database, ReadModelLimits(event_names_per_hour=names))
    for number, group in enumerate(groups):
        await store.fold(group, after=number, upto=number + 1)


async def read(
    database: Database, *, workspace: str = "ws_1", after: int = 0, limit: int = 10, **wanted: Any
) -> contract.GetDeliveryMetricsResponse:
    request = contract.GetDeliveryMetricsRequest(end_time=Timestamp(seconds=NOW_S), **wanted)
    return await DeliveryMetrics(database).read(workspace, asked(request), after=after, limit=limit)


async def test_series_are_told_apart_as_asked_and_add_up(database: Database) -> None:
    failed = outcome(9, "Sold", status=outcome_pb2.STATUS_DISCARDED, reason="BAD_REQUEST", ago_s=7300)
    await folded(
        database,
        [outcome(1), outcome(2, ago_s=3700, attempt=2), failed],
        [outcome(3), outcome(4, "Sold", workspace_id="ws_2")],
    )
    answer = await read(database)
    assert [(each.step, each.total, each.retried_total) for each in answer.series] == [
        (SUCCESSFUL, 3, 1),
        (FAILED, 1, 0),
    ]
    assert [(point.time.seconds - NOW_S, point.count) for point in answer.series[0].points] == [(-7200, 1), (-3600, 2)]
    named = await read(database, group_by=[BY_NAME, BY_TYPE, contract.METRICS_GROUP_REASON])
    assert [(each.event_name, each.event_type, each.reason, each.total) for each in named.series] == [
        ("Bought", "track", "", 3),
        ("Sold", "track", "BAD_REQUEST", 1),
    ]
    assert [each.event_name for each in (await read(database, group_by=[BY_NAME], after=1)).series] == ["Sold"]
    assert (await read(database, workspace="ws_2")).series[0].total == 1


async def test_filters_and_granularities(database: Database) -> None:
    await folded(database, [outcome(1), outcome(2, "Sold", ago_s=120), outcome(3, ago_s=5 * 3600)])
    by_minute = await read(database, granularity=contract.GRANULARITY_MINUTE)
    assert [point.time.seconds - NOW_S for point in by_minute.series[0].points] == [-120, -60]
    by_day = await read(database, granularity=contract.GRANULARITY_DAY)
    assert sum(point.count for point in by_day.series[0].points) == 3
    assert all(point.time.seconds % 86_400 == 0 for point in by_day.series[0].points)
    assert (await read(database, event_name="Sold")).series[0].total == 1
    unmet: list[dict[str, Any]] = [
        {"source_id": "src_2"},
        {"destination_id": "dst_2"},
        {"steps": [FAILED]},
        {"reason": "X"},
    ]
    for wanted in unmet:
        assert not (await read(database, **wanted)).series


async def test_latencies_are_percentiles_of_what_arrived(database: Database) -> None:
    slow = [outcome(n, took_ms=5000, ago_s=3700) for n in range(3)]
    await folded(database, [outcome(n, took_ms=20) for n in range(10, 107)], slow)
    answer = await read(database)
    assert answer.latency.count == 100
    assert 20 <= answer.latency.p50.ToMilliseconds() <= 22
    assert 20 <= answer.latency.p95.ToMilliseconds() <= 22
    assert 5000 <= answer.latency.p99.ToMilliseconds() <= 5500
    assert [(each.time.seconds - NOW_S, each.latency.count) for each in answer.latency_points] == [
        (-7200, 3),
        (-3600, 97),
    ]


async def test_the_bound_on_names_holds_across_restarts(database: Database) -> None:
    await folded(database, [outcome(1, "a"), outcome(2, "b")], names=2)
    store = Store(database, ReadModelLimits(event_names_per_hour=2))
    await store.fold([outcome(3, "c"), outcome(4, "a")], after=1, upto=2)
    answer = await read(database, group_by=[BY_NAME])
    assert {each.event_name: each.total for each in answer.series} == {"a": 2, "b": 1, "(other)": 1}


async def test_old_counts_are_removed_and_newer_ones_stay(database: Database) -> None:
    day_s = 24 * 3600
    await folded(database, [outcome(1), outcome(2, ago_s=3 * day_s), outcome(3, ago_s=20 * day_s)])
    clock = MovableClock()
    await MetricPruning(database, clock).prune()
    by_day = await read(database, granularity=contract.GRANULARITY_DAY)
    assert by_day.series[0].total == by_day.latency.count == 2
    clock.advance(30 * day_s)
    await MetricPruning(database, clock).prune()
    assert not (await read(database)).series


async def test_usage_is_summed_up_once(database: Database) -> None:
    await folded(database, [outcome(1), outcome(2)], [outcome(2), outcome(3, workspace_id="ws_2")])
    month = time.strftime("%Y-%m", time.gmtime(NOW_S - 60))
    execution = ExecutionTime(database)
    assert await execution.sums_us(month, ["ws_1", "ws_2", "ws_3"]) == {"ws_1": 3000, "ws_2": 1500}
    assert [(row.instance_id, row.wall_us, row.invocations) for row in await execution.of("ws_1", month)] == [
        ("ins_1", 3000, 2)
    ]
