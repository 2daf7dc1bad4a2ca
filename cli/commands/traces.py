"""`penstock traces`: the ways of events, kept by the receiver of `penstock up`."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.lazy import new_app
from cli.output import Output, table
from cli.session import DataDir, Json
from cli.traces.store import AmbiguousTraceError, NoSuchTraceError, StoredSpan, TraceStore
from cli.traces.waterfall import Waterfall
from cli.traces.waterfall import as_json as trace_as_json
from shared.errors import NotFound

app = new_app("See the way of each event, hop by hop.")
DATA_DIR = Path(".penstock")


@app.command("list")
def list_traces(
    count: Annotated[int, typer.Option("--count", "-n", min=1, max=1000, help="How many at most.")] = 20,
    everything: Annotated[  # noqa: FBT002 Typer passes by name
        bool, typer.Option("--all", help="Calls of the command line and between services too.")
    ] = False,
    data_dir: DataDir = DATA_DIR,
    as_json: Json = False,  # noqa: FBT002
) -> None:
    """List the newest traces of events."""
    output = Output(as_json=as_json)
    with _store(data_dir, output) as store:
        traces = store.traces(count, of_events=not everything)
    output.show(
        [asdict(trace) for trace in traces],
        table(
            ["TRACE", "BEGAN", "EVENT", "SPANS", "TOOK", "FAILED"],
            (
                [
                    trace.trace_id,
                    datetime.fromtimestamp(trace.start_ns / 1e9, UTC).strftime("%Y-%m-%d %H:%M:%SZ"),
                    trace.event_id or f"{trace.service.removeprefix('penstock-')} {trace.name}",
                    str(trace.spans),
                    f"{trace.duration_ns / 1e6:,.1f} ms",
                    str(trace.errors or ""),
                ]
                for trace in traces
            ),
            empty="No traces yet: send an event to a source.",
        ),
    )


@app.command("show")
def show(
    which: Annotated[str, typer.Argument(help="Event (evt_…) or trace, also the beginning of its id.")],
    data_dir: DataDir = DATA_DIR,
    as_json: Json = False,  # noqa: FBT002
) -> None:
    """Show the way of one event as a waterfall: gateway, queues, functions, requests to the outside."""
    output = Output(as_json=as_json)
    with _store(data_dir, output) as store:
        spans = _find(store, which)
    output.show(trace_as_json(spans), Waterfall(spans))


@contextmanager
def _store(data_dir: Path, output: Output) -> Generator[TraceStore]:
    try:
        store = TraceStore.open(data_dir / "traces.db")
    except FileNotFoundError:
        output.fail(NotFound(f"{data_dir} holds no traces. Start Penstock with `penstock up`, and send an event."))
        raise typer.Exit(1) from None
    try:
        yield store
    except (NoSuchTraceError, AmbiguousTraceError) as error:
        output.fail(NotFound(f"{error}."))
        raise typer.Exit(1) from None
    finally:
        store.close()


def _find(store: TraceStore, which: str) -> list[StoredSpan]:
    if not which.startswith("evt_"):
        return store.trace(which)
    traces = store.find(which)
    if not traces:
        raise NoSuchTraceError(f"No trace tells of {which}, or not yet")
    return store.trace(traces[0])
