"""Registry as a process runs it: first start, a real NATS, restarts."""

from __future__ import annotations

import stat
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from nats.js.errors import NotFoundError

from penstock.access.v1 import access_pb2
from penstock.config.v1 import config_pb2
from penstock.registry.v1 import workspace_pb2, workspace_pb2_grpc
from services.registry.app import build
from services.registry.settings import RegistrySettings
from shared.bus import Bus
from shared.rpc.client import acting_for, connect
from shared.rpc.identity import digest, make_tokens
from shared.telemetry.tracing import Tracing
from tests.nats import NatsServer, free_port
from tests.polling import until


@pytest.fixture
async def nats(tmp_path: Path) -> AsyncIterator[NatsServer]:
    folder = tmp_path / "nats"
    folder.mkdir()
    server = NatsServer(folder)
    yield server
    server.kill()


def _settings(folder: Path, database_url: str, nats: NatsServer, **others: object) -> RegistrySettings:
    make_tokens(folder / "identities")
    return RegistrySettings.model_validate(
        {
            "data_dir": folder,
            "database_url": database_url,
            "nats_url": nats.url,
            "identities_file": folder / "identities" / "identities.json",
            "grpc_address": f"127.0.0.1:{free_port()}",
            **others,
        }
    )


@asynccontextmanager
async def _running(settings: RegistrySettings) -> AsyncGenerator[None]:
    tracing = Tracing.exporting(service="registry", endpoint=None, traces_per_second=1)
    async with build(settings, tracing):
        yield
    await tracing.shutdown()


async def _published(nats: NatsServer, token: str) -> config_pb2.TokenConfig:
    """Wait until CONFIG has a token."""
    async with Bus.open(nats.url, name="test") as bus:

        async def find() -> config_pb2.TokenConfig | None:
            try:
                entry = await (await bus.jetstream.key_value("CONFIG")).get(f"token.{digest(token)}")
            except NotFoundError:
                return None
            return config_pb2.TokenConfig.FromString(entry.value)

        found = await until(find)
    assert found
    return found


async def test_the_first_start_makes_a_workspace_and_its_owners_token(
    tmp_path: Path, database_url: str, nats: NatsServer
) -> None:
    nats.start()
    settings = _settings(tmp_path, database_url, nats)
    async with _running(settings):
        token = settings.owner_token_path.read_text().strip()
        config = await _published(nats, token)
        assert list(config.roles.roles) == [access_pb2.ROLE_OWNER, access_pb2.ROLE_OPERATOR]
        gateway = (tmp_path / "identities" / "gateway.token").read_text()
        channel = connect(settings.grpc_address, token=gateway)
        actor = access_pb2.Actor(workspace_id=config.workspace_id, token_id=config.token_id, roles=config.roles.roles)
        stub = workspace_pb2_grpc.WorkspaceServiceStub(channel)
        found = await stub.GetWorkspace(workspace_pb2.GetWorkspaceRequest(), metadata=acting_for(actor))
        await channel.close()
    assert found.workspace.name == "default"
    assert stat.S_IMODE(settings.owner_token_path.stat().st_mode) == 0o600
    async with _running(settings):
        assert settings.owner_token_path.read_text().strip() == token


async def test_registry_serves_without_nats_and_publishes_when_it_comes(
    tmp_path: Path, database_url: str, nats: NatsServer
) -> None:
    settings = _settings(tmp_path, database_url, nats)
    async with _running(settings):
        token = settings.owner_token_path.read_text().strip()
        nats.start()
        assert (await _published(nats, token)).token_id.startswith("tok_")


async def test_what_a_stopped_registry_left_is_published_by_the_next(
    tmp_path: Path, database_url: str, nats: NatsServer
) -> None:
    settings = _settings(tmp_path, database_url, nats)
    async with _running(settings):
        token = settings.owner_token_path.read_text().strip()
    nats.start()
    async with _running(settings):
        assert (await _published(nats, token)).token_id.startswith("tok_")


async def test_an_operator_brings_the_owners_token(tmp_path: Path, database_url: str, nats: NatsServer) -> None:
    nats.start()
    file = tmp_path / "mounted"
    file.write_text("ptk_" + "a" * 64 + "\n")
    async with _running(_settings(tmp_path, database_url, nats, owner_token_file=file)):
        assert await _published(nats, "ptk_" + "a" * 64)


async def test_a_file_without_a_token_ends_the_start(tmp_path: Path, database_url: str, nats: NatsServer) -> None:
    file = tmp_path / "mounted"
    file.write_text("guess me")
    with pytest.raises(ValueError, match="holds no token"):
        async with _running(_settings(tmp_path, database_url, nats, owner_token_file=file)):
            pass
