"""`penstock filters`: which messages reach a destination, and with which fields."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from google.protobuf import field_mask_pb2
from rich.markup import escape

from cli.confirming import Yes, confirm
from cli.filter_options import (
    AllowProperties,
    Condition,
    Drop,
    DropProperties,
    Sample,
    SamplePath,
    actions_of,
    describe,
    read_condition,
)
from cli.filter_trial import try_filter
from cli.lazy import new_app
from cli.output import as_dict, table
from cli.session import Session, command
from penstock.config.v1 import config_pb2
from penstock.registry.v1 import filter_pb2, filter_pb2_grpc
from shared.errors import NotFound

app = new_app(
    "Say which messages reach a destination, and with which fields: conditions in FQL, and what is done then."
)
app.command("test")(try_filter)

_LIMIT = 1000
Destination = Annotated[str, typer.Argument(help="Destination, by name or id.", metavar="DESTINATION")]
Reference = Annotated[str, typer.Argument(help="Filter, by title or id.", metavar="FILTER")]
Description = Annotated[str | None, typer.Option("--description", help="What it is for.")]


@app.command("add")
@command
async def add(
    session: Session,
    destination: Destination,
    title: Annotated[str, typer.Argument(help="What to call the filter.")],
    condition: Condition = "all",
    drop: Drop = False,  # noqa: FBT002 Typer passes by name
    sample: Sample = None,
    path: SamplePath = "",
    drop_properties: DropProperties = [],  # noqa: B006 Typer reads it, nobody writes it
    allow_properties: AllowProperties = [],  # noqa: B006
    source: Annotated[str, typer.Option("--source", help="Only for messages of this source (name or id).")] = "",
    description: Description = None,
) -> None:
    """Add a filter to a destination. A message that a condition cannot be decided for is kept from it.

    [bold]penstock filters add crm "only orders" --if "!(match(event, 'Order *'))" --drop[/]

    [bold]penstock filters add crm "no email" --drop-properties traits.email --drop-properties properties.email[/]
    """
    wanted = filter_pb2.Filter(
        destination_id=destination,
        source_id=source,
        title=title,
        description=description or "",
        condition=read_condition(condition),
        enabled=True,
        actions=_demanded(
            actions_of(
                drop=drop,
                sample=sample,
                path=path,
                drop_properties=drop_properties,
                allow_properties=allow_properties,
            )
        ),
    )
    answer = await _stub(session).CreateFilter(filter_pb2.CreateFilterRequest(filter=wanted))
    _show(session, answer.filter)


@app.command("list")
@command
async def list_filters(session: Session, destination: Destination) -> None:
    """List the filters of a destination."""
    filters = await _filters(session, destination)
    session.output.show(
        [as_dict(each) for each in filters],
        table(
            ["TITLE", "ID", "IF", "DOES", "SOURCE", "STATE"],
            (
                [
                    escape(each.title),
                    each.filter_id,
                    escape(each.condition),
                    escape(describe(each.actions)),
                    each.source_id or "[dim]all[/]",
                    _state(each),
                ]
                for each in filters
            ),
            empty=f"No filters yet: penstock filters add {destination} TITLE --if FQL --drop",
        ),
    )


@app.command("update")
@command
async def update(
    session: Session,
    destination: Destination,
    reference: Reference,
    condition: Condition = "",
    drop: Drop = False,  # noqa: FBT002
    sample: Sample = None,
    path: SamplePath = "",
    drop_properties: DropProperties = [],  # noqa: B006
    allow_properties: AllowProperties = [],  # noqa: B006
    title: Annotated[str | None, typer.Option("--title", help="What to call it from now on.")] = None,
    description: Description = None,
    enabled: Annotated[bool | None, typer.Option("--enable/--disable", help="Whether it acts.")] = None,
) -> None:
    """Change a filter. What is not named stays; what it does is changed as a whole.

    [bold]penstock filters update crm "only orders" --disable[/]
    """
    actions = actions_of(
        drop=drop, sample=sample, path=path, drop_properties=drop_properties, allow_properties=allow_properties
    )
    values: dict[str, Any] = {
        "condition": read_condition(condition) or None,
        "actions": actions or None,
        "title": title,
        "description": description,
        "enabled": enabled,
    }
    given = {name: value for name, value in values.items() if value is not None}
    if not given:
        raise typer.BadParameter("Name what to change: see penstock filters update --help.")
    found = await _find(session, destination, reference)
    changed = filter_pb2.Filter(destination_id=found.destination_id, filter_id=found.filter_id, **given)
    request = filter_pb2.UpdateFilterRequest(filter=changed, update_mask=field_mask_pb2.FieldMask(paths=list(given)))
    _show(session, (await _stub(session).UpdateFilter(request)).filter)


@app.command("remove")
@command
async def remove(session: Session, destination: Destination, reference: Reference, yes: Yes = False) -> None:  # noqa: FBT002
    """Remove a filter: messages go on without it."""
    found = await _find(session, destination, reference)
    confirm(session, f"Remove the filter {found.title} of {destination}?", yes=yes)
    request = filter_pb2.DeleteFilterRequest(
        destination_id=found.destination_id, filter_id=found.filter_id, etag=found.etag
    )
    await _stub(session).DeleteFilter(request)
    session.output.show({"removed": found.filter_id}, f"Removed [bold]{escape(found.title)}[/]")


def _stub(session: Session) -> filter_pb2_grpc.FilterServiceAsyncStub:
    return filter_pb2_grpc.FilterServiceStub(session.channel)


def _demanded(actions: list[config_pb2.FilterAction]) -> list[config_pb2.FilterAction]:
    if not actions:
        raise typer.BadParameter("Say what it does: --drop, --sample, --drop-properties or --allow-properties.")
    return actions


async def _filters(session: Session, destination: str) -> list[filter_pb2.Filter]:
    request = filter_pb2.ListFiltersRequest(destination_id=destination, page_size=_LIMIT)
    return list((await _stub(session).ListFilters(request)).filters)


async def _find(session: Session, destination: str, reference: str) -> filter_pb2.Filter:
    """Look a filter up by its id, or by a title that no other one of the destination has."""
    named = [each for each in await _filters(session, destination) if reference in (each.filter_id, each.title)]
    if len(named) != 1:
        which = "no filter" if not named else "several filters"
        raise NotFound(f"{destination} has {which} {reference}: see penstock filters list {destination}.")
    return named[0]


def _state(each: filter_pb2.Filter) -> str:
    return "[green]enabled[/]" if each.enabled else "[dim]disabled[/]"


def _show(session: Session, each: filter_pb2.Filter) -> None:
    rows = [
        ("Filter", f"{escape(each.title)}  [dim]{each.filter_id}[/]"),
        ("State", _state(each)),
        ("If", escape(each.condition)),
        ("Does", escape(describe(each.actions))),
        ("Destination", each.destination_id),
        ("Source", each.source_id or "[dim]all[/]"),
    ]
    session.output.show(as_dict(each), table(["", ""], rows, empty=""))
