"""`penstock destinations`: the places that messages go to."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.lazy import new_app
from cli.output import as_dict, table
from cli.session import Session, command
from cli.settings_input import Set, parse_settings
from penstock.registry.v1 import destination_pb2, destination_pb2_grpc

app = new_app("Create, list and delete destinations: the places that messages go to.")


@app.command("create")
@command
async def create(
    session: Session,
    name: Annotated[str, typer.Argument(help="Name of the destination; its key in the integrations object.")],
    function: Annotated[str, typer.Option("--function", help="Destination function (name or id).")],
    settings: Set = [],  # noqa: B006 Typer reads it, nobody writes it
) -> None:
    """Create a destination that runs a destination function.

    [bold]penstock destinations create crm --function crm --set endpoint=https://crm.example --set apiKey=env:CRM_KEY[/]
    """
    destination = destination_pb2.Destination(name=name, function_id=function, settings=parse_settings(settings))
    stub = destination_pb2_grpc.DestinationServiceStub(session.channel)
    made = await stub.CreateDestination(destination_pb2.CreateDestinationRequest(destination=destination))
    session.output.show(
        as_dict(made.destination),
        f"Destination [bold]{made.destination.name}[/] ({made.destination.destination_id})\n"
        f"  [dim]Lead events to it: penstock connect SOURCE {made.destination.name}[/]",
    )


@app.command("list")
@command
async def list_destinations(session: Session) -> None:
    """List the destinations of the workspace."""
    stub = destination_pb2_grpc.DestinationServiceStub(session.channel)
    answer = await stub.ListDestinations(destination_pb2.ListDestinationsRequest(page_size=1000))
    session.output.show(
        [as_dict(destination) for destination in answer.destinations],
        table(
            ["NAME", "ID", "FUNCTION", "VERSION", "SOURCES", "ENABLED"],
            (
                [
                    d.name,
                    d.destination_id,
                    d.function_id,
                    d.version_id,
                    str(len(d.source_ids)),
                    "yes" if d.enabled else "no",
                ]
                for d in answer.destinations
            ),
            empty="No destinations yet: penstock destinations create NAME --function FUNCTION",
        ),
    )


@app.command("delete")
@command
async def delete(
    session: Session, destination: Annotated[str, typer.Argument(help="Destination, by name or id.")]
) -> None:
    """Delete a destination, its connections, and what waits for it."""
    stub = destination_pb2_grpc.DestinationServiceStub(session.channel)
    await stub.DeleteDestination(destination_pb2.DeleteDestinationRequest(destination_id=destination))
    session.output.show({"deleted": destination}, f"Deleted [bold]{destination}[/]")
