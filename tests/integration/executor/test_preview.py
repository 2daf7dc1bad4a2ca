"""Trying code out: the service over a real socket and real sandboxes, asked for people by the gateway."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest

from penstock.access.v1 import access_pb2
from penstock.config.v1 import config_pb2
from penstock.executor.v1 import executor_service_pb2 as executor
from penstock.executor.v1 import preview_service_pb2 as preview
from penstock.executor.v1 import preview_service_pb2_grpc as preview_grpc
from penstock.executor.v1 import result_pb2
from services.executor.canned import CannedOutside
from services.executor.executor import Executor
from services.executor.local import make_executor
from services.executor.masking import MASK
from services.executor.pool import SandboxPool
from services.executor.preview import PreviewServicer
from services.executor.preview_inputs import MAX_BATCH, MAX_INPUT_BYTES
from services.executor.programs import Programs
from services.executor.results import Limits
from services.executor.turns import Turns
from services.executor.usage import UsageMeter
from shared.bus import Ack, Publication
from shared.errors import InvalidArgument, PermissionDenied, ResourceExhausted
from shared.rpc.access import ServiceAuthenticator
from shared.rpc.client import acting_for, connect
from shared.rpc.identity import digest
from shared.rpc.server import RpcServer
from tests.images import cache_dir

__all__ = ["cache_dir"]

SOURCE = config_pb2.FUNCTION_KIND_SOURCE
DESTINATION = config_pb2.FUNCTION_KIND_DESTINATION
INSERT = config_pb2.FUNCTION_KIND_INSERT_DESTINATION
ADMIN = access_pb2.ROLE_FUNCTIONS_ADMIN
TRACK = b'{"type": "track", "event": "Order", "userId": "u1"}'


@dataclass
class Workspaces:
    """Deployments of an installation that has none, and what was counted for each workspace."""

    allowance_s: dict[str, float] = field(default_factory=dict[str, float])
    limits: dict[str, config_pb2.WorkspaceConfig] = field(default_factory=dict[str, config_pb2.WorkspaceConfig])
    published: list[Publication] = field(default_factory=list[Publication])

    def instance(self, instance_id: str) -> None:
        return None

    def workspace(self, workspace_id: str) -> config_pb2.WorkspaceConfig | None:
        return self.limits.get(workspace_id)

    async def code(self, digest: str) -> bytes:
        raise AssertionError("no code is deployed")

    async def sensitive_settings(self, instance: config_pb2.InstanceConfig) -> Mapping[str, bytes]:
        raise AssertionError("stored secrets are nothing for a trial")

    async def publish(self, publications: Sequence[Publication]) -> list[Ack]:
        self.published += publications
        return [Ack(sequence=1, duplicate=False, total=0) for _ in publications]


@dataclass
class Bed:
    """The running service, and how a person asks it."""

    workspaces: Workspaces
    usage: UsageMeter
    executor: Executor
    channel: grpc.aio.Channel

    async def call(
        self, *, workspace_id: str = "ws_1", role: access_pb2.Role.ValueType = ADMIN, **request: Any
    ) -> result_pb2.InvocationResult:
        stub: preview_grpc.PreviewServiceAsyncStub = preview_grpc.PreviewServiceStub(self.channel)
        given: dict[str, Any] = {"kind": DESTINATION, **request}
        message = preview.PreviewFunctionRequest(**given)
        actor = access_pb2.Actor(workspace_id=workspace_id, token_id="tok_1", roles=[role])
        return (await stub.PreviewFunction(message, metadata=acting_for(actor))).result


@pytest.fixture
async def bed(cache_dir: Path) -> AsyncIterator[Bed]:
    workspaces = Workspaces()
    usage = UsageMeter(publish=workspaces.publish, limit_s=workspaces.allowance_s.get)
    executor = make_executor(
        cache_dir=cache_dir, outside=CannedOutside({}), pool=SandboxPool(), turns=Turns(spend=usage.spend)
    )
    programs = Programs(deployments=workspaces, pool=executor.pool, limits=Limits(wall_s=2))
    servicer = PreviewServicer(executor=executor.for_trials(), programs=programs, usage=usage)
    server = RpcServer(
        address="127.0.0.1:0",
        names=["penstock.executor.v1.PreviewService"],
        add=lambda server: preview_grpc.add_PreviewServiceServicer_to_server(servicer, server),
        authenticate=ServiceAuthenticator({digest("hush"): "gateway"}),
    )
    await server.start()
    async with connect(f"127.0.0.1:{server.port}", token="hush") as channel:
        yield Bed(workspaces, usage, executor, channel)
    await server.stop()


async def test_a_destination_function_is_tried_with_answers_that_are_given(bed: Bed) -> None:
    code = """async function onTrack(event, settings) {
        console.log('for', event.userId)
        const answer = await fetch('https://api.example/' + settings.path, {method: 'POST', body: 'x'})
        return await answer.json()
    }"""
    responses = json.dumps({"POST https://api.example/*": {"status": 201, "body": {"ok": True}}}).encode()
    result = await bed.call(code=code, event=TRACK, settings=b'{"path": "in"}', responses=responses)
    assert json.loads(result.returned) == {"ok": True}
    assert [line.text for line in result.logs] == ["for u1"]
    assert [(each.method, each.url, each.status) for each in result.requests] == [
        ("POST", "https://api.example/in", 201)
    ]
    assert result.usage.fuel > 0
    assert result.usage.cold


async def test_a_source_function_is_tried_with_a_request(bed: Bed) -> None:
    code = """async function onRequest(request) {
        Segment.track({event: request.json().name, userId: request.headers.get('x-user')})
        Segment.set({collection: 'rooms', id: request.url.searchParams.get('room'), properties: {}})
    }"""
    request = executor.WebhookRequest(
        method="POST",
        url="https://penstock.example/hooks/test?room=7",
        headers=[result_pb2.Header(name="x-user", value="u2")],
        body=b'{"name": "Opened"}',
    )
    result = await bed.call(kind=SOURCE, code=code, request=request)
    (message,), (thing,) = result.messages, result.objects
    assert json.loads(message)["event"] == "Opened"
    assert json.loads(message)["userId"] == "u2"
    assert json.loads(thing)["id"] == "7"


async def test_a_batch_tells_of_each_event(bed: Bed) -> None:
    code = "function onBatch(events) { return events.map((_, i) => ({status: i ? 400 : 200})) }"
    result = await bed.call(code=code, batch=b"[%s, %s]" % (TRACK, TRACK))
    assert [entry.status for entry in result.batch] == [200, 400]
    passing = "function onBatch(events) { return events.slice(1) }"
    result = await bed.call(kind=INSERT, code=passing, batch=b'[{"n": 1}, {"n": 2}]')
    assert sum(1 for entry in result.batch if entry.event) == 1


@pytest.mark.parametrize(
    ("code", "kind", "name"),
    [
        ("function onTrack() { throw new RetryError('later') }", "RETRY", "RetryError"),
        ("function onTrack() {\n  return (", "INVALID_SETTINGS", "SyntaxError"),
        ("function onTrack() { for (;;) ; }", "OUT_OF_FUEL", ""),
        ("for (;;) ; function onTrack() {}", "OUT_OF_FUEL", ""),
        ("function onTrack() { return new Promise(() => {}) }", "TIMEOUT", ""),
        ("function onTrack() { return 'x'.repeat(5e6) }", "BAD_REQUEST", ""),
        ("function onTrack() { const all = []; for (;;) all.push(new Uint8Array(8e6)) }", "OUT_OF_MEMORY", ""),
        ("function onPage() {}", "UNSUPPORTED_EVENT_TYPE", ""),
    ],
)
async def test_what_the_code_does_wrong_is_told(bed: Bed, code: str, kind: str, name: str) -> None:
    result = await bed.call(code=code, event=TRACK)
    assert result_pb2.ErrorKind.Name(result.error.kind) == f"ERROR_KIND_{kind}"
    assert name in result.error.name


async def test_nothing_is_left_for_the_next_try(bed: Bed) -> None:
    code = "let n = 0; async function onTrack() { return [++n, await cache.load('k', -1, async () => n)] }"
    for _ in range(2):
        assert json.loads((await bed.call(code=code, event=TRACK)).returned) == [1, 1]
    assert bed.executor.pool.idle == 0


async def test_images_of_trials_are_kept_nowhere(bed: Bed, cache_dir: Path) -> None:
    code = "function onTrack() { return 'kept nowhere' }"
    await bed.call(code=code, event=TRACK)
    assert not list(cache_dir.glob(f"{bed.executor.image_key(code)}*"))


async def test_sensitive_values_are_masked_wherever_a_run_shows_them(bed: Bed) -> None:
    code = """async function onTrack(event, settings) {
        console.log(settings.key, settings.plain)
        await fetch('https://api.example/?k=' + encodeURIComponent(settings.key),
            {headers: {Authorization: settings.key, 'x-note': settings.key}})
        return {[settings.key]: [settings.key + '!', 1, true], flag: true, plain: settings.plain}
    }"""
    settings = json.dumps({"key": 'h"ush höret', "plain": "shown", "flag": True}).encode()
    result = await bed.call(
        code=code, event=TRACK, settings=settings, sensitive_settings=["key", "unknown"], responses=b'{"*": {}}'
    )
    assert json.loads(result.returned) == {MASK: [MASK + "!", 1, True], "flag": True, "plain": "shown"}
    assert [line.text for line in result.logs] == [f"{MASK} shown"]
    assert result.requests[0].url == f"https://api.example/?k={MASK}"
    assert "authorization" not in {header.name for header in result.requests[0].headers}
    assert b"ush h" not in result.SerializeToString()


async def test_it_runs_under_the_limits_of_the_callers_workspace(bed: Bed) -> None:
    bed.workspaces.limits["ws_2"] = config_pb2.WorkspaceConfig(limits=config_pb2.Limits(fuel=1_000_000))
    code = "function onTrack() { for (let i = 0; i < 1e5; i++) ; return 'done' }"
    assert (await bed.call(code=code, event=TRACK)).returned == b'"done"'
    slow = await bed.call(workspace_id="ws_2", code=code, event=TRACK)
    assert slow.error.kind == result_pb2.ERROR_KIND_OUT_OF_FUEL


async def test_it_is_counted_and_ends_with_the_allowance(bed: Bed) -> None:
    bed.workspaces.allowance_s["ws_3"] = 0.0
    await bed.call(code="function onTrack() {}", event=TRACK)
    assert await bed.usage.flush()
    assert any(".ws_1." in each.subject for each in bed.workspaces.published)
    with pytest.raises(ResourceExhausted) as refused:
        await bed.call(workspace_id="ws_3", code="function onTrack() {}", event=TRACK)
    assert refused.value.reason == "ALLOWANCE_USED"


async def test_only_who_may_change_functions_tries_them(bed: Bed) -> None:
    for role in (access_pb2.ROLE_FUNCTIONS_READ_ONLY, access_pb2.ROLE_SOURCE_ADMIN):
        with pytest.raises(PermissionDenied):
            await bed.call(role=role, code="", event=TRACK)


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({}, "event"),
        ({"request": executor.WebhookRequest()}, "event"),
        ({"kind": SOURCE, "event": TRACK}, "request"),
        ({"kind": SOURCE, "request": executor.WebhookRequest(body=b"x" * MAX_INPUT_BYTES)}, "request"),
        ({"event": b""}, "event"),
        ({"event": b"[]"}, "event"),
        ({"event": b'{"a": NaN}'}, "event"),
        ({"event": b"[" * 100_000}, "event"),
        ({"event": b" " * (MAX_INPUT_BYTES + 1)}, "event"),
        ({"batch": b"[]"}, "batch"),
        ({"batch": b"[1]"}, "batch"),
        ({"batch": json.dumps([{}] * (MAX_BATCH + 1)).encode()}, "batch"),
        ({"event": TRACK, "settings": b"[]"}, "settings"),
        ({"event": TRACK, "settings": b"{}" + b" " * 300_000}, "settings"),
        ({"event": TRACK, "responses": b"[]"}, "responses"),
        ({"event": TRACK, "responses": b'{"*": {"status": 99}}'}, "responses.*.status"),
        ({"event": TRACK, "responses": json.dumps({"*" * 600: {}}).encode()}, "responses"),
    ],
)
async def test_inputs_that_cannot_be_are_refused(bed: Bed, request_: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await bed.call(code="function onTrack() {}", **request_)
    assert [each.field for each in refused.value.violations] == [field]


async def test_values_nested_as_deep_as_they_are_taken_do_no_harm(bed: Bed) -> None:
    for depth in range(900, 1000, 20):
        deep = b'{"a":' * depth + b"1" + b"}" * depth
        inputs: list[dict[str, Any]] = [
            {"event": deep},
            {"batch": b"[" + deep + b"]"},
            {"event": TRACK, "settings": deep},
        ]
        for given in inputs:
            try:
                await bed.call(code="function onTrack() {}", sensitive_settings=["a"], **given)
            except InvalidArgument:
                continue


async def test_code_beyond_the_limit_is_refused(bed: Bed) -> None:
    with pytest.raises(InvalidArgument):
        await bed.call(code="//" + "x" * 5 * 1024 * 1024, event=TRACK)


async def test_of_one_workspace_two_run_at_a_time(bed: Bed) -> None:
    code = "function onTrack() { return new Promise(resolve => setTimeout(resolve, 100)) }"
    results = await asyncio.gather(*(bed.call(code=code, event=TRACK) for _ in range(4)))
    first, last = min(each.finished_at.ToNanoseconds() for each in results), results
    assert sum(each.started_at.ToNanoseconds() < first for each in last) == 2
