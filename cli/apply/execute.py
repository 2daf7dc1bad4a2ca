"""Doing what a plan says, one call after the other."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import grpc
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.json_format import ParseDict

from cli.apply.folder import Folder
from cli.apply.plan import Action, Verb
from cli.apply.state import Key, Kind
from cli.apply.workspace import Workspace
from cli.commands.settings.values import parse_value
from penstock.config.v1 import config_pb2
from penstock.registry.v1 import (
    destination_pb2,
    destination_pb2_grpc,
    filter_pb2,
    filter_pb2_grpc,
    function_pb2,
    function_pb2_grpc,
    insert_function_instance_pb2,
    insert_function_instance_pb2_grpc,
    source_pb2,
    source_pb2_grpc,
)

_SETTING = "settings."


class Executor:
    """Does the actions of a plan that was made of this folder and this workspace.

    `on_token` gets the token of a new source: it is given this once. A change goes with the etag of what was seen, so
    that what somebody else changed meanwhile raises Aborted.
    """

    def __init__(
        self,
        channel: grpc.aio.Channel,
        folder: Folder,
        workspace: Workspace,
        *,
        secrets: Mapping[tuple[Kind, Key, str], str],
        on_token: Callable[[str, str], None],
    ) -> None:
        self._folder = folder
        self._there = workspace
        self._secrets = secrets
        self._on_token = on_token
        self._functions = function_pb2_grpc.FunctionServiceStub(channel)
        self._sources = source_pb2_grpc.SourceServiceStub(channel)
        self._destinations = destination_pb2_grpc.DestinationServiceStub(channel)
        self._inserts = insert_function_instance_pb2_grpc.InsertFunctionInstanceServiceStub(channel)
        self._filters = filter_pb2_grpc.FilterServiceStub(channel)
        self._ways: dict[tuple[Verb, Kind], Callable[[Action], Awaitable[None]]] = {
            (Verb.CREATE, Kind.FUNCTION): self._create_function,
            (Verb.CHANGE, Kind.FUNCTION): self._change_function,
            (Verb.DEPLOY, Kind.FUNCTION): self._deploy,
            (Verb.DELETE, Kind.FUNCTION): self._delete_function,
            (Verb.CREATE, Kind.SOURCE): self._create_source,
            (Verb.CHANGE, Kind.SOURCE): self._change_source,
            (Verb.DELETE, Kind.SOURCE): self._delete_source,
            (Verb.CREATE, Kind.DESTINATION): self._create_destination,
            (Verb.CHANGE, Kind.DESTINATION): self._change_destination,
            (Verb.DELETE, Kind.DESTINATION): self._delete_destination,
            (Verb.CREATE, Kind.INSERT): self._create_insert,
            (Verb.CHANGE, Kind.INSERT): self._change_insert,
            (Verb.DELETE, Kind.INSERT): self._delete_insert,
            (Verb.CREATE, Kind.FILTER): self._create_filter,
            (Verb.CHANGE, Kind.FILTER): self._change_filter,
            (Verb.DELETE, Kind.FILTER): self._delete_filter,
            (Verb.CREATE, Kind.CONNECTION): self._connect,
            (Verb.DELETE, Kind.CONNECTION): self._disconnect,
        }

    async def do(self, action: Action) -> None:
        """Do one action. Raises what the registry raises."""
        await self._ways[action.verb, action.kind](action)

    async def _create_function(self, action: Action) -> None:
        request = function_pb2.CreateFunctionRequest(function=self._folder.functions[action.key[0]].message())
        self._there.functions[action.key] = (await self._functions.CreateFunction(request)).function

    async def _change_function(self, action: Action) -> None:
        found, function = self._there.functions[action.key], self._folder.functions[action.key[0]].message()
        function.function_id, function.etag = found.function_id, found.etag
        mask = FieldMask(paths=[change.field for change in action.changes])
        request = function_pb2.UpdateFunctionRequest(function=function, update_mask=mask)
        self._there.functions[action.key] = (await self._functions.UpdateFunction(request)).function

    async def _deploy(self, action: Action) -> None:
        found = self._there.functions[action.key]
        # The version that this folder has made or seen, whatever comes on top of it meanwhile.
        await self._functions.DeployFunction(
            function_pb2.DeployFunctionRequest(
                function_id=found.function_id, version_id=found.latest_version_id, etag=found.etag
            )
        )

    async def _delete_function(self, action: Action) -> None:
        found = self._there.functions[action.key]
        await self._functions.DeleteFunction(
            function_pb2.DeleteFunctionRequest(function_id=found.function_id, etag=found.etag)
        )

    async def _create_source(self, action: Action) -> None:
        wanted = self._folder.state.sources[action.key]
        source = source_pb2.Source(
            name=action.key[0],
            function_id=self._function_id(wanted.function),
            settings=self._settings(action),
            backlog_limit=wanted.backlog_limit,
        )
        made = await self._sources.CreateSource(source_pb2.CreateSourceRequest(source=source))
        self._on_token(action.key[0], made.token)
        self._there.sources[action.key] = made.source
        if not wanted.enabled:
            await self._update_source(made.source, source_pb2.Source(), ["enabled"])

    async def _change_source(self, action: Action) -> None:
        wanted, found = self._folder.state.sources[action.key], self._there.sources[action.key]
        source = source_pb2.Source(
            enabled=wanted.enabled, backlog_limit=wanted.backlog_limit, settings=self._settings(action)
        )
        self._there.sources[action.key] = await self._update_source(found, source, _paths(action))

    async def _update_source(
        self, found: source_pb2.Source, source: source_pb2.Source, paths: list[str]
    ) -> source_pb2.Source:
        source.source_id, source.etag = found.source_id, found.etag
        request = source_pb2.UpdateSourceRequest(source=source, update_mask=FieldMask(paths=paths))
        return (await self._sources.UpdateSource(request)).source

    async def _delete_source(self, action: Action) -> None:
        found = self._there.sources[action.key]
        await self._sources.DeleteSource(source_pb2.DeleteSourceRequest(source_id=found.source_id, etag=found.etag))

    async def _create_destination(self, action: Action) -> None:
        destination = self._destination(action)
        destination.function_id = self._function_id(self._folder.state.destinations[action.key].function)
        request = destination_pb2.CreateDestinationRequest(destination=destination)
        made = (await self._destinations.CreateDestination(request)).destination
        self._there.destinations[action.key] = made
        if not self._folder.state.destinations[action.key].enabled:
            changed = await self._update_destination(made, destination_pb2.Destination(), ["enabled"])
            self._there.destinations[action.key] = changed

    async def _change_destination(self, action: Action) -> None:
        found = self._there.destinations[action.key]
        changed = await self._update_destination(found, self._destination(action), _paths(action))
        self._there.destinations[action.key] = changed

    def _destination(self, action: Action) -> destination_pb2.Destination:
        wanted = self._folder.state.destinations[action.key]
        return destination_pb2.Destination(
            name=action.key[0],
            enabled=wanted.enabled,
            max_per_second=wanted.max_per_second,
            concurrency=wanted.concurrency,
            backlog_limit=wanted.backlog_limit,
            settings=self._settings(action),
        )

    async def _update_destination(
        self, found: destination_pb2.Destination, destination: destination_pb2.Destination, paths: list[str]
    ) -> destination_pb2.Destination:
        destination.destination_id, destination.etag = found.destination_id, found.etag
        request = destination_pb2.UpdateDestinationRequest(destination=destination, update_mask=FieldMask(paths=paths))
        return (await self._destinations.UpdateDestination(request)).destination

    async def _delete_destination(self, action: Action) -> None:
        found = self._there.destinations[action.key]
        await self._destinations.DeleteDestination(
            destination_pb2.DeleteDestinationRequest(destination_id=found.destination_id, etag=found.etag)
        )

    async def _create_insert(self, action: Action) -> None:
        wanted = self._folder.state.inserts[action.key]
        insert = insert_function_instance_pb2.InsertFunctionInstance(
            function_id=self._function_id(wanted.function),
            integration_id=self._integration_id(action.key),
            name=wanted.name,
            enabled=wanted.enabled,
            settings=self._settings(action),
        )
        await self._inserts.CreateInsertFunctionInstance(
            insert_function_instance_pb2.CreateInsertFunctionInstanceRequest(insert_function_instance=insert)
        )

    async def _change_insert(self, action: Action) -> None:
        if action.changed("function"):
            # Its instance is another then. Run again, a plan whose first half was done creates it.
            await self._delete_insert(action)
            await self._create_insert(action)
            return
        wanted, found = self._folder.state.inserts[action.key], self._there.inserts[action.key]
        insert = insert_function_instance_pb2.InsertFunctionInstance(
            instance_id=found.instance_id,
            etag=found.etag,
            name=wanted.name,
            enabled=wanted.enabled,
            settings=self._settings(action),
        )
        request = insert_function_instance_pb2.UpdateInsertFunctionInstanceRequest(
            insert_function_instance=insert, update_mask=FieldMask(paths=_paths(action))
        )
        await self._inserts.UpdateInsertFunctionInstance(request)

    async def _delete_insert(self, action: Action) -> None:
        found = self._there.inserts[action.key]
        await self._inserts.DeleteInsertFunctionInstance(
            insert_function_instance_pb2.DeleteInsertFunctionInstanceRequest(
                instance_id=found.instance_id, etag=found.etag
            )
        )

    async def _create_filter(self, action: Action) -> None:
        await self._filters.CreateFilter(filter_pb2.CreateFilterRequest(filter=self._filter(action.key)))

    async def _change_filter(self, action: Action) -> None:
        found, filter_ = self._there.filters[action.key], self._filter(action.key)
        filter_.filter_id, filter_.etag = found.filter_id, found.etag
        request = filter_pb2.UpdateFilterRequest(filter=filter_, update_mask=FieldMask(paths=_paths(action)))
        await self._filters.UpdateFilter(request)

    def _filter(self, key: Key) -> filter_pb2.Filter:
        (destination, source, title, _number), wanted = key, self._folder.state.filters[key]
        return filter_pb2.Filter(
            destination_id=self._there.destinations[(destination,)].destination_id,
            source_id=self._there.sources[(source,)].source_id if source else "",
            title=title,
            description=wanted.description,
            condition=wanted.condition,
            actions=[_filter_action(text) for text in wanted.actions],
            enabled=wanted.enabled,
        )

    async def _delete_filter(self, action: Action) -> None:
        found = self._there.filters[action.key]
        await self._filters.DeleteFilter(
            filter_pb2.DeleteFilterRequest(
                destination_id=found.destination_id, filter_id=found.filter_id, etag=found.etag
            )
        )

    async def _connect(self, action: Action) -> None:
        source, destination = self._ends(action.key)
        await self._destinations.ConnectSource(
            destination_pb2.ConnectSourceRequest(source_id=source, destination_id=destination)
        )

    async def _disconnect(self, action: Action) -> None:
        source, destination = self._ends(action.key)
        await self._destinations.DisconnectSource(
            destination_pb2.DisconnectSourceRequest(source_id=source, destination_id=destination)
        )

    def _ends(self, key: Key) -> tuple[str, str]:
        source, destination = self._there.sources[key[:1]], self._there.destinations[key[1:]]
        return source.source_id, destination.destination_id

    def _function_id(self, name: str) -> str:
        return self._there.functions[(name,)].function_id if name else ""

    def _integration_id(self, key: Key) -> str:
        if key[0] == Kind.SOURCE:
            return self._there.sources[key[1:]].source_id
        return self._there.destinations[key[1:]].destination_id

    def _settings(self, action: Action) -> bytes:
        """Give the values that become others; null clears one."""
        names = [each.field.removeprefix(_SETTING) for each in action.changes if each.field.startswith(_SETTING)]
        return json.dumps({name: self._value(action, name) for name in names}).encode()

    def _value(self, action: Action, name: str) -> Any:
        values = self._folder.state.of(action.kind)[action.key].values
        if name not in values.secrets:
            return values.plain.get(name)
        function = self._folder.functions[self._folder.state.of(action.kind)[action.key].function]
        definition = next(each for each in function.definitions if each.name == name)
        return parse_value(definition, self._secrets[action.kind, action.key, name])


def _paths(action: Action) -> list[str]:
    return list(dict.fromkeys(each.field.partition(".")[0] for each in action.changes))


def _filter_action(text: str) -> config_pb2.FilterAction:
    data: dict[str, Any] = json.loads(text)
    fields = {key: {"names": names} for key, names in data.get("fields", {}).items()}
    type_ = f"FILTER_ACTION_TYPE_{data['type'].upper()}"
    return ParseDict({**data, "type": type_, "fields": fields}, config_pb2.FilterAction())
