"""What a killed server keeps although it was acknowledged is removed, and nothing else ever is."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import nats.errors
import pytest

from services.delivery.leftovers import Leftovers
from shared.bus import Bus, Held, Publication, Puller, StreamLimits
from shared.bus.consumers import declare_consumer
from shared.errors import ResourceExhausted
from tests.clock import MovableClock
from tests.integration.delivery.harness import declare
from tests.nats import NatsServer, nats_server
from tests.polling import until

__all__ = ["nats_server"]

STREAM, NAME, SUBJECT = "DELIVERIES", "dst_a", "deliveries.ws_1.dst_a"


@asynccontextmanager
async def log(server: NatsServer, *, places: int = 3) -> AsyncGenerator[Bus]:
    """The streams, with the consumer of one destination for which `places` deliveries may wait."""
    async with Bus.open(server.url, name="test") as bus:
        await declare(bus, StreamLimits(deliveries_per_destination=places))
        await declare_consumer(bus, stream=STREAM, name=NAME, subject=SUBJECT, ack_wait_s=30)
        yield bus


async def publish(bus: Bus, *numbers: int, subject: str = SUBJECT) -> None:
    for number in numbers:
        await bus.publish(Publication(subject, str(number).encode(), message_id=f"{subject}{number}"))


async def pull(bus: Bus, count: int) -> list[Held]:
    async with asyncio.timeout(10), Puller(bus, stream=STREAM, consumer=NAME).open() as puller:
        held: list[Held] = []
        while len(held) < count:
            held += await puller.fetch(count - len(held))
        return held


async def settled(bus: Bus, *, pending: int) -> None:
    """Wait until the server has taken note of all answers but for `pending` messages."""

    async def is_settled() -> bool:
        return (await bus.jetstream.consumer_info(STREAM, NAME)).num_ack_pending == pending

    await until(is_settled)


async def numbers(bus: Bus) -> list[int]:
    """What the destination's subject holds."""
    state = (await bus.jetstream.stream_info(STREAM)).state
    found: list[int] = []
    for sequence in range(max(1, state.first_seq), state.last_seq + 1):
        try:
            message = await bus.jetstream.get_msg(STREAM, sequence)
        except nats.errors.Error:
            continue
        if message.subject == SUBJECT:
            found.append(int(message.data or b""))
    return found


async def set_back(server: NatsServer, bus: Bus, change: Callable[[], Awaitable[None]], folder: Path) -> None:
    """Run `change` on what the stream held before, and let the server come back with the messages of then.

    What consumers know stays: so it is when the server dies after the one was written, and before the other was.
    """
    server.kill()
    await until(lambda: not bus.is_connected)
    messages, then = server.streams / STREAM / "msgs", folder / "then"
    shutil.copytree(messages, then)
    server.start()
    await until(lambda: bus.is_connected)
    await change()
    server.stop()
    await until(lambda: not bus.is_connected)
    shutil.rmtree(messages)
    shutil.copytree(then, messages)
    server.start()
    await until(lambda: bus.is_connected)


async def look_twice(leftovers: Leftovers) -> None:
    await leftovers.look()
    await leftovers.look()


async def test_what_was_acknowledged_holds_no_place_of_the_backlog(nats_server: NatsServer, tmp_path: Path) -> None:
    async with log(nats_server) as bus:
        await publish(bus, 1, 2, 3)

        async def acknowledge() -> None:
            first, second, third = await pull(bus, 3)
            await asyncio.gather(first.ack(), second.ack())
            await third.nak(3600)
            await settled(bus, pending=1)

        await set_back(nats_server, bus, acknowledge, tmp_path)
        assert await numbers(bus) == [1, 2, 3]
        with pytest.raises(ResourceExhausted):
            await publish(bus, 4)
        leftovers = Leftovers(bus, MovableClock())
        await leftovers.look()
        assert await numbers(bus) == [1, 2, 3], "what has just been acknowledged is the server's to remove"
        await leftovers.look()
        assert await numbers(bus) == [3]
        await publish(bus, 4, 5)


async def test_what_was_acknowledged_behind_a_delivery_that_waits_goes_when_that_one_is_done(
    nats_server: NatsServer, tmp_path: Path
) -> None:
    async with log(nats_server) as bus:
        await publish(bus, 1, 2, 3)

        async def acknowledge() -> None:
            first, second, third = await pull(bus, 3)
            await first.nak(2)
            await asyncio.gather(second.ack(), third.ack())
            await settled(bus, pending=1)

        await set_back(nats_server, bus, acknowledge, tmp_path)
        leftovers = Leftovers(bus, MovableClock())
        await look_twice(leftovers)
        assert await numbers(bus) == [1, 2, 3]
        (first,) = await pull(bus, 1)
        assert first.data == b"1"
        await first.ack()
        await settled(bus, pending=0)
        await look_twice(leftovers)
        assert await numbers(bus) == []


async def test_nothing_goes_that_was_not_acknowledged(nats_server: NatsServer) -> None:
    async with log(nats_server, places=10) as bus:
        await publish(bus, 1, 2, 3, 4)
        leftovers = Leftovers(bus, MovableClock())
        await look_twice(leftovers)
        first, second, third, _ = await pull(bus, 4)
        await second.ack()
        await third.nak(3600)
        await first.extend()
        await settled(bus, pending=3)
        await publish(bus, 5)
        await look_twice(leftovers)
        nats_server.kill()
        await until(lambda: not bus.is_connected)
        nats_server.start()
        await until(lambda: bus.is_connected)
        await look_twice(leftovers)
        await bus.jetstream.delete_consumer(STREAM, NAME)
        await look_twice(leftovers)
        await declare_consumer(bus, stream=STREAM, name=NAME, subject=SUBJECT, ack_wait_s=30)
        assert sorted(int(held.data) for held in await pull(bus, 4)) == [1, 3, 4, 5]


@pytest.mark.parametrize("kept", [0, 2])
async def test_nothing_new_goes_when_the_log_has_lost_more_than_its_consumers(
    nats_server: NatsServer, tmp_path: Path, kept: int
) -> None:
    """A loss of power may do that, and sequences are given out again. The server sets the consumers' floors back."""
    async with log(nats_server, places=10) as bus:
        await publish(bus, *range(kept))

        async def lose() -> None:
            await publish(bus, 3, 4, 5)
            for held in await pull(bus, kept + 3):
                await held.ack()
            await settled(bus, pending=0)

        await set_back(nats_server, bus, lose, tmp_path)
        await publish(bus, 6, 7)
        await look_twice(Leftovers(bus, MovableClock()))
        assert await numbers(bus) == [6, 7]
        assert [int(held.data) for held in await pull(bus, 2)] == [6, 7]


async def test_another_destination_keeps_what_waits(nats_server: NatsServer, tmp_path: Path) -> None:
    other = "deliveries.ws_1.dst_b"
    async with log(nats_server) as bus:
        await publish(bus, 1, subject=other)
        await publish(bus, 1, 2)
        await publish(bus, 2, subject=other)

        async def acknowledge() -> None:
            for held in await pull(bus, 2):
                await held.ack()
            await settled(bus, pending=0)

        await set_back(nats_server, bus, acknowledge, tmp_path)
        await look_twice(Leftovers(bus, MovableClock()))
        assert await numbers(bus) == []
        state = (await bus.jetstream.stream_info(STREAM, subjects_filter=">")).state
        assert state.subjects == {other: 2}


async def test_it_looks_again_by_itself_and_outlives_the_server(nats_server: NatsServer, tmp_path: Path) -> None:
    clock = MovableClock()
    async with log(nats_server) as bus:
        await publish(bus, 1, 2)
        looking = asyncio.create_task(Leftovers(bus, clock).run())

        async def acknowledge() -> None:
            for held in await pull(bus, 2):
                await held.ack()
            await settled(bus, pending=0)

        await set_back(nats_server, bus, acknowledge, tmp_path)

        async def is_gone() -> bool:
            clock.advance(60)
            return not await numbers(bus)

        await until(is_gone)
        assert not looking.done()
        looking.cancel()
