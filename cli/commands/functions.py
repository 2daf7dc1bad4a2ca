"""`penstock functions`: write, test, push and deploy functions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from google.protobuf.field_mask_pb2 import FieldMask
from rich.console import Group

from cli.code_errors import fault_of_code, show_faults
from cli.function_files import FunctionKindOption, FunctionPath, kind_of, read_definitions, read_function
from cli.lazy import new_app
from cli.output import as_dict, table
from cli.session import Session, command
from penstock.config.v1 import config_pb2
from penstock.registry.v1 import function_pb2, function_pb2_grpc
from shared.errors import InvalidArgument, NotFound

app = new_app(
    "Write, test, push and deploy functions.",
    # It runs the sandbox in this process, whose libraries the other commands do not need.
    lazy={"test": "cli.commands.function_test", "types": "cli.commands.function_types"},
)

Name = Annotated[str, typer.Argument(help="Function, by name or id.")]


@app.command("push")
@command
async def push(
    session: Session,
    file: FunctionPath,
    name: Annotated[str, typer.Option("--name", help="Name of the function; the file's name by default.")] = "",
    kind: FunctionKindOption = "",
    settings: Annotated[
        Path | None,
        typer.Option(
            "--settings",
            help="Definitions of its settings, a JSON list; FILE.settings.json or FOLDER/settings.json by default.",
        ),
    ] = None,
    message: Annotated[str, typer.Option("--message", "-m", help="What changed.")] = "",
) -> None:
    """Save a function: a new one, or a new version of the one with this name. What runs stays as it is until deployed.

    TypeScript is compiled, its types are not checked; imports and a folder with a package.json are bundled with the
    packages that they use.

    [bold]penstock functions push shop-orders.js -m "take refunds too"[/]
    """
    source, code = read_function(file, session.output)
    function = function_pb2.Function(
        display_name=name or source.name, code=code, settings=read_definitions(file, settings)
    )
    stub = function_pb2_grpc.FunctionServiceStub(session.channel)
    try:
        saved = await _save(stub, function, lambda: kind_of(kind, source.text), message)
    except InvalidArgument as error:
        invalid = error.detail(function_pb2.InvalidCode)
        if invalid is None:
            raise
        show_faults(session.output, [fault_of_code(invalid.error, file)])
        raise typer.Exit(1) from None
    session.output.show(
        as_dict(saved),
        f"Saved [bold]{saved.display_name}[/] as {saved.latest_version_id} with {', '.join(saved.handlers)}\n"
        f"  [dim]Running instances change with: penstock functions deploy {saved.display_name}[/]",
    )


@app.command("deploy")
@command
async def deploy(
    session: Session,
    function: Name,
    version: Annotated[str, typer.Option("--version", help="Version, ver_…; the newest by default.")] = "",
    instance: Annotated[list[str], typer.Option("--instance", help="Only this instance, ins_…; repeat for more.")] = [],  # noqa: B006 Typer reads it, nobody writes it
) -> None:
    """Make a version the running one, of all instances or of some."""
    request = function_pb2.DeployFunctionRequest(function_id=function, version_id=version, instance_ids=instance)
    answer = await function_pb2_grpc.FunctionServiceStub(session.channel).DeployFunction(request)
    session.output.show(
        as_dict(answer),
        f"Deployed {answer.version_id} to {len(answer.instance_ids)} "
        f"instance{'' if len(answer.instance_ids) == 1 else 's'} of [bold]{function}[/]",
    )


@app.command("list")
@command
async def list_functions(session: Session) -> None:
    """List the functions of the workspace."""
    stub = function_pb2_grpc.FunctionServiceStub(session.channel)
    answer = await stub.ListFunctions(function_pb2.ListFunctionsRequest(page_size=1000))
    session.output.show(
        [as_dict(function) for function in answer.functions],
        table(
            ["NAME", "ID", "KIND", "HANDLERS", "LATEST VERSION"],
            (
                [
                    f.display_name,
                    f.function_id,
                    config_pb2.FunctionKind.Name(f.kind).removeprefix("FUNCTION_KIND_").lower().replace("_", " "),
                    ", ".join(f.handlers),
                    f.latest_version_id,
                ]
                for f in answer.functions
            ),
            empty="No functions yet: penstock functions push FILE",
        ),
    )


@app.command("versions")
@command
async def versions(session: Session, function: Name) -> None:
    """List the versions of a function, the newest first."""
    stub = function_pb2_grpc.FunctionServiceStub(session.channel)
    request = function_pb2.ListFunctionVersionsRequest(function_id=function, page_size=1000)
    answer = await stub.ListFunctionVersions(request)
    session.output.show(
        [as_dict(version) for version in answer.versions],
        table(
            ["NUMBER", "ID", "MADE", "MESSAGE"],
            (
                [str(v.number), v.version_id, v.created_at.ToDatetime().strftime("%Y-%m-%d %H:%M:%SZ"), v.message]
                for v in answer.versions
            ),
            empty="No versions.",
        ),
    )


@app.command("delete")
@command
async def delete(session: Session, function: Name) -> None:
    """Delete a function that no source or destination uses."""
    stub = function_pb2_grpc.FunctionServiceStub(session.channel)
    await stub.DeleteFunction(function_pb2.DeleteFunctionRequest(function_id=function))
    session.output.show({"deleted": function}, Group(f"Deleted [bold]{function}[/]"))


async def _save(
    stub: function_pb2_grpc.FunctionServiceAsyncStub,
    function: function_pb2.Function,
    kind: Callable[[], config_pb2.FunctionKind.ValueType],
    message: str,
) -> function_pb2.Function:
    try:
        found = await stub.GetFunction(function_pb2.GetFunctionRequest(function_id=function.display_name))
    except NotFound:
        function.kind = kind()
        created = await stub.CreateFunction(function_pb2.CreateFunctionRequest(function=function, message=message))
        return created.function
    function.function_id = found.function.function_id
    update = function_pb2.UpdateFunctionRequest(
        function=function, update_mask=FieldMask(paths=["code", "settings"]), message=message
    )
    return (await stub.UpdateFunction(update)).function
