"""Where functions run: the sources, destinations and inserts of a workspace."""

from __future__ import annotations

from dataclasses import dataclass

import grpc

from cli.functions.listing import all_destinations, all_inserts, all_sources
from penstock.registry.v1 import insert_function_instance_pb2
from shared.errors import PenstockError


@dataclass(frozen=True, slots=True)
class Instance:
    """A function in use; `place` says for what, for people: `destination crm`."""

    instance_id: str
    place: str
    function_id: str
    version_id: str


async def all_instances(channel: grpc.aio.Channel) -> list[Instance]:
    """Give all instances that the caller may see."""
    sources = {each.source_id: each async for each in all_sources(channel)}
    destinations = {each.destination_id: each async for each in all_destinations(channel)}
    names = {
        **{id_: f"source {each.name}" for id_, each in sources.items()},
        **{id_: f"destination {each.name}" for id_, each in destinations.items()},
    }
    users = [*sources.items(), *destinations.items()]
    instances = [
        Instance(each.instance_id, names[id_], each.function_id, each.version_id)
        for id_, each in users
        if each.function_id
    ]
    for insert in await _inserts(channel):
        place = f"insert of {names.get(insert.integration_id, insert.integration_id)}"
        instances.append(Instance(insert.instance_id, place, insert.function_id, insert.version_id))
    return instances


async def _inserts(channel: grpc.aio.Channel) -> list[insert_function_instance_pb2.InsertFunctionInstance]:
    try:
        return [each async for each in all_inserts(channel)]
    except PenstockError as error:
        # A release that has none does not know the method.
        if type(error) is PenstockError:
            return []
        raise
