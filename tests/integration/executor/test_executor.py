"""The executor as a whole: built as in production, with its deployments in a real log, called over gRPC."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from penstock.config.v1 import config_pb2
from penstock.executor.v1 import executor_service_pb2 as executor
from penstock.executor.v1 import executor_service_pb2_grpc as executor_grpc
from penstock.executor.v1 import result_pb2
from penstock.secrets.v1 import secrets_service_pb2 as secrets
from penstock.secrets.v1 import secrets_service_pb2_grpc as secrets_grpc
from services.executor.app import build
from services.executor.settings import ExecutorSettings
from services.executor.usage import LONGEST_DELAY_S
from shared.bus import Bus, CodeStore, ConfigStore, StreamLimits, declare_streams
from shared.errors import InvalidArgument, NotFound, PermissionDenied, ResourceExhausted, Unavailable
from shared.rpc.access import ServiceAuthenticator
from shared.rpc.client import connect
from shared.rpc.identity import load_identities, make_tokens
from shared.rpc.server import RpcServer
from shared.telemetry.tracing import Tracing
from tests.images import cache_dir
from tests.nats import NatsServer, free_port, nats_server
from tests.polling import until

__all__ = ["cache_dir", "nats_server"]

TRACK = json.dumps({"type": "track", "event": "Order", "userId": "u1"}).encode()
DESTINATION = config_pb2.FUNCTION_KIND_DESTINATION
# More than any other test needs.
ALLOWANCE_S = 1.0


@dataclass
class Secrets(secrets_grpc.SecretsServiceServicer):
    values: dict[str, bytes] = field(default_factory=dict[str, bytes])
    down: bool = False

    async def GetSecrets(self, request: secrets.GetSecretsRequest, context: Any) -> secrets.GetSecretsResponse:
        if self.down:
            raise Unavailable("no key")
        return secrets.GetSecretsResponse(values=self.values)


@dataclass
class Installation:
    """A running executor, its neighbours, and what a test does with them."""

    bus: Bus
    tokens: dict[str, str]
    secrets: Secrets
    address: str
    stack: AsyncExitStack

    async def stub(self, service: str = "delivery") -> executor_grpc.ExecutorServiceAsyncStub:
        channel = await self.stack.enter_async_context(connect(self.address, token=self.tokens[service]))
        return executor_grpc.ExecutorServiceStub(channel)

    async def deploy(self, instance_id: str, code: str, *, workspace_id: str = "ws_1", **more: Any) -> None:
        digest = hashlib.sha256(code.encode()).hexdigest()
        await CodeStore(self.bus).put_code(digest, code.encode())
        config = config_pb2.InstanceConfig(
            instance_id=instance_id, workspace_id=workspace_id, kind=DESTINATION, code_digest=digest, **more
        )
        await ConfigStore(self.bus).put(f"instance.{instance_id}", config)

    async def invoke(self, instance_id: str, events: Sequence[bytes] = (TRACK,)) -> list[result_pb2.InvocationResult]:
        stub = await self.stub()
        invocations = [executor.Invocation(id=str(n), event=event) for n, event in enumerate(events)]
        request = executor.InvokeRequest(instance_id=instance_id, invocations=invocations)
        return [result async for response in stub.Invoke(request) for result in response.results]

    async def returned(self, instance_id: str) -> Any:
        (result,) = await self.invoke(instance_id)
        assert not result.HasField("error"), result.error
        return json.loads(result.returned)

    async def known(self, instance_id: str, value: Any) -> None:
        """Wait until a change of CONFIG has arrived."""

        async def returns_it() -> bool:
            try:
                return await self.returned(instance_id) == value
            except NotFound:
                return False

        await until(returns_it)


@pytest.fixture
async def installation(nats_server: NatsServer, tmp_path: Path, cache_dir: Path) -> AsyncIterator[Installation]:
    tokens = make_tokens(tmp_path / "identities")
    identities = tmp_path / "identities" / "identities.json"
    secrets_service, port = Secrets(), free_port()  # pyright: ignore[reportAbstractUsage] only this is called

    def add(server: Any) -> None:
        secrets_grpc.add_SecretsServiceServicer_to_server(secrets_service, server)

    rpc = RpcServer(
        address="127.0.0.1:0",
        names=["penstock.secrets.v1.SecretsService"],
        add=add,
        authenticate=ServiceAuthenticator(load_identities(identities)),
    )
    await rpc.start()
    settings = ExecutorSettings(
        data_dir=cache_dir,
        grpc_address=f"127.0.0.1:{port}",
        nats_url=nats_server.url,
        secrets_address=f"127.0.0.1:{rpc.port}",
        service_token=SecretStr(tokens["executor"]),
        identities_file=identities,
        waiting_events=150,
        monthly_compute_s=ALLOWANCE_S,
    )
    tracing = Tracing(service="penstock-executor", sink=None)
    async with AsyncExitStack() as stack, Bus.open(nats_server.url, name="test") as bus:
        await declare_streams(bus, StreamLimits())
        async with build(settings, tracing):
            yield Installation(bus, tokens, secrets_service, f"127.0.0.1:{port}", stack)
            await stack.aclose()
    await rpc.stop()


async def test_a_deployment_runs_without_a_restart(installation: Installation) -> None:
    with pytest.raises(NotFound):
        await installation.invoke("ins_1")
    await installation.deploy("ins_1", "function onTrack(event) { return event.userId }")
    await installation.known("ins_1", "u1")
    await installation.deploy("ins_1", "function onTrack() { return 'version 2' }")
    await installation.known("ins_1", "version 2")


async def test_settings_come_together_and_secrets_stay_hidden(installation: Installation) -> None:
    installation.secrets.values["apiKey"] = b'"s3cret-value"'
    code = "async function onTrack(event, settings) { console.log(settings.apiKey); return settings }"
    more: dict[str, Any] = {"settings": b'{"plain":1}', "sensitive_settings": ["apiKey"]}
    await installation.deploy("ins_1", code, **more)
    await installation.known("ins_1", {"plain": 1, "apiKey": "s3cret-value"})
    (result,) = await installation.invoke("ins_1")
    assert [line.text for line in result.logs] == ["••••••"]

    installation.secrets.values["apiKey"] = b'"changed"'
    await installation.deploy("ins_1", code, settings_revision=2, **more)
    await installation.known("ins_1", {"plain": 1, "apiKey": "changed"})


async def test_without_secrets_nothing_runs(installation: Installation) -> None:
    await installation.deploy("ins_0", "function onTrack() { return 0 }")
    await installation.deploy("ins_1", "function onTrack() {}", sensitive_settings=["apiKey"])
    await installation.deploy("ins_2", "function onTrack() { return 2 }")
    await installation.known("ins_2", 2)
    installation.secrets.down = True
    with pytest.raises(Unavailable):
        await installation.invoke("ins_1")
    assert await installation.returned("ins_0") == 0


async def test_every_event_of_a_batch_has_its_own_outcome(installation: Installation) -> None:
    code = """async function onTrack(event) {
      if (event.n % 10 === 3) throw new RetryError('later');
      if (event.n % 10 === 7) await new Promise((resolve) => setTimeout(resolve, 20));
      return event.n;
    }"""
    await installation.deploy("ins_1", code)
    await until(lambda: _is_known(installation, "ins_1"))
    events = [json.dumps({"type": "track", "n": n}).encode() for n in range(100)]
    results = await installation.invoke("ins_1", events)
    assert sorted(int(result.id) for result in results) == list(range(100))
    for result in results:
        n = int(result.id)
        if n % 10 == 3:
            assert result.error.kind == result_pb2.ERROR_KIND_RETRY
        else:
            assert json.loads(result.returned) == n
        assert result.started_at.ToNanoseconds() <= result.finished_at.ToNanoseconds()


async def test_a_slow_event_holds_back_nobody(installation: Installation) -> None:
    code = """async function onTrack(event) {
      if (event.n === 0) await new Promise((resolve) => setTimeout(resolve, 60000));
      return event.n;
    }"""
    await installation.deploy("ins_1", code)
    await until(lambda: _is_known(installation, "ins_1"))
    stub = await installation.stub()
    invocations = [executor.Invocation(id=str(n), event=b'{"type":"track","n":%d}' % n) for n in range(50)]
    invocations[0].timeout.FromMilliseconds(300)
    ids: list[str] = []
    request = executor.InvokeRequest(instance_id="ins_1", invocations=invocations)
    async for response in stub.Invoke(request):
        ids += [result.id for result in response.results]
    assert ids[-1] == "0"
    assert len(ids) == 50


async def test_isolated_invocations_share_nothing(installation: Installation) -> None:
    code = "let n = 0; function onTrack() { return ++n }"
    await installation.deploy("ins_1", code, isolation=config_pb2.ISOLATION_INVOCATION)
    await installation.known("ins_1", 1)
    assert await installation.returned("ins_1") == 1
    await installation.deploy("ins_2", code)
    await installation.known("ins_2", 2)


async def test_too_many_events_are_refused_at_once(installation: Installation) -> None:
    await installation.deploy(
        "ins_1", "async function onTrack() { await new Promise((resolve) => setTimeout(resolve, 100)) }"
    )
    await until(lambda: _is_known(installation, "ins_1"))
    results = await asyncio.gather(
        *(installation.invoke("ins_1", [TRACK] * 100) for _ in range(2)), return_exceptions=True
    )
    refused = [result for result in results if isinstance(result, ResourceExhausted)]
    assert len(refused) == 1
    assert refused[0].retry_delay_s == 1


async def test_a_workspace_past_its_allowance_is_refused(installation: Installation) -> None:
    await installation.deploy("ins_1", "function onTrack(event) { if (event.loop) for (;;); return 1 }")
    await installation.known("ins_1", 1)

    async def loop_for_ever() -> None:
        while True:
            await installation.invoke("ins_1", [b'{"type":"track","loop":true}'])

    with pytest.raises(ResourceExhausted) as refused:
        await loop_for_ever()
    assert (refused.value.reason, refused.value.retry_delay_s) == ("ALLOWANCE_USED", LONGEST_DELAY_S)


async def test_an_inline_function_runs_in_a_sandbox_of_its_own(installation: Installation) -> None:
    stub = await installation.stub("registry")
    inline = executor.InlineFunction(
        kind=config_pb2.FUNCTION_KIND_SOURCE,
        code="""let n = 0;
        function onRequest(request, settings) {
          Segment.track({ event: settings.name, userId: request.text() + ++n });
        }""",
        settings=b'{"name":"Tried"}',
    )
    webhook = executor.WebhookRequest(method="POST", url="https://penstock.example/", body=b"body")
    invocations = [executor.Invocation(id=each, request=webhook) for each in ("a", "b")]
    request = executor.InvokeRequest(inline=inline, invocations=invocations)
    results = [result async for response in stub.Invoke(request) for result in response.results]
    assert [json.loads(each.messages[0])["userId"] for each in results] == ["body1", "body1"]


async def test_what_is_told_of_each_event_of_a_batch_arrives(installation: Installation) -> None:
    stub = await installation.stub()

    async def run(kind: config_pb2.FunctionKind.ValueType, returned: str) -> result_pb2.InvocationResult:
        inline = executor.InlineFunction(kind=kind, code=f"async function onBatch(events) {{ return {returned} }}")
        batch = executor.Invocation(id="b", batch=b'[{"type":"track","n":0},{"type":"track","n":1}]')
        return (await stub.InvokeOne(executor.InvokeOneRequest(inline=inline, invocation=batch))).result

    told = await run(DESTINATION, "[{ status: 200 }, { status: 503, errormessage: 'later' }]")
    assert [(entry.status, entry.message, entry.event) for entry in told.batch] == [(200, "", b""), (503, "later", b"")]
    passed = await run(config_pb2.FUNCTION_KIND_INSERT_DESTINATION, "[null, events[1]]")
    assert [json.loads(entry.event or b"null") for entry in passed.batch] == [None, {"type": "track", "n": 1}]
    assert (passed.returned, told.HasField("error")) == (b"", False)
    dropped = await run(config_pb2.FUNCTION_KIND_INSERT_DESTINATION, "undefined")
    assert (dropped.error.kind, len(dropped.batch)) == (result_pb2.ERROR_KIND_DROPPED, 0)


async def test_check_tells_handlers_and_faults(installation: Installation) -> None:
    stub = await installation.stub("registry")
    good = await stub.Check(executor.CheckRequest(kind=DESTINATION, code="onTrack = () => 1\nfunction onBatch() {}"))
    assert list(good.handlers) == ["onBatch", "onTrack"]
    assert not good.HasField("error")
    bad = await stub.Check(executor.CheckRequest(kind=DESTINATION, code="function onTrack() {\n  return ]\n}"))
    assert (bad.error.name, bad.error.line, bad.error.column) == ("SyntaxError", 2, 10)
    throws = await stub.Check(executor.CheckRequest(kind=DESTINATION, code="\n\nmissing()"))
    assert (throws.error.name, throws.error.line) == ("ReferenceError", 3)
    with pytest.raises(InvalidArgument):
        await stub.Check(executor.CheckRequest(code="function onTrack() {}"))


async def test_only_registry_checks(installation: Installation) -> None:
    stub = await installation.stub("delivery")
    with pytest.raises(PermissionDenied):
        await stub.Check(executor.CheckRequest(kind=DESTINATION, code=""))


async def _is_known(installation: Installation, instance_id: str) -> bool:
    try:
        await installation.invoke(instance_id, [b'{"type":"track","n":1}'])
    except NotFound:
        return False
    return True
