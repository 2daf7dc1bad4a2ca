"""Durable consumers: nothing is lost, whoever dies; a consumer's end is noticed."""

from __future__ import annotations

import asyncio

import pytest

from shared.bus import Bus, Publication, Puller
from shared.bus.consumers import declare_consumer, remove_consumer
from shared.errors import NotFound
from tests.nats import NatsServer
from tests.polling import until

SUBJECT = "deliveries.ws_1.dst_1"


async def consumer(bus: Bus, ack_wait_s: float = 30) -> Puller:
    await declare_consumer(bus, stream="DELIVERIES", name="dst_1", subject=SUBJECT, ack_wait_s=ack_wait_s)
    return Puller(bus, stream="DELIVERIES", consumer="dst_1")


async def publish(bus: Bus, *numbers: int) -> None:
    await bus.publish_all([Publication(SUBJECT, b"%d" % number, message_id=str(number)) for number in numbers])


async def test_messages_come_in_batches_as_they_are_there(bus: Bus) -> None:
    await publish(bus, *range(5))
    async with (await consumer(bus)).open() as puller:
        got: list[bytes] = []
        while len(got) < 5:
            held = await puller.fetch(2)
            assert 1 <= len(held) <= 2
            got += [message.data for message in held]
        assert got == [b"0", b"1", b"2", b"3", b"4"]


async def test_messages_that_come_shortly_after_each_other_may_be_one_batch(bus: Bus) -> None:
    async with (await consumer(bus)).open() as puller, asyncio.TaskGroup() as tasks:
        fetching = tasks.create_task(puller.fetch(3, gather_s=30))
        for number in range(3):
            await publish(bus, number)
        assert [message.data for message in await fetching] == [b"0", b"1", b"2"]
        await publish(bus, 3)
        assert [message.data for message in await puller.fetch(3, gather_s=0.01)] == [b"3"]


async def test_what_a_larger_request_brings_is_given_also_when_less_is_asked_for(bus: Bus) -> None:
    async with (await consumer(bus)).open() as puller:
        fetching = asyncio.create_task(puller.fetch(10))
        await publish(bus, 0)
        assert len(await fetching) == 1
        await publish(bus, *range(1, 6))
        await until(lambda: len(puller._arrived) == 5)
        assert [message.data for message in await puller.fetch(1)] == [b"1", b"2", b"3", b"4", b"5"]


async def test_a_cancellation_that_comes_while_closing_is_not_lost(bus: Bus) -> None:
    puller, closing = await consumer(bus), asyncio.Event()

    async def fail() -> None:
        async with puller.open():
            closing.set()
            raise NotFound("the consumer")

    async with asyncio.TaskGroup() as tasks:
        failing = tasks.create_task(fail())
        await closing.wait()
        failing.cancel()
    assert failing.cancelled()


async def test_a_waiting_fetch_gets_what_comes_later(bus: Bus) -> None:
    async with (await consumer(bus)).open() as puller, asyncio.TaskGroup() as tasks:
        fetching = tasks.create_task(puller.fetch(10))
        await asyncio.sleep(0)
        await publish(bus, 7)
        assert [held.data for held in await fetching] == [b"7"]


async def test_acknowledged_once_is_gone_and_given_back_comes_again(bus: Bus) -> None:
    await publish(bus, 1, 2)
    async with (await consumer(bus)).open() as puller:
        first, second = await puller.fetch(2)
        await first.ack()
        await second.nak(0.01)
        (again,) = await puller.fetch(2)
        assert (again.data, again.deliveries, again.sequence) == (second.data, 2, second.sequence)
        await again.ack()
        await until(lambda: is_empty(bus))


async def is_empty(bus: Bus) -> bool:
    return (await bus.jetstream.stream_info("DELIVERIES")).state.messages == 0


async def test_what_was_pulled_but_not_fetched_goes_to_the_next_worker(bus: Bus) -> None:
    await publish(bus, 1, 2, 3)
    async with (await consumer(bus)).open() as puller:
        (first,) = await puller.fetch(1)
        await first.ack()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await puller.fetch(2)
    async with (await consumer(bus)).open() as puller:
        got: set[bytes] = set()
        while len(got) < 2:
            got |= {held.data for held in await puller.fetch(5)}
    assert got == {b"2", b"3"}


async def test_pulling_goes_on_after_the_server_was_killed(bus: Bus, nats_server: NatsServer) -> None:
    async with (await consumer(bus)).open() as puller, asyncio.TaskGroup() as tasks:
        fetching = tasks.create_task(puller.fetch(1))
        nats_server.kill()
        await until(lambda: not bus.is_connected)
        nats_server.start()
        await until(lambda: bus.is_connected)
        await publish(bus, 1)
        (held,) = await fetching
        assert held.data == b"1"


async def test_a_removed_consumer_takes_its_messages_along_and_ends_the_fetch(bus: Bus) -> None:
    await publish(bus, 1)
    async with (await consumer(bus)).open() as puller:
        await puller.fetch(1)
        fetching = asyncio.ensure_future(puller.fetch(1))
        await asyncio.sleep(0)
        await bus.connection.flush()
        await remove_consumer(bus, stream="DELIVERIES", name="dst_1", subject=SUBJECT)
        with pytest.raises(NotFound):
            await fetching
        with pytest.raises(NotFound):
            await puller.fetch(1)
    assert await is_empty(bus)
    await remove_consumer(bus, stream="DELIVERIES", name="dst_1", subject=SUBJECT)


async def test_extending_keeps_a_message(bus: Bus) -> None:
    await publish(bus, 1)
    async with (await consumer(bus, ack_wait_s=0.5)).open() as puller:
        (held,) = await puller.fetch(1)
        for _ in range(10):
            await asyncio.sleep(0.1)
            await held.extend()
        await held.ack()
        await until(lambda: is_empty(bus))
    info = await bus.jetstream.consumer_info("DELIVERIES", "dst_1")
    assert info.num_redelivered == 0
    assert info.delivered.consumer_seq == 1
