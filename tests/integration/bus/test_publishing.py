"""What a publisher learns: stored, stored before, no room, no server."""

from __future__ import annotations

import asyncio

import pytest

from shared.bus import Ack, Bus, Publication, StreamLimits, declare_streams
from shared.bus.publisher import STALL_S
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


async def test_a_server_that_hangs_is_asked_only_now_and_then(bus: Bus, nats_server: NatsServer) -> None:
    stored = await bus.publish(inbound(1))
    nats_server.hang()
    first = asyncio.create_task(bus.publish_all([inbound(2)]))

    async def refused_at_once() -> bool:
        answer = asyncio.create_task(bus.publish_all([inbound(3)]))
        await asyncio.sleep(0)
        return answer.done() and isinstance((await answer)[0], Unavailable)

    await until(refused_at_once)
    assert not first.done()
    assert isinstance((await first)[0], Unavailable)
    # Nothing is in flight any more, and it is still known to hang.
    assert await until(refused_at_once)
    nats_server.go_on()

    async def stored_again() -> bool:
        (answer,) = await bus.publish_all([inbound(1)])
        return answer == Ack(sequence=stored.sequence, duplicate=True)

    await until(stored_again)


async def test_a_pause_without_messages_is_no_hanging_server(bus: Bus) -> None:
    await bus.publish(inbound(1))
    await asyncio.sleep(STALL_S + 0.1)
    results = await asyncio.gather(*(bus.publish_all([inbound(n, f"src_{n}")]) for n in range(2, 12)))
    assert all(isinstance(result[0], Ack) for result in results)


async def test_a_full_stream_is_unavailable_for_all(bus: Bus) -> None:
    await declare_streams(bus, StreamLimits(inbox_bytes=1000))
    results = await bus.publish_all([inbound(n, f"src_{n}") for n in range(100)])
    refused = [result for result in results if isinstance(result, Unavailable)]
    assert {error.reason for error in refused} == {"LOG_FULL"}
    assert all(error.retry_delay_s for error in refused)
    assert len(refused) < 100


async def test_a_bound_that_the_disk_does_not_have_is_left_out(bus: Bus) -> None:
    await declare_streams(bus, StreamLimits(inbox_bytes=2**60))
    assert (await bus.jetstream.stream_info("INBOX")).config.max_bytes == -1
    assert isinstance(await bus.publish(inbound(1)), Ack)


@pytest.mark.parametrize("headers", [{"a": "b\r\nc: d"}, {"a\n": "b"}, {"a": "b\r"}])
async def test_nobody_writes_another_header_into_a_value(bus: Bus, headers: dict[str, str]) -> None:
    wrong = Publication("outcomes.ws_1", b"x", headers=headers)
    results = await bus.publish_all([wrong, Publication("outcomes.ws_1", b"y")])
    assert [type(result) for result in results] == [InvalidArgument, Ack]


async def test_a_caller_that_goes_away_leaves_nothing_behind(bus: Bus, nats_server: NatsServer) -> None:
    nats_server.hang()
    waiting = asyncio.create_task(bus.publish_all([inbound(n) for n in range(3)]))
    await asyncio.sleep(0)
    waiting.cancel()
    nats_server.go_on()
    assert isinstance(await until(lambda: bus.publish(inbound(0))), Ack)


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
