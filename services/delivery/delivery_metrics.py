"""Reading counts over time: series of a page, the largest first, and latencies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, cast

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import ColumnElement, func, select, tuple_
from sqlmodel import col

from penstock.delivery.v1 import delivery_metrics_pb2 as contract
from services.delivery.latency import percentile_ms
from services.delivery.metric_tables import EventCounter, LatencyCounter
from services.delivery.metrics_inputs import Asked
from shared.database import Database

_COLUMNS: Mapping[int, str] = {
    contract.METRICS_GROUP_EVENT_NAME: "event_name",
    contract.METRICS_GROUP_EVENT_TYPE: "event_type",
    contract.METRICS_GROUP_REASON: "reason",
    contract.METRICS_GROUP_SOURCE: "source_id",
    contract.METRICS_GROUP_DESTINATION: "destination_id",
}

Histogram = dict[int, int]


class DeliveryMetrics:
    """The counts of all workspaces; every read is of one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(
        self, workspace_id: str, asked: Asked, *, after: int, limit: int
    ) -> contract.GetDeliveryMetricsResponse:
        """Give series, from the one after the `after` largest on, and the latencies of the whole time."""
        answer = contract.GetDeliveryMetricsResponse(
            series=await self._series(workspace_id, asked, after=after, limit=limit),
            start_time=Timestamp(seconds=asked.start_s),
            end_time=Timestamp(seconds=asked.end_s),
        )
        histograms = await self._histograms(workspace_id, asked)
        for start_s, histogram in sorted(histograms.items()):
            answer.latency_points.add(time=Timestamp(seconds=start_s), latency=_summary(histogram))
        if histograms:
            answer.latency.CopyFrom(_summary(_together(list(histograms.values()))))
        return answer

    async def _series(
        self, workspace_id: str, asked: Asked, *, after: int, limit: int
    ) -> Sequence[contract.DeliverySeries]:
        names = ["step", *(_COLUMNS[group] for group in asked.groups)]
        keys: list[Any] = [getattr(EventCounter, name) for name in names]
        conditions = _conditions(workspace_id, asked)
        sums = [func.sum(col(EventCounter.count)), func.sum(col(EventCounter.retried))]
        totals: Any = select(*keys, *sums).where(*conditions).group_by(*keys)
        totals = totals.order_by(sums[0].desc(), *keys).offset(after).limit(limit)
        async with self._database.read() as session:
            found = {tuple(row[: len(names)]): row for row in (await session.execute(totals)).all()}
            series = {key: _one_series(names, key, row) for key, row in found.items()}
            if series:
                start: Any = EventCounter.start_s
                points: Any = select(*keys, start, *sums).where(*conditions, tuple_(*keys).in_(list(series)))
                points = points.group_by(*keys, start).order_by(start)
                for row in (await session.execute(points)).all():
                    _add_point(series[tuple(row[: len(names)])], asked.reach.point_s, *row[len(names) :])
        return list(series.values())

    async def _histograms(self, workspace_id: str, asked: Asked) -> Mapping[int, Histogram]:
        """Give the latencies of each point of time."""
        start, bucket = cast("Any", LatencyCounter.start_s), cast("Any", LatencyCounter.bucket)
        query: Any = select(start, bucket, func.sum(col(LatencyCounter.count)))
        query = query.where(*_times_and_places(LatencyCounter, workspace_id, asked)).group_by(start, bucket)
        points: defaultdict[int, Histogram] = defaultdict(dict)
        async with self._database.read() as session:
            found: Sequence[Any] = (await session.execute(query)).all()
        for start_s, number, count in found:
            point = points[start_s - start_s % asked.reach.point_s]
            point[number] = point.get(number, 0) + int(count)
        return points


def _conditions(workspace_id: str, asked: Asked) -> list[ColumnElement[bool]]:
    found = _times_and_places(EventCounter, workspace_id, asked)
    named = ((EventCounter.event_type, asked.event_type), (EventCounter.event_name, asked.event_name))
    found += [col(column) == value for column, value in (*named, (EventCounter.reason, asked.reason)) if value]
    if asked.steps:
        found.append(col(EventCounter.step).in_(asked.steps))
    return found


def _times_and_places(
    table: type[EventCounter | LatencyCounter], workspace_id: str, asked: Asked
) -> list[ColumnElement[bool]]:
    found = [
        col(table.workspace_id) == workspace_id,
        col(table.span_s) == asked.reach.span_s,
        col(table.start_s) >= asked.start_s,
        col(table.start_s) < asked.end_s,
    ]
    named = ((table.source_id, asked.source_id), (table.destination_id, asked.destination_id))
    return found + [col(column) == value for column, value in named if value]


def _one_series(names: Sequence[str], key: tuple[Any, ...], row: Sequence[Any]) -> contract.DeliverySeries:
    count, retried = row[len(names) :]
    # PostgreSQL sums up to decimals.
    series = contract.DeliverySeries(total=int(count), retried_total=int(retried))
    for name, value in zip(names, key, strict=True):
        setattr(series, name, value)
    return series


def _add_point(series: contract.DeliverySeries, point_s: int, start_s: int, count: int, retried: int) -> None:
    """Add what began at `start_s` to its point: hours to their day."""
    time_s = start_s - start_s % point_s
    if not series.points or series.points[-1].time.seconds != time_s:
        series.points.add(time=Timestamp(seconds=time_s))
    series.points[-1].count += int(count)
    series.points[-1].retried_count += int(retried)


def _summary(histogram: Histogram) -> contract.LatencySummary:
    return contract.LatencySummary(
        count=sum(histogram.values()),
        p50=_duration(percentile_ms(histogram, 50)),
        p95=_duration(percentile_ms(histogram, 95)),
        p99=_duration(percentile_ms(histogram, 99)),
    )


def _together(histograms: Sequence[Histogram]) -> Histogram:
    together: Histogram = {}
    for histogram in histograms:
        for bucket, count in histogram.items():
            together[bucket] = together.get(bucket, 0) + count
    return together


def _duration(milliseconds: float) -> Duration:
    made = Duration()
    made.FromMilliseconds(round(milliseconds))
    return made
