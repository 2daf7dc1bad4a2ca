"""A workspace as it is, with the ids and etags by which it is changed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import grpc

from cli.apply.state import Destination, Filter, Function, Insert, Key, Kind, Source, State, Values
from cli.apply.texts import action_text, definition_text
from cli.function_files import kind_name
from cli.functions.listing import all_destinations, all_filters, all_functions, all_inserts, all_sources
from cli.functions.manifest import fits, manifest_of, type_name
from cli.functions.versions import get_function
from penstock.config.v1 import config_pb2
from penstock.registry.v1 import (
    destination_pb2,
    filter_pb2,
    function_pb2,
    function_pb2_grpc,
    insert_function_instance_pb2,
    source_pb2,
)

Holder = source_pb2.Source | destination_pb2.Destination | insert_function_instance_pb2.InsertFunctionInstance


@dataclass(slots=True)
class Workspace:
    """What there is, by the keys of `State`. Messages are replaced by what changes give back, for their etags."""

    functions: dict[Key, function_pb2.Function] = field(default_factory=dict[Key, function_pb2.Function])
    sources: dict[Key, source_pb2.Source] = field(default_factory=dict[Key, source_pb2.Source])
    destinations: dict[Key, destination_pb2.Destination] = field(default_factory=dict[Key, destination_pb2.Destination])
    inserts: dict[Key, insert_function_instance_pb2.InsertFunctionInstance] = field(
        default_factory=dict[Key, insert_function_instance_pb2.InsertFunctionInstance]
    )
    filters: dict[Key, filter_pb2.Filter] = field(default_factory=dict[Key, filter_pb2.Filter])

    @classmethod
    async def read(cls, channel: grpc.aio.Channel) -> Workspace:
        """Read all of it. Raises PermissionDenied where the caller may not see it all."""
        stub = function_pb2_grpc.FunctionServiceStub(channel)
        listed = [each async for each in all_functions(channel)]
        found = cls(
            functions={(each.display_name,): await get_function(stub, each.function_id) for each in listed},
            sources={(each.name,): each async for each in all_sources(channel)},
            destinations={(each.name,): each async for each in all_destinations(channel)},
        )
        owners = found.owners()
        found.inserts = {owners[each.integration_id]: each async for each in all_inserts(channel)}
        for (name,), destination in found.destinations.items():
            filters = [each async for each in all_filters(channel, destination.destination_id)]
            found.filters |= found.filter_keys(name, filters)
        return found

    def owners(self) -> dict[str, Key]:
        """Give what an insert function's key is, by the id of the source or destination."""
        return {
            **{each.source_id: (Kind.SOURCE.value, name) for (name,), each in self.sources.items()},
            **{each.destination_id: (Kind.DESTINATION.value, name) for (name,), each in self.destinations.items()},
        }

    def filter_keys(self, destination: str, filters: Iterable[filter_pb2.Filter]) -> dict[Key, filter_pb2.Filter]:
        """Give the filters of a destination by their keys; of those alike the oldest is the first."""
        names = {each.source_id: name for (name,), each in self.sources.items()}
        found: dict[Key, filter_pb2.Filter] = {}
        for each in filters:
            start, number = (destination, names.get(each.source_id, each.source_id), each.title), 1
            while (*start, str(number)) in found:
                number += 1
            found[(*start, str(number))] = each
        return found

    def state(self) -> State:
        """Give it as it is compared with what is declared."""
        runs = self._running()
        sources = {each.source_id: name for (name,), each in self.sources.items()}
        return State(
            functions={key: _function(each, runs=runs[each.function_id]) for key, each in self.functions.items()},
            sources={
                key: Source(self._name_of(each), each.enabled, each.backlog_limit, self._values(each))
                for key, each in self.sources.items()
            },
            destinations={key: self._destination(each) for key, each in self.destinations.items()},
            inserts={key: self._insert(each) for key, each in self.inserts.items()},
            filters={key: _filter(each) for key, each in self.filters.items()},
            connections=frozenset(
                (sources[id_], name) for (name,), each in self.destinations.items() for id_ in each.source_ids
            ),
        )

    def _running(self) -> dict[str, bool]:
        """Tell of each function whether its newest version is all that runs."""
        users: list[Holder] = [*self.sources.values(), *self.destinations.values(), *self.inserts.values()]
        running = {(each.function_id, each.version_id) for each in users if each.function_id}
        running |= {(f.function_id, f.deployed_version_id) for f in self.functions.values() if f.deployed_version_id}
        newest = {f.function_id: f.latest_version_id for f in self.functions.values()}
        outdated = {function_id for function_id, version_id in running if newest[function_id] != version_id}
        return {function_id: function_id not in outdated for function_id in newest}

    def function_of(self, holder: Holder) -> function_pb2.Function | None:
        """Give the function that runs for it."""
        return next((each for each in self.functions.values() if each.function_id == holder.function_id), None)

    def _name_of(self, holder: Holder) -> str:
        function = self.function_of(holder)
        return function.display_name if function else ""

    def _values(self, holder: Holder) -> Values:
        """Give the values that have a meaning: those of settings that the function still has."""
        function = self.function_of(holder)
        definitions = {each.name: each for each in function.settings} if function else {}
        stored: dict[str, Any] = json.loads(holder.settings or b"{}")
        plain = {
            name: value
            for name, value in stored.items()
            if name in definitions and not definitions[name].sensitive and fits(type_name(definitions[name]), value)
        }
        secrets = {name for name in holder.sensitive_settings if name in definitions and definitions[name].sensitive}
        return Values(plain, frozenset(secrets))

    def _destination(self, d: destination_pb2.Destination) -> Destination:
        return Destination(
            self._name_of(d), d.enabled, d.max_per_second, d.concurrency, d.backlog_limit, self._values(d)
        )

    def _insert(self, insert: insert_function_instance_pb2.InsertFunctionInstance) -> Insert:
        function = self._name_of(insert)
        # One without a name of its own is called as its function is.
        name = "" if insert.name == function else insert.name
        return Insert(function, name, insert.enabled, self._values(insert))


def filter_action_type(action: config_pb2.FilterAction) -> str:
    """Give the type of what a filter does as people write it."""
    return config_pb2.FilterActionType.Name(action.type).removeprefix("FILTER_ACTION_TYPE_").lower()


def _function(function: function_pb2.Function, *, runs: bool) -> Function:
    return Function(
        kind=kind_name(function.kind),
        code=function.code,
        description=function.description,
        logo_url=function.logo_url,
        isolation=manifest_of(function).isolation,
        settings=tuple(map(definition_text, function.settings)),
        runs=runs,
    )


def _filter(filter_: filter_pb2.Filter) -> Filter:
    actions = (
        action_text(
            filter_action_type(a),
            percent=a.percent,
            path=a.path,
            fields={key: list(names.names) for key, names in a.fields.items()},
        )
        for a in filter_.actions
    )
    return Filter(filter_.condition, tuple(sorted(actions)), filter_.description, filter_.enabled)
