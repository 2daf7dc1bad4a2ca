"""`PreviewService`: code that a person tries out, run like what is deployed, but beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from penstock.executor.v1 import executor_service_pb2, preview_service_pb2, preview_service_pb2_grpc
from services.executor.admission import Admission, Concurrency, TooLongError, busy
from services.executor.conversion import invocation_of, write_result
from services.executor.executor import Executor, Program
from services.executor.masking import Masker, texts_of
from services.executor.metrics import measure
from services.executor.outside import Outside
from services.executor.preview_inputs import checked_event, checked_responses, checked_settings
from services.executor.programs import Programs
from services.executor.results import InvocationResult
from services.executor.usage import UsageMeter
from shared.errors import InvalidArgument, PermissionDenied
from shared.rpc.access import caller

# Whole bodies of 50 requests would not fit into an answer.
SHOWN_BYTES = 32 * 1024
# Of one workspace, at a time: its images are built by one thread for all who try something out.
RUNNING = 2
# Of all workspaces, those that wait included.
TAKEN = 200


class PreviewServicer(preview_service_pb2_grpc.PreviewServiceServicer):
    """Runs code for the workspace of who asks. `executor` is one for trials."""

    def __init__(self, *, executor: Executor, programs: Programs, usage: UsageMeter) -> None:
        self._executor = executor
        self._programs = programs
        self._usage = usage
        self._admission = Admission(events=TAKEN)
        self._places = Concurrency(wait_s=executor.pool.wait_s)

    async def PreviewFunction(
        self, request: preview_service_pb2.PreviewFunctionRequest, context: Any
    ) -> preview_service_pb2.PreviewFunctionResponse:
        workspace_id = _workspace_of_caller()
        program, outside = self._program(request, workspace_id), checked_responses(request)
        event = checked_event(request, program.kind)
        await self._usage.check(workspace_id)
        with self._admission.admitted(workspace_id, 1):
            result = await self._run(program, event, outside)
        self._usage.count_events(workspace_id, 1)
        response = preview_service_pb2.PreviewFunctionResponse()
        write_result(response.result, result)
        return response

    def _program(self, request: preview_service_pb2.PreviewFunctionRequest, workspace_id: str) -> Program:
        try:
            return self._checked_program(request, workspace_id)
        except RecursionError:
            raise InvalidArgument("settings: This is nested too deeply.") from None

    def _checked_program(self, request: preview_service_pb2.PreviewFunctionRequest, workspace_id: str) -> Program:
        values = checked_settings(request.settings)
        function = executor_service_pb2.InlineFunction(
            workspace_id=workspace_id,
            kind=request.kind,
            code=request.code,
            settings=request.settings,
            language=request.language,
        )
        program = self._programs.inline(function)
        secrets = [values[name] for name in request.sensitive_settings if name in values]
        limits = replace(program.limits, shown_bytes=SHOWN_BYTES)
        return replace(program, limits=limits, masker=Masker(texts_of(secrets)))

    async def _run(
        self, program: Program, event: executor_service_pb2.Invocation, outside: Outside | None
    ) -> InvocationResult:
        try:
            async with self._places.place(program.workspace_id, RUNNING):
                result = await self._executor.run(program, invocation_of(event), outside=outside)
        except TooLongError as late:
            raise busy(str(late)) from None
        measure(program, result)
        return program.masker.sent(result) if program.masker else result


def _workspace_of_caller() -> str:
    actor = caller().actor
    if actor is None:
        raise PermissionDenied("Only people try functions out.")
    return actor.workspace_id
