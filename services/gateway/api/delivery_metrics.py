"""Delivery metrics of a destination, and the steps of the delivery overview."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

from google.protobuf.duration_pb2 import Duration
from pydantic import BeforeValidator, Field

from penstock.delivery.v1 import delivery_metrics_pb2 as contract
from services.gateway.api.call import Call
from services.gateway.api.destinations import destination_of
from services.gateway.api.ids import catalog_id
from services.gateway.api.models import Input, Output
from services.gateway.api.operation import Group
from services.gateway.api.sources import Id
from services.gateway.api.times import Time, timestamp

DELIVERY_METRICS = Group("Destinations")
_ALL_SERIES = 1000
_NAMES: Mapping[contract.DeliveryStep.ValueType, str] = {
    contract.DELIVERY_STEP_SUCCESSFUL_DELIVERY: "delivered",
    contract.DELIVERY_STEP_FAILED_DELIVERY: "not_delivered",
    contract.DELIVERY_STEP_FILTERED_AT_DESTINATION: "filtered",
    contract.DELIVERY_STEP_RETRIED: "retried",
}


def in_capitals(value: Any) -> Any:
    """Take either case, as Segment has both."""
    return value.upper() if isinstance(value, str) else value


Granularity = Annotated[Literal["DAY", "HOUR", "MINUTE"], BeforeValidator(in_capitals)]


class DeliveryMetricsInput(Input):
    """Of which source to which destination, and when."""

    destination_id: Id
    source_id: Id
    start_time: Annotated[Time | None, Field(description="As long before the end as the granularity allows.")] = None
    end_time: Annotated[Time | None, Field(description="Now, where nothing is said.")] = None
    granularity: Annotated[
        Granularity,
        Field(description="`MINUTE` reaches over 4 hours of the last 48, `HOUR` over 7 days, `DAY` over 14."),
    ] = "MINUTE"


class Breakdown(Output):
    """A part of a metric."""

    metric_name: Annotated[str, Field(description="Reason, or the try that it arrived with: `first_try`, `retried`.")]
    value: int


class Metric(Output):
    """A sum over the whole time."""

    metric_name: Literal["delivered", "not_delivered", "filtered", "retried", "latency_p95_ms"]
    total: int | float
    breakdown: list[Breakdown] = Field(default_factory=list[Breakdown])


class DeliveryMetricsSummary(Output):
    """Metrics of what went from a source to a destination."""

    source_id: str
    destination_metadata_id: str
    metrics: list[Metric]


class DeliveryMetricsAnswer(Output):
    """Metrics of what went from a source to a destination."""

    delivery_metrics_summary: DeliveryMetricsSummary


@DELIVERY_METRICS.on("GET", "/destinations/{destinationId}/delivery-metrics", since="v1beta")
async def list_delivery_metrics_summary_from_destination(
    call: Call, sent: DeliveryMetricsInput
) -> DeliveryMetricsAnswer:
    """Sum up what went from a source to a destination: delivered, not delivered, filtered, retried, and the latency."""
    found = await destination_of(call, sent.destination_id)
    request = contract.GetDeliveryMetricsRequest(
        start_time=timestamp(sent.start_time),
        end_time=timestamp(sent.end_time),
        granularity=contract.Granularity.Value(f"GRANULARITY_{sent.granularity}"),
        source_id=sent.source_id,
        destination_id=found.destination_id,
        steps=list(_NAMES),
        group_by=[contract.METRICS_GROUP_REASON],
        page_size=_ALL_SERIES,
    )
    answer = await call.ask(call.services.deliveries.GetDeliveryMetrics, request)
    summary = DeliveryMetricsSummary(
        source_id=sent.source_id,
        destination_metadata_id=catalog_id(found.function_id),
        metrics=[*_metrics(answer.series), *_latency(answer)],
    )
    return DeliveryMetricsAnswer(delivery_metrics_summary=summary)


def _metrics(series: Iterable[contract.DeliverySeries]) -> list[Metric]:
    by_step: dict[contract.DeliveryStep.ValueType, list[contract.DeliverySeries]] = defaultdict(list)
    for each in series:
        by_step[each.step].append(each)
    return [_metric(step, by_step[step]) for step in _NAMES]


def _metric(step: contract.DeliveryStep.ValueType, series: Sequence[contract.DeliverySeries]) -> Metric:
    if step == contract.DELIVERY_STEP_SUCCESSFUL_DELIVERY:
        retried = sum(each.retried_total for each in series)
        parts = {"first_try": sum(each.total for each in series) - retried, "retried": retried}
    else:
        parts = {each.reason: each.total for each in series}
    return Metric(
        metric_name=_NAMES[step],  # pyright: ignore[reportArgumentType] one of the names
        total=sum(each.total for each in series),
        breakdown=[Breakdown(metric_name=name, value=value) for name, value in parts.items() if value],
    )


def _latency(answer: contract.GetDeliveryMetricsResponse) -> list[Metric]:
    if not answer.HasField("latency"):
        return []
    return [Metric(metric_name="latency_p95_ms", total=_milliseconds(answer.latency.p95))]


def _milliseconds(duration: Duration) -> float:
    return round(duration.ToMicroseconds() / 1000, 3)
