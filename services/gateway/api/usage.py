"""What functions take of the month's allotment. Segment's API has no operation for it; the style is its."""

from __future__ import annotations

from typing import Annotated

from google.protobuf.duration_pb2 import Duration
from pydantic import Field

from penstock.delivery.v1 import usage_pb2
from services.gateway.api.call import Call
from services.gateway.api.models import Input, Output, time_text
from services.gateway.api.operation import Group

USAGE = Group("Usage")


class UsageInput(Input):
    """Which month."""

    period: Annotated[
        str,
        Field(
            max_length=10,
            pattern=r"^(\d{4}-(0[1-9]|1[0-2])(-\d\d)?)?$",
            description="`2026-11`, or any day of it; the current month without.",
        ),
    ] = ""


class FunctionUsage(Output):
    """What an instance of a function took."""

    function_id: str
    instance_id: str
    execution_time_ms: int
    invocations: int


class UsageNotice(Output):
    """Word that a part of the allotment is used up."""

    percent: int
    timestamp: str
    execution_time_ms: int
    allotment_ms: int


class FunctionsUsage(Output):
    """What the functions of the workspace took in a month."""

    period: str
    execution_time_ms: int
    invocations: int
    allotment_ms: Annotated[int | None, Field(description="`null` for no bound.")]
    percent: Annotated[int, Field(description="Part of the allotment that is used, rounded down.")]
    lock_out: Annotated[bool, Field(description="Whether functions stop at the end of the allotment.")]
    locked_out: Annotated[bool, Field(description="Whether they are stopped now.")]
    functions: list[FunctionUsage]
    notices: list[UsageNotice]


class UsageAnswer(Output):
    """What the functions of the workspace took in a month."""

    functions_usage: FunctionsUsage


@USAGE.on("GET", "/usage/functions", since="v1alpha")
async def get_functions_usage(call: Call, sent: UsageInput) -> UsageAnswer:
    """Give a month's execution time by function and instance, and how much of the allotment that is."""
    found = await call.ask(call.services.usage.GetUsage, usage_pb2.GetUsageRequest(month=sent.period[:7]))
    return UsageAnswer(
        functions_usage=FunctionsUsage(
            period=found.month,
            execution_time_ms=_ms(found.execution_time),
            invocations=found.runs,
            allotment_ms=_ms(found.allotment) if found.HasField("allotment") else None,
            percent=found.percent,
            lock_out=found.lock_out,
            locked_out=found.locked_out,
            functions=[_function(each) for each in found.functions],
            notices=[_notice(each) for each in found.notices],
        )
    )


def _function(each: usage_pb2.FunctionUsage) -> FunctionUsage:
    return FunctionUsage(
        function_id=each.function_id,
        instance_id=each.instance_id,
        execution_time_ms=_ms(each.execution_time),
        invocations=each.runs,
    )


def _notice(notice: usage_pb2.UsageNotice) -> UsageNotice:
    return UsageNotice(
        percent=notice.percent,
        timestamp=time_text(notice.time),
        execution_time_ms=_ms(notice.execution_time),
        allotment_ms=_ms(notice.allotment),
    )


def _ms(duration: Duration) -> int:
    return duration.ToMilliseconds()
