"""Keys are rotated while values are read and written, over both databases."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from penstock.access.v1 import access_pb2
from penstock.secrets.v1 import key_service_pb2 as keys
from services.secrets import rotation
from services.secrets.settings import SecretsSettings
from shared.errors import FailedPrecondition, PermissionDenied
from tests.integration.secrets.running import OPERATOR, Secrets, person, running_secrets, settings_of
from tests.nats import free_port
from tests.polling import until

INSTANCES = 60


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> SecretsSettings:
    return settings_of(tmp_path, database_url=database_url)


@pytest.fixture
async def running(settings: SecretsSettings) -> AsyncIterator[Secrets]:
    async with running_secrets(settings) as running:
        yield running


async def retire(running: Secrets) -> list[str]:
    return list((await running.keys.RetireKeys(keys.RetireKeysRequest(), metadata=OPERATOR)).key_ids)


async def test_values_are_read_and_written_while_the_key_changes(running: Secrets) -> None:
    expected = {f"ins_{n}": {"a": b"%d" % n, "b": b"true"} for n in range(INSTANCES)}
    for instance, values in expected.items():
        await running.put(values, instance=instance)
    [(old, count)] = (await running.values_by_key()).items()
    assert count == 2 * INSTANCES

    done = asyncio.Event()

    async def traffic() -> int:
        rounds = 0
        while not done.is_set() or not rounds:
            instance = f"ins_{rounds % INSTANCES}"
            assert await running.get(instance=instance) == expected[instance]
            expected[instance]["a"] = b'"%d"' % rounds
            await running.put({"a": expected[instance]["a"]}, instance=instance)
            rounds += 1
        return rounds

    flowing = asyncio.create_task(traffic())
    new = await running.rotate()
    done.set()
    assert await flowing
    assert await running.values_by_key() == {new: 2 * INSTANCES, old: 0}
    for instance, values in expected.items():
        assert await running.get(instance=instance) == values

    with pytest.raises(FailedPrecondition, match="may still use") as caught:
        await retire(running)
    assert caught.value.retry_delay_s


async def test_replicas_follow_each_other(tmp_path: Path, postgres_url: str) -> None:
    settings = settings_of(tmp_path, database_url=postgres_url)
    other = settings.model_copy(update={"grpc_address": f"127.0.0.1:{free_port()}"})
    async with running_secrets(settings) as one, running_secrets(other) as two:
        for instance in range(10):
            await one.put({"a": b"1"}, instance=f"ins_{instance}")
        new = await one.rotate()
        await two.put({"b": b"2"}, instance="ins_0")
        assert await one.get(instance="ins_0") == {"a": b"1", "b": b"2"}
        newest = await two.rotate()
        assert [await each.get(instance="ins_9") for each in (one, two)] == [{"a": b"1"}] * 2
        assert (await one.values_by_key())[newest] == 11
        assert newest != new


async def test_keys_without_values_are_removed(settings: SecretsSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "IN_FLIGHT_S", 0.0)
    async with running_secrets(settings) as running:
        assert await retire(running) == []
        await running.put({"a": b"1"})
        [old] = await running.values_by_key()
        new = await running.rotate()
        assert await retire(running) == [old]
        assert await running.values_by_key() == {new: 1}
        assert await running.get() == {"a": b"1"}
    assert old.removeprefix("keyset:") not in settings.keyset_path.read_text()


async def test_a_value_that_cannot_be_read_keeps_its_key_and_holds_up_no_other(
    settings: SecretsSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "IN_FLIGHT_S", 0.0)
    async with running_secrets(settings) as running:
        await running.put({"a": b"1"}, instance="ins_1")
        await running.put({"a": b"2"}, instance="ins_2")
        async with running.database.write() as session:
            await session.execute(
                text("UPDATE secrets SET ciphertext = :x WHERE instance_id = 'ins_1'"), {"x": b"xxxx"}
            )
        [old] = await running.values_by_key()
        await running.keys.RotateKeys(keys.RotateKeysRequest(), metadata=OPERATOR)
        status = await until(lambda: _troubled(running))
        assert status
        assert (status.waiting, status.trouble) == (1, "1 values cannot be decrypted.")
        assert {key.key_id: key.values for key in status.keys}[old] == 1
        assert await running.get(instance="ins_2") == {"a": b"2"}
        with pytest.raises(FailedPrecondition) as caught:
            await retire(running)
        assert caught.value.metadata == {"waiting": "1"}


async def _troubled(running: Secrets) -> keys.GetKeysResponse | None:
    status = await running.status()
    return status if status.trouble else None


async def test_a_rotation_goes_on_after_a_restart_and_is_not_begun_twice(settings: SecretsSettings) -> None:
    async with running_secrets(settings) as running:
        await running.put({"a": b"1"})
        async with running.database.write() as session:
            await session.execute(text("INSERT INTO rotations (started_at) VALUES ('2999-01-01 00:00:00')"))
        with pytest.raises(FailedPrecondition) as caught:
            await running.rotate()
        assert caught.value.reason == "ROTATION_RUNNING"
        async with running.database.write() as session:
            await session.execute(text("UPDATE rotations SET started_at = '2020-01-01 00:00:00'"))
            await session.execute(text("UPDATE secrets SET sealed_at = NULL, key_id = ''"))
    async with running_secrets(settings) as running:
        await until(running.is_settled)
        assert "" not in await running.values_by_key()
        assert await running.get() == {"a": b"1"}


@pytest.mark.parametrize("role", [access_pb2.ROLE_FUNCTIONS_ADMIN, access_pb2.ROLE_SOURCE_ADMIN])
async def test_keys_are_the_operators(running: Secrets, role: access_pb2.Role.ValueType) -> None:
    methods: list[tuple[Any, Any]] = [
        (running.keys.GetKeys, keys.GetKeysRequest()),
        (running.keys.RotateKeys, keys.RotateKeysRequest()),
        (running.keys.RetireKeys, keys.RetireKeysRequest()),
    ]
    for method, request in methods:
        with pytest.raises(PermissionDenied):
            await method(request, metadata=person(role))
