from __future__ import annotations

import typer
from typer.testing import CliRunner

from cli.lazy import lazy_group
from cli.main import app


def test_paragraphs_of_help_flow_whatever_the_lines_of_the_source() -> None:
    made = typer.Typer(cls=lazy_group({}), rich_markup_mode="rich")

    @made.callback()
    def group() -> None:  # pyright: ignore[reportUnusedFunction]
        """Be a group."""

    @made.command()
    def one() -> None:  # pyright: ignore[reportUnusedFunction]
        """Tell in short.

        Longer, the first
        and the second line.

        Another paragraph.
        """

    shown = CliRunner().invoke(made, ["one", "--help"]).output
    assert "Longer, the first and the second line." in shown
    assert "line. Another" not in shown


def test_every_command_has_help() -> None:
    for command in ("deliveries", "destinations", "up"):
        assert CliRunner().invoke(app, [command, "--help"]).exit_code == 0
    assert CliRunner().invoke(app, ["deliveries", "nonsense"]).exit_code == 2
