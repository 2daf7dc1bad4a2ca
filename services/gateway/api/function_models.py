"""Functions, as Segment's Public API writes them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from penstock.config.v1 import config_pb2
from penstock.registry.v1 import function_pb2
from services.gateway.api.ids import FunctionId, catalog_id, class_id
from services.gateway.api.models import Input, Output, PagedInput, Pagination, time_text

ResourceType = Literal["SOURCE", "DESTINATION", "INSERT_DESTINATION", "INSERT_SOURCE"]
# Segment's clients know a kind that no function has.
ListedType = Literal["SOURCE", "DESTINATION", "INSERT_DESTINATION", "INSERT_SOURCE", "INSERT_TRANSFORMATION"]
SettingType = Literal["ARRAY", "BOOLEAN", "STRING", "TEXT_MAP"]

Code = Annotated[str, Field(description="The JavaScript.")]
DisplayName = Annotated[str, Field(description="At most 120 characters; the workspace's name behind it is taken off.")]
Description = Annotated[str, Field(description="What it does.")]
LogoUrl = Annotated[str, Field(description="URL of a picture of it.")]


class FunctionSetting(Input):
    """A setting that each instance has a value for."""

    name: str
    label: str
    description: str
    type: SettingType
    required: bool
    sensitive: bool


FunctionSettings = Annotated[list[FunctionSetting], Field(default_factory=list)]


class CreateFunctionInput(Input):
    """A function to create."""

    code: Code
    display_name: DisplayName
    resource_type: ResourceType
    settings: FunctionSettings
    logo_url: LogoUrl = ""
    description: Description = ""


class ListFunctionsInput(PagedInput):
    """Which functions to list."""

    resource_type: ListedType


class FunctionPath(Input):
    """A function."""

    function_id: FunctionId


class UpdateFunctionInput(FunctionPath):
    """What to change of a function; what is not sent stays."""

    code: Code = ""
    display_name: DisplayName = ""
    settings: FunctionSettings
    logo_url: LogoUrl = ""
    description: Description = ""


class FunctionItem(Output):
    """A function of a list."""

    id: str
    resource_type: ResourceType
    created_at: str
    created_by: str
    display_name: str
    description: Description = ""
    logo_url: LogoUrl = ""
    catalog_id: Annotated[str, Field(description="The id without what tells its kind.")]


class Function(FunctionItem):
    """A function."""

    workspace_id: str
    code: Code
    settings: list[FunctionSetting]
    deployed_at: Annotated[str | None, Field(description="When it was last deployed; null before the first time.")]
    is_latest_version: Annotated[bool, Field(description="Whether the newest version is the deployed one.")]
    preview_webhook_url: Literal[""]
    batch_max_count: Literal[0]
    buildpack: Literal[""]


class FunctionAnswer(Output):
    """One function."""

    function: Function


class FunctionsAnswer(Output):
    """A page of functions."""

    functions: list[FunctionItem]
    pagination: Pagination


class Deployment(Output):
    """A deployment that is done."""

    status: Literal["SUCCESS"]


class DeploymentAnswer(Output):
    """A deployment."""

    function_deployment: Deployment


_KINDS: dict[str, config_pb2.FunctionKind.ValueType] = {
    "SOURCE": config_pb2.FUNCTION_KIND_SOURCE,
    "DESTINATION": config_pb2.FUNCTION_KIND_DESTINATION,
    "INSERT_DESTINATION": config_pb2.FUNCTION_KIND_INSERT_DESTINATION,
    "INSERT_SOURCE": config_pb2.FUNCTION_KIND_INSERT_SOURCE,
}
_RESOURCE_TYPES: dict[int, ResourceType] = {
    config_pb2.FUNCTION_KIND_SOURCE: "SOURCE",
    config_pb2.FUNCTION_KIND_DESTINATION: "DESTINATION",
    config_pb2.FUNCTION_KIND_INSERT_DESTINATION: "INSERT_DESTINATION",
    config_pb2.FUNCTION_KIND_INSERT_SOURCE: "INSERT_SOURCE",
}
_SETTING_TYPES: dict[int, SettingType] = {
    function_pb2.SETTING_TYPE_STRING: "STRING",
    function_pb2.SETTING_TYPE_BOOLEAN: "BOOLEAN",
    function_pb2.SETTING_TYPE_ARRAY: "ARRAY",
    function_pb2.SETTING_TYPE_TEXT_MAP: "TEXT_MAP",
}


def kind_of(resource_type: str) -> config_pb2.FunctionKind.ValueType | None:
    """Give the kind of a resource type; None for the one that no function has."""
    return _KINDS.get(resource_type)


def shown_name(name: str, kind: config_pb2.FunctionKind.ValueType, workspace: str) -> str:
    """Give a function's name as Segment shows it: that of its workspace behind it, but for sources."""
    return name if kind == config_pb2.FUNCTION_KIND_SOURCE else f"{name} ({workspace})"


def own_name(shown: str, kind: config_pb2.FunctionKind.ValueType, workspace: str) -> str:
    """Take the workspace's name off again: clients send back what they were shown."""
    return shown if kind == config_pb2.FUNCTION_KIND_SOURCE else shown.removesuffix(f" ({workspace})")


def shown_item(function: function_pb2.Function, workspace: str) -> FunctionItem:
    """Make the item of a list."""
    return FunctionItem(
        id=class_id(function.function_id, function.kind),
        resource_type=_RESOURCE_TYPES[function.kind],
        created_at=time_text(function.created_at),
        created_by=function.created_by,
        display_name=shown_name(function.display_name, function.kind, workspace),
        catalog_id=catalog_id(function.function_id),
        **_texts(function),
    )


def shown_function(function: function_pb2.Function, workspace_id: str, workspace: str) -> Function:
    """Make the function of an answer."""
    deployed_at = time_text(function.deployed_at) if function.HasField("deployed_at") else None
    return Function(
        **shown_item(function, workspace).model_dump(exclude_unset=True),
        workspace_id=workspace_id,
        code=function.code,
        settings=[_shown_setting(setting) for setting in function.settings],
        deployed_at=deployed_at,
        is_latest_version=function.deployed_version_id == function.latest_version_id,
        preview_webhook_url="",
        batch_max_count=0,
        buildpack="",
    )


def definition(
    setting: FunctionSetting, known: function_pb2.SettingDefinition | None
) -> function_pb2.SettingDefinition:
    """Make our definition of a setting. Segment's has no default, so that of the `known` one stays."""
    made = function_pb2.SettingDefinition(
        name=setting.name,
        label=setting.label,
        description=setting.description,
        type=function_pb2.SettingType.Value(f"SETTING_TYPE_{setting.type}"),
        required=setting.required,
        sensitive=setting.sensitive,
    )
    if known and known.type == made.type and not made.sensitive:
        made.default_value = known.default_value
    return made


def _shown_setting(setting: function_pb2.SettingDefinition) -> FunctionSetting:
    return FunctionSetting(
        name=setting.name,
        label=setting.label or setting.name,
        description=setting.description,
        type=_SETTING_TYPES[setting.type],
        required=setting.required,
        sensitive=setting.sensitive,
    )


def _texts(function: function_pb2.Function) -> dict[str, str]:
    """Give the texts that a function may have: what was never given stays away, which Terraform insists on."""
    texts = {"description": function.description, "logo_url": function.logo_url}
    return {name: text for name, text in texts.items() if text}
