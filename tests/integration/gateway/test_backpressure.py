"""What clients are told when something is full, slow or gone."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import grpc
import httpx2
import pytest

from penstock.ingest.v1 import ingest_service_pb2 as ingest
from penstock.registry.v1 import workspace_pb2 as registry
from shared.bus import Bus, StreamLimits, declare_streams
from shared.errors import ResourceExhausted, Unavailable
from tests.integration.gateway.gateway import TRACK, Gateway, gateway_running, registry_running
from tests.nats import NatsServer
from tests.polling import until


def refusal(answer: httpx2.Response) -> tuple[int, str]:
    """Give status and code of an answer that asks to come again."""
    assert int(answer.headers["retry-after"]) > 0
    return answer.status_code, answer.json()["error"]["code"]


async def accepts(gateway: Gateway) -> bool:
    return (await gateway.post(json={})).status_code == 202


async def test_a_full_backlog_is_429(gateway: Gateway) -> None:
    statuses = [(await gateway.post(json=n)).status_code for n in range(11)]
    assert statuses == [202] * 10 + [429]
    assert refusal(await gateway.post(json={})) == (429, "BACKLOG_FULL")
    with pytest.raises(ResourceExhausted) as full:
        await gateway.ingest("key").Ingest(ingest.IngestRequest(messages=[TRACK] * 11))
    assert (full.value.reason, bool(full.value.retry_delay_s)) == ("BACKLOG_FULL", True)


async def test_a_full_stream_is_503_until_it_has_room(gateway: Gateway, bus: Bus) -> None:
    await declare_streams(bus, StreamLimits(inbox_bytes=2000))
    answer = await until(lambda: gateway.post(json="a" * 300))
    while answer.status_code == 202:
        answer = await gateway.post(json="a" * 300)
    assert refusal(answer) == (503, "LOG_FULL")
    with pytest.raises(Unavailable) as full:
        await gateway.ingest("key").Ingest(ingest.IngestRequest(messages=[TRACK] * 10))
    assert (full.value.reason, bool(full.value.retry_delay_s)) == ("LOG_FULL", True)
    await bus.jetstream.purge_stream("INBOX")
    assert await accepts(gateway)


async def test_without_the_log_nothing_is_accepted(gateway: Gateway, nats_server: NatsServer) -> None:
    nats_server.kill()
    assert refusal(await gateway.post(json={})) == (503, "LOG_UNAVAILABLE")
    assert (await gateway.http.get("/healthz")).status_code == 200
    assert (await gateway.http.get("/readyz")).status_code == 503
    nats_server.start()
    await until(lambda: accepts(gateway))


async def test_a_log_that_hangs_is_found_out_before_requests_time_out(
    gateway: Gateway, nats_server: NatsServer
) -> None:
    assert await accepts(gateway)
    nats_server.hang()
    first = asyncio.create_task(gateway.post(json={}))

    async def refused_at_once() -> bool:
        waiting = asyncio.create_task(gateway.post(json={}))
        await asyncio.wait([waiting, first], return_when=asyncio.FIRST_COMPLETED, timeout=0.5)
        if not waiting.done():
            waiting.cancel()
            return False
        assert refusal(waiting.result()) == (503, "LOG_UNAVAILABLE")
        return True

    await until(refused_at_once)
    assert not first.done()
    assert refusal(await first) == (503, "LOG_UNAVAILABLE")
    nats_server.go_on()
    await until(lambda: accepts(gateway))


async def test_events_in_flight_are_bounded_over_all_and_for_each_source(bus: Bus, nats_server: NatsServer) -> None:
    async with gateway_running(bus, nats_server, in_flight_bytes=100_000) as gateway:
        nats_server.hang()
        body = json.dumps("a" * 20_000)
        headers = {"content-type": "application/json"}
        answers = await asyncio.gather(*(gateway.post(content=body, headers=headers) for _ in range(6)))
        assert (
            sorted(refusal(answer) for answer in answers) == [(429, "SOURCE_BUSY")] * 4 + [(503, "LOG_UNAVAILABLE")] * 2
        )
        nats_server.go_on()
        await until(lambda: accepts(gateway))
        with pytest.raises(ResourceExhausted) as busy:
            await gateway.ingest("key").Ingest(ingest.IngestRequest(messages=[TRACK] * 100))
        assert busy.value.reason == "SOURCE_BUSY"


async def test_calls_are_bounded(bus: Bus, nats_server: NatsServer) -> None:
    async with gateway_running(bus, nats_server, grpc_calls=1) as gateway:
        stub = gateway.ingest("key")
        stream = gateway.ingest("").IngestStream(metadata=[("authorization", "Bearer key")])
        await stream.write(ingest.IngestStreamRequest(messages=[TRACK]))
        assert await stream.read()
        with pytest.raises(ResourceExhausted):
            await stub.Ingest(ingest.IngestRequest(messages=[TRACK]))
        await stream.done_writing()
        assert await stream.code() == grpc.StatusCode.OK

        async def taken() -> bool:
            try:
                return bool(await stub.Ingest(ingest.IngestRequest(messages=[TRACK])))
            except ResourceExhausted:
                return False

        await until(taken)


async def test_without_registry_events_are_taken_and_people_are_told(
    bus: Bus, nats_server: NatsServer, identities: Path
) -> None:
    token = (identities / "gateway.token").read_text()
    async with registry_running(identities) as address:
        pass
    async with gateway_running(bus, nats_server, registry_address=address, service_token=token) as gateway:
        assert await accepts(gateway)
        with pytest.raises(Unavailable) as gone:
            await gateway.workspaces("owner").GetWorkspace(registry.GetWorkspaceRequest())
        assert (gone.value.reason, gone.value.message) == ("SERVICE_UNAVAILABLE", "registry cannot be reached.")
        assert gone.value.retry_delay_s
