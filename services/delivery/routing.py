"""Which destinations a message goes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from penstock.config.v1 import config_pb2
from shared.bus import ConfigView


@dataclass(slots=True)
class Routes:
    """Where a message goes, and where somebody wished that it does not."""

    to: list[config_pb2.DestinationConfig] = field(default_factory=list[config_pb2.DestinationConfig])
    filtered: list[config_pb2.DestinationConfig] = field(default_factory=list[config_pb2.DestinationConfig])


def route(source: config_pb2.SourceConfig, message: Mapping[str, Any], config: ConfigView) -> Routes:
    """Sort the source's enabled destinations by the message's integrations object."""
    routes = Routes()
    for destination_id in source.destination_ids:
        destination = config.get(config_pb2.DestinationConfig, destination_id)
        if destination is None or not destination.enabled or destination.workspace_id != source.workspace_id:
            continue
        selected = is_selected(destination, message.get("integrations"))
        (routes.to if selected else routes.filtered).append(destination)
    return routes


def is_selected(destination: config_pb2.DestinationConfig, integrations: object) -> bool:
    """Tell whether an integrations object lets a message through.

    Keys are case-sensitive: the destination's or its function's name, alone or as `Name (Workspace)`. Only `false`
    switches off: an object holds options, and counts as on. What the object does not name goes by `All`, by default on.
    """
    if not isinstance(integrations, dict):
        return True
    wishes = cast("dict[str, Any]", integrations)
    names = {destination.name, destination.function.function_name} - {""}
    named = [value for key, value in wishes.items() if _names(key, names)]
    if named:
        return any(value is not False for value in named)
    return wishes.get("All", True) is not False


def _names(key: str, names: set[str]) -> bool:
    # Messages only reach destinations of their own workspace, so what stands in the brackets needs no check.
    return key in names or (key.endswith(")") and any(key.startswith(f"{name} (") for name in names))
