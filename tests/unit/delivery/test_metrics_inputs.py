from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from penstock.delivery.v1 import delivery_metrics_pb2 as contract
from penstock.delivery.v1 import delivery_service_pb2
from services.delivery.metrics_inputs import asked, stats_minutes
from shared.errors import InvalidArgument

NOW_S = 1_000 * 86_400 + 10 * 3600 + 90
MINUTE, HOUR, DAY = contract.GRANULARITY_MINUTE, contract.GRANULARITY_HOUR, contract.GRANULARITY_DAY


def times(*, granularity: contract.Granularity.ValueType = HOUR, **request: Any) -> tuple[int, int]:
    found = asked(contract.GetDeliveryMetricsRequest(granularity=granularity, **request), now_s=NOW_S)
    return found.start_s - NOW_S, found.end_s - NOW_S


def test_times_are_rounded_outwards_to_whole_points() -> None:
    start, end = Timestamp(seconds=NOW_S - 3600), Timestamp(seconds=NOW_S - 1, nanos=1)
    assert times(start_time=start, end_time=end) == (-3600 - 90, 3600 - 90)
    assert times(start_time=start, end_time=end, granularity=MINUTE) == (-3600 - 30, 30)
    assert times(start_time=start, end_time=end, granularity=DAY) == (-10 * 3600 - 90, 14 * 3600 - 90)


@pytest.mark.parametrize(("granularity", "hours"), [(MINUTE, 4), (HOUR, 7 * 24), (DAY, 14 * 24)])
def test_without_times_an_answer_reaches_back_as_far_as_may_be(
    granularity: contract.Granularity.ValueType, hours: int
) -> None:
    start, end = times(granularity=granularity)
    assert end - start == hours * 3600


@pytest.mark.parametrize(
    ("field", "request_"),
    [
        ("end_time", {"start_time": Timestamp(seconds=NOW_S), "end_time": Timestamp(seconds=NOW_S - 60)}),
        ("end_time", {"start_time": Timestamp(seconds=NOW_S), "end_time": Timestamp(seconds=NOW_S)}),
        ("end_time", {"end_time": Timestamp(seconds=-5)}),
        ("start_time", {"start_time": Timestamp(seconds=NOW_S - 5 * 3600), "granularity": MINUTE}),
        ("start_time", {"start_time": Timestamp(seconds=NOW_S - 8 * 86_400), "granularity": HOUR}),
        (
            "start_time",
            {"start_time": Timestamp(seconds=NOW_S - 49 * 3600), "end_time": Timestamp(seconds=NOW_S - 48 * 3600)},
        ),
        ("start_time", {"end_time": Timestamp(seconds=NOW_S - 30 * 86_400), "granularity": DAY}),
        ("granularity", {"granularity": 9}),
        ("group_by", {"group_by": [99]}),
        ("steps", {"steps": [0]}),
        ("event_name", {"event_name": "\0"}),
    ],
)
def test_what_cannot_be_answered_is_refused_by_field(field: str, request_: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument) as refused:
        times(**({"granularity": MINUTE} | request_))
    assert [each.field for each in refused.value.violations] == [field]


def test_statistics_refuse_an_end_before_the_start() -> None:
    request = delivery_service_pb2.GetDeliveryStatsRequest(
        start_time=Timestamp(seconds=120), end_time=Timestamp(seconds=181)
    )
    assert stats_minutes(request) == (2, 4)
    request.end_time.seconds = 60
    with pytest.raises(InvalidArgument):
        stats_minutes(request)
    assert stats_minutes(delivery_service_pb2.GetDeliveryStatsRequest()) == (None, None)
