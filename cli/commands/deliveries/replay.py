"""`penstock deliveries replay`."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from cli.commands.deliveries.records import replay_summary, state_text
from cli.commands.deliveries.selecting import (
    Destination,
    DryRun,
    EventId,
    EventType,
    Everything,
    FailedStatus,
    Ids,
    Reason,
    Since,
    Source,
    Until,
    narrowing,
    selection,
)
from cli.confirming import Yes, confirm
from cli.lazy import new_app
from cli.output import as_dict
from cli.session import Session, command
from penstock.delivery.v1 import delivery_service_pb2_grpc, replay_pb2

app = new_app()

_VERSIONS = {"now": replay_pb2.REPLAY_VERSION_NOW, "then": replay_pb2.REPLAY_VERSION_THEN}
_POLL_S = 0.5


@app.command()
@command
async def replay(
    session: Session,
    ids: Ids = None,
    destination: Destination = "",
    source: Source = "",
    status: FailedStatus = "",
    reason: Reason = "",
    event_type: EventType = "",
    event: EventId = "",
    since: Since = "",
    until: Until = "",
    everything: Everything = False,  # noqa: FBT002 Typer passes by name
    version: Annotated[
        str, typer.Option("--version", help="Code to run: what is deployed now, or what ran then.")
    ] = "now",
    rate: Annotated[int, typer.Option("--rate", min=1, max=1_000_000_000, help="At most so many in a second.")] = 100,
    dry_run: DryRun = False,  # noqa: FBT002
    yes: Yes = False,  # noqa: FBT002
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until all are on their way again.")] = True,  # noqa: FBT002
) -> None:
    """Send failed deliveries to their destination again, and failed source runs through their function.

    Each is replayed once, as a delivery of its own; it stays in the list, with the delivery that it was replayed as. A
    replay that fails is a dead letter of its own. A replay goes on by itself when this command is interrupted:
    [bold]penstock deliveries replays[/] shows it, [bold]penstock deliveries cancel[/] ends it.

    [bold]penstock deliveries replay dlv_…[/]

    [bold]penstock deliveries replay --destination crm --reason RETRY --since 2h --rate 50[/]

    [bold]penstock deliveries replay --all --version then --dry-run[/]
    """
    if version not in _VERSIONS:
        raise typer.BadParameter(f"{version!r} is neither now nor then.", param_hint="--version")
    found = await narrowing(session, destination, source, reason, event_type, event, since, until)
    request = replay_pb2.ReplayDeliveriesRequest(
        **await selection(session, ids, status, found, everything=everything),
        version=_VERSIONS[version],
        max_per_second=rate,
    )
    stub = delivery_service_pb2_grpc.DeliveryServiceStub(session.channel)
    if dry_run or not ids:
        counted = await _counted(stub, request)
        if dry_run or not counted.matched:
            session.output.show(as_dict(counted), f"{counted.matched} would be replayed.")
            return
        confirm(session, f"Replay {counted.matched} with the version of {version}, {rate} a second?", yes=yes)
    begun = (await stub.ReplayDeliveries(request)).replay
    ended = await _ended(session, stub, begun) if wait else begun
    session.output.show(as_dict(ended), replay_summary(ended))


async def _counted(
    stub: delivery_service_pb2_grpc.DeliveryServiceAsyncStub, request: replay_pb2.ReplayDeliveriesRequest
) -> replay_pb2.Replay:
    counting = replay_pb2.ReplayDeliveriesRequest()
    counting.CopyFrom(request)
    counting.validate_only = True
    return (await stub.ReplayDeliveries(counting)).replay


async def _ended(
    session: Session, stub: delivery_service_pb2_grpc.DeliveryServiceAsyncStub, begun: replay_pb2.Replay
) -> replay_pb2.Replay:
    """Show the progress until the replay has ended, or the command is interrupted."""
    try:
        return await _followed(session, stub, begun)
    except asyncio.CancelledError:
        session.output.errors.print(f"[dim]{begun.replay_id} goes on by itself: penstock deliveries replays[/]")
        raise


async def _followed(
    session: Session, stub: delivery_service_pb2_grpc.DeliveryServiceAsyncStub, begun: replay_pb2.Replay
) -> replay_pb2.Replay:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=session.output.errors, disable=session.output.as_json, transient=True) as progress:
        shown = progress.add_task(begun.replay_id, total=begun.matched)
        now = begun
        while not now.HasField("finish_time"):
            await asyncio.sleep(_POLL_S)
            now = (await stub.GetReplay(replay_pb2.GetReplayRequest(replay_id=begun.replay_id))).replay
            told = now.published + sum(each.count for each in (*now.skipped, *now.failed))
            progress.update(shown, completed=told, description=f"{now.replay_id} {state_text(now)}")
        return now
