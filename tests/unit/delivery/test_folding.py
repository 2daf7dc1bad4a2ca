from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration
from hypothesis import given
from hypothesis import strategies as st

from penstock.delivery.v1 import delivery_metrics_pb2 as metrics
from penstock.event.v1 import outcome_pb2
from services.delivery.counting import OTHER, Counts, KnownEvents
from services.delivery.folding import fold
from services.delivery.latency import bucket_of, percentile_ms, upper_ms

SOURCE, DESTINATION = outcome_pb2.STAGE_SOURCE, outcome_pb2.STAGE_DESTINATION
SUCCEEDED, FILTERED, RETRYING = (
    outcome_pb2.STATUS_SUCCEEDED,
    outcome_pb2.STATUS_FILTERED,
    outcome_pb2.STATUS_RETRYING,
)


def outcome(number: int = 1, *, at: str = "2026-11-21T08:00:00+00:00", **more: Any) -> outcome_pb2.Outcome:
    values: dict[str, Any] = {"stage": DESTINATION, "status": SUCCEEDED, "attempt": 1} | more
    made = outcome_pb2.Outcome(
        event_id=f"evt_{number}",
        workspace_id="ws_1",
        source_id="src_1",
        destination_id="dst_1",
        **values,
    )
    made.finished_at.FromDatetime(datetime.fromisoformat(at).astimezone(UTC))
    made.received_at.CopyFrom(made.finished_at)
    return made


def ran(made: outcome_pb2.Outcome, *, ms: int = 0, insert_ms: int | None = None) -> outcome_pb2.Outcome:
    made.function.function_id, made.function.instance_id = "fn_1", "ins_1"
    made.function.usage.wall.FromMilliseconds(ms)
    if insert_ms is not None:
        wall = Duration()
        wall.FromMilliseconds(insert_ms)
        made.insert_functions.add(function_id="fn_2", instance_id="ins_2").usage.wall.CopyFrom(wall)
    return made


def used_ms(*outcomes: outcome_pb2.Outcome) -> dict[tuple[str, str], tuple[float, int]]:
    rows = fold(outcomes, set(), 0).usage.values()
    return {(row["month"], row["instance_id"]): (row["wall_us"] / 1000, row["invocations"]) for row in rows}


def test_a_run_belongs_to_the_month_in_utc_in_which_it_ended() -> None:
    assert used_ms(
        ran(outcome(1, at="2026-11-30T23:59:59.999999+00:00"), ms=3),
        ran(outcome(2, at="2026-12-01T00:00:00+00:00"), ms=5),
        ran(outcome(3, at="2026-12-01T01:00:00+02:00"), ms=7),
    ) == {("2026-11", "ins_1"): (10, 2), ("2026-12", "ins_1"): (5, 1)}


def test_retries_timeouts_and_insert_functions_take_time() -> None:
    assert used_ms(
        ran(outcome(status=RETRYING, reason="TIMEOUT"), ms=5000, insert_ms=2),
        ran(outcome(attempt=2), ms=4, insert_ms=1),
    ) == {("2026-11", "ins_1"): (5004, 2), ("2026-11", "ins_2"): (3, 2)}


def test_what_was_repeated_after_a_crash_takes_no_time_twice() -> None:
    assert used_ms(ran(outcome(), ms=4), ran(outcome(), ms=6)) == {("2026-11", "ins_1"): (4, 1)}


def test_what_was_not_run_is_no_run() -> None:
    locked_out = outcome(status=outcome_pb2.STATUS_DISCARDED, reason="FUNCTIONS_LOCK_OUT")
    locked_out.function.instance_id = "ins_1"
    assert used_ms(locked_out) == {}


@pytest.mark.parametrize(
    ("stage", "status", "step"),
    [
        (SOURCE, "SUCCEEDED", "RECEIVED"),
        (SOURCE, "FILTERED", "FILTERED_AT_SOURCE"),
        (SOURCE, "DISCARDED", "FAILED_ON_INGEST"),
        (SOURCE, "EXHAUSTED", "FAILED_ON_INGEST"),
        (SOURCE, "RETRYING", "RETRIED"),
        (DESTINATION, "SUCCEEDED", "SUCCESSFUL_DELIVERY"),
        (DESTINATION, "FILTERED", "FILTERED_AT_DESTINATION"),
        (DESTINATION, "DISCARDED", "FAILED_DELIVERY"),
        (DESTINATION, "EXHAUSTED", "FAILED_DELIVERY"),
        (DESTINATION, "RETRYING", "RETRIED"),
    ],
)
def test_each_outcome_counts_at_its_step(stage: outcome_pb2.Stage.ValueType, status: str, step: str) -> None:
    counts = counted(outcome(stage=stage, status=outcome_pb2.Status.Value(f"STATUS_{status}")))
    assert {row["step"] for row in counts.events.values()} == {metrics.DeliveryStep.Value(f"DELIVERY_STEP_{step}")}


def test_counts_begin_with_their_minute_and_hour() -> None:
    late = outcome(1, at="2026-11-21T08:59:59.5+00:00")
    counts = counted(late, outcome(2, at="2026-11-21T09:00:00+00:00", attempt=3))
    hour = int(datetime(2026, 11, 21, 8, tzinfo=UTC).timestamp())
    assert [(row["span_s"], row["start_s"] - hour, row["retried"]) for row in counts.events.values()] == [
        (60, 59 * 60, 0),
        (3600, 0, 0),
        (60, 3600, 1),
        (3600, 3600, 1),
    ]


def test_an_hour_tells_a_bounded_number_of_events_apart() -> None:
    names = ["a", "b", "c", "a", "d", "b"]
    counts = counted(*(outcome(n, event_name=name) for n, name in enumerate(names)), limit=2)
    by_name = {row["event_name"]: row["count"] for row in counts.events.values() if row["span_s"] == 3600}
    assert by_name == {"a": 2, "b": 2, OTHER: 2}


def counted(*outcomes: outcome_pb2.Outcome, limit: int = 10) -> Counts:
    counts = Counts(KnownEvents(limit))
    fold(outcomes, set(), 0, counts)
    return counts


@given(st.floats(min_value=0, max_value=1e9))
def test_a_bucket_holds_its_latency_and_is_narrow(latency_ms: float) -> None:
    bucket = bucket_of(latency_ms)
    assert latency_ms <= upper_ms(bucket) * 1.0001
    assert latency_ms <= 1 or upper_ms(bucket) <= latency_ms * 1.1


def test_percentiles() -> None:
    counts = {bucket_of(10): 50, bucket_of(100): 45, bucket_of(1000): 5}
    assert [round(percentile_ms(counts, percent)) for percent in (50, 95, 99)] == [
        round(upper_ms(bucket_of(ms))) for ms in (10, 100, 1000)
    ]
