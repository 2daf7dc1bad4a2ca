"""Serving and connecting over a real socket: identity, access, errors, deadlines, health."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from penstock.access.v1 import access_pb2
from penstock.executor.v1 import executor_service_pb2 as executor
from penstock.executor.v1 import executor_service_pb2_grpc as executor_grpc
from penstock.executor.v1 import result_pb2
from penstock.registry.v1 import workspace_pb2 as registry
from penstock.registry.v1 import workspace_pb2_grpc as registry_grpc
from shared.errors import (
    DeadlineExceeded,
    Internal,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Unauthenticated,
    Unavailable,
)
from shared.rpc.access import ServiceAuthenticator, caller
from shared.rpc.client import acting_for, connect
from shared.rpc.identity import SERVICES, load_identities, make_tokens
from shared.rpc.server import RpcServer

OWNER = access_pb2.Actor(workspace_id="ws_1", roles=[access_pb2.ROLE_OWNER])


class Executor(executor_grpc.ExecutorServiceServicer):
    async def Check(self, request: executor.CheckRequest, context: Any) -> executor.CheckResponse:
        match request.code:
            case "missing":
                raise NotFound("no such thing", metadata={"id": "fn_1"})
            case "defect":
                raise ZeroDivisionError
            case "slow":
                await asyncio.sleep(60)
        return executor.CheckResponse(handlers=[caller().service])

    async def Invoke(self, request: executor.InvokeRequest, context: Any) -> AsyncIterator[executor.InvokeResponse]:
        yield executor.InvokeResponse(results=[result_pb2.InvocationResult(id="1")])
        if request.instance_id == "busy":
            raise ResourceExhausted("no core was free", retry_delay_s=0.5)

    async def InvokeOne(self, request: executor.InvokeOneRequest, context: Any) -> executor.InvokeOneResponse:
        raise NotFound("no such thing")


class Workspaces(registry_grpc.WorkspaceServiceServicer):
    async def GetWorkspace(self, request: registry.GetWorkspaceRequest, context: Any) -> registry.GetWorkspaceResponse:
        actor = caller().actor
        assert actor
        return registry.GetWorkspaceResponse(workspace=registry.Workspace(workspace_id=actor.workspace_id))

    async def UpdateWorkspace(
        self, request: registry.UpdateWorkspaceRequest, context: Any
    ) -> registry.UpdateWorkspaceResponse:
        return registry.UpdateWorkspaceResponse(workspace=registry.Workspace(config=request.config))


@pytest.fixture
def tokens(tmp_path: Path) -> dict[str, str]:
    return make_tokens(tmp_path / "identities")


@pytest.fixture
async def server(tmp_path: Path, tokens: dict[str, str]) -> AsyncIterator[RpcServer]:
    def add(server: grpc.aio.Server) -> None:
        executor_grpc.add_ExecutorServiceServicer_to_server(Executor(), server)
        registry_grpc.add_WorkspaceServiceServicer_to_server(Workspaces(), server)  # pyright: ignore[reportAbstractUsage] two calls are enough

    identities = load_identities(tmp_path / "identities" / "identities.json")
    names = ["penstock.executor.v1.ExecutorService", "penstock.registry.v1.WorkspaceService"]
    server = RpcServer(address="127.0.0.1:0", names=names, add=add, authenticate=ServiceAuthenticator(identities))
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def channel(server: RpcServer, tokens: dict[str, str]) -> AsyncIterator[Callable[..., grpc.aio.Channel]]:
    channels: list[grpc.aio.Channel] = []

    def open_channel(service: str = "", **options: Any) -> grpc.aio.Channel:
        channels.append(connect(f"127.0.0.1:{server.port}", token=tokens.get(service, ""), **options))
        return channels[-1]

    yield open_channel
    for each in channels:
        await each.close()


Open = Callable[..., grpc.aio.Channel]


async def test_a_service_is_known_by_its_token(channel: Open) -> None:
    stub = executor_grpc.ExecutorServiceStub(channel("registry"))
    assert (await stub.Check(executor.CheckRequest())).handlers == ["registry"]


async def test_concurrent_calls_keep_their_callers_apart(channel: Open) -> None:
    invoked = executor_grpc.ExecutorServiceStub(channel("delivery"))
    stub = executor_grpc.ExecutorServiceStub(channel("registry"))
    answers = await asyncio.gather(*(stub.Check(executor.CheckRequest()) for _ in range(50)))
    assert {tuple(answer.handlers) for answer in answers} == {("registry",)}
    assert [r.results[0].id async for r in invoked.Invoke(executor.InvokeRequest())] == ["1"]


@pytest.mark.parametrize("service", [each for each in SERVICES if each != "registry"])
async def test_a_service_that_the_contract_does_not_name_is_refused(channel: Open, service: str) -> None:
    with pytest.raises(PermissionDenied, match="may not call"):
        await executor_grpc.ExecutorServiceStub(channel(service)).Check(executor.CheckRequest())


async def test_without_a_token_nobody_is_let_in(channel: Open) -> None:
    stub = executor_grpc.ExecutorServiceStub(channel())
    with pytest.raises(Unauthenticated):
        await stub.Check(executor.CheckRequest())
    with pytest.raises(Unauthenticated):
        _ = [r async for r in stub.Invoke(executor.InvokeRequest())]


async def test_a_person_comes_through_the_gateway_alone(channel: Open) -> None:
    request = registry.GetWorkspaceRequest()
    answer = await registry_grpc.WorkspaceServiceStub(channel("gateway")).GetWorkspace(
        request, metadata=acting_for(OWNER)
    )
    assert answer.workspace.workspace_id == "ws_1"
    with pytest.raises(PermissionDenied):
        await registry_grpc.WorkspaceServiceStub(channel("executor")).GetWorkspace(request, metadata=acting_for(OWNER))
    with pytest.raises(PermissionDenied):
        await registry_grpc.WorkspaceServiceStub(channel("gateway")).GetWorkspace(request)
    with pytest.raises(PermissionDenied):
        await executor_grpc.ExecutorServiceStub(channel("gateway")).Check(
            executor.CheckRequest(), metadata=acting_for(OWNER)
        )


async def test_an_error_arrives_as_it_was_raised(channel: Open) -> None:
    with pytest.raises(NotFound, match="no such thing") as caught:
        await executor_grpc.ExecutorServiceStub(channel("registry")).Check(executor.CheckRequest(code="missing"))
    assert (caught.value.reason, caught.value.metadata) == ("NOT_FOUND", {"id": "fn_1"})


async def test_an_error_in_a_stream_comes_after_what_was_sent(channel: Open) -> None:
    received: list[str] = []

    async def receive() -> None:
        async for response in executor_grpc.ExecutorServiceStub(channel("delivery")).Invoke(
            executor.InvokeRequest(instance_id="busy")
        ):
            received.append(response.results[0].id)  # noqa: PERF401 what came before the error counts

    with pytest.raises(ResourceExhausted) as caught:
        await receive()
    assert (received, caught.value.retry_delay_s) == (["1"], 0.5)


async def test_a_defect_tells_the_caller_nothing(channel: Open) -> None:
    with pytest.raises(Internal) as caught:
        await executor_grpc.ExecutorServiceStub(channel("registry")).Check(executor.CheckRequest(code="defect"))
    assert "division" not in str(caught.value)


async def test_a_call_without_a_deadline_gets_one(channel: Open) -> None:
    stub = executor_grpc.ExecutorServiceStub(channel("registry", timeout_s=0.2))
    with pytest.raises(DeadlineExceeded):
        await stub.Check(executor.CheckRequest(code="slow"))


async def test_a_server_that_is_gone_is_unavailable(channel: Open, server: RpcServer) -> None:
    stub = executor_grpc.ExecutorServiceStub(channel("registry"))
    await server.stop()
    with pytest.raises(Unavailable):
        await stub.Check(executor.CheckRequest())


async def test_health_needs_no_token(channel: Open) -> None:
    stub = health_pb2_grpc.HealthStub(channel())
    answer = await stub.Check(health_pb2.HealthCheckRequest(service="penstock.executor.v1.ExecutorService"))
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


def test_tokens_are_made_once_and_readable_by_their_owner_alone(tmp_path: Path) -> None:
    first = make_tokens(tmp_path / "identities")
    assert make_tokens(tmp_path / "identities") == first
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "identities").glob("*.token")} == {0o600}
    assert not any(token in (tmp_path / "identities" / "identities.json").read_text() for token in first.values())
