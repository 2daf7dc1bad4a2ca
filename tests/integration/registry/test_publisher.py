"""The outbox reaches CONFIG whatever fails in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from google.protobuf.message import Message

from penstock.registry.v1 import function_pb2 as fn
from penstock.registry.v1 import source_pb2 as src
from services.registry.publisher import Publisher
from services.registry.store.outbox import Change, Outbox
from tests.integration.registry.installation import ConfigInMemory, Installation, Person
from tests.polling import until


async def _nothing_to_prepare() -> None:
    return


@asynccontextmanager
async def _publishing(publisher: Publisher, config: ConfigInMemory) -> AsyncGenerator[None]:
    task = asyncio.create_task(publisher.run(prepare=_nothing_to_prepare, config=config, code=config))
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _pending(installation: Installation) -> list[Change]:
    return list(await Outbox(installation.database).pending(1000))


async def _all_forgotten(installation: Installation) -> bool:
    return not await _pending(installation)


async def test_a_commit_wakes_the_publisher(installation: Installation, owner: Person) -> None:
    async with _publishing(installation.publisher, installation.config):
        await until(lambda: installation.config.values)  # the owner's token: it has drained, and sleeps
        made = (await owner.create_source()).source
        # Far less than its idle time: nothing but the commit can have woken it.
        await until(lambda: f"source.{made.source_id}" in installation.config.values, timeout_s=2)
        await until(lambda: _all_forgotten(installation))


async def test_a_change_is_answered_when_it_is_published(installation: Installation, owner: Person) -> None:
    async with _publishing(installation.publisher, installation.config):
        await owner.create_source()
        await until(lambda: _all_forgotten(installation))
        for number in range(5):
            made = (await owner.create_source(name=f"Source {number}")).source
            assert f"source.{made.source_id}" in installation.config.values


async def test_what_was_committed_before_a_crash_is_published_by_the_next(
    installation: Installation, owner: Person
) -> None:
    made = (await owner.create_source()).source
    pending = len(await _pending(installation))
    assert pending
    restarted = Publisher(installation.database)
    async with _publishing(restarted, installation.config):
        await until(lambda: f"source.{made.source_id}" in installation.config.values)
    assert len(installation.config.steps) == pending


async def test_a_crash_after_publishing_publishes_again_and_ends_the_same(
    installation: Installation, owner: Person
) -> None:
    await owner.create_function()
    made = await owner.create_destination(function_id="Gate")
    made.name = "Generator"
    await owner.update_destination(made, "name")
    # Published, and dead before it could forget.
    for change in await _pending(installation):
        if change.key == f"destination.{made.destination_id}":
            await installation.config.put(change.key, fn.Function())
    values = await installation.publish()
    assert values[f"destination.{made.destination_id}"].name == "Generator"


async def test_an_outage_is_waited_out_and_keeps_the_order(installation: Installation, owner: Person) -> None:
    await owner.create_function()
    made = await owner.create_destination(function_id="Gate")
    for name in "abc":
        made.name, made.etag = name, ""
        await owner.update_destination(made, "name")
    keys = [change.key for change in await _pending(installation)]
    installation.config.failures = 4
    async with _publishing(installation.publisher, installation.config):
        await until(lambda: _all_forgotten(installation))
    assert [key for _, key in installation.config.steps] == keys


async def test_a_failure_in_the_middle_forgets_what_was_published(installation: Installation, owner: Person) -> None:
    for name in "ab":
        await owner.create_source(name)
    config = installation.config
    pending = await _pending(installation)

    class DiesAtThird(ConfigInMemory):
        async def put(self, key: str, value: Message) -> None:
            if len(config.steps) == 2:
                raise TimeoutError
            await config.put(key, value)

    dying = DiesAtThird()
    results = await asyncio.gather(installation.publisher.drain(config=dying, code=dying), return_exceptions=True)
    assert isinstance(results[0], TimeoutError)
    assert await _pending(installation) == pending[2:]


async def test_two_replicas_publish_everything_once_and_in_order(installation: Installation, owner: Person) -> None:
    for number in range(30):
        await owner.create_source(f"Spring {number}")
    keys = [change.key for change in await _pending(installation)]
    replicas = [installation.publisher, Publisher(installation.database)]
    if installation.database.is_sqlite:
        replicas = replicas[:1]
    drains = [replica.drain(config=installation.config, code=installation.config) for replica in replicas * 2]
    await asyncio.gather(*drains)
    assert [key for _, key in installation.config.steps] == keys


async def test_changes_of_one_key_are_in_the_order_of_their_commits(installation: Installation, owner: Person) -> None:
    made = (await owner.create_source()).source

    async def rename(name: str) -> None:
        copy = type(made)(source_id=made.source_id, name=name)
        await owner.update_source(copy, "name")

    await asyncio.gather(*(rename(f"Spring {number}") for number in range(20)))
    values = await installation.publish()
    found = await owner.call(owner.sources.GetSource, src.GetSourceRequest(source_id=made.source_id))
    assert values[f"source.{made.source_id}"].name == found.source.name
