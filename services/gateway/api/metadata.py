"""What a source or destination is an instance of, as the catalog describes it: a function of the workspace.

The id of such an entry, a `metadataId`, is the function's id without its prefix, which is a function's `catalogId`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from penstock.registry.v1 import function_pb2
from penstock.registry.v1.function_pb2 import Function, SettingDefinition
from services.gateway.api.call import Call
from services.gateway.api.ids import catalog_id, function_id
from services.gateway.api.models import MAX_COUNT, Output
from shared.errors import PermissionDenied

# Catalog entry of sources that take Segment messages, and run no function.
HTTP_API = "http-api"
_NO_WORD = re.compile(r"[^a-z0-9_]+")


class Logos(Output):
    """Pictures of an entry."""

    default: str


class IntegrationOption(Output):
    """A setting of an entry."""

    name: str
    type: str
    required: bool
    description: str
    label: str


class SourceMetadata(Output):
    """What a source is."""

    id: str
    name: str
    slug: str
    description: str
    logos: Logos
    options: list[IntegrationOption]
    categories: list[str]
    is_cloud_event_source: bool


class Methods(Output):
    """Types of messages that a destination takes."""

    pageview: bool
    identify: bool
    alias: bool
    track: bool
    group: bool


class Platforms(Output):
    """Where a destination's code runs."""

    browser: bool
    server: bool
    mobile: bool


class Features(Output):
    """What can be done with a destination."""

    cloud_mode_instances: Literal["MULTIPLE"]
    device_mode_instances: Literal["NONE"]
    replay: bool
    browser_unbundling: bool
    browser_unbundling_public: bool


class DestinationMetadata(Output):
    """What a destination is."""

    id: str
    name: str
    description: str
    slug: str
    logos: Logos
    options: list[IntegrationOption]
    status: Literal["PUBLIC"]
    previous_names: list[str]
    categories: list[str]
    website: str
    components: list[dict[str, str]]
    supported_features: Features
    supported_methods: Methods
    supported_platforms: Platforms
    actions: list[dict[str, str]]
    presets: list[dict[str, str]]


def function_of(metadata_id: str) -> str:
    """Give the id of the function behind a catalog entry; empty for the entry that has none. Raises ApiError (404)."""
    return "" if metadata_id == HTTP_API else function_id(metadata_id)


def slug_of(name: str) -> str:
    """Give a name as it stands in URLs."""
    return _NO_WORD.sub("-", name.lower()).strip("-") or "-"


async def functions_of(call: Call) -> Mapping[str, Function]:
    """Give the functions of the workspace by id, without code: those that the caller may see."""
    found: dict[str, Function] = {}
    request = function_pb2.ListFunctionsRequest(page_size=MAX_COUNT)
    try:
        while True:
            page = await call.ask(call.services.functions.ListFunctions, request)
            found |= {each.function_id: each for each in page.functions}
            if not page.next_page_token:
                return found
            request.page_token = page.next_page_token
    except PermissionDenied:
        return found


def source_metadata(id: str, functions: Mapping[str, Function]) -> SourceMetadata:  # noqa: A002 of a function
    """Describe a source by its function's id; by little where the caller may not see functions."""
    known = functions.get(id, Function(function_id=id, display_name="" if id else "HTTP API"))
    return SourceMetadata(
        id=catalog_id(known.function_id) or HTTP_API,
        name=known.display_name,
        slug=slug_of(known.display_name),
        description=known.description or ("" if id else "Takes Segment messages."),
        logos=Logos(default=known.logo_url),
        options=[_option(each) for each in known.settings],
        categories=["Custom"],
        is_cloud_event_source=False,
    )


def destination_metadata(id: str, functions: Mapping[str, Function]) -> DestinationMetadata:  # noqa: A002 of a function
    """Describe a destination by its function's id; by little where the caller may not see functions."""
    known = functions.get(id, Function(function_id=id))
    return DestinationMetadata(
        id=catalog_id(known.function_id),
        name=known.display_name,
        description=known.description,
        slug=slug_of(known.display_name),
        logos=Logos(default=known.logo_url),
        options=[_option(each) for each in known.settings],
        status="PUBLIC",
        previous_names=[],
        categories=["Custom"],
        website="",
        components=[],
        supported_features=_FEATURES,
        supported_methods=_methods(known),
        supported_platforms=Platforms(browser=False, server=True, mobile=False),
        actions=[],
        presets=[],
    )


_FEATURES = Features(
    cloud_mode_instances="MULTIPLE",
    device_mode_instances="NONE",
    replay=True,
    browser_unbundling=False,
    browser_unbundling_public=False,
)


def _methods(function: Function) -> Methods:
    handlers = set(function.handlers)
    names: dict[str, Any] = {
        "pageview" if name == "page" else name: f"on{name.capitalize()}" in handlers
        for name in ("page", "identify", "alias", "track", "group")
    }
    return Methods(**names)


def _option(setting: SettingDefinition) -> IntegrationOption:
    kind = function_pb2.SettingType.Name(setting.type).removeprefix("SETTING_TYPE_")
    return IntegrationOption(
        name=setting.name,
        type=kind.lower().replace("_", "-"),
        required=setting.required,
        description=setting.description,
        label=setting.label or setting.name,
    )
