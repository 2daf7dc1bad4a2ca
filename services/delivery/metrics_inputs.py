"""What a request for delivery metrics asks for, checked: each wrong field is named."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from penstock.delivery.v1 import delivery_metrics_pb2 as contract
from penstock.delivery.v1 import delivery_service_pb2
from services.delivery import inputs
from services.delivery.metric_tables import HOUR_S, MINUTE_S

DAY_S = 24 * HOUR_S
_DEFAULT_PAGE = 100
_MOST_NAMES = 20


@dataclass(frozen=True, slots=True)
class Reach:
    """What a granularity allows: points of `point_s`, `longest_s` in one answer, from `oldest_s` ago on.

    Its counts are in rows of `span_s`.
    """

    point_s: int
    span_s: int
    longest_s: int
    oldest_s: int


REACHES = {
    contract.GRANULARITY_MINUTE: Reach(MINUTE_S, MINUTE_S, 4 * HOUR_S, 48 * HOUR_S),
    contract.GRANULARITY_HOUR: Reach(HOUR_S, HOUR_S, 7 * DAY_S, 15 * DAY_S),
    contract.GRANULARITY_DAY: Reach(DAY_S, HOUR_S, 14 * DAY_S, 15 * DAY_S),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for metrics; empty fields let everything through."""

    reach: Reach
    start_s: int
    end_s: int
    source_id: str
    destination_id: str
    event_type: str
    event_name: str
    reason: str
    steps: Sequence[int]
    groups: Sequence[int]


def asked(request: contract.GetDeliveryMetricsRequest, *, now_s: float | None = None) -> Asked:
    """Give what a request asks for. Raises InvalidArgument."""
    reach = REACHES.get(request.granularity or contract.GRANULARITY_HOUR)
    if reach is None:
        raise inputs.invalid("granularity", "is unknown here")
    start_s, end_s = _times(request, reach, time.time() if now_s is None else now_s)
    names = ("source_id", "destination_id", "event_type", "event_name", "reason")
    texts = {name: inputs.checked_text(name, getattr(request, name)) for name in names}
    return Asked(
        reach=reach,
        start_s=start_s,
        end_s=end_s,
        steps=_numbers("steps", request.steps, contract.DeliveryStep.values()),
        groups=_numbers("group_by", request.group_by, contract.MetricsGroup.values()),
        **texts,
    )


def series_page(request: contract.GetDeliveryMetricsRequest) -> tuple[int, int]:
    """Give how many series, after how many. Raises InvalidArgument."""
    size = inputs.page_size(request.page_size) if request.page_size else _DEFAULT_PAGE
    return size, inputs.read_token(request.page_token) or 0


def stats_minutes(request: delivery_service_pb2.GetDeliveryStatsRequest) -> tuple[int | None, int | None]:
    """Give the minutes from and up to which counters are summed up. Raises InvalidArgument."""
    start_s, end_s = _second(request, "start_time"), _second(request, "end_time")
    _check_order(start_s, end_s)
    return (
        None if start_s is None else start_s // MINUTE_S,
        None if end_s is None else -(-end_s // MINUTE_S),
    )


def _times(request: contract.GetDeliveryMetricsRequest, reach: Reach, now_s: float) -> tuple[int, int]:
    start_s, end_s = _second(request, "start_time"), _second(request, "end_time")
    _check_order(start_s, end_s)
    end_s = _up(int(now_s) + 1 if end_s is None else end_s, reach.point_s)
    start_s = end_s - reach.longest_s if start_s is None else start_s - start_s % reach.point_s
    # Rounding makes it longer by up to two points.
    if end_s - start_s > reach.longest_s + 2 * reach.point_s:
        raise inputs.invalid("start_time", f"must be at most {_hours(reach.longest_s)} before the end, so finely told")
    if start_s < now_s - reach.oldest_s - 2 * reach.point_s:
        raise inputs.invalid("start_time", f"must be in the last {_hours(reach.oldest_s)}, so finely told")
    return start_s, end_s


def _check_order(start_s: int | None, end_s: int | None) -> None:
    if start_s is not None and end_s is not None and start_s >= end_s:
        raise inputs.invalid("end_time", "must be after start_time")


def _second(request: Message, field: str) -> int | None:
    """Give a time in whole seconds, the end of it for the part of one."""
    if not request.HasField(field):
        return None
    moment: Timestamp = getattr(request, field)
    inputs.check_time(field, moment)
    return moment.seconds + (moment.nanos > 0 and field == "end_time")


def _numbers(field: str, numbers: Sequence[int], known: Sequence[int]) -> Sequence[int]:
    if len(numbers) > _MOST_NAMES or not set(numbers) <= set(known) - {0}:
        raise inputs.invalid(field, "names what is unknown here")
    return sorted(set(numbers))


def _up(time_s: int, span_s: int) -> int:
    return -(-time_s // span_s) * span_s


def _hours(seconds: int) -> str:
    hours = seconds // HOUR_S
    return f"{hours // 24} days" if hours % 24 == 0 else f"{hours} hours"
