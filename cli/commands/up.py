"""`penstock up`: all of Penstock on this machine."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from cli.lazy import new_app
from cli.local.addresses import Addresses, InstallationError
from cli.local.installation import Installation
from cli.local.supervisor import StartError, Supervisor
from cli.session import DataDir

HTTP_PORT = 8080
# nats-server always says all. Its users' passwords are new with each start, in a file of mode 0600.
_UNINTERESTING = re.compile(r"\[INF\]|Plaintext passwords")
_COLORS = ["cyan", "magenta", "green", "yellow", "blue", "bright_cyan", "bright_magenta", "bright_green"]

HttpPort = Annotated[int, typer.Option("--http-port", min=1, max=65535, help="Port of the gateway on 127.0.0.1.")]
EgressAllow = Annotated[
    str,
    typer.Option(
        "--egress-allow",
        envvar="PENSTOCK_EGRESS_ALLOW",
        help="Private addresses that functions may reach all the same: CIDR[:port], separated by commas.",
    ),
]

app = new_app()


@app.command()
def up(
    data_dir: DataDir = Path(".penstock"),
    http_port: HttpPort = HTTP_PORT,
    executors: Annotated[
        int, typer.Option("--executors", min=1, help="Executor processes; about one for each core beyond the first.")
    ] = max(1, (os.cpu_count() or 1) - 1),
    egress_allow: EgressAllow = "",
    json_logs: Annotated[bool, typer.Option("--json-logs", help="Write the log as JSON lines.")] = False,  # noqa: FBT002
) -> None:
    """Run all of Penstock on this machine until Ctrl-C: NATS, the services, and a receiver for traces.

    Everything it keeps is in the data directory; everything it opens is on 127.0.0.1. The first start makes the
    workspace [bold]default[/] and its owner token, which the other commands find by themselves.
    """
    installation = Installation(
        data_dir=data_dir,
        http_port=http_port,
        executors=executors,
        egress_allow=egress_allow,
        log_format="json" if json_logs else "console",
    )
    console = Console(highlight=False)
    try:
        asyncio.run(_until_signal(installation, console, json_logs=json_logs))
    except InstallationError as error:
        console.print(f"[bold red]Error:[/] {error}")
        raise typer.Exit(1) from None
    except StartError as error:
        show_start_error(console, error)
        raise typer.Exit(1) from None


@asynccontextmanager
async def running(
    installation: Installation, *, on_line: Callable[[str, str], None], on_event: Callable[[str], None]
) -> AsyncGenerator[Addresses]:
    """Run the installation while the block runs. Raises InstallationError or StartError."""
    with installation.locked():
        addresses = installation.addresses()
        supervisor = Supervisor(on_line=on_line, on_event=on_event)
        async with supervisor.running(installation.children(addresses)):
            with installation.published(addresses):
                yield addresses


def show_start_error(console: Console, error: StartError) -> None:
    """Print which child did not start, and the last that it wrote."""
    console.print(f"[bold red]Error:[/] {error}")
    for line in error.last_lines:
        console.print(f"  [dim]{escape(line)}[/]")


async def _until_signal(installation: Installation, console: Console, *, json_logs: bool) -> None:
    end_with_signals()
    write = _json_lines(console) if json_logs else _prefixed(console)
    try:
        async with running(
            installation, on_line=write, on_event=lambda text: console.print(f"[yellow]{text}[/]")
        ) as addresses:
            console.print(
                f"\n[bold green]Penstock is up.[/]  HTTP {addresses.http}   gRPC {addresses.grpc}   "
                f"data {installation.data_dir}\n"
                "[dim]In another terminal: penstock functions push FILE, penstock --help. Ctrl-C ends it.[/]\n",
                soft_wrap=True,
            )
            await asyncio.Event().wait()
    except asyncio.CancelledError:
        console.print("[dim]Stopped.[/]")


def end_with_signals() -> None:
    """Cancel the running task at Ctrl-C or SIGTERM, so that whatever it does ends in order."""
    task = asyncio.current_task()
    for signum in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signum, lambda: task and task.cancel())


def _prefixed(console: Console) -> Callable[[str, str], None]:
    colors: dict[str, str] = {}

    def write(name: str, line: str) -> None:
        if name == "nats" and _UNINTERESTING.search(line):
            return
        color = colors.setdefault(name, _COLORS[len(colors) % len(_COLORS)])
        console.print(f"[{color}]{name:<10}[/] {escape(line)}", soft_wrap=True)

    return write


def _json_lines(console: Console) -> Callable[[str, str], None]:
    def write(_name: str, line: str) -> None:
        console.file.write(line + "\n")

    return write
