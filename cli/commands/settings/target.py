"""Whose settings a person means, and what is known of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import grpc
import typer
from google.protobuf.field_mask_pb2 import FieldMask

from cli.functions.listing import all_inserts
from cli.functions.versions import get_function
from penstock.registry.v1 import (
    destination_pb2,
    destination_pb2_grpc,
    function_pb2,
    function_pb2_grpc,
    insert_function_instance_pb2,
    insert_function_instance_pb2_grpc,
    source_pb2,
    source_pb2_grpc,
)
from shared.errors import NotFound, PermissionDenied

TargetName = Annotated[
    str, typer.Argument(help="Source or destination, by name or id; or an insert's ins_….", metavar="TARGET")
]
OfInsert = Annotated[bool, typer.Option("--insert", help="Those of the insert function of the source or destination.")]

Holder = source_pb2.Source | destination_pb2.Destination | insert_function_instance_pb2.InsertFunctionInstance


@dataclass(frozen=True, slots=True)
class Target:
    """What has settings; `label` is for people. Definitions that the caller may not see are None."""

    label: str
    holder: Holder
    definitions: dict[str, function_pb2.SettingDefinition] | None

    @property
    def values(self) -> dict[str, Any]:
        """The values that are no secret."""
        return json.loads(self.holder.settings or b"{}")

    def is_sensitive(self, name: str) -> bool:
        """Tell whether a value must not be shown; of what is unknown it must not."""
        if self.definitions is None:
            return name not in self.values
        return name in self.definitions and self.definitions[name].sensitive


async def find_target(channel: grpc.aio.Channel, name: str, *, insert: bool) -> Target:
    """Give what a person means. Raises NotFound, typer.BadParameter for a name of both a source and a destination."""
    if name.startswith("ins_"):
        label, holder = f"insert {name}", await _insert_of(channel, name)
    else:
        label, holder = await _integration(channel, name)
        if insert:
            id_ = holder.source_id if isinstance(holder, source_pb2.Source) else holder.destination_id
            label, holder = f"the insert of {label}", await _insert_of(channel, id_)
    return Target(label, holder, await _definitions(channel, holder.function_id))


async def write(channel: grpc.aio.Channel, target: Target, values: Mapping[str, Any]) -> Holder:
    """Set values, and clear those that are None. Raises InvalidArgument, Aborted when somebody else was faster."""
    settings, holder = json.dumps(values).encode(), target.holder
    mask = FieldMask(paths=["settings"])
    match holder:
        case source_pb2.Source():
            source = source_pb2.Source(source_id=holder.source_id, settings=settings, etag=holder.etag)
            sources = source_pb2_grpc.SourceServiceStub(channel)
            return (await sources.UpdateSource(source_pb2.UpdateSourceRequest(source=source, update_mask=mask))).source
        case destination_pb2.Destination():
            destination = destination_pb2.Destination(
                destination_id=holder.destination_id, settings=settings, etag=holder.etag
            )
            destinations = destination_pb2_grpc.DestinationServiceStub(channel)
            request = destination_pb2.UpdateDestinationRequest(destination=destination, update_mask=mask)
            return (await destinations.UpdateDestination(request)).destination
        case _:
            insert = insert_function_instance_pb2.InsertFunctionInstance(
                instance_id=holder.instance_id, settings=settings, etag=holder.etag
            )
            inserts = insert_function_instance_pb2_grpc.InsertFunctionInstanceServiceStub(channel)
            change = insert_function_instance_pb2.UpdateInsertFunctionInstanceRequest(
                insert_function_instance=insert, update_mask=mask
            )
            return (await inserts.UpdateInsertFunctionInstance(change)).insert_function_instance


async def _integration(
    channel: grpc.aio.Channel, name: str
) -> tuple[str, source_pb2.Source | destination_pb2.Destination]:
    source, destination = await _source(channel, name), await _destination(channel, name)
    if source and destination:
        raise typer.BadParameter(
            f"A source and a destination are called {name}: name one by its id, {source.source_id} or "
            f"{destination.destination_id}."
        )
    if source:
        return f"source {source.name}", source
    if destination:
        return f"destination {destination.name}", destination
    raise NotFound(f"There is neither a source nor a destination {name}.")


async def _source(channel: grpc.aio.Channel, name: str) -> source_pb2.Source | None:
    try:
        stub = source_pb2_grpc.SourceServiceStub(channel)
        return (await stub.GetSource(source_pb2.GetSourceRequest(source_id=name))).source
    except NotFound:
        return None


async def _destination(channel: grpc.aio.Channel, name: str) -> destination_pb2.Destination | None:
    try:
        stub = destination_pb2_grpc.DestinationServiceStub(channel)
        return (await stub.GetDestination(destination_pb2.GetDestinationRequest(destination_id=name))).destination
    except NotFound:
        return None


async def _insert_of(channel: grpc.aio.Channel, id_: str) -> insert_function_instance_pb2.InsertFunctionInstance:
    async for each in all_inserts(channel):
        if id_ in (each.instance_id, each.integration_id):
            return each
    raise NotFound(f"{id_} has no insert function.")


async def _definitions(channel: grpc.aio.Channel, function_id: str) -> dict[str, function_pb2.SettingDefinition] | None:
    if not function_id:
        raise NotFound("It runs no function, so it has no settings.")
    try:
        function = await get_function(function_pb2_grpc.FunctionServiceStub(channel), function_id)
    except PermissionDenied:
        return None
    return {each.name: each for each in function.settings}
