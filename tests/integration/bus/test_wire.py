"""The short cuts through the client: they hold on a real server, and across its restart."""

from __future__ import annotations

import asyncio

from shared.bus import Bus
from tests.nats import NatsServer
from tests.polling import until


async def test_frames_go_out_and_messages_are_handed_over_in_order(bus: Bus) -> None:
    got: list[tuple[bytes, bytes]] = []
    await bus.connection.hand_over("wire.*", lambda subject, payload: got.append((subject, payload)))
    for number in range(1000):
        payload = b"%d" % number
        await bus.connection.write(b"PUB wire.a %d\r\n%s\r\n" % (len(payload), payload))
    await until(lambda: len(got) == 1000)
    assert got == [(b"wire.a", b"%d" % number) for number in range(1000)]


async def test_other_subscriptions_of_the_connection_get_theirs(bus: Bus) -> None:
    got: list[bytes] = []
    await bus.connection.hand_over("wire.*", lambda _, payload: got.append(payload))
    subscription = await bus.connection.subscribe("other.*")
    await bus.connection.write(b"PUB wire.a 1\r\nx\r\nHPUB other.b 18 19\r\nNATS/1.0\r\na: b\r\n\r\ny\r\n")
    message = await subscription.next_msg(timeout=10)
    assert (message.data, message.headers, got) == (b"y", {"a": "b"}, [b"x"])


async def test_what_is_written_in_one_turn_is_sent_without_waiting_for_another(bus: Bus) -> None:
    got: list[bytes] = []
    await bus.connection.hand_over("wire.*", lambda _, payload: got.append(payload))
    await asyncio.gather(*(bus.connection.write(b"PUB wire.a 1\r\n%d\r\n" % number) for number in range(10)))
    assert sum(map(len, bus.connection._pending)) == bus.connection.pending_data_size
    await until(lambda: len(got) == 10)
    assert bus.connection.pending_data_size == 0


async def test_messages_are_handed_over_after_a_restart_too(bus: Bus, nats_server: NatsServer) -> None:
    got: list[bytes] = []
    await bus.connection.hand_over("wire.*", lambda _, payload: got.append(payload))
    nats_server.kill()
    await until(lambda: not bus.is_connected)
    nats_server.start()
    await until(lambda: bus.is_connected)
    await bus.connection.write(b"PUB wire.a 1\r\nx\r\n")
    await until(lambda: got == [b"x"])
