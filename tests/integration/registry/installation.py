"""Registry and secrets as they run, over loopback: real servers, real databases; only the executor is played."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message

from penstock.access.v1 import access_pb2
from penstock.config.v1 import config_pb2
from penstock.executor.v1 import executor_service_pb2 as executor_pb2
from penstock.executor.v1 import executor_service_pb2_grpc as executor_grpc
from penstock.registry.v1 import audit_pb2, audit_pb2_grpc
from penstock.registry.v1 import destination_pb2 as dst
from penstock.registry.v1 import destination_pb2_grpc as dst_grpc
from penstock.registry.v1 import filter_pb2 as fil
from penstock.registry.v1 import filter_pb2_grpc as fil_grpc
from penstock.registry.v1 import function_pb2 as fn
from penstock.registry.v1 import function_pb2_grpc as fn_grpc
from penstock.registry.v1 import insert_function_instance_pb2 as ins
from penstock.registry.v1 import insert_function_instance_pb2_grpc as ins_grpc
from penstock.registry.v1 import source_pb2 as src
from penstock.registry.v1 import source_pb2_grpc as src_grpc
from penstock.registry.v1 import workspace_pb2 as ws
from penstock.registry.v1 import workspace_pb2_grpc as ws_grpc
from penstock.secrets.v1 import secrets_service_pb2, secrets_service_pb2_grpc
from services.registry.app import MIGRATIONS
from services.registry.code_checker import ExecutorChecker
from services.registry.publisher import Publisher
from services.registry.secret_values import SecretsClient
from services.registry.server import registry_server
from services.registry.store.workspaces import WorkspaceStore
from services.secrets.app import MIGRATIONS as SECRETS_MIGRATIONS
from services.secrets.app import secrets_server
from services.secrets.data_keys import DataKeys
from services.secrets.envelope import Envelope
from services.secrets.keys.keyring import Keyring
from services.secrets.keys.keyset import KeysetKey
from services.secrets.store.secrets import SecretStore
from shared.database import Database, migrate
from shared.errors import NotFound
from shared.rpc.access import ServiceAuthenticator
from shared.rpc.client import acting_for, connect
from shared.rpc.identity import digest, load_identities, make_tokens
from shared.rpc.server import RpcServer

SOURCE_CODE = "async function onRequest(request, settings) {}"
DESTINATION_CODE = "async function onTrack(event, settings) {}"
DROP = config_pb2.FilterAction(type=config_pb2.FILTER_ACTION_TYPE_DROP)
MAX_FUNCTIONS = 5


class PlayedExecutor(executor_grpc.ExecutorServiceServicer):
    """Finds every `onX`, and a fault where the code says `fault`; takes `refused` no more."""

    refused = ""

    async def Check(self, request: executor_pb2.CheckRequest, context: Any) -> executor_pb2.CheckResponse:
        lines = request.code.replace(self.refused or "\0", "fault").splitlines()
        for number, line in enumerate(lines, start=1):
            if "fault" in line:
                column = line.index("fault") + 1
                error = executor_pb2.CodeError(name="SyntaxError", message="unexpected", line=number, column=column)
                return executor_pb2.CheckResponse(error=error)
        handlers = [name for name in ("onBatch", "onRequest", "onTrack") if name in request.code]
        return executor_pb2.CheckResponse(handlers=handlers)

    async def Invoke(
        self, request: executor_pb2.InvokeRequest, context: Any
    ) -> AsyncGenerator[executor_pb2.InvokeResponse]:
        raise NotFound("Registry runs nothing.")
        yield

    async def InvokeOne(self, request: executor_pb2.InvokeOneRequest, context: Any) -> executor_pb2.InvokeOneResponse:
        raise NotFound("Registry runs nothing.")


class ConfigInMemory:
    """CONFIG and CODE with what was published, and every step of it; fails as often as `failures` says."""

    def __init__(self) -> None:
        self.values: dict[str, Message] = {}
        self.code: dict[str, bytes] = {}
        self.steps: list[tuple[str, str]] = []
        self.failures = 0

    async def put(self, key: str, value: Message) -> None:
        self._step("put", key)
        self.values[key] = value

    async def delete(self, key: str) -> None:
        self._step("delete", key)
        self.values.pop(key, None)

    async def put_code(self, digest: str, code: bytes) -> None:
        self._step("code", digest)
        self.code[digest] = code

    def _step(self, what: str, key: str) -> None:
        if self.failures:
            self.failures -= 1
            raise TimeoutError
        self.steps.append((what, key))


class Person:
    """Calls registry through the gateway's channel in the name of a person."""

    def __init__(self, channel: grpc.aio.Channel, actor: access_pb2.Actor) -> None:
        self.channel = channel
        self.actor = actor
        self.workspace_id = actor.workspace_id
        self.functions = fn_grpc.FunctionServiceStub(channel)
        self.sources = src_grpc.SourceServiceStub(channel)
        self.destinations = dst_grpc.DestinationServiceStub(channel)
        self.workspaces = ws_grpc.WorkspaceServiceStub(channel)
        self.audit = audit_pb2_grpc.AuditServiceStub(channel)
        self.inserts = ins_grpc.InsertFunctionInstanceServiceStub(channel)
        self.filters = fil_grpc.FilterServiceStub(channel)

    async def call(self, method: Any, request: Message) -> Any:
        return await method(request, metadata=acting_for(self.actor))

    async def create_function(self, name: str = "Gate", *, settings: Any = (), **fields: Any) -> fn.Function:
        fields = {"kind": config_pb2.FUNCTION_KIND_DESTINATION, "code": DESTINATION_CODE, **fields}
        function = fn.Function(display_name=name, settings=settings, **fields)
        return (await self.call(self.functions.CreateFunction, fn.CreateFunctionRequest(function=function))).function

    async def update_function(self, function: fn.Function, *paths: str, message: str = "") -> fn.Function:
        request = fn.UpdateFunctionRequest(function=function, update_mask=FieldMask(paths=paths), message=message)
        return (await self.call(self.functions.UpdateFunction, request)).function

    async def deploy(self, function: str, *, version: str = "", instances: Any = ()) -> fn.DeployFunctionResponse:
        request = fn.DeployFunctionRequest(function_id=function, version_id=version, instance_ids=instances)
        return await self.call(self.functions.DeployFunction, request)

    async def create_source(self, name: str = "Spring", **fields: Any) -> src.CreateSourceResponse:
        request = src.CreateSourceRequest(source=src.Source(name=name, **fields))
        return await self.call(self.sources.CreateSource, request)

    async def update_source(self, source: src.Source, *paths: str) -> src.Source:
        request = src.UpdateSourceRequest(source=source, update_mask=FieldMask(paths=paths))
        return (await self.call(self.sources.UpdateSource, request)).source

    async def delete_source(self, source: str) -> None:
        await self.call(self.sources.DeleteSource, src.DeleteSourceRequest(source_id=source))

    async def create_destination(self, name: str = "Turbine", **fields: Any) -> dst.Destination:
        request = dst.CreateDestinationRequest(destination=dst.Destination(name=name, **fields))
        return (await self.call(self.destinations.CreateDestination, request)).destination

    async def update_destination(self, destination: dst.Destination, *paths: str) -> dst.Destination:
        request = dst.UpdateDestinationRequest(destination=destination, update_mask=FieldMask(paths=paths))
        return (await self.call(self.destinations.UpdateDestination, request)).destination

    async def delete_destination(self, destination: str) -> None:
        request = dst.DeleteDestinationRequest(destination_id=destination)
        await self.call(self.destinations.DeleteDestination, request)

    async def insert(self, function: str, integration: str, *, enabled: bool = True, **fields: Any) -> Any:
        """Put an insert function to use."""
        instance = ins.InsertFunctionInstance(
            function_id=function, integration_id=integration, enabled=enabled, **fields
        )
        request = ins.CreateInsertFunctionInstanceRequest(insert_function_instance=instance)
        return (await self.call(self.inserts.CreateInsertFunctionInstance, request)).insert_function_instance

    async def add_filter(self, destination: str, **fields: Any) -> fil.Filter:
        fields = {"title": "Gone", "condition": "all", "actions": [DROP], "enabled": True, **fields}
        request = fil.CreateFilterRequest(filter=fil.Filter(destination_id=destination, **fields))
        return (await self.call(self.filters.CreateFilter, request)).filter

    async def workspace(self) -> ws.Workspace:
        return (await self.call(self.workspaces.GetWorkspace, ws.GetWorkspaceRequest())).workspace

    async def update_workspace(self, config: config_pb2.WorkspaceConfig, *paths: str) -> ws.Workspace:
        request = ws.UpdateWorkspaceRequest(config=config, update_mask=FieldMask(paths=paths))
        return (await self.call(self.workspaces.UpdateWorkspace, request)).workspace

    async def connect(self, source: str, destination: str) -> dst.Destination:
        request = dst.ConnectSourceRequest(source_id=source, destination_id=destination)
        return (await self.call(self.destinations.ConnectSource, request)).destination

    async def disconnect(self, source: str, destination: str) -> dst.Destination:
        request = dst.DisconnectSourceRequest(source_id=source, destination_id=destination)
        return (await self.call(self.destinations.DisconnectSource, request)).destination

    async def audited(self, resource_id: str = "", **page: Any) -> audit_pb2.ListAuditEntriesResponse:
        request = audit_pb2.ListAuditEntriesRequest(resource_id=resource_id, **page)
        return await self.call(self.audit.ListAuditEntries, request)


@dataclass(slots=True)
class Installation:
    """What a test needs of a running registry."""

    database: Database
    secrets_database: Database
    publisher: Publisher
    config: ConfigInMemory
    registry: RpcServer
    secrets: RpcServer
    executor: PlayedExecutor
    tokens: dict[str, str]
    owner: Person

    async def person(self, *roles: access_pb2.Role.ValueType, workspace_id: str = "") -> Person:
        """Someone with these roles; in a workspace of their own unless one is named."""
        workspace_id = workspace_id or await WorkspaceStore(self.database).create(
            "other", token_digest=digest(f"ptk_{len(self.tokens)}_{roles}"), roles=roles
        )
        actor = access_pb2.Actor(workspace_id=workspace_id, token_id="tok_other", roles=roles)
        return Person(self.owner.channel, actor)

    async def disable(self, person: Person, destination_id: str, *, failing_since: datetime) -> None:
        """Switch a destination off as delivery does."""
        async with connect(f"127.0.0.1:{self.registry.port}", token=self.tokens["delivery"]) as channel:
            request = dst.DisableDestinationRequest(
                workspace_id=person.workspace_id, destination_id=destination_id, reason="nothing reaches it"
            )
            request.failing_since.FromDatetime(failing_since)
            await dst_grpc.DestinationServiceStub(channel).DisableDestination(request)

    async def publish(self) -> dict[str, Any]:
        """Publish all that is committed, and give CONFIG."""
        while await self.publisher.drain(config=self.config, code=self.config):
            pass
        return self.config.values

    async def secrets_of(self, workspace_id: str, instance_id: str) -> dict[str, bytes]:
        """What the executor gets."""
        channel = connect(f"127.0.0.1:{self.secrets.port}", token=self.tokens["executor"])
        stub = secrets_service_pb2_grpc.SecretsServiceStub(channel)
        request = secrets_service_pb2.GetSecretsRequest(workspace_id=workspace_id, instance_id=instance_id)
        values = dict((await stub.GetSecrets(request)).values)
        await channel.close()
        return values


@asynccontextmanager
async def running(url: str, folder: Path) -> AsyncGenerator[Installation]:
    """Run an installation with one workspace, `first`."""
    secrets_url = f"sqlite:///{folder / 'secrets.db'}" if url.startswith("sqlite") else url
    database = Database(url=url, schema="registry")
    secrets_database = Database(url=secrets_url, schema="secrets")
    await migrate(database, versions=MIGRATIONS)
    await migrate(secrets_database, versions=SECRETS_MIGRATIONS)
    tokens = make_tokens(folder / "identities")
    authenticate = ServiceAuthenticator(load_identities(folder / "identities" / "identities.json"))

    keyring = Keyring(KeysetKey(folder / "keyset", may_create=True))
    store = SecretStore(database=secrets_database, envelope=Envelope(DataKeys(keyring)))
    secrets = secrets_server(address="127.0.0.1:0", store=store, authenticate=authenticate)
    executor = PlayedExecutor()
    add_executor = partial(executor_grpc.add_ExecutorServiceServicer_to_server, executor)
    executors = RpcServer(address="127.0.0.1:0", names=[], add=add_executor, authenticate=authenticate)
    to_secrets = connect(f"127.0.0.1:{secrets.port}", token=tokens["registry"])
    to_executor = connect(f"127.0.0.1:{executors.port}", token=tokens["registry"])
    publisher = Publisher(database)
    registry = registry_server(
        address="127.0.0.1:0",
        database=database,
        on_commit=publisher.publish,
        checker=ExecutorChecker([to_executor]),
        secrets=SecretsClient(to_secrets),
        max_functions=MAX_FUNCTIONS,
        authenticate=authenticate,
    )
    for server in (secrets, executors, registry):
        await server.start()
    channel = connect(f"127.0.0.1:{registry.port}", token=tokens["gateway"])
    workspace_id = await WorkspaceStore(database).create(
        "first", token_digest=digest("ptk_first"), roles=[access_pb2.ROLE_OWNER]
    )
    actor = access_pb2.Actor(workspace_id=workspace_id, token_id="tok_owner", roles=[access_pb2.ROLE_OWNER])
    yield Installation(
        database=database,
        secrets_database=secrets_database,
        publisher=publisher,
        config=ConfigInMemory(),
        registry=registry,
        secrets=secrets,
        executor=executor,
        tokens=tokens,
        owner=Person(channel, actor),
    )
    for each in (channel, to_secrets, to_executor):
        await each.close()
    for server in (registry, executors, secrets):
        await server.stop()
    await database.close()
    await secrets_database.close()
