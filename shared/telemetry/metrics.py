"""Counters, histograms and gauges of a process: plain numbers by labels, read when somebody asks.

The SDK's own instruments cost 3 to 6 us a measurement, and an event has a dozen. These cost a tenth, and are handed to
the SDK's exporter as its own data (`metrics_otlp`), or written as text (`metrics_text`).

Instruments are constants of the module that measures, as with Prometheus' client: `TRIES = counter("penstock.…", …)`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

Labels = tuple[str, ...]

# Sets of labels of one instrument; what comes above is counted together, under the conventions' overflow attribute.
MAX_SERIES = 2000
OVERFLOW = "otel.metric.overflow"
_OVERFLOWN: Labels = ("\0overflow",)

SECONDS = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0)


@dataclass(frozen=True, slots=True)
class Description:
    """What an instrument is: name and unit as OpenTelemetry writes them, and the names of its labels."""

    name: str
    unit: str
    text: str
    labels: tuple[str, ...] = ()

    def attributes(self, labels: Labels) -> dict[str, str]:
        """Name the values of a set of labels; empty ones are left out."""
        if labels == _OVERFLOWN:
            return {OVERFLOW: "true"}
        return {name: value for name, value in zip(self.labels, labels, strict=True) if value}


class Counter:
    """A number that only grows, for each set of labels."""

    __slots__ = ("_values", "about")

    def __init__(self, about: Description) -> None:
        self.about = about
        self._values: dict[Labels, float] = {}

    def add(self, labels: Labels = (), value: float = 1) -> None:
        """Add to the number of these labels, in the order of the description's."""
        values = self._values
        if labels in values:
            values[labels] += value
        else:
            labels = labels if len(values) < MAX_SERIES else _OVERFLOWN
            values[labels] = values.get(labels, 0) + value

    def values(self) -> dict[Labels, float]:
        """Give a copy; safe from any thread."""
        return dict(self._values)


@dataclass(slots=True)
class Distribution:
    """How measurements spread: `counts[n]` is how many were at most `bounds[n]`, the last one how many were above."""

    counts: list[int]
    total: float = 0.0

    @property
    def count(self) -> int:
        """How many measurements there were."""
        return sum(self.counts)


class Histogram:
    """Measurements in buckets, for each set of labels."""

    __slots__ = ("_values", "about", "bounds")

    def __init__(self, about: Description, bounds: Sequence[float] = SECONDS) -> None:
        self.about = about
        self.bounds = tuple(bounds)
        self._values: dict[Labels, Distribution] = {}

    def record(self, value: float, labels: Labels = ()) -> None:
        """Count one measurement."""
        found = self._values.get(labels)
        if found is None:
            labels = labels if len(self._values) < MAX_SERIES else _OVERFLOWN
            found = self._values.setdefault(labels, Distribution([0] * (len(self.bounds) + 1)))
        found.counts[bisect_left(self.bounds, value)] += 1
        found.total += value

    def values(self) -> dict[Labels, Distribution]:
        """Give a copy; safe from any thread."""
        return {labels: Distribution(list(found.counts), found.total) for labels, found in list(self._values.items())}


Observe = Callable[[], Mapping[Labels, float]]


class Gauge:
    """Numbers that are looked up when somebody asks, from whoever observes at that time."""

    __slots__ = ("_observers", "about")

    def __init__(self, about: Description) -> None:
        self.about = about
        self._observers: dict[object, Observe] = {}

    @contextmanager
    def observing(self, observe: Observe) -> Generator[None]:
        """Have `observe` give the numbers while the block runs; it may be called from any thread."""
        key = object()
        self._observers[key] = observe
        try:
            yield
        finally:
            del self._observers[key]

    def observe(self, observe: Observe) -> None:
        """Have `observe` give the numbers as long as the process lives."""
        self._observers[observe] = observe

    def values(self) -> dict[Labels, float]:
        """Ask all observers; of equal labels the numbers are added up."""
        values: dict[Labels, float] = {}
        for observe in list(self._observers.values()):
            for labels, value in list(observe().items())[:MAX_SERIES]:
                values[labels] = values.get(labels, 0) + value
        return values


class ObservedCounter(Gauge):
    """A gauge of numbers that only grow, such as the CPU time of a process."""


Instrument = Counter | Histogram | Gauge


@dataclass(slots=True)
class Registry:
    """The instruments of a process, by name."""

    instruments: dict[str, Instrument] = field(default_factory=dict[str, Instrument])
    by_tenant: bool = True

    def tenant(self, name: str) -> str:
        """Give the label for what is a tenant's own (source, destination, function): empty if it is not to be told."""
        return name if self.by_tenant else ""

    def add(self, instrument: Instrument) -> None:
        """Add an instrument. Raises ValueError when its name is taken."""
        if instrument.about.name in self.instruments:
            raise ValueError(f"{instrument.about.name} is there already")
        self.instruments[instrument.about.name] = instrument


REGISTRY = Registry()


def counter(name: str, *, unit: str, text: str, labels: tuple[str, ...] = ()) -> Counter:
    """Make a counter of this process."""
    made = Counter(Description(name, unit, text, labels))
    REGISTRY.add(made)
    return made


def histogram(
    name: str, *, unit: str, text: str, labels: tuple[str, ...] = (), bounds: Sequence[float] = SECONDS
) -> Histogram:
    """Make a histogram of this process."""
    made = Histogram(Description(name, unit, text, labels), bounds)
    REGISTRY.add(made)
    return made


def gauge(name: str, *, unit: str, text: str, labels: tuple[str, ...] = ()) -> Gauge:
    """Make a gauge of this process."""
    made = Gauge(Description(name, unit, text, labels))
    REGISTRY.add(made)
    return made


def observed_counter(name: str, *, unit: str, text: str, labels: tuple[str, ...] = ()) -> ObservedCounter:
    """Make a counter whose number somebody else keeps."""
    made = ObservedCounter(Description(name, unit, text, labels))
    REGISTRY.add(made)
    return made
