"""What tests of the functions group of the management API make, and what they say of its refusals."""

from __future__ import annotations

import uuid
from typing import Any

from penstock.registry.v1 import destination_pb2, destination_pb2_grpc, source_pb2, source_pb2_grpc
from tests.api.client import Answer, Client
from tests.e2e.penstock import Penstock

SOURCE = "async function onRequest(request, settings) { Segment.track({event: 'a', userId: 'u'}) }"
DESTINATION = "async function onTrack(event, settings) {}"
INSERT = "async function onTrack(event, settings) { return event }"
API_KEY = {
    "name": "apiKey", "label": "API key", "description": "Of the partner", "type": "STRING",
    "required": True, "sensitive": True,
}  # fmt: skip
REGION = API_KEY | {"name": "region", "label": "Region", "required": False, "sensitive": False}
NOBODY = "0" * 26


def create(client: Client, kind: str = "SOURCE", code: str = "", **fields: Any) -> dict[str, Any]:
    code = code or {"SOURCE": SOURCE, "DESTINATION": DESTINATION}.get(kind, INSERT)
    body = {"code": code, "displayName": f"f-{uuid.uuid4().hex}", "resourceType": kind} | fields
    return client.call("createFunction", body=body)["function"]


def refused(answer: Answer, status: int, kind: str, field: str = "") -> str:
    assert (answer.status, answer.error.get("type")) == (status, kind), answer
    assert answer.error.get("field", "") == field
    return answer.error["message"]


class Things:
    """Sources and destinations of functions, which have operations of their own."""

    def __init__(self, running: Penstock) -> None:
        self._running = running

    def source(self, function: str = "") -> str:
        with self._running.channel() as channel:
            source = source_pb2.Source(name=uuid.uuid4().hex, function_id=function)
            request = source_pb2.CreateSourceRequest(source=source)
            stub = source_pb2_grpc.SourceServiceStub(channel)
            return stub.CreateSource(request, metadata=self._running.as_owner, timeout=20).source.source_id

    def destination(self, function: str) -> str:
        with self._running.channel() as channel:
            destination = destination_pb2.Destination(name=uuid.uuid4().hex, function_id=function)
            request = destination_pb2.CreateDestinationRequest(destination=destination)
            stub = destination_pb2_grpc.DestinationServiceStub(channel)
            made = stub.CreateDestination(request, metadata=self._running.as_owner, timeout=20).destination
            return made.destination_id


def own_id(function: dict[str, Any]) -> str:
    return f"fn_{function['catalogId']}"
