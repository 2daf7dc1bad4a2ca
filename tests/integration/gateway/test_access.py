"""Tokens from their making in registry to the door of the gateway: real services, real log."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from penstock.access.v1 import access_pb2
from penstock.config.v1 import config_pb2
from penstock.ingest.v1 import ingest_service_pb2 as ingest
from penstock.registry.v1 import member_pb2, member_pb2_grpc, source_pb2, source_pb2_grpc, token_pb2, token_pb2_grpc
from penstock.registry.v1 import workspace_pb2 as registry
from services.registry.app import build
from services.registry.settings import RegistrySettings
from shared.bus import Bus, ConfigStore, declare_streams
from shared.errors import InvalidArgument, PermissionDenied, Unauthenticated
from shared.rpc.client import acting_for
from shared.rpc.identity import digest
from shared.telemetry.tracing import Tracing
from tests.integration.gateway.gateway import LIMITS, TRACK, Gateway, gateway_running
from tests.nats import NatsServer, free_port
from tests.polling import until

READ_ONLY = access_pb2.Grant(role=access_pb2.ROLE_FUNCTIONS_READ_ONLY)
SOURCE_ADMIN = access_pb2.Grant(role=access_pb2.ROLE_SOURCE_ADMIN)


@asynccontextmanager
async def _registry(folder: Path, identities: Path, server: NatsServer) -> AsyncGenerator[RegistrySettings]:
    settings = RegistrySettings.model_validate(
        {
            "data_dir": folder,
            "database_url": f"sqlite:///{folder / 'registry.db'}",
            "nats_url": server.url,
            "identities_file": identities / "identities.json",
            "grpc_address": f"127.0.0.1:{free_port()}",
        }
    )
    async with build(settings, Tracing(service="registry", sink=None)):
        yield settings


async def test_what_a_token_opens_changes_with_its_member_and_ends_when_it_is_revoked(
    nats_server: NatsServer, identities: Path, tmp_path: Path
) -> None:
    service_token = (identities / "gateway.token").read_text()
    async with (
        _registry(tmp_path, identities, nats_server) as settings,
        Bus.open(nats_server.url, name="test") as bus,
    ):
        await declare_streams(bus, LIMITS)
        async with gateway_running(
            bus, nats_server, registry_address=settings.grpc_address, service_token=service_token
        ) as gateway:
            owner = gateway.channel(settings.owner_token_path.read_text().strip())
            await until(lambda: _opens(owner))
            await _follow_a_member(gateway, owner)
            await _end_a_stream(gateway, owner)


async def _follow_a_member(gateway: Gateway, owner: grpc.aio.Channel) -> None:
    members, tokens = member_pb2_grpc.MemberServiceStub(owner), token_pb2_grpc.TokenServiceStub(owner)
    member = member_pb2.Member(email="ada@example.org", grants=[READ_ONLY])
    ada = (await members.CreateMember(member_pb2.CreateMemberRequest(member=member))).member
    token = token_pb2.Token(name="Hers", member_id=ada.member_id)
    made = await tokens.CreateToken(token_pb2.CreateTokenRequest(token=token))
    hers = source_pb2_grpc.SourceServiceStub(gateway.channel(made.secret))
    # Registry answers when CONFIG has it; the gateway's watch is a moment behind.
    await until(lambda: _outcome(hers.ListSources(source_pb2.ListSourcesRequest()), PermissionDenied))

    member = member_pb2.Member(member_id=ada.member_id, grants=[SOURCE_ADMIN])
    request = member_pb2.UpdateMemberRequest(member=member, update_mask=FieldMask(paths=["grants"]))
    await members.UpdateMember(request)
    await until(lambda: _outcome(hers.ListSources(source_pb2.ListSourcesRequest()), None))

    await tokens.DeleteToken(token_pb2.DeleteTokenRequest(token_id=made.token.token_id))
    await until(lambda: _outcome(hers.ListSources(source_pb2.ListSourcesRequest()), Unauthenticated))


async def _end_a_stream(gateway: Gateway, owner: grpc.aio.Channel) -> None:
    sources = source_pb2_grpc.SourceServiceStub(owner)
    made = await sources.CreateSource(source_pb2.CreateSourceRequest(source=source_pb2.Source(name="Spring")))
    stub = gateway.ingest(made.token)
    await until(lambda: _outcome(stub.Ingest(ingest.IngestRequest(messages=[TRACK])), None))
    stream: Any = stub.IngestStream(metadata=[("authorization", f"Bearer {made.token}")])
    await stream.write(ingest.IngestStreamRequest(messages=[TRACK]))
    assert (await stream.read()).results[0].event_id

    request = source_pb2.DeleteWriteKeyRequest(source_id="Spring", token=made.token)
    await sources.DeleteWriteKey(request)
    await until(lambda: _outcome(stub.Ingest(ingest.IngestRequest()), Unauthenticated))
    await stream.write(ingest.IngestStreamRequest(messages=[TRACK]))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stream.read()
    assert refused.value.code() == grpc.StatusCode.UNAUTHENTICATED


async def test_who_says_to_be_somebody_else_is_not(gateway: Gateway) -> None:
    claim = acting_for(access_pb2.Actor(workspace_id="ws_2", roles=[access_pb2.ROLE_OWNER]))
    answer = await gateway.workspaces("owner").GetWorkspace(registry.GetWorkspaceRequest(), metadata=claim)
    assert answer.workspace.workspace_id == "ws_1"
    with pytest.raises(PermissionDenied):
        await gateway.workspaces("nobody").GetWorkspace(registry.GetWorkspaceRequest(), metadata=claim)
    with pytest.raises(Unauthenticated):
        await gateway.workspaces("").GetWorkspace(registry.GetWorkspaceRequest(), metadata=claim)
    # The address comes from the connection.
    assert answer.workspace.name == "127.0.0.1"


async def test_a_token_that_has_expired_opens_nothing(gateway: Gateway) -> None:
    store = ConfigStore(gateway.bus)
    for name, seconds in {"early": 1, "late": 2**33}.items():
        roles = config_pb2.RoleGrant(roles=[access_pb2.ROLE_OWNER])
        token = config_pb2.TokenConfig(token_id=f"tok_{name}", workspace_id="ws_1", roles=roles)
        token.expires_at.seconds = seconds
        await store.put(f"token.{digest(name)}", token)
    await until(lambda: _outcome(gateway.workspaces("late").GetWorkspace(registry.GetWorkspaceRequest()), None))
    with pytest.raises(Unauthenticated):
        await gateway.workspaces("early").GetWorkspace(registry.GetWorkspaceRequest())


async def _opens(channel: grpc.aio.Channel) -> bool:
    tokens = token_pb2_grpc.TokenServiceStub(channel)
    return await _outcome(tokens.ListTokens(token_pb2.ListTokensRequest()), None)


async def _outcome(call: Any, expected: type[Exception] | None) -> bool:
    """Tell whether a call ends so by now."""
    try:
        await call
    except (InvalidArgument, PermissionDenied, Unauthenticated) as error:
        return type(error) is expected
    return expected is None
