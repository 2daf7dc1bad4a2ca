"""`penstock usage`: how long functions ran in a month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated

import typer
from google.protobuf.duration_pb2 import Duration
from rich.console import Group, RenderableType
from rich.markup import escape

from cli.lazy import new_app
from cli.output import as_dict, table
from cli.quantities import show_span
from cli.session import Session, command
from penstock.delivery.v1 import usage_pb2, usage_pb2_grpc
from penstock.registry.v1 import function_pb2, function_pb2_grpc

app = new_app()

_BAR_CELLS = 20
_WARNED_PERCENT, _USED_PERCENT = 75, 100


@app.command()
@command
async def usage(
    session: Session,
    month: Annotated[
        str, typer.Option("--month", metavar="YYYY-MM", help="Calendar month in UTC; by default the current one.")
    ] = "",
) -> None:
    """Show the execution time of functions in a month, and how much of the allotment it is.

    It counts from the first entry into a function to its return or throw, tries that are repeated and those that time
    out included. [bold]penstock workspace update --monthly-execution 10h[/] sets the allotment.

    [bold]penstock usage --month 2026-11 --json[/]
    """
    request = usage_pb2.GetUsageRequest(month=month)
    answer = await usage_pb2_grpc.UsageServiceStub(session.channel).GetUsage(request)
    session.output.show(as_dict(answer), _shown(answer, await _names(session)))


async def _names(session: Session) -> Mapping[str, str]:
    if session.output.as_json:
        return {}
    stub = function_pb2_grpc.FunctionServiceStub(session.channel)
    listed = await stub.ListFunctions(function_pb2.ListFunctionsRequest(page_size=1000))
    return {each.function_id: each.display_name for each in listed.functions}


def _shown(answer: usage_pb2.GetUsageResponse, names: Mapping[str, str]) -> RenderableType:
    total_ms = answer.execution_time.ToMilliseconds()
    rows = [
        [
            escape(names.get(each.function_id, each.function_id)),
            each.instance_id,
            f"{each.runs:,}",
            _time(each.execution_time),
            _part(each.execution_time.ToMilliseconds(), total_ms),
        ]
        for each in answer.functions
    ]
    columns = ["FUNCTION", "INSTANCE", "RUNS", "TIME", "SHARE"]
    functions = table(columns, rows, empty=f"No function ran in {answer.month}.", numbers=("RUNS", "TIME"))
    return Group(functions, "", *_summary(answer))


def _summary(answer: usage_pb2.GetUsageResponse) -> Sequence[str]:
    used = f"[bold]{answer.month}[/]: {_time(answer.execution_time)} in {answer.runs:,} runs"
    if not answer.HasField("allotment"):
        return [f"{used}; no allotment is set."]
    lines = [f"{used}, {answer.percent} % of {_time(answer.allotment)}  {_bar(answer.percent)}"]
    lines += [f"Notice of {each.percent} % on {each.time.ToJsonString()}." for each in answer.notices]
    if answer.locked_out:
        lines.append(
            "[bold red]Functions are locked out[/]: events are discarded until the month ends (UTC), or the allotment "
            "is raised: penstock workspace update --monthly-execution 20h"
        )
    elif answer.lock_out:
        lines.append("Functions stop at 100 %.")
    return lines


def _part(part: int, whole: int) -> str:
    percent = part * 100 // whole if whole else 0
    return f"{'█' * round(percent * _BAR_CELLS / 100):<{_BAR_CELLS}} {percent:>3} %"


def _bar(percent: int) -> str:
    colour = "red" if percent >= _USED_PERCENT else "yellow" if percent >= _WARNED_PERCENT else "green"
    filled = min(_BAR_CELLS, percent * _BAR_CELLS // 100)
    return f"[{colour}]{'█' * filled}[/][dim]{'░' * (_BAR_CELLS - filled)}[/]"


def _time(duration: Duration) -> str:
    return show_span(timedelta(milliseconds=duration.ToMilliseconds()))
