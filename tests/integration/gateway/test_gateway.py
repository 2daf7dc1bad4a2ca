"""The gateway as a whole: built as in production, over a real log, called by HTTP and gRPC."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from penstock.config.v1 import config_pb2
from penstock.ingest.v1 import ingest_service_pb2 as ingest
from penstock.registry.v1 import workspace_pb2 as registry
from shared.bus import ConfigStore
from shared.errors import FailedPrecondition, NotFound, PermissionDenied, ResourceExhausted, Unauthenticated
from tests.integration.gateway.gateway import TRACK, Gateway
from tests.polling import until

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
BODY_BYTES = 2 * 1024 * 1024


async def test_a_webhook_is_in_the_log_when_it_is_answered(gateway: Gateway) -> None:
    headers = {"traceparent": TRACEPARENT, "X-Shop": "a", "Authorization": "Basic x", "Cookie": "c=1"}
    answer = await gateway.post(json={"order": 1}, params={"mode": "live"}, headers=headers)
    assert answer.status_code == 202
    ((event, stored),) = await gateway.events()
    assert answer.json() == {"event_id": event.event_id}
    assert (event.workspace_id, event.source_id) == ("ws_1", "src_hook")
    assert event.request.url.endswith("/hooks?mode=live")
    assert json.loads(event.request.body) == {"order": 1}
    recorded = {header.name: header.value for header in event.request.headers}
    assert recorded["x-shop"] == "a"
    assert not {"authorization", "cookie"} & set(recorded)
    assert (
        stored["traceparent"].split("-")[1] == TRACEPARENT.split("-")[1] == answer.headers["traceparent"].split("-")[1]
    )
    assert stored["Nats-Msg-Id"] == f"ws_1:src_hook:{event.event_id}"


async def test_a_form_is_taken_too(gateway: Gateway) -> None:
    assert (await gateway.post(data={"a": "b"})).status_code == 202
    ((event, _),) = await gateway.events()
    assert event.request.body == b"a=b"


@pytest.mark.parametrize(
    ("token", "options", "status", "code"),
    [
        ("wrong", {"json": {}}, 404, "UNKNOWN_SOURCE"),
        ("owner", {"json": {}}, 404, "UNKNOWN_SOURCE"),
        ("off", {"json": {}}, 403, "SOURCE_DISABLED"),
        ("key", {"json": {}}, 409, "NO_FUNCTION"),
        ("hook", {"content": b"{", "headers": {"content-type": "application/json"}}, 400, "MALFORMED_JSON"),
        ("hook", {"content": b"", "headers": {"content-type": "application/json"}}, 400, "MALFORMED_JSON"),
        ("hook", {"content": b"NaN", "headers": {"content-type": "application/json"}}, 400, "MALFORMED_JSON"),
        ("hook", {"content": b"[" * 100_000, "headers": {"content-type": "application/json"}}, 400, "MALFORMED_JSON"),
        ("hook", {"content": b"x", "headers": {"content-type": "text/plain"}}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("hook", {"content": b"x"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        (
            "hook",
            {"content": b"x", "headers": {"content-type": "application/json", "content-encoding": "gzip"}},
            415,
            "UNSUPPORTED_CONTENT_ENCODING",
        ),
        ("hook", {"content": bytes(BODY_BYTES + 1), "headers": {"content-type": "application/json"}}, 413, "TOO_LARGE"),
    ],
)
async def test_refusals(gateway: Gateway, token: str, options: dict[str, Any], status: int, code: str) -> None:
    answer = await gateway.post(token, **options)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert await gateway.events() == []


async def test_other_methods_and_paths(gateway: Gateway) -> None:
    answer = await gateway.http.get("/hooks/hook")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.json()["error"]["code"] == "METHOD_NOT_ALLOWED"
    assert (await gateway.http.get("/nothing")).json()["error"]["code"] == "NOT_FOUND"
    assert (await gateway.http.get("/healthz")).status_code == 200


async def chunks(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 65536 + 1):
        yield b" " * 65536


async def test_a_body_of_unknown_length_is_cut_at_the_limit(gateway: Gateway) -> None:
    headers = {"content-type": "application/json"}
    answer = await gateway.post(content=chunks(BODY_BYTES), headers=headers)
    assert answer.status_code == 413


async def test_a_sources_own_backlog_limit_holds_below_the_installations(gateway: Gateway) -> None:
    source = config_pb2.SourceConfig(source_id="src_key", workspace_id="ws_1", enabled=True, backlog_limit=3)
    await ConfigStore(gateway.bus).put("source.src_key", source)

    async def is_taken() -> bool:
        try:
            await gateway.ingest("key").Ingest(ingest.IngestRequest(messages=[TRACK]))
        except ResourceExhausted as error:
            return error.reason != "BACKLOG_FULL"
        return True

    async def is_refused() -> bool:
        return not await is_taken()

    await until(is_refused)
    waiting = (await gateway.bus.jetstream.stream_info("INBOX")).state.messages
    # Some may have come before the gateway learned of the limit.
    assert 3 <= waiting < 10
    await gateway.bus.jetstream.purge_stream("INBOX")
    await until(is_taken)


async def test_ingest_answers_for_each_message(gateway: Gateway) -> None:
    named = b'{"type": "page", "userId": "u1", "messageId": "m 1"}'
    messages = [named, b'{"type": "track", "userId": "u"}', TRACK]
    answer = await gateway.ingest("key").Ingest(ingest.IngestRequest(messages=[*messages, b"{"]))
    assert [result.refused for result in answer.results] == ["", "EVENT_NOT_DEFINED", "", "MALFORMED_JSON"]
    (first, first_headers), (second, second_headers) = await gateway.events()
    assert [first.event_id, second.event_id] == [answer.results[0].event_id, answer.results[2].event_id]
    assert json.loads(first.message)["messageId"] == "m 1"
    assert first_headers["Nats-Msg-Id"] == "ws_1:src_key:m%201"
    assert second_headers["Nats-Msg-Id"] == f"ws_1:src_key:{second.event_id}"


async def test_ingest_streams_in_order(gateway: Gateway) -> None:
    requests = [ingest.IngestStreamRequest(messages=[TRACK] * n) for n in (1, 2)]
    call = gateway.ingest("").IngestStream(iter(requests), metadata=[("authorization", "Bearer key")])
    assert [len(response.results) async for response in call] == [1, 2]


async def test_ingest_errors(gateway: Gateway) -> None:
    request = ingest.IngestRequest(messages=[TRACK] * 11)
    with pytest.raises(Unauthenticated):
        await gateway.ingest("wrong").Ingest(request)
    with pytest.raises(FailedPrecondition):
        await gateway.ingest("off").Ingest(request)
    with pytest.raises(PermissionDenied):
        await gateway.ingest("owner").Ingest(request)
    with pytest.raises(ResourceExhausted) as full:
        await gateway.ingest("key").Ingest(request)
    assert full.value.retry_delay_s


async def test_a_persons_call_reaches_the_service_that_owns_the_method(gateway: Gateway) -> None:
    answer = await gateway.workspaces("owner").GetWorkspace(registry.GetWorkspaceRequest())
    assert answer.workspace.workspace_id == "ws_1"
    with pytest.raises(NotFound, match="no workspace") as missing:
        await gateway.workspaces("missing").GetWorkspace(registry.GetWorkspaceRequest())
    assert missing.value.metadata == {"workspace": "ws_2"}
    with pytest.raises(Unauthenticated):
        await gateway.workspaces("wrong").GetWorkspace(registry.GetWorkspaceRequest())
    with pytest.raises(PermissionDenied):
        await gateway.workspaces("nobody").GetWorkspace(registry.GetWorkspaceRequest())
    with pytest.raises(PermissionDenied):
        await gateway.workspaces("key").GetWorkspace(registry.GetWorkspaceRequest())


async def test_a_method_that_nobody_owns_is_unimplemented(gateway: Gateway) -> None:
    async with grpc.aio.insecure_channel(gateway.grpc_address) as channel:
        call: Any = channel.unary_unary("/penstock.secrets.v1.SecretsService/ResolveSecrets")
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call(b"")
    assert refused.value.code() == grpc.StatusCode.UNIMPLEMENTED
