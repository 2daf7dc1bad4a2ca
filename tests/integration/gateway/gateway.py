"""A gateway built as in production, over a real log and a registry that answers one call, and what tests do with it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import httpx2

from penstock.access.v1 import access_pb2
from penstock.config.v1 import config_pb2
from penstock.event.v1 import inbound_pb2
from penstock.ingest.v1 import ingest_service_pb2_grpc as ingest_grpc
from penstock.registry.v1 import workspace_pb2 as registry
from penstock.registry.v1 import workspace_pb2_grpc as registry_grpc
from services.gateway.app import build
from services.gateway.settings import GatewaySettings
from shared.bus import Bus, ConfigStore, StreamLimits, declare_streams
from shared.errors import NotFound
from shared.rpc.access import ServiceAuthenticator, caller
from shared.rpc.client import connect
from shared.rpc.identity import digest, load_identities
from shared.rpc.server import RpcServer
from shared.telemetry.tracing import Tracing
from tests.nats import NatsServer, free_port
from tests.polling import until

TRACK = json.dumps({"type": "track", "event": "Order Completed", "userId": "u1"}).encode()
LIMITS = StreamLimits(inbox_per_source=10)


class Workspaces(registry_grpc.WorkspaceServiceServicer):
    async def GetWorkspace(self, request: registry.GetWorkspaceRequest, context: Any) -> registry.GetWorkspaceResponse:
        actor = caller().actor
        assert actor
        if actor.token_id == "tok_missing":
            raise NotFound("no workspace", metadata={"workspace": actor.workspace_id})
        shown = registry.Workspace(workspace_id=actor.workspace_id, name=actor.remote_address)
        return registry.GetWorkspaceResponse(workspace=shown)

    async def UpdateWorkspace(
        self, request: registry.UpdateWorkspaceRequest, context: Any
    ) -> registry.UpdateWorkspaceResponse:
        return registry.UpdateWorkspaceResponse(workspace=registry.Workspace(config=request.config))

    async def CreateWorkspace(
        self, request: registry.CreateWorkspaceRequest, context: Any
    ) -> registry.CreateWorkspaceResponse:
        raise NotFound("This registry makes none.")

    async def ListWorkspaces(
        self, request: registry.ListWorkspacesRequest, context: Any
    ) -> registry.ListWorkspacesResponse:
        raise NotFound("This registry lists none.")


@dataclass
class Gateway:
    """A running gateway, and what a test does with it."""

    bus: Bus
    http: httpx2.AsyncClient
    grpc_address: str
    channels: list[grpc.aio.Channel] = field(default_factory=list[grpc.aio.Channel])

    async def post(self, token: str = "hook", **options: Any) -> httpx2.Response:
        return await self.http.post(f"/hooks/{token}", **options)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.http.base_url.port)

    async def events(self) -> list[tuple[inbound_pb2.InboundEvent, dict[str, str]]]:
        count = (await self.bus.jetstream.stream_info("INBOX")).state.last_seq
        stored = [await self.bus.jetstream.get_msg("INBOX", seq) for seq in range(1, count + 1)]
        return [(inbound_pb2.InboundEvent.FromString(message.data), message.headers) for message in stored]

    def channel(self, token: str) -> grpc.aio.Channel:
        self.channels.append(connect(self.grpc_address, token=token))
        return self.channels[-1]

    def ingest(self, token: str) -> ingest_grpc.IngestServiceAsyncStub:
        return ingest_grpc.IngestServiceStub(self.channel(token))

    def workspaces(self, token: str) -> registry_grpc.WorkspaceServiceAsyncStub:
        return registry_grpc.WorkspaceServiceStub(self.channel(token))


async def configure(bus: Bus) -> None:
    store = ConfigStore(bus)
    function = config_pb2.InstanceConfig(instance_id="ins_1")
    sources = {
        "hook": config_pb2.SourceConfig(enabled=True, function=function),
        "off": config_pb2.SourceConfig(enabled=False, function=function),
        "key": config_pb2.SourceConfig(enabled=True),
    }
    for token, source in sources.items():
        source.source_id, source.workspace_id = f"src_{token}", "ws_1"
        await store.put(f"source.{source.source_id}", source)
        grant = config_pb2.TokenConfig(workspace_id="ws_1", source_id=source.source_id)
        await store.put(f"token.{digest(token)}", grant)
    for token, role in {"owner": access_pb2.ROLE_OWNER, "nobody": access_pb2.ROLE_UNSPECIFIED}.items():
        roles = config_pb2.RoleGrant(roles=[role])
        grant = config_pb2.TokenConfig(token_id=f"tok_{token}", workspace_id="ws_1", roles=roles)
        await store.put(f"token.{digest(token)}", grant)
    missing = config_pb2.TokenConfig(
        token_id="tok_missing", workspace_id="ws_2", roles=config_pb2.RoleGrant(roles=[access_pb2.ROLE_OWNER])
    )
    await store.put(f"token.{digest('missing')}", missing)


@asynccontextmanager
async def registry_running(identities: Path) -> AsyncGenerator[str]:
    """Run a registry that knows the tokens in `identities`, and give its address."""
    server = RpcServer(
        address="127.0.0.1:0",
        names=["penstock.registry.v1.WorkspaceService"],
        add=lambda server: registry_grpc.add_WorkspaceServiceServicer_to_server(
            Workspaces(),  # pyright: ignore[reportAbstractUsage] two calls are enough
            server,
        ),
        authenticate=ServiceAuthenticator(load_identities(identities / "identities.json")),
    )
    await server.start()
    try:
        yield f"127.0.0.1:{server.port}"
    finally:
        await server.stop()


@asynccontextmanager
async def open_log(server: NatsServer, limits: StreamLimits = LIMITS) -> AsyncGenerator[Bus]:
    """Connect to a log that has all that a gateway needs."""
    async with Bus.open(server.url, name="test") as bus:
        await declare_streams(bus, limits)
        await configure(bus)
        yield bus


@asynccontextmanager
async def gateway_running(
    bus: Bus, server: NatsServer, *, tracing: Tracing | None = None, **settings: Any
) -> AsyncGenerator[Gateway]:
    """Run a gateway in this process, and give it when it is ready."""
    values = {"http_address": f"127.0.0.1:{free_port()}", "grpc_address": f"127.0.0.1:{free_port()}"} | settings
    known = GatewaySettings.model_validate({"nats_url": server.url} | values)
    async with (
        build(known, tracing or Tracing(service="gateway", sink=None)),
        httpx2.AsyncClient(base_url=f"http://{known.http_address}", trust_env=False, timeout=20) as http,
    ):
        await until(lambda: is_ready(http))
        gateway = Gateway(bus, http, known.grpc_address)
        yield gateway
        for channel in gateway.channels:
            await channel.close()


async def is_ready(http: httpx2.AsyncClient) -> bool:
    """Tell whether the gateway says that it is ready."""
    try:
        return (await http.get("/readyz")).status_code == 200
    except httpx2.TransportError:
        return False
