"""Trying functions out through the gateway: an executor of several answers, for the workspace of who asks."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from penstock.executor.v1 import preview_service_pb2 as preview
from penstock.executor.v1 import preview_service_pb2_grpc as preview_grpc
from penstock.executor.v1 import result_pb2
from shared.bus import Bus
from shared.errors import PermissionDenied, ResourceExhausted, Unauthenticated
from shared.rpc.access import ServiceAuthenticator, caller
from shared.rpc.identity import load_identities
from shared.rpc.server import RpcServer
from tests.integration.gateway.gateway import Gateway, gateway_running
from tests.nats import NatsServer


class Trials(preview_grpc.PreviewServiceServicer):
    """Answers with the caller's workspace, `busy` with an error, and counts by executor. Holds calls until two came."""

    def __init__(self, name: str, calls: Counter[str], both: asyncio.Event) -> None:
        self._name = name
        self._calls = calls
        self._both = both

    async def PreviewFunction(
        self, request: preview.PreviewFunctionRequest, context: Any
    ) -> preview.PreviewFunctionResponse:
        if request.code == "busy":
            raise ResourceExhausted("later", reason="EXECUTOR_BUSY", retry_delay_s=1)
        actor = caller().actor
        assert actor
        self._calls[self._name] += 1
        if self._calls.total() == 2:
            self._both.set()
        await self._both.wait()
        result = result_pb2.InvocationResult(returned=actor.workspace_id.encode())
        return preview.PreviewFunctionResponse(result=result)


@pytest.fixture
def calls() -> Counter[str]:
    return Counter()


@pytest.fixture
async def gateway(bus: Bus, nats_server: NatsServer, identities: Path, calls: Counter[str]) -> AsyncIterator[Gateway]:
    both = asyncio.Event()
    async with AsyncExitStack() as stack:
        servers = [_server(Trials(name, calls, both), identities) for name in ("a", "b")]
        for server in servers:
            await server.start()
            stack.push_async_callback(server.stop)
        settings: dict[str, Any] = {
            "executor_addresses": [f"127.0.0.1:{server.port}" for server in servers],
            "service_token": (identities / "gateway.token").read_text(),
        }
        yield await stack.enter_async_context(gateway_running(bus, nats_server, **settings))


def _server(trials: Trials, identities: Path) -> RpcServer:
    return RpcServer(
        address="127.0.0.1:0",
        names=["penstock.executor.v1.PreviewService"],
        add=lambda server: preview_grpc.add_PreviewServiceServicer_to_server(trials, server),
        authenticate=ServiceAuthenticator(load_identities(identities / "identities.json")),
    )


async def test_a_trial_goes_to_the_less_busy_executor(gateway: Gateway, calls: Counter[str]) -> None:
    stub: preview_grpc.PreviewServiceAsyncStub = preview_grpc.PreviewServiceStub(gateway.channel("owner"))
    answers = await asyncio.gather(*(stub.PreviewFunction(preview.PreviewFunctionRequest()) for _ in range(2)))
    assert [answer.result.returned for answer in answers] == [b"ws_1", b"ws_1"]
    assert calls == {"a": 1, "b": 1}


async def test_refusals_come_through_and_strangers_do_not(gateway: Gateway, calls: Counter[str]) -> None:
    refusals = {"owner": ResourceExhausted, "nobody": PermissionDenied, "key": PermissionDenied, "x": Unauthenticated}
    for token, error in refusals.items():
        stub: preview_grpc.PreviewServiceAsyncStub = preview_grpc.PreviewServiceStub(gateway.channel(token))
        with pytest.raises(error):
            await stub.PreviewFunction(preview.PreviewFunctionRequest(code="busy"))
    assert not calls
