"""An executor whose answers the test scripts: the real contract over a real socket, without sandboxes."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import grpc

from penstock.executor.v1 import executor_service_pb2 as contract
from penstock.executor.v1 import executor_service_pb2_grpc as contract_grpc
from penstock.executor.v1 import result_pb2
from shared.rpc.access import Authenticate, Caller, caller
from shared.rpc.server import RpcServer

Result = result_pb2.InvocationResult
# Gives the result of one event: what a function would do. An exception is raised as the rpc's.
Script = Callable[[contract.Invocation], Result]


def returned(*messages: object) -> Result:
    """The result of a handler that finished, having sent these messages."""
    return Result(messages=[json.dumps(message).encode() for message in messages])


def passed_on(event: object) -> Result:
    """The result of an insert function that returned an event."""
    return Result(returned=json.dumps(event).encode())


def threw(kind: result_pb2.ErrorKind.ValueType, *, retry_after: str = "") -> Result:
    """The result of a handler that threw, after a request whose answer may ask to wait."""
    result = Result(error=result_pb2.FunctionError(kind=kind, name="Error", message="scripted"))
    if retry_after:
        header = result_pb2.Header(name="retry-after", value=retry_after)
        result.requests.add(method="POST", status=429, response_headers=[header])
    return result


class ScriptedExecutor(contract_grpc.ExecutorServiceServicer):
    """Answers calls by the script of each instance, and counts what it ran by instance and event."""

    def __init__(self) -> None:
        self.scripts: dict[str, Script] = {}
        self.runs: Counter[tuple[str, str]] = Counter()
        self.invocations: list[contract.Invocation] = []
        # Code named by the calls; empty where the deployed one was to run.
        self.code_digests: list[str] = []
        # Closed gates hold calls back until they are opened.
        self.gate = asyncio.Event()
        self.gate.set()
        # Those of single instances, which then do not mind the one of all.
        self.gates: dict[str, asyncio.Event] = {}

    async def Check(self, request: contract.CheckRequest, context: Any) -> contract.CheckResponse:
        return contract.CheckResponse(handlers=["onTrack"])

    async def Invoke(self, request: contract.InvokeRequest, context: Any) -> AsyncIterator[contract.InvokeResponse]:
        assert caller().service == "delivery"
        await self._gate(request.instance_id).wait()
        self.code_digests.append(request.code_digest)
        results = [self._run(request.instance_id, each) for each in request.invocations]
        half = len(results) // 2
        for part in (results[:half], results[half:]):
            if part:
                yield contract.InvokeResponse(results=part)

    async def InvokeOne(self, request: contract.InvokeOneRequest, context: Any) -> contract.InvokeOneResponse:
        assert caller().service == "delivery"
        await self._gate(request.instance_id).wait()
        self.code_digests.append(request.code_digest)
        return contract.InvokeOneResponse(result=self._run(request.instance_id, request.invocation))

    def _gate(self, instance_id: str) -> asyncio.Event:
        return self.gates.get(instance_id, self.gate)

    def _run(self, instance_id: str, invocation: contract.Invocation) -> Result:
        result = self.scripts[instance_id](invocation)
        self.runs[instance_id, invocation.id] += 1
        self.invocations.append(invocation)
        result.id = invocation.id
        result.started_at.FromNanoseconds(time.time_ns())
        result.finished_at.CopyFrom(result.started_at)
        return result


@asynccontextmanager
async def serving(executor: ScriptedExecutor, *, address: str = "127.0.0.1:0") -> AsyncGenerator[str]:
    """Serve the executor while the block runs, and give its address. Everybody is taken for delivery."""

    async def anybody(_metadata: object) -> Caller:
        return Caller(service="delivery")

    authenticate: Authenticate = anybody

    def add(server: grpc.aio.Server) -> None:
        contract_grpc.add_ExecutorServiceServicer_to_server(executor, server)

    names: Sequence[str] = ["penstock.executor.v1.ExecutorService"]
    server = RpcServer(address=address, names=names, add=add, authenticate=authenticate)
    await server.start()
    try:
        yield f"127.0.0.1:{server.port}"
    finally:
        await server.stop()
