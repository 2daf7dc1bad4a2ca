"""`penstock destinations`: the places that messages go to."""

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
from penstock.delivery.v1 import destination_health_pb2, destination_health_pb2_grpc
from penstock.registry.v1 import destination_pb2, destination_pb2_grpc
from shared.errors import Unavailable

app = new_app("Create, list, change and delete destinations: the places that messages go to.")

_CIRCUITS = {
    destination_health_pb2.CIRCUIT_STATE_CLOSED: "[green]delivering[/]",
    destination_health_pb2.CIRCUIT_STATE_HALF_OPEN: "[yellow]trying again[/]",
    destination_health_pb2.CIRCUIT_STATE_OPEN: "[red]paused[/]",
}

_MOST = 1_000_000_000

Reference = Annotated[str, typer.Argument(help="Destination, by name or id.", metavar="DESTINATION")]
MaxPerSecond = Annotated[
    float | None,
    typer.Option("--max-per-second", help="Deliveries tried in a second, on average; 0 for no limit.", min=0),
]
Concurrency = Annotated[
    int | None,
    typer.Option(
        "--concurrency", help="Deliveries worked on at a time; 0 for the installation's default.", min=0, max=_MOST
    ),
]
BacklogLimit = Annotated[
    int | None,
    typer.Option("--backlog-limit", help="Deliveries that may wait; 0 for the installation's limit.", min=0, max=_MOST),
]


@app.command("create")
@command
async def create(
    session: Session,
    name: Annotated[str, typer.Argument(help="Name of the destination; its key in the integrations object.")],
    function: Annotated[str, typer.Option("--function", help="Destination function (name or id).")],
    settings: Set = [],  # noqa: B006 Typer reads it, nobody writes it
    max_per_second: MaxPerSecond = None,
    concurrency: Concurrency = None,
    backlog_limit: BacklogLimit = None,
) -> None:
    """Create a destination that runs a destination function.

    [bold]penstock destinations create crm --function crm --set endpoint=https://crm.example --set apiKey=env:CRM_KEY[/]
    """
    destination = destination_pb2.Destination(name=name, function_id=function, settings=parse_settings(settings))
    _set(destination, max_per_second=max_per_second, concurrency=concurrency, backlog_limit=backlog_limit)
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
    """List the destinations of the workspace, and how they do."""
    stub = destination_pb2_grpc.DestinationServiceStub(session.channel)
    answer = await stub.ListDestinations(destination_pb2.ListDestinationsRequest(page_size=1000))
    states = await _states(session)
    session.output.show(
        [_with_state(destination, states) for destination in answer.destinations],
        table(
            ["NAME", "ID", "FUNCTION", "VERSION", "SOURCES", "STATE"],
            (
                [d.name, d.destination_id, d.function_id, d.version_id, str(len(d.source_ids)), _state(d, states)]
                for d in answer.destinations
            ),
            empty="No destinations yet: penstock destinations create NAME --function FUNCTION",
        ),
    )


@app.command("show")
@command
async def show(session: Session, destination: Reference) -> None:
    """Show a destination: its settings, limits, and how it does."""
    stub = destination_pb2_grpc.DestinationServiceStub(session.channel)
    answer = await stub.GetDestination(destination_pb2.GetDestinationRequest(destination_id=destination))
    _show(session, answer.destination, await _states(session))


@app.command("update")
@command
async def update(
    session: Session,
    destination: Reference,
    settings: Set = [],  # noqa: B006 Typer reads it, nobody writes it
    max_per_second: MaxPerSecond = None,
    concurrency: Concurrency = None,
    backlog_limit: BacklogLimit = None,
) -> None:
    """Change settings and limits of a destination. What is not named stays.

    [bold]penstock destinations update crm --max-per-second 20 --concurrency 5[/]
    """
    changed = destination_pb2.Destination(destination_id=destination, settings=parse_settings(settings))
    paths = _set(changed, max_per_second=max_per_second, concurrency=concurrency, backlog_limit=backlog_limit)
    if settings:
        paths.append("settings")
    if not paths:
        raise typer.BadParameter("Name what to change: see penstock destinations update --help.")
    await _update(session, changed, paths)


@app.command("enable")
@command
async def enable(session: Session, destination: Reference) -> None:
    """Deliver to a destination again, what waits for it included."""
    await _update(session, destination_pb2.Destination(destination_id=destination, enabled=True), ["enabled"])


@app.command("disable")
@command
async def disable(session: Session, destination: Reference) -> None:
    """Route nothing to a destination any more; what waits for it stays until it is enabled again."""
    await _update(session, destination_pb2.Destination(destination_id=destination), ["enabled"])


@app.command("delete")
@command
async def delete(session: Session, destination: Reference, yes: Yes = False) -> None:  # noqa: FBT002 Typer passes by name
    """Delete a destination, its connections, and what waits for it."""
    confirm(session, f"Delete {destination}, and what waits for it?", yes=yes)
    stub = destination_pb2_grpc.DestinationServiceStub(session.channel)
    await stub.DeleteDestination(destination_pb2.DeleteDestinationRequest(destination_id=destination))
    session.output.show({"deleted": destination}, f"Deleted [bold]{destination}[/]")


def _set(destination: destination_pb2.Destination, **limits: float | None) -> list[str]:
    """Set the limits that were given, and name them."""
    given = {name: limit for name, limit in limits.items() if limit is not None}
    for name, limit in given.items():
        setattr(destination, name, limit)
    return list(given)


async def _update(session: Session, destination: destination_pb2.Destination, paths: list[str]) -> None:
    stub = destination_pb2_grpc.DestinationServiceStub(session.channel)
    request = destination_pb2.UpdateDestinationRequest(
        destination=destination, update_mask=field_mask_pb2.FieldMask(paths=paths)
    )
    _show(session, (await stub.UpdateDestination(request)).destination, await _states(session))


async def _states(session: Session) -> dict[str, destination_health_pb2.DestinationState]:
    """How the destinations do, by id; none while delivery is away."""
    stub = destination_health_pb2_grpc.DestinationHealthServiceStub(session.channel)
    try:
        answer = await stub.ListDestinationStates(destination_health_pb2.ListDestinationStatesRequest())
    except Unavailable:
        return {}
    return {state.destination_id: state for state in answer.states}


def _with_state(
    destination: destination_pb2.Destination, states: dict[str, destination_health_pb2.DestinationState]
) -> dict[str, Any]:
    state = states.get(destination.destination_id)
    return as_dict(destination) | {"state": as_dict(state) if state else None}


def _state(destination: destination_pb2.Destination, states: dict[str, destination_health_pb2.DestinationState]) -> str:
    if not destination.enabled:
        return "[dim]disabled[/]"
    state = states.get(destination.destination_id)
    if state is None:
        return "[dim]unknown[/]"
    until = f" until {state.open_until.ToJsonString()}" if state.HasField("open_until") else ""
    since = f", failing since {state.failing_since.ToJsonString()}" if state.HasField("failing_since") else ""
    return f"{_CIRCUITS[state.circuit]}{until}{since}"


def _show(
    session: Session,
    destination: destination_pb2.Destination,
    states: dict[str, destination_health_pb2.DestinationState],
) -> None:
    d = destination
    rows = [
        ("Destination", f"{escape(d.name)}  [dim]{d.destination_id}[/]"),
        ("State", _state(d, states)),
        ("Function", f"{d.function_id}  {d.version_id}"),
        ("Settings", escape(d.settings.decode())),
        ("Sensitive settings", escape(", ".join(d.sensitive_settings)) or "[dim]none[/]"),
        ("Sources", ", ".join(d.source_ids) or "[dim]none[/]"),
        ("Deliveries a second", f"{d.max_per_second:g}" if d.max_per_second else "[dim]no limit[/]"),
        ("At a time", str(d.concurrency or "[dim]as the installation[/]")),
        ("May wait", f"{d.backlog_limit:,}" if d.backlog_limit else "[dim]as the installation[/]"),
    ]
    session.output.show(_with_state(d, states), table(["", ""], rows, empty=""))
