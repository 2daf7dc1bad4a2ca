"""`penstock connect`: lead a source's messages to a destination."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.lazy import new_app
from cli.output import as_dict
from cli.session import Session, command
from penstock.registry.v1 import destination_pb2, destination_pb2_grpc

app = new_app()


@app.command()
@command
async def connect(
    session: Session,
    source: Annotated[str, typer.Argument(help="Source, by name or id.")],
    destination: Annotated[str, typer.Argument(help="Destination, by name or id.")],
) -> None:
    """Lead the messages of a source to a destination."""
    stub = destination_pb2_grpc.DestinationServiceStub(session.channel)
    request = destination_pb2.ConnectSourceRequest(source_id=source, destination_id=destination)
    answer = await stub.ConnectSource(request)
    session.output.show(as_dict(answer.destination), f"Connected: [bold]{source}[/] → [bold]{destination}[/]")
