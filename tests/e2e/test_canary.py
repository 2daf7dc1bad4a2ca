"""Secrets are looked for wherever a real installation writes, after everything was done with them that goes wrong."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import httpx2
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from cli.function_files import KINDS, read_definitions
from cli.local.addresses import read_addresses
from penstock.access.v1 import access_pb2
from penstock.delivery.v1 import delivery_service_pb2 as dlv
from penstock.delivery.v1 import delivery_service_pb2_grpc as dlv_grpc
from penstock.delivery.v1 import replay_pb2
from penstock.event.v1 import outcome_pb2
from penstock.registry.v1 import (
    audit_pb2,
    audit_pb2_grpc,
    destination_pb2,
    destination_pb2_grpc,
    function_pb2,
    function_pb2_grpc,
    insert_function_instance_pb2,
    insert_function_instance_pb2_grpc,
    source_pb2,
    source_pb2_grpc,
    token_pb2,
    token_pb2_grpc,
)
from penstock.secrets.v1 import access_service_pb2, access_service_pb2_grpc
from tests.e2e.canary import files, forms, leaks, messages, tables
from tests.e2e.outside import Outside
from tests.e2e.penstock import Penstock, eventually, penstock, post

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
FUNCTIONS = Path(__file__).parent / "functions"
NAME = "canary"
# Lists that the management API gives without an id: there are more.
FEW = 5
OF_SOURCE = ("throw", "name", "reject", "invalid")
OF_DESTINATION = (
    "ok", "insert-throws", "insert-drops",
    "retry", "invalid", "unsupported", "drop", "name", "cause", "long", "json", "loop", "host", "user",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Canaries:
    """Values of sensitive settings, each with a beginning that nothing else has."""

    plain: str
    odd: str
    inner: str
    listed: str

    @classmethod
    def new(cls) -> Canaries:
        first, second, third, fourth = (secrets.token_hex(12) for _ in range(4))
        return cls(first, second + ' "\\ü\n/&=+%', third, fourth)

    def all(self) -> list[str]:
        return [self.plain, self.odd, self.inner, self.listed]

    def settings(self, endpoint: str) -> bytes:
        values = {"plain": self.plain, "odd": self.odd, "list": [self.listed], "map": {"inner": self.inner}}
        return json.dumps({**values, "endpoint": endpoint}).encode()


class Owner:
    """The owner, over gRPC; keeps all answers but those that give a token, this once."""

    def __init__(self, channel: grpc.Channel, running: Penstock) -> None:
        self.functions = function_pb2_grpc.FunctionServiceStub(channel)
        self.sources = source_pb2_grpc.SourceServiceStub(channel)
        self.destinations = destination_pb2_grpc.DestinationServiceStub(channel)
        self.inserts = insert_function_instance_pb2_grpc.InsertFunctionInstanceServiceStub(channel)
        self.tokens = token_pb2_grpc.TokenServiceStub(channel)
        self.audit = audit_pb2_grpc.AuditServiceStub(channel)
        self.deliveries = dlv_grpc.DeliveryServiceStub(channel)
        self.accesses = access_service_pb2_grpc.SecretAccessServiceStub(channel)
        self.answers: list[tuple[str, bytes]] = []
        self._metadata = running.as_owner

    def __call__(self, method: Any, request: Any, *, gives_token: bool = False) -> Any:
        try:
            answer = method(request, metadata=self._metadata, timeout=30)
        except grpc.RpcError as error:
            told: Any = error
            self.answers.append((f"error of {type(request).__name__}", str(told.debug_error_string()).encode()))
            return None
        if not gives_token:
            self.answers.append((type(answer).__name__, str(answer).encode() + answer.SerializeToString()))
        return answer


def install(owner: Owner, ours: Canaries, endpoint: str) -> str:
    """Make functions, a source and a destination with secrets, also by calls that fail; give the write key."""
    for part in ("source", "destination", "insert", "insert-source"):
        file = FUNCTIONS / f"canary-{part.removesuffix('-source')}.js"
        function = function_pb2.Function(
            display_name=f"{NAME}-{part}",
            kind=KINDS[part],
            code=file.read_text(),
            settings=read_definitions(file, None),
        )
        owner(owner.functions.CreateFunction, function_pb2.CreateFunctionRequest(function=function))
    settings = ours.settings(endpoint)
    source = source_pb2.Source(name=NAME, function_id=f"{NAME}-source", settings=settings)
    destination = destination_pb2.Destination(name=NAME, function_id=f"{NAME}-destination", settings=settings)
    made = source_pb2.CreateSourceRequest(source=source, request_id=f"{NAME}-1")
    answer = owner(owner.sources.CreateSource, made, gives_token=True)
    source_id, write_key = answer.source.source_id, answer.token
    create = destination_pb2.CreateDestinationRequest(destination=destination)
    destination_id = owner(owner.destinations.CreateDestination, create).destination.destination_id
    assert owner(owner.destinations.CreateDestination, create) is None, "the name is taken"
    for wrong in ({"plain": [ours.plain]}, {"map": ours.plain}, {"other": ours.plain}, {"list": {ours.plain: 1}}):
        change = destination_pb2.UpdateDestinationRequest(
            destination=destination_pb2.Destination(destination_id=NAME, settings=json.dumps(wrong).encode()),
            update_mask=FieldMask(paths=["settings"]),
        )
        assert owner(owner.destinations.UpdateDestination, change) is None
    for part, place in (("insert", destination_id), ("insert-source", source_id)):
        insert = insert_function_instance_pb2.InsertFunctionInstance(
            function_id=f"{NAME}-{part}", integration_id=place, settings=settings, enabled=True
        )
        put = insert_function_instance_pb2.CreateInsertFunctionInstanceRequest(insert_function_instance=insert)
        assert owner(owner.inserts.CreateInsertFunctionInstance, put)
    owner(
        owner.destinations.ConnectSource,
        destination_pb2.ConnectSourceRequest(source_id=NAME, destination_id=NAME),
    )
    return write_key


def make_token(owner: Owner) -> str:
    token = token_pb2.Token(name=NAME, grants=[access_pb2.Grant(role=access_pb2.ROLE_OWNER)])
    made = token_pb2.CreateTokenRequest(token=token, request_id=f"{NAME}-2")
    return owner(owner.tokens.CreateToken, made, gives_token=True).secret


def settled(running: Penstock, event_ids: list[str]) -> list[dlv.DeliveryRecord]:
    """Give the failures and successes once each event has ended, or is to be tried again."""
    found = [
        each
        for status in (
            outcome_pb2.STATUS_SUCCEEDED,
            outcome_pb2.STATUS_DISCARDED,
            outcome_pb2.STATUS_RETRYING,
            outcome_pb2.STATUS_EXHAUSTED,
            outcome_pb2.STATUS_FILTERED,
        )
        for each in running.deliveries(status=status)
        if each.event_id in event_ids
    ]
    ended = {each.event_id for each in found if each.destination_id or each.status != outcome_pb2.STATUS_SUCCEEDED}
    return found if ended == set(event_ids) else []


def send_everything(url: str, token: str) -> list[str]:
    """Send webhooks that go well and badly, with what a caller's tools add; give the events' ids."""
    credentials = {"Authorization": f"Bearer {token}", "Cookie": f"session={token}"}
    bodies = [{"id": f"s-{mode}", "mode": mode} for mode in OF_SOURCE]
    bodies += [{"id": f"d-{mode}", "next": mode} for mode in OF_DESTINATION]
    with httpx2.Client(trust_env=False, timeout=30, headers=credentials) as client:
        answers = [client.post(url, json=body) for body in bodies]
        client.post(url + "x", json={})
        client.get(url)
        client.post(url, content=b"x", headers={"Content-Type": "text/plain"})
    return [answer.json()["event_id"] for answer in answers]


def look_at_all(owner: Owner, running: Penstock, records: list[dlv.DeliveryRecord]) -> None:
    """Ask for whatever can be asked for."""
    owner(owner.functions.ListFunctions, function_pb2.ListFunctionsRequest(page_size=1000))
    owner(owner.functions.ListFunctionVersions, function_pb2.ListFunctionVersionsRequest(function_id=f"{NAME}-source"))
    owner(owner.sources.ListSources, source_pb2.ListSourcesRequest(page_size=1000))
    owner(owner.sources.GetSource, source_pb2.GetSourceRequest(source_id=NAME))
    owner(owner.destinations.ListDestinations, destination_pb2.ListDestinationsRequest(page_size=1000))
    owner(owner.destinations.GetDestination, destination_pb2.GetDestinationRequest(destination_id=NAME))
    owner(owner.tokens.ListTokens, token_pb2.ListTokensRequest(page_size=1000))
    owner(owner.audit.ListAuditEntries, audit_pb2.ListAuditEntriesRequest(page_size=1000))
    owner(owner.deliveries.GetDeliveryStats, dlv.GetDeliveryStatsRequest())
    owner(owner.deliveries.ListReplays, replay_pb2.ListReplaysRequest())
    owner(owner.accesses.ListSecretAccesses, access_service_pb2.ListSecretAccessesRequest())
    for record in records:
        owner(owner.deliveries.GetDelivery, dlv.GetDeliveryRequest(delivery_id=record.delivery_id))
    worst = next(record for record in records if record.reason == "BAD_REQUEST" and record.destination_id)
    for arguments in (
        ("deliveries", "show", worst.delivery_id),
        ("traces", "show", worst.event_id),
        ("traces", "show", worst.event_id, "--json"),
        ("secrets", "accesses"),
        ("audit",),
    ):
        done = running.run(*arguments)
        assert done.returncode == 0, done.stderr
        owner.answers.append((" ".join(arguments), (done.stdout + done.stderr).encode()))


def api_answers(running: Penstock) -> Iterator[tuple[str, bytes]]:
    """Get all that the management API gives without an id."""
    headers = dict(running.as_owner)
    with httpx2.Client(base_url=f"{running.http}/api", trust_env=False, timeout=30, headers=headers) as client:
        for path, operations in client.get("/openapi.json").json()["paths"].items():
            if "get" in operations and "{" not in path:
                answer = client.get(path)
                yield f"GET {path}: {answer.status_code}", answer.content


def kept(running: Penstock) -> Iterator[tuple[str, bytes]]:
    """Give all that the installation has written down."""
    yield from files(running.data_dir)
    yield from tables(running.data_dir)
    yield "log", running.data_dir.with_suffix(".log").read_bytes()
    yield from asyncio.run(messages(running.data_dir, read_addresses(running.data_dir).nats))


def test_no_file_stream_table_log_or_answer_has_a_secret(running: Penstock, outside: Outside, tmp_path: Path) -> None:
    ours = Canaries.new()
    outside.echoes = True
    with running.channel() as channel:
        owner = Owner(channel, running)
        write_key = install(owner, ours, outside.url)
        token = make_token(owner)
        url = f"{running.http}/hooks/{write_key}"
        eventually(lambda: post(url, {"id": "probe", "mode": "throw"}).status_code == 202, what="the source is known")
        event_ids = send_everything(url, token)
        records = eventually(lambda: settled(running, event_ids), what="all events have ended")
        again = replay_pb2.DeliveryIds(delivery_ids=[each.delivery_id for each in records if each.destination_id][:3])
        replay = replay_pb2.ReplayDeliveriesRequest(ids=again)
        owner(owner.deliveries.ReplayDeliveries, replay)
        look_at_all(owner, running, records)
        owner.answers += api_answers(running)
        owner.answers.append(("metrics", httpx2.get(f"{running.http}/metrics", trust_env=False).content))

        sent = json.dumps([[each.path, each.headers, each.body] for each in outside.arrived]).encode()
        for canary in ours.all():
            assert forms(canary)["plain"] in sent, "the outside gets what is meant for it"
        assert {"GET", "POST"} == {each.method for each in outside.arrived}, (
            "insert functions and the others were at work"
        )
        assert len([name for name, _answer in owner.answers if name.endswith(": 200")]) > FEW
        canaries = [*ours.all(), write_key.removeprefix("psk_"), token.partition("_")[2]]
        found = leaks(canaries, [*owner.answers, *kept(running)])
        assert not found, "\n".join(found)


def test_no_record_has_a_secret(tmp_path: Path, outside: Outside) -> None:
    ours = Canaries.new()
    outside.echoes = True
    (tmp_path / "settings.json").write_bytes(ours.settings(outside.url))
    event = {"type": "track", "event": "Happened", "messageId": "m1", "userId": "u", "properties": {"mode": "cause"}}
    (tmp_path / "event.json").write_text(json.dumps(event))
    done = penstock(
        "functions", "test", str(FUNCTIONS / "canary-destination.js"), "--event", str(tmp_path / "event.json"),
        "--settings", str(tmp_path / "settings.json"), "--record", str(tmp_path / "record.json"),
        "--egress-allow", "127.0.0.1/32",
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert outside.arrived
    assert leaks(ours.all(), [("record", (tmp_path / "record.json").read_bytes())]) == []


@pytest.mark.parametrize("form", ["plain", "hex", "HEX", "base64+0", "base64+1", "base64+2"])
def test_the_search_finds_each_form(form: str) -> None:
    canary = secrets.token_hex(12)
    assert leaks([canary], [("place", b"before" + forms(canary)[form] + b"after")])
