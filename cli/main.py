"""The command line, assembled from its commands."""

from __future__ import annotations

import typer

from cli.commands import connect, deliveries, demo, destinations, doctor, functions, sources, traces, up

app = typer.Typer(
    name="penstock",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    help="A few lines of JavaScript become a source, a destination or a transform, on your own machines.",
    epilog="Begin with [bold]penstock demo[/], or [bold]penstock up[/] and the other commands in a second terminal.",
)
app.command("up")(up.up)
app.command("demo")(demo.demo)
app.add_typer(functions.app, name="functions")
app.add_typer(sources.app, name="sources")
app.add_typer(destinations.app, name="destinations")
app.command("connect")(connect.connect)
app.add_typer(deliveries.app, name="deliveries")
app.add_typer(traces.app, name="traces")
app.command("doctor")(doctor.doctor)


def main() -> None:
    """Run the command line."""
    app()
