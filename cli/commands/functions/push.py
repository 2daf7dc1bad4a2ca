"""`penstock functions push`: save a function."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from google.protobuf.field_mask_pb2 import FieldMask
from rich.markup import escape

from cli.code_errors import fault_of_code, show_faults
from cli.function_files import FunctionKindOption, FunctionPath, kind_name
from cli.functions.local import LocalFunction, read_function
from cli.functions.versions import get_function
from cli.lazy import new_app
from cli.output import as_dict
from cli.session import Session, command
from penstock.registry.v1 import function_pb2, function_pb2_grpc
from shared.errors import InvalidArgument, NotFound

app = new_app()


@app.command()
@command
async def push(
    session: Session,
    file: FunctionPath,
    name: Annotated[
        str, typer.Option("--name", help="Name of the function; as function.toml says, or the file's by default.")
    ] = "",
    kind: FunctionKindOption = "",
    settings: Annotated[
        Path | None,
        typer.Option(
            "--settings",
            help="Definitions of its settings, a JSON list; FILE.settings.json or FOLDER/settings.json by default, "
            "not where there is a function.toml.",
        ),
    ] = None,
    message: Annotated[str, typer.Option("--message", "-m", help="What changed.")] = "",
) -> None:
    """Save a function: a new one, or a new version of the one with this name. What runs stays as it is until deployed.

    TypeScript is compiled, its types are not checked; imports and a folder with a package.json are bundled with the
    packages that they use. Saving what is saved already changes nothing.

    [bold]penstock functions push shop-orders/ -m "take refunds too"[/]
    """
    local = read_function(file, session.output, kind=kind, name=name, settings=settings)
    stub = function_pb2_grpc.FunctionServiceStub(session.channel)
    try:
        found = await get_function(stub, local.name)
    except NotFound:
        found = None
    try:
        saved, changed = await _save(stub, local, found, message)
    except InvalidArgument as error:
        invalid = error.detail(function_pb2.InvalidCode)
        if invalid is None:
            raise
        show_faults(session.output, [fault_of_code(invalid.error, local.source.path)])
        raise typer.Exit(1) from None
    session.output.show({**as_dict(saved), "changed": changed}, _told(local, found, saved, changed))


async def _save(
    stub: function_pb2_grpc.FunctionServiceAsyncStub,
    local: LocalFunction,
    found: function_pb2.Function | None,
    message: str,
) -> tuple[function_pb2.Function, list[str]]:
    """Save what differs; give the function, and the fields that changed."""
    function = local.message()
    if found is None:
        created = await stub.CreateFunction(function_pb2.CreateFunctionRequest(function=function, message=message))
        return created.function, local.fields
    if found.kind != local.kind and not local.guessed:
        raise typer.BadParameter(
            f"{local.name} is of the kind {kind_name(found.kind)}, and stays so: the kind is fixed at creation. "
            "Push it under another name with --name."
        )
    changed = [field for field in local.fields if getattr(function, field) != getattr(found, field)]
    if not changed:
        return found, []
    function.function_id, function.etag = found.function_id, found.etag
    update = function_pb2.UpdateFunctionRequest(
        function=function, update_mask=FieldMask(paths=changed), message=message
    )
    return (await stub.UpdateFunction(update)).function, changed


def _told(
    local: LocalFunction, found: function_pb2.Function | None, saved: function_pb2.Function, changed: list[str]
) -> str:
    name = escape(saved.display_name)
    if not changed:
        return f"Nothing changed: [bold]{name}[/] is as it was, at {saved.latest_version_id}."
    if found and "code" not in changed:
        return f"Changed {', '.join(changed)} of [bold]{name}[/]; its code stays {saved.latest_version_id}."
    kind = ""
    if found is None:
        guess = ", guessed from its handlers: --kind or a function.toml says otherwise" * local.guessed
        kind = f", of the kind {kind_name(saved.kind)}{guess}"
    return (
        f"Saved [bold]{name}[/] as {saved.latest_version_id} with {', '.join(saved.handlers)}{kind}\n"
        f"  [dim]Running instances change with: penstock functions deploy {name}[/]"
    )
