"""The catalog: what sources and destinations can be made of, which is the workspace's own functions."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field

from penstock.config.v1 import config_pb2
from penstock.registry.v1.function_pb2 import Function
from services.gateway.api.call import Call
from services.gateway.api.errors import invalid, not_found
from services.gateway.api.metadata import (
    DestinationMetadata,
    SourceMetadata,
    destination_metadata,
    function_of,
    functions_of,
    source_metadata,
)
from services.gateway.api.models import FIRST_CURSOR, Input, Output, Page, PagedInput, Pagination
from services.gateway.api.operation import Group

CATALOG = Group("Catalog")


class SourceMetadataPath(Input):
    """Which entry."""

    source_metadata_id: Annotated[str, Field(max_length=128, description="A `metadataId`.")]


class DestinationMetadataPath(Input):
    """Which entry."""

    destination_metadata_id: Annotated[str, Field(max_length=128, description="A `metadataId`.")]


class SourcesCatalogAnswer(Output):
    """A page of entries."""

    sources_catalog: list[SourceMetadata]
    pagination: Pagination


class DestinationsCatalogAnswer(Output):
    """A page of entries."""

    destinations_catalog: list[DestinationMetadata]
    pagination: Pagination


class SourceMetadataAnswer(Output):
    """One entry."""

    source_metadata: SourceMetadata


class DestinationMetadataAnswer(Output):
    """One entry."""

    destination_metadata: DestinationMetadata


@CATALOG.on("GET", "/catalog/sources")
async def get_sources_catalog(call: Call, sent: PagedInput) -> SourcesCatalogAnswer:
    """List what a source can be made of: the workspace's source functions, and `http-api`, which takes messages."""
    functions = await functions_of(call)
    ids, pagination = _page(["", *_of_kind(functions, config_pb2.FUNCTION_KIND_SOURCE)], sent.pagination)
    return SourcesCatalogAnswer(
        sources_catalog=[source_metadata(each, functions) for each in ids], pagination=pagination
    )


@CATALOG.on("GET", "/catalog/sources/{sourceMetadataId}")
async def get_source_metadata(call: Call, sent: SourceMetadataPath) -> SourceMetadataAnswer:
    """Give an entry of the catalog of sources."""
    functions, wanted = await functions_of(call), function_of(sent.source_metadata_id)
    if wanted not in ["", *_of_kind(functions, config_pb2.FUNCTION_KIND_SOURCE)]:
        raise not_found("The catalog has no such source.")
    return SourceMetadataAnswer(source_metadata=source_metadata(wanted, functions))


@CATALOG.on("GET", "/catalog/destinations")
async def get_destinations_catalog(call: Call, sent: PagedInput) -> DestinationsCatalogAnswer:
    """List what a destination can be made of: the workspace's destination functions."""
    functions = await functions_of(call)
    ids, pagination = _page(_of_kind(functions, config_pb2.FUNCTION_KIND_DESTINATION), sent.pagination)
    return DestinationsCatalogAnswer(
        destinations_catalog=[destination_metadata(each, functions) for each in ids], pagination=pagination
    )


@CATALOG.on("GET", "/catalog/destinations/{destinationMetadataId}")
async def get_destination_metadata(call: Call, sent: DestinationMetadataPath) -> DestinationMetadataAnswer:
    """Give an entry of the catalog of destinations."""
    functions, wanted = await functions_of(call), function_of(sent.destination_metadata_id)
    if wanted not in _of_kind(functions, config_pb2.FUNCTION_KIND_DESTINATION):
        raise not_found("The catalog has no such destination.")
    return DestinationMetadataAnswer(destination_metadata=destination_metadata(wanted, functions))


def _of_kind(functions: Mapping[str, Function], kind: config_pb2.FunctionKind.ValueType) -> list[str]:
    return [function.function_id for function in functions.values() if function.kind == kind]


def _page(all_of_them: Sequence[str], page: Page) -> tuple[Sequence[str], Pagination]:
    """Give a page of what is at hand as a whole; its cursor is an offset."""
    start = _offset(page.token)
    end = start + page.count
    current = page.cursor or FIRST_CURSOR
    if end >= len(all_of_them):
        return all_of_them[start:], Pagination(current=current)
    return all_of_them[start:end], Pagination(current=current, next=base64.b64encode(str(end).encode()).decode())


def _offset(cursor: str) -> int:
    try:
        return int(base64.b64decode(cursor, validate=True) or b"0")
    except ValueError:
        raise invalid("pagination.cursor", "is no cursor of this list") from None
