"""What a publisher learns: stored, stored before, no room, no server."""

from __future__ import annotations

import asyncio

import pytest

from shared.bus import Ack, Bus, Publication, StreamLimits, declare_streams
from shared.errors import InvalidArgument, ResourceExhausted, Unavailable
from tests.nats import NatsServer
from tests.polling import until

MAX_PAYLOAD = 4 * 1024 * 1024


def inbound(number: int, source: str = "src_1") -> Publication:
    return Publication(f"inbox.ws_1.{source}", b"%d" % number, message_id=f"{source}:{number}")


async def test_ack_tells_the_sequence_and_a_repeat_is_dropped(bus: Bus) -> None:
    first = await bus.publish(inbound(1))
    assert not first.duplicate
    assert await bus.publish(inbound(1)) == Ack(sequence=first.sequence, duplicate=True)


async def test_a_full_backlog_is_one_sources_own(bus: Bus) -> None:
    results = await bus.publish_all([inbound(n) for n in range(4)])
    assert [type(result) for result in results] == [Ack, Ack, Ack, ResourceExhausted]
    with pytest.raises(ResourceExhausted) as refused:
        await bus.publish(inbound(5))
    assert refused.value.reason == "BACKLOG_FULL"
    assert refused.value.retry_delay_s
    await bus.publish(inbound(6, source="src_2"))


async def test_too_large_a_message_fails_alone(bus: Bus) -> None:
    large = Publication("inbox.ws_1.src_1", bytes(MAX_PAYLOAD + 1))
    results = await bus.publish_all([inbound(1), large, inbound(2)])
    assert [type(result) for result in results] == [Ack, InvalidArgument, Ack]


async def test_a_subject_without_stream_is_unavailable(bus: Bus) -> None:
    with pytest.raises(Unavailable):
        await bus.publish(Publication("nobody.listens", b""))


async def test_headers_travel_with_the_message(bus: Bus) -> None:
    await bus.publish(Publication("outcomes.ws_1", b"x", message_id="id", headers={"traceparent": "00-ab-cd-01"}))
    stored = await bus.jetstream.get_last_msg("OUTCOMES", "outcomes.ws_1")
    assert stored.headers == {"traceparent": "00-ab-cd-01", "Nats-Msg-Id": "id"}


async def test_a_killed_server_fails_what_is_in_flight_and_takes_again_after_its_restart(
    bus: Bus, nats_server: NatsServer
) -> None:
    stored = await bus.publish(inbound(1))
    nats_server.kill()
    with pytest.raises(Unavailable) as lost:
        await bus.publish(inbound(2))
    assert lost.value.reason == "LOG_UNAVAILABLE"

    nats_server.start()
    await until(lambda: bus.is_connected)
    again = await bus.publish(inbound(1))
    assert again == Ack(sequence=stored.sequence, duplicate=True)


async def test_thousands_at_once_are_all_acknowledged(bus: Bus) -> None:
    publications = [Publication("outcomes.ws_1", b"x", message_id=str(n)) for n in range(5000)]
    halves = await asyncio.gather(bus.publish_all(publications[:2500]), bus.publish_all(publications[2500:]))
    acks = [ack for half in halves for ack in half if isinstance(ack, Ack)]
    assert len({ack.sequence for ack in acks}) == 5000


async def test_declaring_again_changes_limits_and_keeps_messages(bus: Bus) -> None:
    await bus.publish_all([inbound(n) for n in range(3)])
    await declare_streams(bus, StreamLimits(inbox_per_source=4))
    results = await bus.publish_all([inbound(n) for n in range(3, 5)])
    assert [type(result) for result in results] == [Ack, ResourceExhausted]
