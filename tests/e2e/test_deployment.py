"""Functions are deployed again and again while events flow: each event is run by one version, and none is lost."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from penstock.config.v1 import config_pb2
from penstock.registry.v1 import (
    destination_pb2,
    destination_pb2_grpc,
    function_pb2,
    function_pb2_grpc,
    source_pb2,
    source_pb2_grpc,
)
from tests.e2e.outside import Arrived, Outside
from tests.e2e.penstock import Penstock, eventually, post

pytestmark = pytest.mark.slow
NAME = "deployed"
DEPLOYMENTS = 5
# Events on their way at a time: with a queue, an event of the new version would come late.
IN_FLIGHT = 10
# Events that must have come through with a version before the next one is saved.
SEEN = 5

# Each version stamps an event in two places of its code, the second one after others have had their turn.
SOURCE = """
const TOP = %d;
async function onRequest(request, settings) {
  const { id } = request.json();
  const top = TOP;
  await new Promise((resolve) => setTimeout(resolve, 3));
  Segment.track({ userId: 'u1', event: 'Happened', messageId: id, properties: { source: [top, %d] } });
}
"""
DESTINATION = """
const TOP = %d;
async function onTrack(event, settings) {
  const first = [TOP, settings.one];
  await new Promise((resolve) => setTimeout(resolve, 3));
  const body = { id: event.messageId, ...event.properties, code: [first[0], %d], settings: [first[1], settings.two] };
  await fetch(settings.endpoint, { method: 'POST', body: JSON.stringify(body) });
}
"""


class Team:
    """Someone who deploys over gRPC."""

    def __init__(self, channel: grpc.Channel, running: Penstock, endpoint: str) -> None:
        self._as_owner = running.as_owner
        self._functions = function_pb2_grpc.FunctionServiceStub(channel)
        self._sources = source_pb2_grpc.SourceServiceStub(channel)
        self._destinations = destination_pb2_grpc.DestinationServiceStub(channel)
        settings = json.dumps({"endpoint": endpoint, "one": "1", "two": "1"}).encode()
        self._create("source", config_pb2.FUNCTION_KIND_SOURCE, SOURCE)
        self._create("destination", config_pb2.FUNCTION_KIND_DESTINATION, DESTINATION, "endpoint", "one", "two")
        source = source_pb2.Source(name=NAME, function_id=f"{NAME}-source")
        destination = destination_pb2.Destination(name=NAME, function_id=f"{NAME}-destination", settings=settings)
        made = self._sources.CreateSource(source_pb2.CreateSourceRequest(source=source), metadata=self._as_owner)
        self.url = f"{running.http}/hooks/{made.token}"
        self._destinations.CreateDestination(
            destination_pb2.CreateDestinationRequest(destination=destination), metadata=self._as_owner
        )
        self._destinations.ConnectSource(
            destination_pb2.ConnectSourceRequest(source_id=NAME, destination_id=NAME), metadata=self._as_owner
        )

    def save(self, version: int) -> None:
        """Save a version of both functions."""
        for part, code in (("source", SOURCE), ("destination", DESTINATION)):
            function = function_pb2.Function(function_id=f"{NAME}-{part}", code=code % (version, version))
            request = function_pb2.UpdateFunctionRequest(function=function, update_mask=FieldMask(paths=["code"]))
            self._functions.UpdateFunction(request, metadata=self._as_owner)

    def deploy(self, version: int) -> None:
        """Deploy what was saved, with settings that tell the version too."""
        for part in ("source", "destination"):
            request = function_pb2.DeployFunctionRequest(function_id=f"{NAME}-{part}")
            self._functions.DeployFunction(request, metadata=self._as_owner)
        settings = json.dumps({"one": str(version), "two": str(version)}).encode()
        change = destination_pb2.UpdateDestinationRequest(
            destination=destination_pb2.Destination(destination_id=NAME, settings=settings),
            update_mask=FieldMask(paths=["settings"]),
        )
        self._destinations.UpdateDestination(change, metadata=self._as_owner)

    def _create(self, part: str, kind: config_pb2.FunctionKind.ValueType, code: str, *settings: str) -> None:
        definitions = [
            function_pb2.SettingDefinition(name=name, type=function_pb2.SETTING_TYPE_STRING) for name in settings
        ]
        function = function_pb2.Function(
            display_name=f"{NAME}-{part}", kind=kind, code=code % (1, 1), settings=definitions
        )
        request = function_pb2.CreateFunctionRequest(function=function)
        self._functions.CreateFunction(request, metadata=self._as_owner)


@dataclass(slots=True)
class Traffic:
    """Webhooks that are sent one after the other; `accepted` are those that were answered with 202."""

    accepted: list[str] = field(default_factory=list[str])
    refused: list[str] = field(default_factory=list[str])


@contextmanager
def flowing(url: str, outside: Outside) -> Generator[Traffic]:
    """Send webhooks while the block runs."""
    traffic, done = Traffic(), threading.Event()

    def send() -> None:
        while not done.is_set():
            if len(traffic.accepted) - len(outside.arrived) >= IN_FLIGHT:
                done.wait(0.002)
                continue
            event_id = f"deployed-{len(traffic.accepted)}"
            answer = post(url, {"id": event_id})
            (traffic.accepted if answer.status_code == 202 else traffic.refused).append(event_id)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield traffic
    finally:
        done.set()
        thread.join()


def stamps(arrived: Arrived) -> Any:
    """Give what the versions wrote: of the source's code, the destination's code, the settings."""
    return [[int(each) for each in arrived.body[place]] for place in ("source", "code", "settings")]


def counted(running: Penstock) -> Counter[tuple[str, str]]:
    counts = running.json("deliveries", "stats", "--source", NAME, "--since", "1h").get("counts", [])
    return Counter({(each["stage"], each["status"]): int(each["count"]) for each in counts})


def test_no_event_is_lost_or_run_by_half_a_deployment(
    running: Penstock, outside: Outside, capsys: pytest.CaptureFixture[str]
) -> None:
    took: list[float] = []
    with running.channel() as channel:
        team = Team(channel, running, outside.url)
        eventually(lambda: post(team.url, {"id": "first"}).status_code == 202, what="the gateway knows the source")
        with flowing(team.url, outside) as traffic:
            for version in range(2, 2 + DEPLOYMENTS):
                at_version(outside, version - 1)
                team.save(version)
                before = len(outside.arrived)
                eventually(lambda: len(outside.arrived) >= before + SEEN)  # noqa: B023 called at once
                newest = max(max(max(each) for each in stamps(arrived)) for arrived in outside.arrived)
                assert newest < version, "what is saved alone runs nowhere"
                team.deploy(version)
                deployed_s = time.monotonic()
                at_version(outside, version)
                took.append(time.monotonic() - deployed_s)
    assert not traffic.refused
    sent = {"first", *traffic.accepted}
    eventually(lambda: len({arrived.body["id"] for arrived in outside.arrived}) == len(sent), what="all have arrived")
    assert {arrived.body["id"] for arrived in outside.arrived} == sent
    mixed = [arrived.body for arrived in outside.arrived if any(len(set(each)) > 1 for each in stamps(arrived))]
    assert mixed == []
    expected = Counter(
        {("STAGE_SOURCE", "STATUS_SUCCEEDED"): len(sent), ("STAGE_DESTINATION", "STATUS_SUCCEEDED"): len(sent)}
    )
    eventually(lambda: counted(running) == expected, what=f"{expected} are counted")
    with capsys.disabled():
        told = f"{len(sent)} events, {DEPLOYMENTS} deployments, each at work after {max(took):.2f} s at most"
        sys.stdout.write(f"\n{told}\n")


def at_version(outside: Outside, version: int) -> None:
    """Wait for an event that was run by this version throughout."""
    eventually(
        lambda: any(stamps(arrived) == [[version] * 2] * 3 for arrived in outside.arrived[-50:]),
        what=f"version {version} is at work",
    )
