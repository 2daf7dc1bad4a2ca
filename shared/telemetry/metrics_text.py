"""Metrics as Prometheus reads them: the text format, with names made from OpenTelemetry's as its specification says."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping

from shared.telemetry.metrics import Counter, Gauge, Histogram, Instrument, ObservedCounter, Registry

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_UNITS = {"s": "seconds", "By": "bytes", "1": "ratio"}
_NOT_ALLOWED = re.compile(r"[^a-zA-Z0-9_]+")
_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", '"': '\\"'})
_HELP_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n"})


def metrics_text(registry: Registry, *, resource: Mapping[str, str]) -> str:
    """Write all metrics; `resource` are labels of every line, such as which service this is."""
    fixed = {_name(name): value for name, value in resource.items()}
    lines = [line for each in list(registry.instruments.values()) for line in _family(each, fixed)]
    return "\n".join(lines) + "\n"


def family_name(instrument: Instrument) -> str:
    """Give the name of an instrument as Prometheus knows it."""
    about = instrument.about
    unit = _UNITS.get(about.unit, "")
    name = _name(about.name)
    name = name if not unit or name.endswith(unit) else f"{name}_{unit}"
    return f"{name}_total" if _kind(instrument) == "counter" else name


def merged(texts: list[str]) -> str:
    """Make one text of those of several processes: lines of one metric stand together."""
    families: dict[str, list[str]] = {}
    for text in texts:
        name = ""
        for line in text.splitlines():
            words = line.split(" ", 3)
            if line.startswith("# "):
                name = words[2]
            lines = families.setdefault(name, [])
            if not line.startswith("# ") or line not in lines:
                lines.append(line)
    return "".join(f"{line}\n" for lines in families.values() for line in lines)


def _kind(instrument: Instrument) -> str:
    match instrument:
        case Counter() | ObservedCounter():
            return "counter"
        case Histogram():
            return "histogram"
        case Gauge():
            return "gauge"


def _family(instrument: Instrument, fixed: Mapping[str, str]) -> Iterator[str]:
    name, about = family_name(instrument), instrument.about
    samples = list(_samples(instrument, name, fixed))
    if samples:
        yield f"# HELP {name} {about.text.translate(_HELP_ESCAPES)}"
        yield f"# TYPE {name} {_kind(instrument)}"
        yield from samples


def _samples(instrument: Instrument, name: str, fixed: Mapping[str, str]) -> Iterator[str]:
    if isinstance(instrument, Histogram):
        yield from _buckets(instrument, name, fixed)
        return
    for labels, value in instrument.values().items():
        yield f"{name}{_labels(fixed, instrument.about.attributes(labels))} {_number(value)}"


def _buckets(instrument: Histogram, name: str, fixed: Mapping[str, str]) -> Iterator[str]:
    for labels, found in instrument.values().items():
        attributes = instrument.about.attributes(labels)
        below = 0
        for bound, count in zip((*instrument.bounds, math.inf), found.counts, strict=True):
            below += count
            yield f"{name}_bucket{_labels(fixed, attributes | {'le': _number(bound)})} {below}"
        yield f"{name}_sum{_labels(fixed, attributes)} {_number(found.total)}"
        yield f"{name}_count{_labels(fixed, attributes)} {below}"


def _labels(fixed: Mapping[str, str], attributes: Mapping[str, str]) -> str:
    pairs = [*fixed.items(), *((_name(name), value) for name, value in attributes.items())]
    return "{" + ",".join(f'{name}="{value.translate(_ESCAPES)}"' for name, value in pairs) + "}" if pairs else ""


def _name(name: str) -> str:
    return _NOT_ALLOWED.sub("_", name)


def _number(value: float) -> str:
    if math.isinf(value):
        return "+Inf"
    return str(int(value)) if value == int(value) else repr(float(value))
