"""`penstock workspace`: limits and rules of one's workspace."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, TypeVar

import typer
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from rich.console import RenderableType
from rich.markup import escape

from cli.lazy import new_app
from cli.output import as_dict, table
from cli.quantities import parse_size, parse_span, show_size, show_span
from cli.session import Session, command
from penstock.config.v1 import config_pb2
from penstock.registry.v1 import workspace_pb2, workspace_pb2_grpc

T = TypeVar("T")

app = new_app("Show and change the limits and rules of the workspace: they narrow what the installation allows.")

_NONE = "[dim]as the installation[/]"


def _option(name: str, metavar: str, help: str) -> typer.models.OptionInfo:  # noqa: A002 Typer's word
    return typer.Option(name, metavar=metavar, help=help, show_default=False)


@app.command("show")
@command
async def show(session: Session) -> None:
    """Show the workspace with its limits and rules."""
    stub = workspace_pb2_grpc.WorkspaceServiceStub(session.channel)
    answer = await stub.GetWorkspace(workspace_pb2.GetWorkspaceRequest())
    session.output.show(as_dict(answer.workspace), _summary(answer.workspace))


@app.command("update")
@command
async def update(
    session: Session,
    egress_allow: Annotated[
        str | None, _option("--egress-allow", "RULES", "Where requests may go; nowhere else, once there is a rule.")
    ] = None,
    egress_deny: Annotated[
        str | None, _option("--egress-deny", "RULES", "Where requests may not go, whatever is allowed.")
    ] = None,
    concurrency: Annotated[
        str | None, _option("--concurrency", "N", "Events worked on at a time in one executor.")
    ] = None,
    monthly_compute: Annotated[
        str | None, _option("--monthly-compute", "TIME", "Computing of all functions in a calendar month (UTC): 10h.")
    ] = None,
    monthly_execution: Annotated[
        str | None,
        _option(
            "--monthly-execution", "TIME", "Time that functions may take in a calendar month (UTC), retries and all."
        ),
    ] = None,
    lock_out: Annotated[
        bool | None,
        typer.Option("--lock-out/--no-lock-out", help="Whether functions stop at its end.", show_default=False),
    ] = None,
    audit_source: Annotated[
        str | None, _option("--audit-source", "ID", "Source that each change in the workspace becomes an event of.")
    ] = None,
    fuel: Annotated[str | None, _option("--fuel", "N", "Fuel of one event.")] = None,
    memory: Annotated[str | None, _option("--memory", "SIZE", "Memory of one sandbox: 64MiB.")] = None,
    wall: Annotated[str | None, _option("--wall", "TIME", "Time of one event, with waiting: 2s, 500ms.")] = None,
) -> None:
    """Change limits and rules; they hold for the events from then on. What is not named stays.

    An empty value takes a limit or a list of rules away: what the installation allows holds again. Rules are separated
    by commas and replace those before: [bold]CIDR[/], [bold]host[/], or [bold]*.host[/] for all below it; each with
    [bold]:port[/] or for every port. None of them opens what the installation refuses.

    [bold]penstock workspace update --egress-allow '*.crm.example:443,203.0.113.0/24' --monthly-compute 10h[/]

    [bold]penstock workspace update --egress-allow '' --memory 64MiB --wall 2s[/]

    [bold]penstock workspace update --monthly-execution 20h --lock-out --audit-source src_…[/]
    """
    stub = workspace_pb2_grpc.WorkspaceServiceStub(session.channel)
    request = workspace_pb2.UpdateWorkspaceRequest()
    config, paths = request.config, request.update_mask.paths
    for field, rules in (("egress_allow", egress_allow), ("egress_deny", egress_deny)):
        if rules is not None:
            getattr(config, field).extend(each.strip() for each in rules.split(",") if each.strip())
            paths.append(field)
    if concurrency is not None:
        config.concurrency = _read(concurrency, _count, "--concurrency") or 0
        paths.append("concurrency")
    if monthly_compute is not None:
        _set_span(config, "monthly_compute", _read(monthly_compute, parse_span, "--monthly-compute"))
        paths.append("monthly_compute")
    if monthly_execution is not None:
        _set_span(config, "monthly_execution", _read(monthly_execution, parse_span, "--monthly-execution"))
        paths.append("monthly_execution")
    if lock_out is not None:
        config.lock_out = lock_out
        paths.append("lock_out")
    if audit_source is not None:
        config.audit_source_id = audit_source.strip()
        paths.append("audit_source_id")
    if {fuel, memory, wall} != {None}:
        now = await stub.GetWorkspace(workspace_pb2.GetWorkspaceRequest())
        config.limits.CopyFrom(now.workspace.config.limits)
        _set_limits(config.limits, fuel, memory, wall)
        paths.append("limits")
    if not paths:
        raise typer.BadParameter("Name what to change: see penstock workspace update --help.")
    answer = await stub.UpdateWorkspace(request)
    session.output.show(as_dict(answer.workspace), _summary(answer.workspace))


def _set_limits(limits: config_pb2.Limits, fuel: str | None, memory: str | None, wall: str | None) -> None:
    """Set those that are named; the others stay."""
    if fuel is not None:
        limits.fuel = _read(fuel, _fuel, "--fuel") or 0
    if memory is not None:
        limits.memory_bytes = _read(memory, parse_size, "--memory") or 0
    if wall is not None:
        _set_span(limits, "wall", _read(wall, parse_span, "--wall"))


def _set_span(message: Message, field: str, span: timedelta | None) -> None:
    message.ClearField(field)
    if span is not None:
        getattr(message, field).FromTimedelta(span)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ValueError(f"{text!r} is no whole number below a billion")
    return int(text)


def _fuel(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise ValueError(f"{text!r} is no amount of fuel: write it as a whole number")
    return int(text)


def _read(text: str, parse: Callable[[str], T], option: str) -> T | None:
    """Read a value; None for an empty one, which takes the limit away."""
    try:
        return parse(text.strip()) if text.strip() else None
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None


def _summary(workspace: workspace_pb2.Workspace) -> RenderableType:
    config, limits = workspace.config, workspace.config.limits
    rows = [
        ("Workspace", f"{escape(workspace.name)}  [dim]{workspace.workspace_id}[/]"),
        ("Fuel of an event", f"{limits.fuel:,}" if limits.fuel else _NONE),
        ("Memory of a sandbox", show_size(limits.memory_bytes) if limits.memory_bytes else _NONE),
        ("Time of an event", _shown_span(limits.wall) if limits.HasField("wall") else _NONE),
        ("Events at a time", str(config.concurrency) if config.concurrency else _NONE),
        ("Computing in a month", _shown_span(config.monthly_compute) if config.HasField("monthly_compute") else _NONE),
        ("Functions take in a month", _shown_allotment(config)),
        ("Changes are events of", config.audit_source_id or "[dim]no source[/]"),
        ("Requests may go to", escape("\n".join(config.egress_allow)) or _NONE),
        ("Requests may not go to", escape("\n".join(config.egress_deny)) or _NONE),
    ]
    return table(["", ""], rows, empty="")


def _shown_allotment(config: config_pb2.WorkspaceConfig) -> str:
    allotted = _shown_span(config.monthly_execution) if config.HasField("monthly_execution") else _NONE
    return f"{allotted}, then they stop" if config.lock_out else allotted


def _shown_span(duration: Duration) -> str:
    return show_span(duration.ToTimedelta())
