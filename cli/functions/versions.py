"""Which function and which version a person means."""

from __future__ import annotations

from typing import Annotated

import typer

from penstock.registry.v1 import function_pb2, function_pb2_grpc
from shared.errors import NotFound

LATEST, DEPLOYED = "LATEST", "DEPLOYED"

FunctionName = Annotated[str, typer.Argument(help="Function, by name or id.", metavar="FUNCTION")]
VERSION_HELP = "by number, by id (ver_…), LATEST or DEPLOYED"


async def get_function(stub: function_pb2_grpc.FunctionServiceAsyncStub, name: str) -> function_pb2.Function:
    """Give a function by name or id. Raises NotFound."""
    return (await stub.GetFunction(function_pb2.GetFunctionRequest(function_id=name))).function


async def get_version(
    stub: function_pb2_grpc.FunctionServiceAsyncStub, function: function_pb2.Function, reference: str
) -> function_pb2.FunctionVersion:
    """Give the version that a person means. Raises typer.BadParameter for what is no version, NotFound."""
    request = function_pb2.GetFunctionVersionRequest(
        function_id=function.function_id, version_id=version_id_of(function, reference)
    )
    try:
        return (await stub.GetFunctionVersion(request)).version
    except NotFound:
        raise NotFound(
            f"{function.display_name} has no version {reference}: see penstock functions versions "
            f"{function.display_name}"
        ) from None


def version_id_of(function: function_pb2.Function, reference: str) -> str:
    """Give the id or number that a reference stands for. Raises typer.BadParameter."""
    word = reference.upper()
    if word == LATEST:
        return function.latest_version_id
    if word == DEPLOYED:
        if not function.deployed_version_id:
            raise typer.BadParameter(f"No version of {function.display_name} has been deployed yet.")
        return function.deployed_version_id
    if reference.isdecimal() or reference.startswith("ver_"):
        return reference
    raise typer.BadParameter(f"{reference!r} names no version: give it {VERSION_HELP}.")


def marks(function: function_pb2.Function, version_id: str) -> str:
    """Tell what a version is to its function: `LATEST`, `DEPLOYED`, both or nothing."""
    told = ((LATEST, function.latest_version_id), (DEPLOYED, function.deployed_version_id))
    return " ".join(word for word, current in told if current == version_id)
