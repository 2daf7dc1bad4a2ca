"""`ExecutorService` over the executor."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from typing import Any

from penstock.executor.v1 import executor_service_pb2, executor_service_pb2_grpc
from services.executor.admission import LARGEST_CALL, Admission, TooLongError, busy
from services.executor.conversion import code_error, invocation_of, write_result
from services.executor.executor import Executor, Program
from services.executor.images import CodeFaultError
from services.executor.metrics import measure
from services.executor.programs import Programs, checked_code, checked_kind
from services.executor.results import Invocation, InvocationResult
from services.executor.usage import UsageMeter
from shared.errors import InvalidArgument, ResourceExhausted
from shared.telemetry.propagation import parse_traceparent, work_on

# A result alone may be larger, and is still below the limit of a message.
RESPONSE_BYTES = 8 * 1024 * 1024
# So long the first result of a message waits for others.
GATHER_S = 0.002


class ExecutorServicer(executor_service_pb2_grpc.ExecutorServiceServicer):
    """Checks and runs functions for the other services."""

    def __init__(self, *, executor: Executor, programs: Programs, usage: UsageMeter, waiting_events: int) -> None:
        self._executor = executor
        self._programs = programs
        self._usage = usage
        self._admission = Admission(events=waiting_events)

    async def Check(
        self, request: executor_service_pb2.CheckRequest, context: Any
    ) -> executor_service_pb2.CheckResponse:
        checked_kind(request.kind, request.language)
        try:
            top_level = await self._executor.check(checked_code(request.code))
        except CodeFaultError as error:
            return executor_service_pb2.CheckResponse(error=code_error(error.fault))
        error = code_error(top_level.fault) if top_level.fault else None
        return executor_service_pb2.CheckResponse(handlers=top_level.handlers, error=error)

    async def Invoke(
        self, request: executor_service_pb2.InvokeRequest, context: Any
    ) -> AsyncIterator[executor_service_pb2.InvokeResponse]:
        invocations = [invocation_of(each) for each in request.invocations]
        if not 0 < len(invocations) <= LARGEST_CALL:
            raise InvalidArgument(f"A call takes 1 to {LARGEST_CALL} events.")
        work_on(lambda: [parse_traceparent(each.traceparent) for each in request.invocations])
        program = await self._program(request)
        await self._usage.check(program.workspace_id)
        with self._admission.admitted(program.workspace_id, len(invocations)):
            async for results in self._run_all(program, invocations):
                self._usage.count_events(program.workspace_id, len(results))
                for response in _responses(results):
                    yield response

    async def InvokeOne(
        self, request: executor_service_pb2.InvokeOneRequest, context: Any
    ) -> executor_service_pb2.InvokeOneResponse:
        program = await self._program(request)
        await self._usage.check(program.workspace_id)
        with self._admission.admitted(program.workspace_id, 1):
            result = await self._run(program, invocation_of(request.invocation))
        self._usage.count_events(program.workspace_id, 1)
        response = executor_service_pb2.InvokeOneResponse()
        write_result(response.result, result)
        return response

    async def _program(
        self, request: executor_service_pb2.InvokeRequest | executor_service_pb2.InvokeOneRequest
    ) -> Program:
        if request.WhichOneof("target") == "inline":
            return self._programs.inline(request.inline)
        return await self._programs.deployed(request.instance_id, request.code_digest)

    async def _run_all(self, program: Program, invocations: list[Invocation]) -> AsyncGenerator[list[InvocationResult]]:
        """Run the events, and the next ones while some wait for something; give results as they come."""
        if len(invocations) == 1:
            yield [await self._run(program, invocations[0])]
            return
        ready: asyncio.Queue[InvocationResult] = asyncio.Queue()
        todo = deque(invocations)
        left, workers = len(invocations), 0
        try:
            async with asyncio.TaskGroup() as group:

                def work_on() -> None:
                    nonlocal workers
                    if todo and workers < self._executor.pool.per_key:
                        workers += 1
                        group.create_task(self._work(program, todo, ready, work_on))

                work_on()
                while left:
                    results = [await ready.get()]
                    if left > 1:
                        # A message costs more than the runs of several events.
                        await asyncio.sleep(GATHER_S)
                    while not ready.empty():
                        results.append(ready.get_nowait())
                    left -= len(results)
                    yield results
        except ExceptionGroup as failed:
            if (refused := failed.subgroup(ResourceExhausted)) is None:
                raise
            raise refused.exceptions[0] from None

    async def _work(
        self,
        program: Program,
        todo: deque[Invocation],
        ready: asyncio.Queue[InvocationResult],
        on_suspended: Callable[[], None],
    ) -> None:
        while todo:
            ready.put_nowait(await self._run(program, todo.popleft(), on_suspended))

    async def _run(
        self, program: Program, invocation: Invocation, on_suspended: Callable[[], None] = lambda: None
    ) -> InvocationResult:
        try:
            result = await self._executor.run(program, invocation, on_suspended=on_suspended)
        except TooLongError as late:
            raise busy(str(late)) from None
        measure(program, result)
        return result


def _responses(results: list[InvocationResult]) -> Iterator[executor_service_pb2.InvokeResponse]:
    """Write results into as few messages as their size allows."""
    response = executor_service_pb2.InvokeResponse()
    for result in results:
        write_result(response.results.add(), result)
    if len(results) > 1 and response.ByteSize() > RESPONSE_BYTES:
        half = len(results) // 2
        yield from _responses(results[:half])
        yield from _responses(results[half:])
    else:
        yield response
