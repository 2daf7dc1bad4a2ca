"""`penstock deliveries stats`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.markup import escape

from cli.commands.deliveries.records import status_text, tell_behind
from cli.commands.deliveries.selecting import Destination, Source, narrowing
from cli.lazy import new_app
from cli.output import as_dict, table
from cli.session import Session, command
from penstock.delivery.v1 import delivery_service_pb2 as delivery
from penstock.delivery.v1 import delivery_service_pb2_grpc
from penstock.event.v1 import outcome_pb2
from penstock.registry.v1 import destination_pb2, destination_pb2_grpc, source_pb2, source_pb2_grpc
from shared.errors import Unavailable

app = new_app()

_COLUMNS = {
    "SUCCEEDED": outcome_pb2.STATUS_SUCCEEDED,
    "FILTERED": outcome_pb2.STATUS_FILTERED,
    "DISCARDED": outcome_pb2.STATUS_DISCARDED,
    "DEAD": outcome_pb2.STATUS_EXHAUSTED,
    "RETRIES": outcome_pb2.STATUS_RETRYING,
}
_NUMBERS = (*_COLUMNS, "DUPLICATES", "COUNT")


@app.command()
@command
async def stats(
    session: Session,
    source: Source = "",
    destination: Destination = "",
    since: Annotated[
        str, typer.Option("--since", help="Only tries that ended since, in whole minutes: 2h, 30m, 2026-11-21T08:00Z.")
    ] = "",
    until: Annotated[str, typer.Option("--until", help="Only tries that ended before, written likewise.")] = "",
) -> None:
    """Count what became of events, by source and destination, and why.

    Each event is counted once as a source run, once for each of its messages that the source's insert function kept
    back, and once for each destination that a message went to: when it has ended, as [bold]succeeded[/],
    [bold]filtered[/], [bold]discarded[/] or [bold]dead[/]. [bold]Retries[/] are tries that failed
    and were followed by another. [bold]Duplicates[/] came again after a crash, and are in none of the others. A replay
    counts as a delivery of its own.

    [bold]penstock deliveries stats --destination crm --since 2h[/]
    """
    found = await narrowing(session, destination, source, since=since, until=until)
    request = delivery.GetDeliveryStatsRequest(**found)
    answer = await delivery_service_pb2_grpc.DeliveryServiceStub(session.channel).GetDeliveryStats(request)
    session.output.show(as_dict(answer), Group(*_tables(answer.counts, await _names(session))))
    tell_behind(session, answer)


async def _names(session: Session) -> Mapping[str, str]:
    """Names of sources and destinations by id; none while registry is away."""
    sources = source_pb2_grpc.SourceServiceStub(session.channel)
    destinations = destination_pb2_grpc.DestinationServiceStub(session.channel)
    try:
        listed = await sources.ListSources(source_pb2.ListSourcesRequest(page_size=1000))
        others = await destinations.ListDestinations(destination_pb2.ListDestinationsRequest(page_size=1000))
    except Unavailable:
        return {}
    return {each.source_id: each.name for each in listed.sources} | {
        each.destination_id: each.name for each in others.destinations
    }


def _tables(counts: Iterable[delivery.DeliveryCount], names: Mapping[str, str]) -> Iterator[RenderableType]:
    ways: dict[tuple[str, str], list[delivery.DeliveryCount]] = defaultdict(list)
    for count in counts:
        ways[_way(count, names)].append(count)
    rows = ([*way, *_sums(ways[way])] for way in sorted(ways))
    yield table(
        ["FROM", "TO", *_COLUMNS, "DUPLICATES"], rows, empty="Nothing was counted in this time.", numbers=_NUMBERS
    )
    reasons = [_reason_row(way, count) for way in sorted(ways) for count in ways[way] if count.reason]
    if reasons:
        yield ""
        yield table(["FROM", "TO", "STATUS", "REASON", "COUNT", "DUPLICATES"], reasons, empty="", numbers=_NUMBERS)


def _way(count: delivery.DeliveryCount, names: Mapping[str, str]) -> tuple[str, str]:
    source = escape(names.get(count.source_id, count.source_id))
    # Sorts before all destinations of the source.
    return source, escape(names.get(count.destination_id, count.destination_id)) or "[dim](source run)[/]"


def _sums(counts: list[delivery.DeliveryCount]) -> list[str]:
    """Sum up each status over its reasons, and the duplicates of all."""
    sums = [sum(count.count for count in counts if count.status == status) for status in _COLUMNS.values()]
    return [_number(each) for each in (*sums, sum(count.duplicates for count in counts))]


def _reason_row(way: tuple[str, str], count: delivery.DeliveryCount) -> list[str]:
    return [*way, status_text(count.status), escape(count.reason), _number(count.count), _number(count.duplicates)]


def _number(number: int) -> str:
    return f"{number:,}" if number else "[dim]0[/]"
