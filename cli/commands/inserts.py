"""`penstock inserts`: insert functions at work before sources' routing and destinations."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from google.protobuf import field_mask_pb2
from rich.markup import escape

from cli.confirming import Yes, confirm
from cli.lazy import new_app
from cli.output import as_dict, table
from cli.session import Session, command
from cli.settings_input import Set, parse_settings
from penstock.registry.v1 import insert_function_instance_pb2 as inserts_pb2
from penstock.registry.v1 import insert_function_instance_pb2_grpc as inserts_pb2_grpc
from shared.errors import NotFound

app = new_app("Put insert functions before a destination or a source's routing, list, change and remove them.")

_LIMIT = 1000
Reference = Annotated[
    str,
    typer.Argument(help="Insert function in use: its id or name, or the id of what it is for.", metavar="INSERT"),
]


@app.command("add")
@command
async def add(
    session: Session,
    function: Annotated[str, typer.Argument(help="Insert function, by name or id.")],
    target: Annotated[str, typer.Argument(help="Source or destination that it is for, by name or id.")],
    settings: Set = [],  # noqa: B006 Typer reads it, nobody writes it
    name: Annotated[str, typer.Option("--name", help="What to call it; the function's name by default.")] = "",
) -> None:
    """Put an insert function to work, with settings of its own: each message goes on as it returns it.

    One of the kind insert is for a destination, one of the kind insert-source for a source. Each takes one.

    [bold]penstock inserts add pii-masking crm --set salt=env:MASKING_SALT[/]
    """
    wanted = inserts_pb2.InsertFunctionInstance(
        function_id=function, integration_id=target, name=name, settings=parse_settings(settings), enabled=True
    )
    request = inserts_pb2.CreateInsertFunctionInstanceRequest(insert_function_instance=wanted)
    _show(session, (await _stub(session).CreateInsertFunctionInstance(request)).insert_function_instance)


@app.command("list")
@command
async def list_inserts(
    session: Session,
    function: Annotated[str, typer.Option("--function", help="Only of this function (name or id).")] = "",
) -> None:
    """List the insert functions in use."""
    inserts = await _inserts(session, function)
    session.output.show(
        [as_dict(each) for each in inserts],
        table(
            ["NAME", "ID", "FOR", "FUNCTION", "VERSION", "STATE"],
            (
                [
                    escape(each.name),
                    each.instance_id,
                    each.integration_id,
                    each.function_id,
                    each.version_id,
                    _state(each),
                ]
                for each in inserts
            ),
            empty="No insert functions in use yet: penstock inserts add FUNCTION TARGET",
        ),
    )


@app.command("update")
@command
async def update(
    session: Session,
    reference: Reference,
    settings: Set = [],  # noqa: B006
    name: Annotated[str | None, typer.Option("--name", help="What to call it from now on.")] = None,
    enabled: Annotated[bool | None, typer.Option("--enable/--disable", help="Whether messages run through it.")] = None,
) -> None:
    """Change an insert function in use. What is not named stays.

    [bold]penstock inserts update pii-masking --set salt=env:NEW_SALT[/]
    """
    values: dict[str, Any] = {
        "name": name,
        "enabled": enabled,
        "settings": parse_settings(settings) if settings else None,
    }
    given = {field: value for field, value in values.items() if value is not None}
    if not given:
        raise typer.BadParameter("Name what to change: see penstock inserts update --help.")
    found = await _find(session, reference)
    changed = inserts_pb2.InsertFunctionInstance(instance_id=found.instance_id, **given)
    request = inserts_pb2.UpdateInsertFunctionInstanceRequest(
        insert_function_instance=changed, update_mask=field_mask_pb2.FieldMask(paths=list(given))
    )
    _show(session, (await _stub(session).UpdateInsertFunctionInstance(request)).insert_function_instance)


@app.command("remove")
@command
async def remove(session: Session, reference: Reference, yes: Yes = False) -> None:  # noqa: FBT002 Typer passes by name
    """Take an insert function away: messages go on without it."""
    found = await _find(session, reference)
    confirm(session, f"Let messages of {found.integration_id} go on without {found.name}?", yes=yes)
    request = inserts_pb2.DeleteInsertFunctionInstanceRequest(instance_id=found.instance_id, etag=found.etag)
    await _stub(session).DeleteInsertFunctionInstance(request)
    session.output.show({"removed": found.instance_id}, f"Removed [bold]{escape(found.name)}[/]")


def _stub(session: Session) -> inserts_pb2_grpc.InsertFunctionInstanceServiceAsyncStub:
    return inserts_pb2_grpc.InsertFunctionInstanceServiceStub(session.channel)


async def _inserts(session: Session, function: str = "") -> list[inserts_pb2.InsertFunctionInstance]:
    request = inserts_pb2.ListInsertFunctionInstancesRequest(function_id=function, page_size=_LIMIT)
    return list((await _stub(session).ListInsertFunctionInstances(request)).insert_function_instances)


async def _find(session: Session, reference: str) -> inserts_pb2.InsertFunctionInstance:
    """Look one up by id, by the id of what it is for, or by a name that no other has."""
    inserts = await _inserts(session)
    named = [each for each in inserts if reference in (each.instance_id, each.integration_id, each.name)]
    if len(named) != 1:
        which = "No insert function" if not named else "More than one insert function"
        raise NotFound(f"{which} in use is {reference}: see penstock inserts list.")
    return named[0]


def _state(each: inserts_pb2.InsertFunctionInstance) -> str:
    return "[green]enabled[/]" if each.enabled else "[dim]disabled[/]"


def _show(session: Session, each: inserts_pb2.InsertFunctionInstance) -> None:
    rows = [
        ("Insert function", f"{escape(each.name)}  [dim]{each.instance_id}[/]"),
        ("For", each.integration_id),
        ("State", _state(each)),
        ("Function", f"{each.function_id}  {each.version_id}"),
        ("Settings", escape(each.settings.decode())),
        ("Sensitive settings", escape(", ".join(each.sensitive_settings)) or "[dim]none[/]"),
    ]
    session.output.show(as_dict(each), table(["", ""], rows, empty=""))
