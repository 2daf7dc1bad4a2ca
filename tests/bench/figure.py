"""What a bench found, beside what it should find."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """A line of a bench's table; without a target it is there to be known."""

    name: str
    value: str
    target: str = ""


def percentiles(took_s: Sequence[float]) -> tuple[float, float]:
    """Give median and 99th percentile."""
    return statistics.median(took_s), statistics.quantiles(took_s, n=100)[98]


def show(title: str, figures: Sequence[Figure]) -> None:
    """Print a table of figures."""
    table = Table(title, "", "target", box=None, header_style="bold")
    for figure in figures:
        table.add_row(figure.name, figure.value, figure.target)
    Console(width=120).print(table, "")
