"""The gateway as a whole: built as in production, over a real log, called by HTTP and gRPC."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import httpx2
import pytest

from penstock.access.v1 import access_pb2
from penstock.config.v1 import config_pb2
from penstock.event.v1 import inbound_pb2
from penstock.ingest.v1 import ingest_service_pb2 as ingest
from penstock.ingest.v1 import ingest_service_pb2_grpc as ingest_grpc
from penstock.registry.v1 import workspace_pb2 as registry
from penstock.registry.v1 import workspace_pb2_grpc as registry_grpc
from services.gateway.app import build
from services.gateway.settings import GatewaySettings
from shared.bus import Bus, ConfigStore, StreamLimits, declare_streams
from shared.errors import FailedPrecondition, NotFound, PermissionDenied, ResourceExhausted, Unauthenticated
from shared.rpc import RpcServer, caller, connect
from shared.rpc.access import ServiceAuthenticator
from shared.rpc.identity import digest, load_identities, make_tokens
from shared.telemetry.tracing import Tracing
from tests.nats import NatsServer, free_port, nats_server
from tests.polling import until

__all__ = ["nats_server"]

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TRACK = {"type": "track", "event": "Order Completed", "userId": "u1"}
BODY_BYTES = 2 * 1024 * 1024


class Workspaces(registry_grpc.WorkspaceServiceServicer):
    async def GetWorkspace(self, request: registry.GetWorkspaceRequest, context: Any) -> registry.GetWorkspaceResponse:
        actor = caller().actor
        assert actor
        if actor.token_id == "tok_missing":
            raise NotFound("no workspace", metadata={"workspace": actor.workspace_id})
        return registry.GetWorkspaceResponse(workspace=registry.Workspace(workspace_id=actor.workspace_id))

    async def UpdateWorkspace(
        self, request: registry.UpdateWorkspaceRequest, context: Any
    ) -> registry.UpdateWorkspaceResponse:
        return registry.UpdateWorkspaceResponse(workspace=registry.Workspace(config=request.config))


@dataclass
class Gateway:
    """A running gateway, and what a test does with it."""

    bus: Bus
    http: httpx2.AsyncClient
    grpc_address: str
    channels: list[grpc.aio.Channel] = field(default_factory=list[grpc.aio.Channel])

    async def post(self, token: str = "hook", **options: Any) -> httpx2.Response:
        return await self.http.post(f"/hooks/{token}", **options)

    async def events(self) -> list[tuple[inbound_pb2.InboundEvent, dict[str, str]]]:
        count = (await self.bus.jetstream.stream_info("INBOX")).state.last_seq
        stored = [await self.bus.jetstream.get_msg("INBOX", seq) for seq in range(1, count + 1)]
        return [(inbound_pb2.InboundEvent.FromString(message.data), message.headers) for message in stored]

    def channel(self, token: str) -> grpc.aio.Channel:
        self.channels.append(connect(self.grpc_address, token=token))
        return self.channels[-1]

    def ingest(self, token: str) -> ingest_grpc.IngestServiceAsyncStub:
        return ingest_grpc.IngestServiceStub(self.channel(token))

    def workspaces(self, token: str) -> registry_grpc.WorkspaceServiceAsyncStub:
        return registry_grpc.WorkspaceServiceStub(self.channel(token))


async def configure(bus: Bus) -> None:
    store = ConfigStore(bus)
    function = config_pb2.InstanceConfig(instance_id="ins_1")
    sources = {
        "hook": config_pb2.SourceConfig(enabled=True, function=function),
        "off": config_pb2.SourceConfig(enabled=False, function=function),
        "key": config_pb2.SourceConfig(enabled=True),
    }
    for token, source in sources.items():
        source.source_id, source.workspace_id = f"src_{token}", "ws_1"
        await store.put(f"source.{source.source_id}", source)
        grant = config_pb2.TokenConfig(workspace_id="ws_1", source_id=source.source_id)
        await store.put(f"token.{digest(token)}", grant)
    for token, role in {"owner": access_pb2.ROLE_OWNER, "nobody": access_pb2.ROLE_UNSPECIFIED}.items():
        roles = config_pb2.RoleGrant(roles=[role])
        grant = config_pb2.TokenConfig(token_id=f"tok_{token}", workspace_id="ws_1", roles=roles)
        await store.put(f"token.{digest(token)}", grant)
    missing = config_pb2.TokenConfig(
        token_id="tok_missing", workspace_id="ws_2", roles=config_pb2.RoleGrant(roles=[access_pb2.ROLE_OWNER])
    )
    await store.put(f"token.{digest('missing')}", missing)


@pytest.fixture
async def registry_address(tmp_path: Path) -> AsyncIterator[str]:
    make_tokens(tmp_path / "identities")
    identities = load_identities(tmp_path / "identities" / "identities.json")
    server = RpcServer(
        address="127.0.0.1:0",
        names=["penstock.registry.v1.WorkspaceService"],
        add=lambda server: registry_grpc.add_WorkspaceServiceServicer_to_server(Workspaces(), server),
        authenticate=ServiceAuthenticator(identities),
    )
    await server.start()
    yield f"127.0.0.1:{server.port}"
    await server.stop()


@pytest.fixture
async def gateway(nats_server: NatsServer, registry_address: str, tmp_path: Path) -> AsyncIterator[Gateway]:
    settings = GatewaySettings.model_validate(
        {
            "nats_url": nats_server.url,
            "http_address": f"127.0.0.1:{free_port()}",
            "grpc_address": f"127.0.0.1:{free_port()}",
            "registry_address": registry_address,
            "webhook_body_timeout_s": 0.5,
            "service_token": (tmp_path / "identities" / "gateway.token").read_text(),
        }
    )
    async with Bus.open(nats_server.url, name="test") as bus:
        await declare_streams(bus, StreamLimits(inbox_per_source=10))
        await configure(bus)
        async with (
            build(settings, Tracing(service="gateway", sink=None)),
            httpx2.AsyncClient(base_url=f"http://{settings.http_address}", trust_env=False) as http,
        ):

            async def ready() -> bool:
                return (await http.get("/readyz")).status_code == 200

            await until(ready)
            gateway = Gateway(bus, http, settings.grpc_address)
            yield gateway
            for channel in gateway.channels:
                await channel.close()


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


async def test_a_slow_client_is_cut(gateway: Gateway) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.http.base_url.port)
    writer.write(
        b"POST /hooks/hook HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{"
    )
    answer = await reader.read()  # until the gateway closes
    assert answer.startswith(b"HTTP/1.1 408")
    writer.close()


async def test_a_full_backlog_asks_to_come_back(gateway: Gateway) -> None:
    statuses = [(await gateway.post(json=n)).status_code for n in range(11)]
    assert statuses == [202] * 10 + [429]
    answer = await gateway.post(json={})
    assert answer.json()["error"]["code"] == "BACKLOG_FULL"
    assert int(answer.headers["retry-after"]) > 0


async def test_a_sources_own_backlog_limit_holds_below_the_installations(gateway: Gateway) -> None:
    source = config_pb2.SourceConfig(source_id="src_key", workspace_id="ws_1", enabled=True, backlog_limit=3)
    await ConfigStore(gateway.bus).put("source.src_key", source)
    message = json.dumps(TRACK).encode()

    async def is_taken() -> bool:
        try:
            await gateway.ingest("key").Ingest(ingest.IngestRequest(messages=[message]))
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


async def test_without_the_log_nothing_is_accepted(gateway: Gateway, nats_server: NatsServer) -> None:
    nats_server.kill()
    answer = await gateway.post(json={})
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "LOG_UNAVAILABLE")
    assert int(answer.headers["retry-after"]) > 0
    assert (await gateway.http.get("/healthz")).status_code == 200
    assert (await gateway.http.get("/readyz")).status_code == 503
    nats_server.start()

    async def accepted() -> bool:
        return (await gateway.post(json={})).status_code == 202

    await until(accepted)


async def test_ingest_answers_for_each_message(gateway: Gateway) -> None:
    messages = [json.dumps(m).encode() for m in (TRACK | {"messageId": "m 1"}, {"type": "track", "userId": "u"}, TRACK)]
    answer = await gateway.ingest("key").Ingest(ingest.IngestRequest(messages=[*messages, b"{"]))
    assert [result.refused for result in answer.results] == ["", "EVENT_NOT_DEFINED", "", "MALFORMED_JSON"]
    (first, first_headers), (second, second_headers) = await gateway.events()
    assert [first.event_id, second.event_id] == [answer.results[0].event_id, answer.results[2].event_id]
    assert json.loads(first.message)["messageId"] == "m 1"
    assert first_headers["Nats-Msg-Id"] == "ws_1:src_key:m%201"
    assert second_headers["Nats-Msg-Id"] == f"ws_1:src_key:{second.event_id}"


async def test_ingest_streams_in_order(gateway: Gateway) -> None:
    requests = [ingest.IngestStreamRequest(messages=[json.dumps(TRACK).encode()] * n) for n in (1, 2)]
    call = gateway.ingest("").IngestStream(iter(requests), metadata=[("authorization", "Bearer key")])
    assert [len(response.results) async for response in call] == [1, 2]


async def test_ingest_errors(gateway: Gateway) -> None:
    request = ingest.IngestRequest(messages=[json.dumps(TRACK).encode()] * 11)
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
