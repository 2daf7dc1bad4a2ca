"""Destination filters."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal, cast

from google.protobuf.field_mask_pb2 import FieldMask
from pydantic import BeforeValidator, Field, JsonValue

from penstock.config.v1 import config_pb2
from penstock.registry.v1 import filter_pb2
from services.gateway.api.call import Call
from services.gateway.api.models import SUCCESS, Done, Input, Output, PagedInput, Pagination, time_text
from services.gateway.api.operation import Group
from services.gateway.api.sources import Id

FILTERS = Group("Destination Filters")
_PREFIX = "FILTER_ACTION_TYPE_"
ActionType = Literal["ALLOW_PROPERTIES", "DROP", "DROP_PROPERTIES", "SAMPLE"]


def _keys(value: Any) -> Any:
    """Take `{"fields": […]}` for a list of keys, as Segment's examples write it."""
    if isinstance(value, dict) and set(cast("dict[str, Any]", value)) == {"fields"}:
        return cast("dict[str, Any]", value)["fields"]
    return cast("Any", value)


Keys = Annotated[list[Annotated[str, Field(max_length=1024)]], BeforeValidator(_keys), Field(min_length=1)]
Title = Annotated[str, Field(min_length=1, max_length=64)]
Description = Annotated[str, Field(max_length=1024)]
Condition = Annotated[
    str, Field(alias="if", min_length=1, max_length=5120, description="FQL, or `all`: which messages it acts on.")
]


class ActionInput(Input):
    """Something that a filter does."""

    type: ActionType
    fields: Annotated[
        dict[str, Keys], Field(description='Keys by the path of the object that holds them; `""` is the message.')
    ] = Field(default_factory=dict)
    percent: Annotated[float, Field(ge=0, le=1, description="Part of the messages that passes a `SAMPLE`.")] = 0
    path: Annotated[str, Field(max_length=1024, description="Field whose value decides who passes a `SAMPLE`.")] = ""


Actions = Annotated[list[ActionInput], Field(min_length=1, max_length=4)]


class Action(Output):
    """Something that a filter does."""

    type: ActionType
    fields: dict[str, list[str]] = Field(default_factory=dict)
    percent: float = 0
    path: str = ""


class Filter(Output):
    """A filter of a destination."""

    id: str
    source_id: Annotated[str, Field(description="Source whose messages it looks at; empty for all.")]
    destination_id: str
    condition: Annotated[str, Field(alias="if")]
    actions: list[Action]
    title: str
    description: str
    enabled: bool
    created_at: str
    updated_at: str


class CreateFilterInput(Input):
    """A filter to add."""

    destination_id: Id
    source_id: Annotated[Id, Field(description="Source whose messages it looks at; empty for all.")] = ""
    condition: Condition
    actions: Actions
    title: Title
    description: Description = ""
    enabled: bool


class FilterPath(Input):
    """Which filter of which destination."""

    destination_id: Id
    filter_id: Id


class UpdateFilterInput(FilterPath):
    """What to change of a filter."""

    condition: Condition = "all"
    actions: Actions = Field(default_factory=list[ActionInput])
    title: Title = "-"
    description: Description | None = None
    enabled: bool = False


class FiltersInput(PagedInput):
    """Of which destination."""

    destination_id: Id


class TriedFilter(Input):
    """A filter to try."""

    condition: Condition
    actions: Actions


class PreviewFilterInput(Input):
    """A filter, and a message to try it on."""

    filter: TriedFilter
    payload: Annotated[dict[str, JsonValue], Field(description="A Segment message.")]


class FilterAnswer(Output):
    """A filter."""

    filter: Filter


class FiltersAnswer(Output):
    """A page of filters."""

    filters: list[Filter]
    pagination: Pagination


class PreviewAnswer(Output):
    """What a filter makes of a message."""

    input_payload: dict[str, JsonValue]
    result: Annotated[dict[str, JsonValue] | None, Field(description="The message as it goes on; `null` when dropped.")]


@FILTERS.on("POST", "/destination/{destinationId}/filters", errors=(409,))
async def create_filter_for_destination(call: Call, sent: CreateFilterInput) -> FilterAnswer:
    """Add a filter to a destination, which takes 10."""
    wanted = filter_pb2.Filter(
        destination_id=sent.destination_id,
        source_id=sent.source_id,
        title=sent.title,
        description=sent.description,
        condition=sent.condition,
        actions=_actions(sent.actions),
        enabled=sent.enabled,
    )
    request = filter_pb2.CreateFilterRequest(filter=wanted, request_id=call.request_id)
    return FilterAnswer(filter=_filter((await call.ask(call.services.filters.CreateFilter, request)).filter))


@FILTERS.on("GET", "/destination/{destinationId}/filters")
async def list_filters_from_destination(call: Call, sent: FiltersInput) -> FiltersAnswer:
    """List the filters of a destination in the order of their creation."""
    request = filter_pb2.ListFiltersRequest(
        destination_id=sent.destination_id, page_size=sent.pagination.count, page_token=sent.pagination.token
    )
    page = await call.ask(call.services.filters.ListFilters, request)
    return FiltersAnswer(
        filters=[_filter(each) for each in page.filters],
        pagination=Pagination.after(sent.pagination, page.next_page_token),
    )


@FILTERS.on("GET", "/destination/{destinationId}/filters/{filterId}")
async def get_filter_in_destination(call: Call, sent: FilterPath) -> FilterAnswer:
    """Give a filter."""
    request = filter_pb2.GetFilterRequest(destination_id=sent.destination_id, filter_id=sent.filter_id)
    return FilterAnswer(filter=_filter((await call.ask(call.services.filters.GetFilter, request)).filter))


@FILTERS.on("PATCH", "/destination/{destinationId}/filters/{filterId}", errors=(409,))
async def update_filter_for_destination(call: Call, sent: UpdateFilterInput) -> FilterAnswer:
    """Change a filter; messages that were routed before have passed."""
    names = ("title", "description", "condition", "actions", "enabled")
    paths = [name for name in names if name in sent.model_fields_set]
    if not paths:
        return await get_filter_in_destination(call, sent)
    wanted = filter_pb2.Filter(
        destination_id=sent.destination_id,
        filter_id=sent.filter_id,
        title=sent.title,
        description=sent.description or "",
        condition=sent.condition,
        actions=_actions(sent.actions),
        enabled=sent.enabled,
    )
    request = filter_pb2.UpdateFilterRequest(
        filter=wanted, update_mask=FieldMask(paths=paths), request_id=call.request_id
    )
    return FilterAnswer(filter=_filter((await call.ask(call.services.filters.UpdateFilter, request)).filter))


@FILTERS.on("DELETE", "/destination/{destinationId}/filters/{filterId}")
async def remove_filter_from_destination(call: Call, sent: FilterPath) -> Done:
    """Remove a filter."""
    request = filter_pb2.DeleteFilterRequest(destination_id=sent.destination_id, filter_id=sent.filter_id)
    await call.ask(call.services.filters.DeleteFilter, request)
    return SUCCESS


@FILTERS.on("POST", "/destination/filters/preview")
async def preview_destination_filter(call: Call, sent: PreviewFilterInput) -> PreviewAnswer:
    """Tell what a filter would make of a message; nothing is stored or sent."""
    tried = filter_pb2.Filter(condition=sent.filter.condition, actions=_actions(sent.filter.actions))
    request = filter_pb2.PreviewFilterRequest(filter=tried, message=json.dumps(sent.payload).encode())
    answer = await call.ask(call.services.filters.PreviewFilter, request)
    return PreviewAnswer(input_payload=sent.payload, result=json.loads(answer.message) if answer.message else None)


def _actions(actions: Sequence[ActionInput]) -> list[config_pb2.FilterAction]:
    return [
        config_pb2.FilterAction(
            type=config_pb2.FilterActionType.Value(_PREFIX + action.type),
            fields={path: config_pb2.PropertyNames(names=names) for path, names in action.fields.items()},
            percent=action.percent,
            path=action.path,
        )
        for action in actions
    ]


def _action(action: config_pb2.FilterAction) -> Action:
    kind = config_pb2.FilterActionType.Name(action.type).removeprefix(_PREFIX)
    made = Action.model_construct(type=cast("ActionType", kind))
    if action.fields:
        made.fields = {path: list(keys.names) for path, keys in action.fields.items()}
    if kind == "SAMPLE":
        made.percent = action.percent
    if action.path:
        made.path = action.path
    return made


def _filter(found: filter_pb2.Filter) -> Filter:
    return Filter(
        id=found.filter_id,
        source_id=found.source_id,
        destination_id=found.destination_id,
        condition=found.condition,
        actions=[_action(each) for each in found.actions],
        title=found.title,
        description=found.description,
        enabled=found.enabled,
        created_at=time_text(found.created_at),
        updated_at=time_text(found.updated_at),
    )
