"""Where the parts of a running installation are: read by every command, so nothing else is imported here."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path


class InstallationError(Exception):
    """The installation cannot be started as asked; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the parts of a running installation are; written to `installation.json` for the command line."""

    http: str
    grpc: str
    nats: str
    registry: str
    secrets: str
    delivery: str
    traces: str
    executors: list[str] = field(default_factory=list[str])
    metrics: list[str] = field(default_factory=list[str])


def read_addresses(data_dir: Path) -> Addresses:
    """Read where the installation of a data directory runs. Raises InstallationError when it does not run."""
    try:
        return Addresses(**json.loads((data_dir / "installation.json").read_text()))
    except FileNotFoundError:
        raise InstallationError(
            f"No Penstock runs with the data directory {data_dir}. Start one with `penstock up`, "
            "or name the directory of another with --data-dir."
        ) from None
