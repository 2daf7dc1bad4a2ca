"""Sources, and the write keys that open them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from google.protobuf.field_mask_pb2 import FieldMask
from pydantic import Field, JsonValue

from penstock.registry.v1 import source_pb2
from penstock.registry.v1.function_pb2 import Function
from services.gateway.api.call import Call
from services.gateway.api.instances import (
    Label,
    Marks,
    SettingValues,
    marks_of,
    settings_bytes,
    settings_of,
    without_marks,
)
from services.gateway.api.metadata import SourceMetadata, function_of, functions_of, slug_of, source_metadata
from services.gateway.api.models import SUCCESS, Done, Input, Output, PagedInput, Pagination
from services.gateway.api.operation import Group

SOURCES = Group("Sources")
Id = Annotated[str, Field(max_length=128, description="Id or name.")]
Name = Annotated[str, Field(min_length=1, max_length=120)]


class Source(Output):
    """A source of the workspace."""

    id: str
    slug: Annotated[str, Field(description="The name as it stands in URLs.")]
    name: str
    metadata: SourceMetadata
    workspace_id: str
    enabled: bool
    write_keys: Annotated[
        list[str], Field(description="Ids of its keys, with which they are removed; a key itself when it is made.")
    ]
    settings: dict[str, JsonValue]
    encrypted_settings: Marks
    labels: list[Label]


class CreateSourceInput(Input):
    """A source to create."""

    slug: Annotated[Name, Field(description="Its name, unless that is given.")]
    enabled: bool
    metadata_id: Annotated[str, Field(max_length=128, description="Entry of the catalog: a function, or `http-api`.")]
    settings: SettingValues = Field(default_factory=dict)
    name: Annotated[str, Field(max_length=120, description="Its name; the slug when empty.")] = ""


class UpdateSourceInput(Input):
    """What to change of a source."""

    source_id: Id
    name: Name = ""
    slug: Annotated[Name, Field(description="Its name, unless that is given.")] = ""
    enabled: bool = False
    settings: SettingValues = Field(default_factory=dict)


class SourcePath(Input):
    """Which source."""

    source_id: Id


class WriteKeyPath(Input):
    """Which key of which source."""

    source_id: Id
    write_key: Annotated[str, Field(max_length=256, description="Its id, or the key itself.")]


class SourceAnswer(Output):
    """A source."""

    source: Source


class GetSourceAnswer(Output):
    """A source. Tracking plans there are none."""

    source: Source
    tracking_plan_id: None


class SourcesAnswer(Output):
    """A page of sources."""

    sources: list[Source]
    pagination: Pagination


@SOURCES.on("POST", "/sources", status=201, errors=(404, 409))
async def create_source(call: Call, sent: CreateSourceInput) -> SourceAnswer:
    """Create a source. Its write key is in this answer alone; it is stored nowhere."""
    wanted = source_pb2.Source(
        name=sent.name or sent.slug,
        function_id=function_of(sent.metadata_id),
        settings=settings_bytes(sent.settings),
    )
    request = source_pb2.CreateSourceRequest(source=wanted, request_id=call.request_id)
    made = await call.ask(call.services.sources.CreateSource, request)
    found = made.source if sent.enabled else await _switched_off(call, made.source)
    return SourceAnswer(source=_source(call, found, await functions_of(call), key=made.token))


@SOURCES.on("GET", "/sources")
async def list_sources(call: Call, sent: PagedInput) -> SourcesAnswer:
    """List sources in the order of their creation."""
    request = source_pb2.ListSourcesRequest(page_size=sent.pagination.count, page_token=sent.pagination.token)
    page = await call.ask(call.services.sources.ListSources, request)
    functions = await functions_of(call)
    return SourcesAnswer(
        sources=[_source(call, each, functions) for each in page.sources],
        pagination=Pagination.after(sent.pagination, page.next_page_token),
    )


@SOURCES.on("GET", "/sources/{sourceId}")
async def get_source(call: Call, sent: SourcePath) -> GetSourceAnswer:
    """Give a source."""
    found = await source_of(call, sent.source_id)
    return GetSourceAnswer(source=_source(call, found, await functions_of(call)), tracking_plan_id=None)


@SOURCES.on("PATCH", "/sources/{sourceId}", errors=(409,))
async def update_source(call: Call, sent: UpdateSourceInput) -> SourceAnswer:
    """Change a source: of its settings those that are named."""
    names = {"name": "name", "slug": "name", "enabled": "enabled", "settings": "settings"}
    paths = sorted({names[field] for field in sent.model_fields_set & names.keys()})
    changed = await _updated(call, sent, paths) if paths else await source_of(call, sent.source_id)
    return SourceAnswer(source=_source(call, changed, await functions_of(call)))


async def _updated(call: Call, sent: UpdateSourceInput, paths: Sequence[str]) -> source_pb2.Source:
    async def kept() -> Sequence[str]:
        return (await source_of(call, sent.source_id)).sensitive_settings

    wanted = source_pb2.Source(
        source_id=sent.source_id,
        name=sent.name or sent.slug,
        enabled=sent.enabled,
        settings=settings_bytes(await without_marks(sent.settings, kept)),
    )
    request = source_pb2.UpdateSourceRequest(
        source=wanted, update_mask=FieldMask(paths=paths), request_id=call.request_id
    )
    return (await call.ask(call.services.sources.UpdateSource, request)).source


@SOURCES.on("DELETE", "/sources/{sourceId}")
async def delete_source(call: Call, sent: SourcePath) -> Done:
    """Remove a source with its keys and connections; events that wait for it are dropped."""
    await call.ask(call.services.sources.DeleteSource, source_pb2.DeleteSourceRequest(source_id=sent.source_id))
    return SUCCESS


@SOURCES.on("POST", "/sources/{sourceId}/writekey", since="v1alpha", errors=(409,))
async def create_write_key_for_source(call: Call, sent: SourcePath) -> SourceAnswer:
    """Make one more write key. It is the last of `writeKeys` in this answer alone; it is stored nowhere."""
    request = source_pb2.CreateWriteKeyRequest(source_id=sent.source_id)
    made = await call.ask(call.services.sources.CreateWriteKey, request)
    return SourceAnswer(source=_source(call, made.source, await functions_of(call), key=made.token))


@SOURCES.on("DELETE", "/sources/{sourceId}/writekey/{writeKey}", since="v1alpha")
async def remove_write_key_from_source(call: Call, sent: WriteKeyPath) -> Done:
    """Remove a write key; it opens nothing within a second."""
    request = source_pb2.DeleteWriteKeyRequest(source_id=sent.source_id, token=sent.write_key)
    await call.ask(call.services.sources.DeleteWriteKey, request)
    return SUCCESS


async def source_of(call: Call, source_id: str) -> source_pb2.Source:
    """Give a source by id or name. Raises NotFound."""
    request = source_pb2.GetSourceRequest(source_id=source_id)
    return (await call.ask(call.services.sources.GetSource, request)).source


async def _switched_off(call: Call, source: source_pb2.Source) -> source_pb2.Source:
    wanted = source_pb2.Source(source_id=source.source_id, enabled=False)
    request = source_pb2.UpdateSourceRequest(source=wanted, update_mask=FieldMask(paths=["enabled"]))
    return (await call.ask(call.services.sources.UpdateSource, request)).source


def _source(call: Call, source: source_pb2.Source, functions: Mapping[str, Function], *, key: str = "") -> Source:
    keys = [each.token_id for each in sorted(source.write_keys, key=lambda each: each.created_at.ToNanoseconds())]
    return Source(
        id=source.source_id,
        slug=slug_of(source.name),
        name=source.name,
        metadata=source_metadata(source.function_id, functions),
        workspace_id=call.actor.workspace_id,
        enabled=source.enabled,
        # The newest is the one just made.
        write_keys=[*keys[:-1], key] if key else keys,
        settings=settings_of(source.settings),
        encrypted_settings=marks_of(source.sensitive_settings),
        labels=[],
    )
