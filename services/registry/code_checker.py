"""Has code checked before it is saved: it must compile and its top level must run."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Protocol

import grpc

from penstock.config.v1 import config_pb2
from penstock.executor.v1 import executor_service_pb2, executor_service_pb2_grpc
from penstock.registry.v1 import function_pb2
from shared.errors import DeadlineExceeded, FieldViolation, InvalidArgument, Unavailable


class CodeChecker(Protocol):
    """Knows whether code is one that runs."""

    async def check(
        self, *, kind: config_pb2.FunctionKind.ValueType, language: config_pb2.Language.ValueType, code: str
    ) -> Sequence[str]:
        """Give the handlers that the code defines.

        Raises InvalidArgument with reason INVALID_CODE for code that does not run, Unavailable when nothing can tell.
        """
        ...


class ExecutorChecker:
    """Asks an executor, and the next one when it cannot be reached."""

    def __init__(self, channels: Sequence[grpc.aio.Channel], *, timeout_s: float = 10.0) -> None:
        self._stubs = [executor_service_pb2_grpc.ExecutorServiceStub(channel) for channel in channels]
        self._timeout_s = timeout_s

    async def check(
        self, *, kind: config_pb2.FunctionKind.ValueType, language: config_pb2.Language.ValueType, code: str
    ) -> Sequence[str]:
        """Give the handlers that the code defines."""
        request = executor_service_pb2.CheckRequest(kind=kind, language=language, code=code)
        answer = await self._ask(request)
        if answer.HasField("error"):
            raise invalid_code(answer.error)
        return list(answer.handlers)

    async def _ask(self, request: executor_service_pb2.CheckRequest) -> executor_service_pb2.CheckResponse:
        for stub in random.sample(self._stubs, len(self._stubs)):
            try:
                return await stub.Check(request, timeout=self._timeout_s / len(self._stubs))
            except (Unavailable, DeadlineExceeded):
                continue
        raise Unavailable(
            "No executor could be reached to check the code.", reason="EXECUTOR_UNAVAILABLE", retry_delay_s=1.0
        )


def invalid_code(error: executor_service_pb2.CodeError) -> InvalidArgument:
    """Make the error of code that does not run; it says where."""
    told = f"line {error.line}, column {error.column}: {error.name}: {error.message}"
    return InvalidArgument(
        f"The code does not run: {told}",
        reason="INVALID_CODE",
        metadata={"line": str(error.line), "column": str(error.column)},
        violations=[FieldViolation("function.code", told)],
        details=[function_pb2.InvalidCode(error=error)],
    )
