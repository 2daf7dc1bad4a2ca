"""The secrets service as a process runs it, over both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from penstock.access.v1 import access_pb2
from penstock.secrets.v1 import access_service_pb2
from penstock.secrets.v1 import secrets_service_pb2 as secrets
from services.secrets.keys.keyset_file import KeysetError
from services.secrets.settings import SecretsSettings
from services.secrets.store.accesses import forget_accesses
from shared.errors import DataLoss, InvalidArgument, PermissionDenied, Unauthenticated
from shared.rpc.identity import SERVICES
from tests.integration.secrets.running import (
    INSTANCE,
    WORKSPACE,
    Secrets,
    person,
    running_secrets,
    settings_of,
)


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> SecretsSettings:
    return settings_of(tmp_path, database_url=database_url)


@pytest.fixture
async def running(settings: SecretsSettings) -> AsyncIterator[Secrets]:
    async with running_secrets(settings) as running:
        yield running


async def test_values_are_set_replaced_and_cleared(running: Secrets) -> None:
    assert await running.put({"b": b'"1"', "a": b"[]"}) == ["a", "b"]
    assert await running.put({"b": b'"2"', "c": b"{}"}, cleared=("a", "unknown")) == ["b", "c"]
    assert await running.get() == {"b": b'"2"', "c": b"{}"}


async def test_values_outlive_a_restart(settings: SecretsSettings) -> None:
    async with running_secrets(settings) as running:
        await running.put({"a": b'"1"'})
    async with running_secrets(settings) as running:
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
    assert await running.recorded() == [
        ("executor", WORKSPACE, INSTANCE, 1),
        ("executor", WORKSPACE, "ins_2", 0),
    ]
    await forget_accesses(running.database, older_than=timedelta(days=1))
    assert len(await running.recorded()) == 2
    await forget_accesses(running.database, older_than=timedelta(0))
    assert await running.recorded() == []


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
    assert [access[0] for access in await running.recorded()] == (["executor"] if service == "executor" else [])


async def test_no_person_reads_secrets(running: Secrets) -> None:
    request = secrets.GetSecretsRequest(workspace_id=WORKSPACE, instance_id=INSTANCE)
    with pytest.raises(PermissionDenied):
        await running.stubs["gateway"].GetSecrets(request, metadata=person(access_pb2.ROLE_OWNER))


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
    async with running_secrets(settings) as running:
        await running.put({"a": b'"1"'})
    settings.keyset_path.unlink()
    with pytest.raises(KeysetError):
        async with running_secrets(settings):
            pass


async def test_owners_see_who_read_what_in_their_workspace(running: Secrets) -> None:
    for instance in ("ins_1", "ins_2", "ins_1"):
        await running.get(instance=instance)
    await running.get(workspace="ws_2", instance="ins_9")

    async def listed(**request: object) -> access_service_pb2.ListSecretAccessesResponse:
        wanted = access_service_pb2.ListSecretAccessesRequest(**request)  # type: ignore[arg-type]
        return await running.accesses.ListSecretAccesses(wanted, metadata=person(access_pb2.ROLE_OWNER))

    first = await listed(page_size=2)
    second = await listed(page_size=2, page_token=first.next_page_token)
    assert [each.instance_id for each in (*first.accesses, *second.accesses)] == ["ins_1", "ins_2", "ins_1"]
    assert not second.next_page_token
    assert {(each.service, each.values) for each in first.accesses} == {("executor", 0)}
    assert [each.instance_id for each in (await listed(instance_id="ins_2")).accesses] == ["ins_2"]
    for wrong in (
        {"page_size": -1},
        {"page_token": "x"},
        {"instance_id": "ins_2", "page_token": first.next_page_token},
    ):
        with pytest.raises(InvalidArgument):
            await listed(**wrong)
