"""The functions of the storm and how they are set up: one source with a function, one without, three destinations."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from penstock.config.v1 import config_pb2
from penstock.registry.v1 import (
    destination_pb2,
    destination_pb2_grpc,
    function_pb2,
    function_pb2_grpc,
    source_pb2,
    source_pb2_grpc,
)
from tests.e2e.penstock import Penstock
from tests.faults import fate

_SOURCE = """
async function onRequest(request) {
  const { id, integrations } = request.json();
  Segment.track({ userId: 'u', event: 'Stormed', messageId: id, integrations });
}
"""
_DESTINATION = """
async function onTrack(event, settings) {
  const answer = await fetch(settings.endpoint, { method: 'POST', body: event.messageId });
  if (!answer.ok) throw new RetryError(String(answer.status));
}
"""
_TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class Made:
    """What was set up: the tokens of the two sources, and ids by name."""

    webhook_token: str
    write_key: str
    source_ids: Mapping[str, str]
    destination_ids: Mapping[str, str]


def make(running: Penstock, receiver: str) -> Made:
    """Set up functions, sources, destinations and their connections."""
    with running.channel() as channel:
        owner: Any = {"metadata": running.as_owner, "timeout": _TIMEOUT_S}
        functions = function_pb2_grpc.FunctionServiceStub(channel)
        source_function = functions.CreateFunction(_function("source", _SOURCE), **owner).function.function_id
        destination_function = functions.CreateFunction(_function("destination", _DESTINATION), **owner)
        sources, destinations = source_pb2_grpc.SourceServiceStub(channel), {}
        webhooks = sources.CreateSource(_source("webhooks", source_function), **owner)
        messages = sources.CreateSource(_source("messages"), **owner)
        stub = destination_pb2_grpc.DestinationServiceStub(channel)
        for name in fate.DESTINATIONS:
            new = _destination(name, destination_function.function.function_id, f"{receiver}/{name}")
            destinations[name] = stub.CreateDestination(new, **owner).destination.destination_id
        for source, second in (("webhooks", "failing"), ("messages", "slow")):
            for name in ("healthy", second):
                request = destination_pb2.ConnectSourceRequest(source_id=source, destination_id=name)
                stub.ConnectSource(request, **owner)
    ids = {"webhooks": webhooks.source.source_id, "messages": messages.source.source_id}
    return Made(webhooks.token, messages.token, ids, destinations)


def _function(kind: str, code: str) -> function_pb2.CreateFunctionRequest:
    endpoint = function_pb2.SettingDefinition(name="endpoint", type=function_pb2.SETTING_TYPE_STRING, required=True)
    function = function_pb2.Function(
        display_name=f"storm-{kind}",
        kind=config_pb2.FunctionKind.Value(f"FUNCTION_KIND_{kind.upper()}"),
        code=code,
        settings=[endpoint] if kind == "destination" else [],
    )
    return function_pb2.CreateFunctionRequest(function=function)


def _source(name: str, function_id: str = "") -> source_pb2.CreateSourceRequest:
    return source_pb2.CreateSourceRequest(source=source_pb2.Source(name=name, function_id=function_id))


def _destination(name: str, function_id: str, endpoint: str) -> destination_pb2.CreateDestinationRequest:
    settings = json.dumps({"endpoint": endpoint}).encode()
    destination = destination_pb2.Destination(name=name, function_id=function_id, settings=settings)
    return destination_pb2.CreateDestinationRequest(destination=destination)
