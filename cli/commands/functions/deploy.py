"""`penstock functions deploy`: make a version the running one."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from cli.functions.versions import LATEST, VERSION_HELP, FunctionName, get_function, get_version
from cli.lazy import new_app
from cli.output import as_dict
from cli.session import Session, command
from penstock.config.v1 import config_pb2
from penstock.registry.v1 import (
    destination_pb2,
    destination_pb2_grpc,
    function_pb2,
    function_pb2_grpc,
    source_pb2,
    source_pb2_grpc,
)

app = new_app()

_IDS = ("ins_", "src_", "dst_")
_OF_SOURCES = (config_pb2.FUNCTION_KIND_SOURCE, config_pb2.FUNCTION_KIND_INSERT_SOURCE)


@app.command()
@command
async def deploy(
    session: Session,
    function: FunctionName,
    version: Annotated[str, typer.Option("--version", help=f"Version, {VERSION_HELP}.")] = LATEST,
    to: Annotated[
        list[str],
        typer.Option(
            "--to",
            "--instance",
            metavar="NAME_OR_ID",
            help="Only to this source or destination, or this instance, ins_…; repeat for more.",
        ),
    ] = [],  # noqa: B006 Typer reads it, nobody writes it
) -> None:
    """Make a version the running one, of all instances or of some. Each changes between two events.

    [bold]penstock functions deploy crm --to staging-crm --version 4[/]
    """
    stub = function_pb2_grpc.FunctionServiceStub(session.channel)
    found = await get_function(stub, function)
    chosen = await get_version(stub, found, version)
    request = function_pb2.DeployFunctionRequest(
        function_id=found.function_id,
        version_id=chosen.version_id,
        instance_ids=[await _id_of(session, found, each) for each in to],
    )
    answer = await stub.DeployFunction(request)
    count = len(answer.instance_ids)
    session.output.show(
        as_dict(answer) | {"number": chosen.number},
        f"Deployed version {chosen.number} ({answer.version_id}) to {count} instance{'s' * (count != 1)} of "
        f"[bold]{escape(found.display_name)}[/]",
    )


async def _id_of(session: Session, function: function_pb2.Function, name: str) -> str:
    """Give the id of a source or destination, whichever the function is for."""
    if name.startswith(_IDS):
        return name
    if function.kind in _OF_SOURCES:
        sources = source_pb2_grpc.SourceServiceStub(session.channel)
        return (await sources.GetSource(source_pb2.GetSourceRequest(source_id=name))).source.source_id
    destinations = destination_pb2_grpc.DestinationServiceStub(session.channel)
    request = destination_pb2.GetDestinationRequest(destination_id=name)
    return (await destinations.GetDestination(request)).destination.destination_id
