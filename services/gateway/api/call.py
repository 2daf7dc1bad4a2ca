"""One call of an operation: who makes it, and how it reaches the services."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import grpc
from google.protobuf.message import Message

from penstock.access.v1 import access_pb2
from penstock.delivery.v1 import delivery_service_pb2_grpc, usage_pb2_grpc
from penstock.executor.v1 import preview_service_pb2, preview_service_pb2_grpc, result_pb2
from penstock.registry.v1 import (
    audit_pb2_grpc,
    destination_pb2_grpc,
    filter_pb2_grpc,
    function_pb2_grpc,
    insert_function_instance_pb2_grpc,
    member_pb2_grpc,
    source_pb2_grpc,
    token_pb2_grpc,
    workspace_pb2_grpc,
)
from services.gateway.api.workspace_names import WorkspaceNames
from shared.rpc.choice import ExecutorChoice
from shared.rpc.client import acting_for

Q = TypeVar("Q", bound=Message)
R = TypeVar("R", bound=Message)


class Services:
    """The services behind the API, by their rpcs."""

    def __init__(self, *, registry: grpc.aio.Channel, delivery: grpc.aio.Channel, executors: ExecutorChoice) -> None:
        self.executors = executors
        self.deliveries = delivery_service_pb2_grpc.DeliveryServiceStub(delivery)
        self.usage = usage_pb2_grpc.UsageServiceStub(delivery)
        self.audit = audit_pb2_grpc.AuditServiceStub(registry)
        self.destinations = destination_pb2_grpc.DestinationServiceStub(registry)
        self.filters = filter_pb2_grpc.FilterServiceStub(registry)
        self.members = member_pb2_grpc.MemberServiceStub(registry)
        self.tokens = token_pb2_grpc.TokenServiceStub(registry)
        self.functions = function_pb2_grpc.FunctionServiceStub(registry)
        self.inserts = insert_function_instance_pb2_grpc.InsertFunctionInstanceServiceStub(registry)
        self.sources = source_pb2_grpc.SourceServiceStub(registry)
        self.workspaces = workspace_pb2_grpc.WorkspaceServiceStub(registry)
        self.workspace_names = WorkspaceNames(self.workspaces)


@dataclass(slots=True, kw_only=True)
class Call:
    """A call that is being answered.

    `request_id` is what the client sent as `Idempotency-Key`: hand it to rpcs that take one. `ends_at` is the loop's
    time at which rpcs are given up. `status` is that of the answer, unless something is raised.
    """

    actor: access_pb2.Actor
    services: Services
    headers: Mapping[str, str]
    request_id: str
    ends_at: float
    status: int = 200

    async def ask(self, method: grpc.aio.UnaryUnaryMultiCallable[Q, R], request: Q) -> R:
        """Make an rpc for the holder of the token. Raises what the service raised, a `shared.errors.PenstockError`."""
        left = max(0.0, self.ends_at - asyncio.get_running_loop().time())
        return await method(request, metadata=acting_for(self.actor), timeout=left)

    async def preview(self, request: preview_service_pb2.PreviewFunctionRequest) -> result_pb2.InvocationResult:
        """Try a function out in the executor that has least to do of those for the workspace. Raises as `ask`."""
        with self.services.executors.channel(self.actor.workspace_id) as channel:
            previews: preview_service_pb2_grpc.PreviewServiceAsyncStub
            previews = preview_service_pb2_grpc.PreviewServiceStub(channel)
            return (await self.ask(previews.PreviewFunction, request)).result

    async def workspace_name(self) -> str:
        """Give the name of the caller's workspace."""
        return await self.services.workspace_names.get(self.actor)
