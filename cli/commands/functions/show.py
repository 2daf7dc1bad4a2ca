"""`penstock functions show`: one function."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.markup import escape

from cli.function_files import kind_name
from cli.functions.instances import Instance, all_instances
from cli.functions.manifest import manifest_of, type_name
from cli.functions.versions import VERSION_HELP, FunctionName, get_function, get_version, marks
from cli.lazy import new_app
from cli.output import as_dict, table
from cli.session import Session, command
from penstock.registry.v1 import function_pb2, function_pb2_grpc
from shared.errors import PermissionDenied

app = new_app()


@app.command()
@command
async def show(
    session: Session,
    function: FunctionName,
    version: Annotated[str, typer.Option("--code", metavar="VERSION", help=f"Print its code: {VERSION_HELP}.")] = "",
) -> None:
    """Show a function: its settings, and what runs where.

    [bold]penstock functions show crm --code DEPLOYED > crm.js[/]
    """
    stub = function_pb2_grpc.FunctionServiceStub(session.channel)
    found = await get_function(stub, function)
    if version:
        chosen = await get_version(stub, found, version)
        if session.output.as_json:
            session.output.show(as_dict(chosen), "")
        else:
            session.output.console.file.write(chosen.code)
        return
    instances = [each for each in await _instances(session) if each.function_id == found.function_id]
    runs = [{"instance_id": i.instance_id, "place": i.place, "version_id": i.version_id} for i in instances]
    session.output.show(as_dict(found) | {"instances": runs}, Group(*_parts(found, instances)))


async def _instances(session: Session) -> list[Instance]:
    try:
        return await all_instances(session.channel)
    except PermissionDenied:
        return []


def _parts(function: function_pb2.Function, instances: list[Instance]) -> list[RenderableType]:
    f = function
    rows = [
        ("Function", f"{escape(f.display_name)}  [dim]{f.function_id}[/]"),
        ("Kind", kind_name(f.kind)),
        ("Description", escape(f.description)),
        ("Logo", escape(f.logo_url)),
        ("Handlers", ", ".join(f.handlers)),
        ("Isolation", manifest_of(f).isolation),
        ("LATEST", f.latest_version_id),
        ("DEPLOYED", f.deployed_version_id or "[dim]never[/]"),
        ("Code", f"{len(f.code.encode()):,} bytes"),
    ]
    parts: list[RenderableType] = [table(["", ""], [row for row in rows if row[1]], empty="")]
    if f.settings:
        parts += ["", table(["SETTING", "TYPE", "", "DEFAULT", "DESCRIPTION"], map(_setting, f.settings), empty="")]
    runs = [[escape(i.place), i.instance_id, i.version_id, marks(f, i.version_id)] for i in instances]
    return [*parts, "", table(["RUNS FOR", "INSTANCE", "VERSION", ""], runs, empty="It runs nowhere.")]


def _setting(d: function_pb2.SettingDefinition) -> list[str]:
    notes = [word for word, holds in (("required", d.required), ("sensitive", d.sensitive)) if holds]
    return [d.name, type_name(d), ", ".join(notes), escape(d.default_value.decode()), escape(d.description or d.label)]
