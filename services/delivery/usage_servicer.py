"""`UsageService`: how long the functions of the caller's workspace ran in a month."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from penstock.delivery.v1 import usage_pb2 as contract
from penstock.delivery.v1 import usage_pb2_grpc as contract_grpc
from services.delivery.allotments import Allotments
from services.delivery.clock import Clock
from services.delivery.execution_time import ExecutionTime
from services.delivery.inputs import invalid
from services.delivery.lock_out import LockOut
from services.delivery.tables import Usage, UsageNotice
from shared.bus.usage import month_of
from shared.errors import NotFound
from shared.rpc.access import caller

_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_MILLISECOND_US = 1000


class UsageService(contract_grpc.UsageServiceServicer):
    """Answers from the sums; `outcomes_behind` tells how many messages of OUTCOMES they miss, None when unknown."""

    def __init__(
        self,
        *,
        execution: ExecutionTime,
        allotments: Allotments,
        lock_out: LockOut,
        outcomes_behind: Callable[[], Awaitable[int | None]],
        clock: Clock,
    ) -> None:
        self._execution = execution
        self._allotments = allotments
        self._lock_out = lock_out
        self._outcomes_behind = outcomes_behind
        self._clock = clock

    async def GetUsage(self, request: contract.GetUsageRequest, context: Any) -> contract.GetUsageResponse:
        """Give a month's usage."""
        workspace_id, now = _workspace_id(), month_of(self._clock.time())
        month = _checked_month(request.month) or now
        behind = await self._outcomes_behind()
        rows = await self._execution.of(workspace_id, month)
        used_us = sum(row.wall_us for row in rows)
        answer = contract.GetUsageResponse(
            month=month,
            functions=[_function(row) for row in rows],
            execution_time=_duration(used_us),
            runs=sum(row.invocations for row in rows),
            notices=[_notice(each) for each in await self._execution.notices(workspace_id, month)],
            lock_out=self._allotments.lock_out(workspace_id),
            locked_out=month == now and self._lock_out.holds(workspace_id),
            outcomes_behind=behind,
        )
        allotment = self._allotments.of(workspace_id)
        if allotment:
            answer.allotment.CopyFrom(_duration(allotment.time_us))
            answer.percent = allotment.percent(used_us)
        return answer


def _checked_month(month: str) -> str:
    if month and not _MONTH.fullmatch(month):
        raise invalid("month", "must be written as 2026-11")
    return month


def _function(row: Usage) -> contract.FunctionUsage:
    return contract.FunctionUsage(
        function_id=row.function_id,
        instance_id=row.instance_id,
        execution_time=_duration(row.wall_us),
        runs=row.invocations,
    )


def _notice(row: UsageNotice) -> contract.UsageNotice:
    time = Timestamp()
    time.FromMicroseconds(row.noticed_us)
    return contract.UsageNotice(
        percent=row.percent,
        time=time,
        execution_time=_duration(row.wall_us),
        allotment=_duration(row.allotment_us),
    )


def _duration(microseconds: int) -> Duration:
    """Give microseconds in whole milliseconds, rounded up: what ran was not for nothing."""
    made = Duration()
    made.FromMilliseconds(-(-microseconds // _MILLISECOND_US))
    return made


def _workspace_id() -> str:
    actor = caller().actor
    if actor is None:
        raise NotFound("Only persons have usage.")
    return actor.workspace_id
