"""`penstock functions delete`: a function that nothing uses."""

from __future__ import annotations

from rich.markup import escape

from cli.confirming import Yes, confirm
from cli.functions.versions import FunctionName
from cli.lazy import new_app
from cli.session import Session, command
from penstock.registry.v1 import function_pb2, function_pb2_grpc

app = new_app()


@app.command()
@command
async def delete(session: Session, function: FunctionName, yes: Yes = False) -> None:  # noqa: FBT002 Typer passes by name
    """Delete a function that no source or destination uses, and all its versions."""
    confirm(session, f"Delete {function}, and all its versions?", yes=yes)
    stub = function_pb2_grpc.FunctionServiceStub(session.channel)
    await stub.DeleteFunction(function_pb2.DeleteFunctionRequest(function_id=function))
    session.output.show({"deleted": function}, f"Deleted [bold]{escape(function)}[/]")
