"""The versions of a function."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from penstock.registry.v1 import function_pb2
from services.gateway.api.call import Call
from services.gateway.api.function_models import FunctionPath
from services.gateway.api.functions import find_function
from services.gateway.api.ids import FunctionId, function_id
from services.gateway.api.models import Output, PagedInput, Pagination, time_text
from services.gateway.api.operation import Group

VERSIONS = Group("Functions")
VersionId = Annotated[str, Field(description="`ver_…`, or its number.", min_length=1)]


class ListVersionsInput(PagedInput):
    """Whose versions to list."""

    function_id: FunctionId


class VersionPath(FunctionPath):
    """A version of a function."""

    version_id: VersionId


class RestoreInput(FunctionPath):
    """Which version to put on top again."""

    version_id: VersionId


class Version(Output):
    """A version of a function."""

    id: str
    code: str
    author: str
    is_deployed: Annotated[bool, Field(description="Whether it is the version that was deployed last.")]
    created_at: str
    updated_at: str
    deployed_at: Annotated[str, Field(description="When it was last deployed; absent when it never was.")] = ""


class VersionAnswer(Output):
    """One version."""

    version: Version


class VersionsAnswer(Output):
    """A page of versions."""

    versions: list[Version]
    pagination: Pagination


@VERSIONS.on("GET", "/functions/{functionId}/versions", since="v1alpha")
async def list_function_versions(call: Call, sent: ListVersionsInput) -> VersionsAnswer:
    """List the versions of a function with their code, the newest first."""
    page, function = sent.pagination, await find_function(call, sent.function_id)
    request = function_pb2.ListFunctionVersionsRequest(
        function_id=function.function_id, page_size=page.count, page_token=page.token
    )
    found = await call.ask(call.services.functions.ListFunctionVersions, request)
    return VersionsAnswer(
        versions=[_shown(version, function) for version in found.versions],
        pagination=Pagination.after(page, found.next_page_token),
    )


@VERSIONS.on("GET", "/functions/{functionId}/versions/{versionId}", since="v1alpha")
async def get_function_version(call: Call, sent: VersionPath) -> VersionAnswer:
    """Give a version of a function."""
    function = await find_function(call, sent.function_id)
    request = function_pb2.GetFunctionVersionRequest(function_id=function.function_id, version_id=sent.version_id)
    version = (await call.ask(call.services.functions.GetFunctionVersion, request)).version
    return VersionAnswer(version=_shown(version, function))


# Segment's clients post to `/versions`, its documentation says `/restore`.
@VERSIONS.on(
    "POST",
    "/functions/{functionId}/versions",
    aliases=["/functions/{functionId}/restore"],
    since="v1alpha",
    errors=(409,),
)
async def restore_function_version(call: Call, sent: RestoreInput) -> VersionAnswer:
    """Copy an old version on top of the others. It runs nowhere until it is deployed."""
    request = function_pb2.RestoreFunctionVersionRequest(
        function_id=function_id(sent.function_id), version_id=sent.version_id, request_id=call.request_id
    )
    restored = await call.ask(call.services.functions.RestoreFunctionVersion, request)
    return VersionAnswer(version=_shown(restored.version, restored.function))


def _shown(version: function_pb2.FunctionVersion, function: function_pb2.Function) -> Version:
    shown = Version(
        id=version.version_id,
        code=version.code,
        author=version.author,
        is_deployed=version.version_id == function.deployed_version_id,
        created_at=time_text(version.created_at),
        updated_at=time_text(version.created_at),
    )
    if version.HasField("deployed_at"):
        shown.deployed_at = shown.updated_at = time_text(version.deployed_at)
    return shown
