"""`penstock demo`: see the main job done, end to end."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cli.commands.up import HTTP_PORT, end_with_signals, running, show_start_error
from cli.demo.receiver import Receiver
from cli.demo.story import DemoError, Story, show_request
from cli.lazy import new_app
from cli.local.addresses import InstallationError
from cli.local.installation import Installation
from cli.local.ports import free_ports, is_free
from cli.local.supervisor import StartError

_EXAMPLES = Path(__file__).parents[2] / "examples" / "shop"

app = new_app()


@app.command()
def demo(
    exit_when_done: Annotated[bool, typer.Option("--exit", help="End when all was shown.")] = False,  # noqa: FBT002
) -> None:
    """Start Penstock in a folder of its own, deploy two functions, send a webhook, and show its way to the destination.

    Then it stays up, to be played with, until Ctrl-C.
    """
    # Wide enough for traces where there is no terminal to ask.
    console = Console(width=None if Console().is_terminal else 140, highlight=False)
    with tempfile.TemporaryDirectory(prefix="penstock-demo-") as folder:
        try:
            asyncio.run(_demo(console, Path(folder), exit_when_done=exit_when_done))
        except (DemoError, InstallationError) as error:
            console.print(f"[bold red]Error:[/] {error}")
            _show_log(console, Path(folder))
            raise typer.Exit(1) from None
        except StartError as error:
            show_start_error(console, error)
            raise typer.Exit(1) from None


async def _demo(console: Console, data_dir: Path, *, exit_when_done: bool) -> None:
    end_with_signals()
    receiver = Receiver(on_request=lambda request: show_request(console, request))
    try:
        with _log_file(data_dir).open("w", buffering=1) as log:
            async with receiver.running():
                installation = _installation(data_dir, receiver)
                console.print("[dim]Starting NATS, five services and a receiver for traces …[/]")
                async with running(
                    installation,
                    on_line=lambda name, line: print(f"{name:<10} {line}", file=log),
                    on_event=lambda text: console.print(f"[yellow]{text}[/]"),
                ) as addresses:
                    console.print(f"[green]Penstock is up[/] at {addresses.http}")
                    await Story(console, data_dir, _EXAMPLES, receiver).tell()
                    if not exit_when_done:
                        await _stay(console, data_dir)
    except asyncio.CancelledError:
        console.print("[dim]Stopped.[/]")


def _installation(data_dir: Path, receiver: Receiver) -> Installation:
    return Installation(
        data_dir=data_dir,
        http_port=HTTP_PORT if is_free(HTTP_PORT) else free_ports(1)[0],
        executors=1,
        egress_allow=f"127.0.0.1/32:{receiver.port}",  # functions reach nothing else on this machine
        log_format="console",
    )


async def _stay(console: Console, data_dir: Path) -> None:
    console.print(
        f"\n[bold green]That was all.[/] Penstock stays up until Ctrl-C; try it in another terminal:\n"
        f"  export PENSTOCK_DATA_DIR={data_dir}\n"
        "  penstock deliveries list\n"
        "  penstock traces list\n"
        f"  penstock functions test {_EXAMPLES / 'shop-orders.js'} --request {_EXAMPLES / 'order.json'}"
    )
    await asyncio.Event().wait()


def _log_file(data_dir: Path) -> Path:
    return data_dir / "demo.log"


def _show_log(console: Console, data_dir: Path) -> None:
    console.print("[dim]The last lines of the log:[/]")
    for line in _log_file(data_dir).read_text().splitlines()[-40:]:
        console.print(f"  {line}", markup=False, style="dim")
