"""Which destinations a message goes to, and as what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from penstock.config.v1 import config_pb2
from shared.bus import ConfigView
from shared.filters import Filters, fraction

INTEGRATIONS_OBJECT = "INTEGRATIONS_OBJECT"

Message = Mapping[str, Any]


@dataclass(slots=True)
class Routes:
    """Where a message goes, and as what; and where it does not, as somebody wished, and why."""

    to: list[tuple[config_pb2.DestinationConfig, Message]] = field(
        default_factory=list[tuple[config_pb2.DestinationConfig, Message]]
    )
    filtered: list[tuple[config_pb2.DestinationConfig, str]] = field(
        default_factory=list[tuple[config_pb2.DestinationConfig, str]]
    )


class Router:
    """Routes messages by CONFIG. A destination's filters are read once, when a message comes by after a change."""

    def __init__(self, config: ConfigView) -> None:
        self._config = config
        self._filters: dict[str, tuple[config_pb2.DestinationConfig, Filters]] = {}

    def route(self, source: config_pb2.SourceConfig, message: Message) -> Routes:
        """Sort the source's enabled destinations by the message's integrations object, then by their filters."""
        routes = Routes()
        integrations = message.get("integrations")
        for destination_id in source.destination_ids:
            destination = self._config.get(config_pb2.DestinationConfig, destination_id)
            if destination is None or not destination.enabled or destination.workspace_id != source.workspace_id:
                continue
            if not is_selected(destination, integrations):
                routes.filtered.append((destination, INTEGRATIONS_OBJECT))
            elif destination.filters:
                self._filter(source, message, destination, routes)
            else:
                routes.to.append((destination, message))
        return routes

    def _filter(
        self,
        source: config_pb2.SourceConfig,
        message: Message,
        destination: config_pb2.DestinationConfig,
        routes: Routes,
    ) -> None:
        def chance(filter_id: str) -> float:
            # Drawn from the message's id, so that a run that is repeated lets the same messages pass.
            return fraction(f"{filter_id}:{message['messageId']}")

        verdict = self._filters_of(destination).apply(message, source.source_id, chance=chance)
        if verdict.message is None:
            routes.filtered.append((destination, verdict.reason))
        else:
            routes.to.append((destination, verdict.message))

    def _filters_of(self, destination: config_pb2.DestinationConfig) -> Filters:
        known = self._filters.get(destination.destination_id)
        # A change of CONFIG is another object.
        if known is None or known[0] is not destination:
            known = self._filters[destination.destination_id] = destination, Filters(destination.filters)
        return known[1]


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
