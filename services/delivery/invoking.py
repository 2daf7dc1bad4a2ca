"""Running functions: the calls to the executors, cut to what a call may hold."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable, Sequence
from contextlib import aclosing

from penstock.executor.v1 import executor_service_pb2, executor_service_pb2_grpc, result_pb2
from services.delivery.gathering import gathered
from shared.errors import DeadlineExceeded, PenstockError, ResourceExhausted, Unavailable
from shared.rpc.choice import ExecutorChoice

_CALL_EVENTS = 100
_CALL_BYTES = 1024 * 1024

Invocation = executor_service_pb2.Invocation
Result = result_pb2.InvocationResult


def _never() -> bool:
    return False


class Invoker:
    """Calls executors; while `is_locked_out` says so, no event runs, and its result tells that."""

    def __init__(
        self, executors: ExecutorChoice, *, timeout_s: float, is_locked_out: Callable[[], bool] = _never
    ) -> None:
        self._executors = executors
        self._timeout_s = timeout_s
        self._is_locked_out = is_locked_out

    def unless(self, is_locked_out: Callable[[], bool]) -> Invoker:
        """Give an invoker for functions that can be locked out."""
        return Invoker(self._executors, timeout_s=self._timeout_s, is_locked_out=is_locked_out)

    async def run(
        self, instance_id: str, invocations: Sequence[Invocation], *, code_digest: str = ""
    ) -> AsyncGenerator[Sequence[Result]]:
        """Run events of one instance, in as few calls as may be; give results as they become ready.

        With a `code_digest` that code runs instead of the deployed one; where it is gone, each event's result says so.
        Raises ResourceExhausted, Unavailable or DeadlineExceeded when the platform could not run the rest, which is no
        try of the events. Any other failure of a call may be the events' own doing, and is given as the result of each.
        """
        for call in split_calls(invocations):
            if self._is_locked_out():
                yield [_locked_out(invocation) for invocation in call]
                continue
            missing = {invocation.id: invocation for invocation in call}
            try:
                async for results in self._call(instance_id, call, code_digest):
                    for result in results:
                        missing.pop(result.id, None)
                    yield results
            except (ResourceExhausted, Unavailable, DeadlineExceeded):
                raise
            except PenstockError as error:
                # Code of now may still be on its way; code of then that is gone does not come back.
                is_gone = bool(code_digest) and error.reason == "CODE_NOT_FOUND"
                kind = result_pb2.ERROR_KIND_INVALID_SETTINGS if is_gone else result_pb2.ERROR_KIND_SANDBOX_FAULT
                yield [_failed(invocation, kind, error) for invocation in missing.values()]
                missing.clear()
            if missing:
                raise Unavailable("The executor ended the call before all events had results.", reason="NO_RESULT")

    async def _call(
        self, instance_id: str, call: Sequence[Invocation], code_digest: str
    ) -> AsyncGenerator[Sequence[Result]]:
        with self._executors.channel(instance_id) as channel:
            stub = executor_service_pb2_grpc.ExecutorServiceStub(channel)
            if len(call) == 1:
                one = executor_service_pb2.InvokeOneRequest(
                    instance_id=instance_id, invocation=call[0], code_digest=code_digest
                )
                yield [(await stub.InvokeOne(one, timeout=self._timeout_s)).result]
                return
            request = executor_service_pb2.InvokeRequest(
                instance_id=instance_id, invocations=call, code_digest=code_digest
            )
            async with aclosing(gathered(_results(stub.Invoke(request, timeout=self._timeout_s)))) as groups:
                async for results in groups:
                    yield results


async def _results(responses: AsyncIterable[executor_service_pb2.InvokeResponse]) -> AsyncGenerator[Sequence[Result]]:
    async for response in responses:
        yield response.results


def by_code(
    invocations: Sequence[Invocation], code_digest: Callable[[Invocation], str]
) -> Iterable[tuple[str, Sequence[Invocation]]]:
    """Sort events by the code that they are to run with."""
    sorted_by_code: dict[str, list[Invocation]] = {}
    for invocation in invocations:
        sorted_by_code.setdefault(code_digest(invocation), []).append(invocation)
    return sorted_by_code.items()


def split_calls(invocations: Sequence[Invocation]) -> Iterable[Sequence[Invocation]]:
    """Cut into calls of at most 100 events and 1 MiB, unless a single event is larger."""
    call: list[Invocation] = []
    call_bytes = 0
    for invocation in invocations:
        size = invocation.ByteSize()
        if call and (len(call) == _CALL_EVENTS or call_bytes + size > _CALL_BYTES):
            yield call
            call, call_bytes = [], 0
        call.append(invocation)
        call_bytes += size
    if call:
        yield call


def _locked_out(invocation: Invocation) -> Result:
    error = ResourceExhausted(
        "The functions of the workspace have used up their execution time of this month (UTC). They run again when it "
        "ends, or when the allotment is raised: penstock workspace update --monthly-execution.",
        reason="FUNCTIONS_LOCK_OUT",
    )
    return _failed(invocation, result_pb2.ERROR_KIND_FUNCTIONS_LOCK_OUT, error)


def _failed(invocation: Invocation, kind: result_pb2.ErrorKind.ValueType, error: PenstockError) -> Result:
    failed = Result(id=invocation.id)
    failed.error.kind = kind
    failed.error.name = error.reason
    failed.error.message = error.message
    failed.started_at.FromNanoseconds(time.time_ns())
    failed.finished_at.CopyFrom(failed.started_at)
    return failed
