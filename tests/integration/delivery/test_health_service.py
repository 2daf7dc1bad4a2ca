"""How destinations do, as people are told."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest

from penstock.access.v1 import access_pb2
from penstock.delivery.v1 import destination_health_pb2 as contract
from penstock.delivery.v1 import destination_health_pb2_grpc as contract_grpc
from penstock.executor.v1 import result_pb2
from services.delivery.health_servicer import DestinationHealthService
from services.delivery.workers import Workers
from shared.errors import PermissionDenied
from shared.rpc.access import ServiceAuthenticator
from shared.rpc.client import acting_for, connect
from shared.rpc.identity import load_identities, make_tokens
from shared.rpc.server import RpcServer
from tests.executor import threw
from tests.integration.delivery.harness import WORKSPACE, Harness, track
from tests.polling import until


@asynccontextmanager
async def asked_by(workers: Workers, folder: Path, service: str) -> AsyncGenerator[grpc.aio.Channel]:
    tokens = make_tokens(folder / "identities")

    def add(server: grpc.aio.Server) -> None:
        contract_grpc.add_DestinationHealthServiceServicer_to_server(DestinationHealthService(workers), server)

    authenticate = ServiceAuthenticator(load_identities(folder / "identities" / "identities.json"))
    server = RpcServer(address="127.0.0.1:0", names=[], add=add, authenticate=authenticate)
    await server.start()
    async with connect(f"127.0.0.1:{server.port}", token=tokens[service]) as channel:
        yield channel
    await server.stop()


async def states(channel: grpc.aio.Channel, workspace_id: str) -> list[contract.DestinationState]:
    actor = access_pb2.Actor(workspace_id=workspace_id, token_id="tok_1", roles=[access_pb2.ROLE_SOURCE_ADMIN])
    stub = contract_grpc.DestinationHealthServiceStub(channel)
    answer = await stub.ListDestinationStates(contract.ListDestinationStatesRequest(), metadata=acting_for(actor))
    return list(answer.states)


async def test_states_are_told_to_their_own_workspace(harness: Harness, tmp_path: Path) -> None:
    for name in ("a", "b", "off"):
        await harness.destination(name, enabled=name != "off")
    await harness.source(to=["b"])
    harness.executor.scripts["ins_b"] = lambda _: threw(result_pb2.ERROR_KIND_RETRY)
    policy = {"minimum": 1, "open_s": [600]}
    async with harness.workers(circuit=policy) as workers, asked_by(workers, tmp_path, "gateway") as channel:
        await until(lambda: len(workers.destinations) == 2)
        await harness.send([track(1)])
        await until(lambda: workers.destinations["dst_b"].health.is_open)
        closed, opened = await states(channel, WORKSPACE)
        assert (closed.destination_id, closed.circuit) == ("dst_a", contract.CIRCUIT_STATE_CLOSED)
        assert not closed.HasField("failing_since")
        assert not closed.HasField("open_until")
        assert (opened.destination_id, opened.circuit) == ("dst_b", contract.CIRCUIT_STATE_OPEN)
        assert opened.open_until.seconds - opened.failing_since.seconds >= 299
        assert await states(channel, "ws_2") == []


async def test_services_have_no_business_with_it(harness: Harness, tmp_path: Path) -> None:
    async with harness.workers() as workers, asked_by(workers, tmp_path, "executor") as channel:
        stub = contract_grpc.DestinationHealthServiceStub(channel)
        with pytest.raises(PermissionDenied):
            await stub.ListDestinationStates(contract.ListDestinationStatesRequest())
