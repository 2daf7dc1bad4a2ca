"""The secrets service as a process runs it, over both databases."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import select

from penstock.access.v1 import access_pb2
from penstock.secrets.v1 import secrets_service_pb2 as secrets
from penstock.secrets.v1 import secrets_service_pb2_grpc as secrets_grpc
from services.secrets.app import build
from services.secrets.keyset import KeysetError
from services.secrets.settings import SecretsSettings
from services.secrets.store.secrets import forget_accesses
from services.secrets.store.tables import AccessRow
from shared.database import Database
from shared.errors import DataLoss, InvalidArgument, PermissionDenied, Unauthenticated
from shared.rpc.client import acting_for, connect
from shared.rpc.identity import SERVICES, make_tokens
from shared.telemetry.tracing import Tracing
from tests.nats import free_port

WORKSPACE, INSTANCE = "ws_1", "ins_1"


class Secrets:
    """A running service, its callers and its tables."""

    def __init__(self, settings: SecretsSettings, tokens: dict[str, str]) -> None:
        self.database: Database = settings.database("secrets")
        self.channels = {
            service: connect(settings.grpc_address, token=token) for service, token in {**tokens, "nobody": ""}.items()
        }
        self.stubs = {name: secrets_grpc.SecretsServiceStub(channel) for name, channel in self.channels.items()}

    async def put(
        self, values: dict[str, bytes], *, cleared: tuple[str, ...] = (), instance: str = INSTANCE
    ) -> list[str]:
        request = secrets.PutSecretsRequest(
            workspace_id=WORKSPACE, instance_id=instance, values=values, cleared=cleared
        )
        return list((await self.stubs["registry"].PutSecrets(request)).names)

    async def get(self, *, workspace: str = WORKSPACE, instance: str = INSTANCE) -> dict[str, bytes]:
        request = secrets.GetSecretsRequest(workspace_id=workspace, instance_id=instance)
        return dict((await self.stubs["executor"].GetSecrets(request)).values)

    async def accesses(self) -> list[tuple[str, str, str, int]]:
        async with self.database.read() as session:
            rows = await session.scalars(select(AccessRow).order_by(AccessRow.accessed_at))  # type: ignore[arg-type]
            return [(row.service, row.workspace_id, row.instance_id, row.names) for row in rows]

    async def close(self) -> None:
        for channel in self.channels.values():
            await channel.close()
        await self.database.close()


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> SecretsSettings:
    make_tokens(tmp_path / "identities")
    return SecretsSettings.model_validate(
        {
            "data_dir": tmp_path,
            "database_url": database_url,
            "identities_file": tmp_path / "identities" / "identities.json",
            "grpc_address": f"127.0.0.1:{free_port()}",
        }
    )


@asynccontextmanager
async def _running(settings: SecretsSettings) -> AsyncGenerator[Secrets]:
    tracing = Tracing.exporting(service="secrets", endpoint=None, traces_per_second=1)
    async with build(settings, tracing):
        running = Secrets(settings, make_tokens(settings.data_dir / "identities"))
        yield running
        await running.close()
    await tracing.shutdown()


@pytest.fixture
async def running(settings: SecretsSettings) -> AsyncIterator[Secrets]:
    async with _running(settings) as running:
        yield running


async def test_values_are_set_replaced_and_cleared(running: Secrets) -> None:
    assert await running.put({"b": b'"1"', "a": b"[]"}) == ["a", "b"]
    assert await running.put({"b": b'"2"', "c": b"{}"}, cleared=("a", "unknown")) == ["b", "c"]
    assert await running.get() == {"b": b'"2"', "c": b"{}"}


async def test_values_outlive_a_restart(settings: SecretsSettings) -> None:
    async with _running(settings) as running:
        await running.put({"a": b'"1"'})
    async with _running(settings) as running:
        assert await running.get() == {"a": b'"1"'}


async def test_values_are_of_one_instance_in_one_workspace(running: Secrets) -> None:
    await running.put({"a": b'"1"'})
    assert await running.get(instance="ins_2") == {}
    assert await running.get(workspace="ws_2") == {}


async def test_deleting_twice_is_the_same_as_once(running: Secrets) -> None:
    await running.put({"a": b'"1"'})
    await running.put({"a": b'"2"'}, instance="ins_2")
    request = secrets.DeleteSecretsRequest(workspace_id=WORKSPACE, instance_id=INSTANCE)
    for _ in range(2):
        await running.stubs["registry"].DeleteSecrets(request)
    assert await running.get() == {}
    assert await running.get(instance="ins_2") == {"a": b'"2"'}


async def test_every_reading_is_recorded_and_forgotten_in_time(running: Secrets) -> None:
    await running.put({"a": b'"1"'})
    await running.get()
    await running.get(instance="ins_2")
    assert await running.accesses() == [
        ("executor", WORKSPACE, INSTANCE, 1),
        ("executor", WORKSPACE, "ins_2", 0),
    ]
    await forget_accesses(running.database, older_than=timedelta(days=1))
    assert len(await running.accesses()) == 2
    await forget_accesses(running.database, older_than=timedelta(0))
    assert await running.accesses() == []


@pytest.mark.parametrize("service", [*SERVICES, "nobody"])
async def test_the_executor_alone_reads_and_registry_alone_writes(running: Secrets, service: str) -> None:
    stub = running.stubs[service]
    calls = {
        "executor": stub.GetSecrets(secrets.GetSecretsRequest(workspace_id=WORKSPACE, instance_id=INSTANCE)),
        "registry": stub.PutSecrets(secrets.PutSecretsRequest(workspace_id=WORKSPACE, instance_id=INSTANCE)),
    }
    for allowed, call in calls.items():
        if service == allowed:
            await call
        else:
            with pytest.raises(Unauthenticated if service == "nobody" else PermissionDenied):
                await call
    assert [access[0] for access in await running.accesses()] == (["executor"] if service == "executor" else [])


async def test_no_person_reads_secrets(running: Secrets) -> None:
    owner = access_pb2.Actor(workspace_id=WORKSPACE, token_id="tok_1", roles=[access_pb2.ROLE_OWNER])
    request = secrets.GetSecretsRequest(workspace_id=WORKSPACE, instance_id=INSTANCE)
    with pytest.raises(PermissionDenied):
        await running.stubs["gateway"].GetSecrets(request, metadata=acting_for(owner))


async def test_moved_and_foreign_ciphertexts_are_data_loss(running: Secrets) -> None:
    await running.put({"a": b'"1"'})
    async with running.database.write() as session:
        await session.execute(text("UPDATE secrets SET instance_id = 'ins_2'"))
    with pytest.raises(DataLoss) as caught:
        await running.get(instance="ins_2")
    assert caught.value.metadata == {"instance_id": "ins_2", "name": "a"}
    async with running.database.write() as session:
        await session.execute(text("UPDATE secrets SET ciphertext = :nothing"), {"nothing": b"foreign"})
    with pytest.raises(DataLoss):
        await running.get(instance="ins_2")


@pytest.mark.parametrize(
    "request_",
    [
        secrets.PutSecretsRequest(instance_id=INSTANCE),
        secrets.PutSecretsRequest(workspace_id=WORKSPACE, instance_id="nu\0l"),
        secrets.PutSecretsRequest(workspace_id=WORKSPACE, instance_id=INSTANCE, values={"a b": b"1"}),
        secrets.PutSecretsRequest(workspace_id=WORKSPACE, instance_id=INSTANCE, values={"a": bytes(65537)}),
        secrets.PutSecretsRequest(workspace_id=WORKSPACE, instance_id=INSTANCE, values={"a": b"1"}, cleared=["a"]),
        secrets.PutSecretsRequest(
            workspace_id=WORKSPACE, instance_id=INSTANCE, values={f"a{number}": b"1" for number in range(101)}
        ),
    ],
)
async def test_what_is_out_of_bounds_is_refused(running: Secrets, request_: secrets.PutSecretsRequest) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await running.stubs["registry"].PutSecrets(request_)
    assert caught.value.violations


async def test_all_or_none_of_the_values_are_stored(running: Secrets) -> None:
    await running.put({f"a{number}": b"1" for number in range(60)})
    with pytest.raises(InvalidArgument):
        await running.put({f"b{number}": b"1" for number in range(60)})
    assert len(await running.get()) == 60


async def test_without_its_keyset_it_does_not_start(settings: SecretsSettings) -> None:
    async with _running(settings) as running:
        await running.put({"a": b'"1"'})
    settings.keyset_path.unlink()
    with pytest.raises(KeysetError):
        async with _running(settings):
            pass
