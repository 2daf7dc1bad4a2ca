"""CONFIG and CODE: what is written is seen by everybody who watches, through every restart."""

from __future__ import annotations

import asyncio
import hashlib

import pytest

from penstock.config.v1 import config_pb2
from shared.bus import Bus, CodeStore, ConfigStore, ConfigView, Publication
from shared.bus.config_store import config_subject
from shared.errors import DataLoss, InvalidArgument, NotFound
from tests.nats import NatsServer
from tests.polling import until

SourceConfig, TokenConfig = config_pb2.SourceConfig, config_pb2.TokenConfig


def source(name: str) -> config_pb2.SourceConfig:
    return SourceConfig(source_id="src_1", name=name)


async def test_a_view_starts_with_what_is_there_and_follows(bus: Bus) -> None:
    store = ConfigStore(bus)
    await store.put("source.src_1", source("first"))
    await store.put("destination.dst_1", config_pb2.DestinationConfig())
    async with ConfigView(bus, [SourceConfig, TokenConfig]).watch() as view:
        await view.ready()
        version = view.version
        assert view.get(SourceConfig, "src_1") == source("first")
        assert not view.get(SourceConfig, "src_2")

        await store.put("source.src_1", source("second"))
        await store.put("token.abc", TokenConfig(source_id="src_1"))
        await until(lambda: view.get(TokenConfig, "abc"))
        assert await view.changed(version) > version
        assert view.all(SourceConfig) == {"src_1": source("second")}


async def test_an_empty_bucket_is_ready_at_once(bus: Bus) -> None:
    async with ConfigView(bus, [SourceConfig]).watch() as view, asyncio.timeout(10):
        await view.ready()
        assert not view.all(SourceConfig)


async def test_a_deletion_is_seen_also_by_who_was_away(bus: Bus) -> None:
    store = ConfigStore(bus)
    await store.put("source.src_1", source("x"))
    async with ConfigView(bus, [SourceConfig]).watch() as view:
        await until(lambda: view.get(SourceConfig, "src_1"))
        await store.delete("source.src_1")
        await until(lambda: not view.get(SourceConfig, "src_1"))
    async with ConfigView(bus, [SourceConfig]).watch() as later:
        await later.ready()
        assert later.deleted(SourceConfig) == {"src_1"}
        await store.put("source.src_1", source("back"))
        await until(lambda: later.get(SourceConfig, "src_1"))
        assert not later.deleted(SourceConfig)


async def test_a_value_that_cannot_be_read_leaves_the_one_before(bus: Bus) -> None:
    store = ConfigStore(bus)
    await store.put("source.src_1", source("good"))
    async with ConfigView(bus, [SourceConfig]).watch() as view:
        await view.ready()
        await bus.publish(Publication(config_subject("source.src_1"), b"\xff"))
        await store.put("source.src_2", source("next"))
        await until(lambda: view.get(SourceConfig, "src_2"))
        assert view.get(SourceConfig, "src_1") == source("good")


async def test_a_view_outlives_the_server_and_learns_what_it_missed(bus: Bus, nats_server: NatsServer) -> None:
    store = ConfigStore(bus)
    await store.put("source.src_1", source("before"))
    async with ConfigView(bus, [SourceConfig]).watch() as view:
        await view.ready()
        nats_server.kill()
        await until(lambda: not bus.is_connected)
        assert view.get(SourceConfig, "src_1") == source("before")
        nats_server.start()
        await until(lambda: bus.is_connected)
        await store.put("source.src_1", source("after"))
        await until(lambda: view.get(SourceConfig, "src_1") == source("after"))


async def test_thousands_of_values(bus: Bus) -> None:
    payload = source("x").SerializeToString()
    await bus.publish_all([Publication(config_subject(f"source.src_{n}"), payload) for n in range(3000)])
    async with ConfigView(bus, [SourceConfig]).watch() as view:
        await view.ready()
        assert len(view.all(SourceConfig)) == 3000


async def test_code_is_what_its_digest_says(bus: Bus) -> None:
    store, code = CodeStore(bus), b"x" * 300_000
    digest = hashlib.sha256(code).hexdigest()
    with pytest.raises(NotFound):
        await store.get_code(digest)
    for _ in range(2):
        await store.put_code(digest, code)
    assert await store.get_code(digest) == code
    with pytest.raises(InvalidArgument):
        await store.put_code(digest, b"other")

    objects = await bus.jetstream.object_store("CODE")
    await objects.put(digest, b"other")
    with pytest.raises(DataLoss):
        await store.get_code(digest)
