"""Workspaces, functions, sources and destinations of a running installation, made by the hundred through its API."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus

import aiohttp
import grpc

from cli.local.addresses import read_addresses
from penstock.access.v1 import access_pb2
from penstock.config.v1 import config_pb2
from penstock.registry.v1 import (
    destination_pb2,
    destination_pb2_grpc,
    function_pb2,
    function_pb2_grpc,
    source_pb2,
    source_pb2_grpc,
    workspace_pb2,
    workspace_pb2_grpc,
)
from services.registry.store.workspaces import WorkspaceStore
from services.registry.tokens import new_token
from shared.database import Database
from shared.errors import Unauthenticated
from shared.rpc.client import connect
from shared.rpc.identity import digest
from tests.e2e.penstock import Penstock
from tests.polling import until

_KNOWN_S = 30


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace, as its owner sees it."""

    channel: grpc.aio.Channel

    async def is_known(self) -> bool:
        """Tell whether the gateway knows it."""
        try:
            await workspace_pb2_grpc.WorkspaceServiceStub(self.channel).GetWorkspace(
                workspace_pb2.GetWorkspaceRequest()
            )
        except Unauthenticated:
            return False
        return True

    async def function(self, name: str, code: str) -> str:
        """Make a function: a source's if it has `onRequest`, else a destination's, with the setting `endpoint`."""
        function = function_pb2.Function(display_name=name, kind=config_pb2.FUNCTION_KIND_SOURCE, code=code)
        if "onRequest" not in code:
            function.kind = config_pb2.FUNCTION_KIND_DESTINATION
            function.settings.add(name="endpoint", type=function_pb2.SETTING_TYPE_STRING, required=True)
        stub = function_pb2_grpc.FunctionServiceStub(self.channel)
        return (await stub.CreateFunction(function_pb2.CreateFunctionRequest(function=function))).function.function_id

    async def source(self, name: str, function_id: str = "", *, backlog_limit: int = 0) -> str:
        """Make a source, and give its token."""
        source = source_pb2.Source(name=name, function_id=function_id, backlog_limit=backlog_limit)
        stub = source_pb2_grpc.SourceServiceStub(self.channel)
        return (await stub.CreateSource(source_pb2.CreateSourceRequest(source=source))).token

    async def destination(self, name: str, function_id: str, *, endpoint: str, sources: list[str]) -> None:
        """Make a destination that gets what these sources send."""
        settings = json.dumps({"endpoint": endpoint}).encode()
        destination = destination_pb2.Destination(name=name, function_id=function_id, settings=settings)
        stub = destination_pb2_grpc.DestinationServiceStub(self.channel)
        await stub.CreateDestination(destination_pb2.CreateDestinationRequest(destination=destination))
        for source in sources:
            await stub.ConnectSource(destination_pb2.ConnectSourceRequest(source_id=source, destination_id=name))

    async def delete_destination(self, name: str) -> None:
        """Delete a destination, with all that waits for it."""
        stub = destination_pb2_grpc.DestinationServiceStub(self.channel)
        await stub.DeleteDestination(destination_pb2.DeleteDestinationRequest(destination_id=name))


@asynccontextmanager
async def opened(running: Penstock, token: str) -> AsyncGenerator[Workspace]:
    """Open the workspace of a token while the block runs."""
    async with connect(read_addresses(running.data_dir).grpc, token=token) as channel:
        yield Workspace(channel)


@asynccontextmanager
async def first_workspace(running: Penstock) -> AsyncGenerator[Workspace]:
    """Open the workspace `default` while the block runs."""
    async with opened(running, (running.data_dir / "owner-token").read_text().strip()) as workspace:
        yield workspace


@asynccontextmanager
async def new_workspace(running: Penstock, name: str) -> AsyncGenerator[Workspace]:
    """Make a workspace, which no rpc does, and open it while the block runs."""
    token = new_token("ptk")
    database = Database(url=f"sqlite:///{(running.data_dir / 'registry').absolute()}.db", schema="registry")
    await WorkspaceStore(database).create(name, token_digest=digest(token), roles=[access_pb2.ROLE_OWNER])
    await database.close()
    async with opened(running, token) as workspace:
        # The running registry finds after a while what it has not written itself.
        await until(workspace.is_known, timeout_s=_KNOWN_S)
        yield workspace


async def known(url: str) -> None:
    """Wait until the gateway knows the source with this webhook URL."""
    async with aiohttp.ClientSession() as session:

        async def is_known() -> bool:
            # A body that sources refuse: the answer changes when the gateway has learned of the source.
            async with session.post(url) as answer:
                return answer.status != HTTPStatus.NOT_FOUND

        await until(is_known, timeout_s=_KNOWN_S)
