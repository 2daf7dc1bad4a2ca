"""Where images came from when a sandbox was to be started."""

from __future__ import annotations

from shared.telemetry.metrics import counter

IMAGES = counter(
    "penstock.images",
    unit="{image}",
    text="Images of functions asked for by new sandboxes: found in memory, loaded from disk, or built.",
    labels=("from",),
)
