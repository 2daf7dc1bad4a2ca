"""The delivery overview: how many events came through each step of the way, over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, cast

from pydantic import BeforeValidator, Field

from penstock.delivery.v1 import delivery_metrics_pb2 as contract
from services.gateway.api.call import Call
from services.gateway.api.delivery_metrics import Granularity
from services.gateway.api.errors import invalid
from services.gateway.api.models import Input, Output, PagedInput, Pagination, time_text
from services.gateway.api.operation import Group
from services.gateway.api.sources import Id
from services.gateway.api.times import Time, timestamp

OVERVIEW = Group("Delivery Overview")
_GROUPS = {
    "eventName": contract.METRICS_GROUP_EVENT_NAME,
    "eventType": contract.METRICS_GROUP_EVENT_TYPE,
    "discardReason": contract.METRICS_GROUP_REASON,
}


def _listed(value: Any) -> Any:
    """Take one for a list of it; several stand between commas."""
    return value.split(",") if isinstance(value, str) else value


Values = Annotated[list[str], BeforeValidator(_listed), Field(max_length=1, description="One, of which alone to tell.")]
GroupName = Literal["eventName", "eventType", "discardReason"]


class OverviewFilter(Input):
    """What to leave out."""

    discard_reason: Values = Field(default_factory=list[str])
    event_name: Values = Field(default_factory=list[str])
    event_type: Values = Field(default_factory=list[str])


class OverviewInput(PagedInput):
    """Of which source, and when."""

    source_id: Id
    destination_config_id: Annotated[str, Field(max_length=128, description="Destination, by id; empty for all.")] = ""
    start_time: Time
    end_time: Time
    granularity: Granularity
    group_by: Annotated[list[GroupName], BeforeValidator(_listed), Field(max_length=3)] = Field(
        default_factory=list[GroupName]
    )
    filter: OverviewFilter = Field(default_factory=OverviewFilter)


class Datapoint(Output):
    """A count at one time."""

    time: str
    count: int
    retry_count: int


class Dataset(Output):
    """The course of one count."""

    event_name: str = ""
    event_type: str = ""
    discard_reason: str = ""
    total: int
    series: list[Datapoint]
    total_retry_count: int


class OverviewAnswer(Output):
    """The courses of a step."""

    total: Annotated[int, Field(description="Sum of the totals of this page.")]
    dataset: list[Dataset]
    pagination: Pagination


@OVERVIEW.on("GET", "/delivery-overview/successfully-received", since="v1beta")
async def get_ingress_success_metrics_from_delivery_overview(call: Call, sent: OverviewInput) -> OverviewAnswer:
    """Give the events that came through their source."""
    return await _overview(call, sent, contract.DELIVERY_STEP_RECEIVED)


@OVERVIEW.on("GET", "/delivery-overview/failed-on-ingest", since="v1beta")
async def get_ingress_failed_metrics_from_delivery_overview(call: Call, sent: OverviewInput) -> OverviewAnswer:
    """Give the events that failed for good at their source."""
    return await _overview(call, sent, contract.DELIVERY_STEP_FAILED_ON_INGEST)


@OVERVIEW.on("GET", "/delivery-overview/filtered-at-source", since="v1beta")
async def get_filtered_at_source_metrics_from_delivery_overview(call: Call, sent: OverviewInput) -> OverviewAnswer:
    """Give the events that were kept back before the routing, as wished."""
    return await _overview(call, sent, contract.DELIVERY_STEP_FILTERED_AT_SOURCE)


@OVERVIEW.on("GET", "/delivery-overview/filtered-at-destination", since="v1beta")
async def get_filtered_at_destination_metrics_from_delivery_overview(call: Call, sent: OverviewInput) -> OverviewAnswer:
    """Give the messages that were kept from a destination, as wished."""
    return await _overview(call, sent, contract.DELIVERY_STEP_FILTERED_AT_DESTINATION)


@OVERVIEW.on("GET", "/delivery-overview/failed-delivery", since="v1beta")
async def get_egress_failed_metrics_from_delivery_overview(call: Call, sent: OverviewInput) -> OverviewAnswer:
    """Give the deliveries that were refused for good, or used up their tries."""
    return await _overview(call, sent, contract.DELIVERY_STEP_FAILED_DELIVERY)


@OVERVIEW.on("GET", "/delivery-overview/successful-delivery", since="v1beta")
async def get_egress_success_metrics_from_delivery_overview(call: Call, sent: OverviewInput) -> OverviewAnswer:
    """Give the deliveries that arrived."""
    return await _overview(call, sent, contract.DELIVERY_STEP_SUCCESSFUL_DELIVERY)


async def _overview(call: Call, sent: OverviewInput, step: contract.DeliveryStep.ValueType) -> OverviewAnswer:
    if sent.end_time <= sent.start_time:
        raise invalid("endTime", "must be after startTime")
    only = sent.filter
    request = contract.GetDeliveryMetricsRequest(
        start_time=timestamp(sent.start_time),
        end_time=timestamp(sent.end_time),
        granularity=contract.Granularity.Value(f"GRANULARITY_{sent.granularity}"),
        source_id=sent.source_id,
        destination_id=sent.destination_config_id,
        event_type=_one(only.event_type),
        event_name=_one(only.event_name),
        reason=_one(only.discard_reason),
        steps=[step],
        group_by=[_GROUPS[name] for name in dict.fromkeys(sent.group_by)],
        page_size=sent.pagination.count,
        page_token=sent.pagination.token,
    )
    answer = await call.ask(call.services.deliveries.GetDeliveryMetrics, request)
    return OverviewAnswer(
        total=sum(each.total for each in answer.series),
        dataset=[_dataset(each, sent.group_by) for each in answer.series],
        pagination=Pagination.after(sent.pagination, answer.next_page_token),
    )


def _one(values: Sequence[str]) -> str:
    return next(iter(values), "")


def _dataset(series: contract.DeliverySeries, groups: Sequence[str]) -> Dataset:
    known: dict[str, str] = {
        "eventName": series.event_name,
        "eventType": series.event_type,
        "discardReason": series.reason,
    }
    named = cast("dict[str, Any]", {name: known[name] for name in groups})
    return Dataset(
        **named,
        total=series.total,
        series=[
            Datapoint(time=time_text(each.time), count=each.count, retry_count=each.retried_count)
            for each in series.points
        ],
        total_retry_count=series.retried_total,
    )
