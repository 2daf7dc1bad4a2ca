"""`penstock functions restore`: an old version on top again."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from cli.functions.versions import VERSION_HELP, FunctionName, get_function, get_version
from cli.lazy import new_app
from cli.output import as_dict
from cli.session import Session, command
from penstock.registry.v1 import function_pb2, function_pb2_grpc

app = new_app()


@app.command()
@command
async def restore(
    session: Session,
    function: FunctionName,
    version: Annotated[str, typer.Argument(help=f"Version to copy, {VERSION_HELP}.")],
    message: Annotated[str, typer.Option("--message", "-m", help="What to say of the new version.")] = "",
) -> None:
    """Copy the code of an old version into a new one on top. What runs stays as it is until deployed.

    [bold]penstock functions restore crm 3[/] and then [bold]penstock functions deploy crm[/]
    """
    stub = function_pb2_grpc.FunctionServiceStub(session.channel)
    found = await get_function(stub, function)
    old = await get_version(stub, found, version)
    request = function_pb2.RestoreFunctionVersionRequest(
        function_id=found.function_id, version_id=old.version_id, message=message, etag=found.etag
    )
    new = (await stub.RestoreFunctionVersion(request)).version
    name = escape(found.display_name)
    session.output.show(
        as_dict(new),
        f"Version {new.number} ({new.version_id}) of [bold]{name}[/] is version {old.number} again\n"
        f"  [dim]Running instances change with: penstock functions deploy {name}[/]",
    )
