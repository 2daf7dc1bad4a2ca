"""Destinations. One is made for a source, which it is connected with; more sources can be connected later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Annotated

from google.protobuf.field_mask_pb2 import FieldMask
from pydantic import Field, JsonValue

from penstock.registry.v1 import destination_pb2
from penstock.registry.v1.function_pb2 import Function
from services.gateway.api.call import Call
from services.gateway.api.errors import not_found
from services.gateway.api.instances import Marks, SettingValues, marks_of, settings_bytes, settings_of, without_marks
from services.gateway.api.metadata import (
    DestinationMetadata,
    destination_metadata,
    function_of,
    functions_of,
)
from services.gateway.api.models import SUCCESS, Done, Input, Output, PagedInput, Pagination
from services.gateway.api.operation import Group
from services.gateway.api.sources import Id, Name, source_of
from shared.errors import PenstockError

DESTINATIONS = Group("Destinations")


class Destination(Output):
    """A destination of the workspace."""

    id: str
    name: str
    enabled: bool
    metadata: DestinationMetadata
    source_id: Annotated[str, Field(description="The first source that is connected with it; empty for none.")]
    source_ids: Annotated[list[str], Field(description="All sources that are connected with it.")]
    settings: dict[str, JsonValue]
    encrypted_settings: Marks


class CreateDestinationInput(Input):
    """A destination to create."""

    source_id: Annotated[Id, Field(description="Source to connect it with, by id or name.")]
    metadata_id: Annotated[str, Field(max_length=128, description="Entry of the catalog: a destination function.")]
    settings: SettingValues
    enabled: bool = True
    name: Annotated[str, Field(max_length=120, description="Its name; the function's when empty.")] = ""


class UpdateDestinationInput(Input):
    """What to change of a destination."""

    destination_id: Id
    name: Name | None = None
    enabled: bool = False
    settings: SettingValues = Field(default_factory=dict)


class DestinationPath(Input):
    """Which destination."""

    destination_id: Id


class DestinationAnswer(Output):
    """A destination."""

    destination: Destination


class DestinationsAnswer(Output):
    """A page of destinations."""

    destinations: list[Destination]
    pagination: Pagination


@DESTINATIONS.on("POST", "/destinations", errors=(404, 409))
async def create_destination(call: Call, sent: CreateDestinationInput) -> DestinationAnswer:
    """Create a destination of a destination function, and connect a source with it."""
    source = await source_of(call, sent.source_id)
    functions, wanted = await functions_of(call), function_of(sent.metadata_id)
    if not wanted:
        raise not_found("The catalog has no such destination.")
    known = functions.get(wanted)
    made = destination_pb2.Destination(
        name=sent.name or (known.display_name if known else wanted),
        function_id=wanted,
        settings=settings_bytes(sent.settings),
    )
    request = destination_pb2.CreateDestinationRequest(destination=made, request_id=call.request_id)
    found = (await call.ask(call.services.destinations.CreateDestination, request)).destination
    try:
        # In this order nothing reaches one that is to start switched off.
        await _switched(call, found, sent.enabled)
        connected = await _connected(call, source.source_id, found.destination_id)
    except PenstockError:
        # Who can repeat the call goes on with what there is: it may have been made by an earlier one.
        if not call.request_id:
            with suppress(PenstockError):
                await _removed(call, found.destination_id)
        raise
    return DestinationAnswer(destination=destination(connected, functions))


@DESTINATIONS.on("GET", "/destinations")
async def list_destinations(call: Call, sent: PagedInput) -> DestinationsAnswer:
    """List destinations in the order of their creation."""
    request = destination_pb2.ListDestinationsRequest(page_size=sent.pagination.count, page_token=sent.pagination.token)
    page = await call.ask(call.services.destinations.ListDestinations, request)
    functions = await functions_of(call)
    return DestinationsAnswer(
        destinations=[destination(each, functions) for each in page.destinations],
        pagination=Pagination.after(sent.pagination, page.next_page_token),
    )


@DESTINATIONS.on("GET", "/destinations/{destinationId}")
async def get_destination(call: Call, sent: DestinationPath) -> DestinationAnswer:
    """Give a destination."""
    found = await destination_of(call, sent.destination_id)
    return DestinationAnswer(destination=destination(found, await functions_of(call)))


@DESTINATIONS.on("PATCH", "/destinations/{destinationId}", errors=(409,))
async def update_destination(call: Call, sent: UpdateDestinationInput) -> DestinationAnswer:
    """Change a destination: of its settings those that are named. A name of `null` leaves the name as it is."""
    given = sent.model_fields_set - ({"name"} if sent.name is None else set())
    paths = [name for name in ("name", "enabled", "settings") if name in given]
    changed = await _updated(call, sent, paths) if paths else await destination_of(call, sent.destination_id)
    return DestinationAnswer(destination=destination(changed, await functions_of(call)))


async def _updated(call: Call, sent: UpdateDestinationInput, paths: Sequence[str]) -> destination_pb2.Destination:
    async def kept() -> Sequence[str]:
        return (await destination_of(call, sent.destination_id)).sensitive_settings

    wanted = destination_pb2.Destination(
        destination_id=sent.destination_id,
        name=sent.name or "",
        enabled=sent.enabled,
        settings=settings_bytes(await without_marks(sent.settings, kept)),
    )
    request = destination_pb2.UpdateDestinationRequest(
        destination=wanted, update_mask=FieldMask(paths=paths), request_id=call.request_id
    )
    return (await call.ask(call.services.destinations.UpdateDestination, request)).destination


@DESTINATIONS.on("DELETE", "/destinations/{destinationId}")
async def delete_destination(call: Call, sent: DestinationPath) -> Done:
    """Remove a destination with its connections and filters; deliveries that wait for it are dropped."""
    await _removed(call, sent.destination_id)
    return SUCCESS


async def destination_of(call: Call, destination_id: str) -> destination_pb2.Destination:
    """Give a destination by id or name. Raises NotFound."""
    request = destination_pb2.GetDestinationRequest(destination_id=destination_id)
    return (await call.ask(call.services.destinations.GetDestination, request)).destination


def destination(found: destination_pb2.Destination, functions: Mapping[str, Function]) -> Destination:
    """Give a destination as it is answered."""
    return Destination(
        id=found.destination_id,
        name=found.name,
        enabled=found.enabled,
        metadata=destination_metadata(found.function_id, functions),
        source_id=next(iter(found.source_ids), ""),
        source_ids=list(found.source_ids),
        settings=settings_of(found.settings),
        encrypted_settings=marks_of(found.sensitive_settings),
    )


async def _switched(call: Call, made: destination_pb2.Destination, enabled: bool) -> None:  # noqa: FBT001 a value
    if made.enabled == enabled:
        return
    wanted = destination_pb2.Destination(destination_id=made.destination_id, enabled=enabled)
    request = destination_pb2.UpdateDestinationRequest(destination=wanted, update_mask=FieldMask(paths=["enabled"]))
    await call.ask(call.services.destinations.UpdateDestination, request)


async def _connected(call: Call, source_id: str, destination_id: str) -> destination_pb2.Destination:
    request = destination_pb2.ConnectSourceRequest(source_id=source_id, destination_id=destination_id)
    return (await call.ask(call.services.destinations.ConnectSource, request)).destination


async def _removed(call: Call, destination_id: str) -> None:
    request = destination_pb2.DeleteDestinationRequest(destination_id=destination_id)
    await call.ask(call.services.destinations.DeleteDestination, request)
