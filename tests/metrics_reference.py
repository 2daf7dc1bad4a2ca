"""Writes the table of `docs/reference/telemetry.md` from the instruments: `python -m tests.metrics_reference`."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

from shared.telemetry.metrics import REGISTRY, Histogram, Instrument, ObservedCounter
from shared.telemetry.metrics import Counter as CounterInstrument
from shared.telemetry.metrics_text import family_name

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "telemetry.md"
# What stands above this line of the page is written by hand.
_MARK = "*Made from the instruments by `python -m tests.metrics_reference`.*\n"
MODULES = {
    "Gateway": "services.gateway.metrics",
    "Delivery": "services.delivery.metrics",
    "Executor": "services.executor.metrics",
    "Images of the executor": "services.executor.image_metrics",
    "Every service": "shared.telemetry.process_metrics",
}


def page() -> str:
    """Give the page's text."""
    by_hand = PAGE.read_text().partition(_MARK)[0]
    return by_hand + _MARK + "".join(_section(title, module) for title, module in MODULES.items())


def instruments(module: str) -> list[Instrument]:
    """Give the instruments that a module makes."""
    made = vars(importlib.import_module(module)).values()
    return [each for each in REGISTRY.instruments.values() if any(each is value for value in made)]


def _section(title: str, module: str) -> str:
    rows = "".join(_rows(instruments(module)))
    return f"\n## {title}\n\n| metric | in Prometheus | kind | unit | labels | meaning |\n{'| --- ' * 6}|\n{rows}"


def _rows(found: list[Instrument]) -> Iterator[str]:
    for each in found:
        about = each.about
        labels = ", ".join(f"`{label}`" for label in about.labels)
        yield f"| `{about.name}` | `{family_name(each)}` | {_kind(each)} | {about.unit} | {labels} | {about.text} |\n"


def _kind(instrument: Instrument) -> str:
    if isinstance(instrument, Histogram):
        return "histogram"
    return "counter" if isinstance(instrument, CounterInstrument | ObservedCounter) else "gauge"


if __name__ == "__main__":
    PAGE.write_text(page())
