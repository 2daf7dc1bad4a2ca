"""Grants for listed resources: what they do not cover is neither listed nor found."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message

from penstock.access.v1 import access_pb2
from penstock.config.v1 import config_pb2
from penstock.registry.v1 import destination_pb2 as dst
from penstock.registry.v1 import function_pb2 as fn
from penstock.registry.v1 import insert_function_instance_pb2 as ins
from penstock.registry.v1 import source_pb2 as src
from shared.errors import NotFound, PermissionDenied
from tests.databases import once
from tests.integration.registry.installation import Person


def _granted(owner: Person, role: access_pb2.Role.ValueType, *resource_ids: str) -> Person:
    grants = [access_pb2.Grant(role=role, resource_ids=resource_ids)]
    actor = access_pb2.Actor(workspace_id=owner.workspace_id, token_id="tok_granted", grants=grants)
    return Person(owner.channel, actor)


async def test_lists_leave_out_what_is_not_granted(owner: Person) -> None:
    gate, weir, lock = [await owner.create_function(name) for name in ("Gate", "Weir", "Lock")]
    reader = _granted(owner, access_pb2.ROLE_FUNCTIONS_READ_ONLY, gate.function_id, lock.function_id)
    first = await reader.call(reader.functions.ListFunctions, fn.ListFunctionsRequest(page_size=1))
    rest = fn.ListFunctionsRequest(page_size=1, page_token=first.next_page_token)
    second = await reader.call(reader.functions.ListFunctions, rest)
    assert {each.display_name for each in (*first.functions, *second.functions)} == {"Gate", "Lock"}
    assert not second.next_page_token
    with pytest.raises(PermissionDenied):
        await reader.call(reader.functions.GetFunction, fn.GetFunctionRequest(function_id=weir.function_id))

    sources = [(await owner.create_source(name)).source for name in "ab"]
    destinations = [await owner.create_destination(name, function_id="Gate") for name in "ab"]
    admin = _granted(owner, access_pb2.ROLE_SOURCE_ADMIN, sources[0].source_id, destinations[1].destination_id)
    assert list((await admin.call(admin.sources.ListSources, src.ListSourcesRequest())).sources) == sources[:1]
    listed = await admin.call(admin.destinations.ListDestinations, dst.ListDestinationsRequest())
    assert list(listed.destinations) == destinations[1:]


async def test_insert_functions_are_seen_by_what_they_are_for(owner: Person) -> None:
    await owner.create_function("Gate")
    await owner.create_function("Sieve", kind=config_pb2.FUNCTION_KIND_INSERT_DESTINATION)
    mine, other = [await owner.create_destination(name, function_id="Gate") for name in ("Mine", "Other")]
    theirs = await owner.insert("Sieve", "Other")
    admin = _granted(owner, access_pb2.ROLE_SOURCE_ADMIN, mine.destination_id)
    for integration in ("Mine", other.destination_id):
        with pytest.raises(PermissionDenied):
            await admin.insert("Sieve", integration)
    made = await admin.insert("Sieve", mine.destination_id)
    listed = await admin.call(
        admin.inserts.ListInsertFunctionInstances, ins.ListInsertFunctionInstancesRequest(function_id="Sieve")
    )
    assert list(listed.insert_function_instances) == [made]

    for method, request in _calls(admin, theirs):
        with pytest.raises(NotFound):
            await admin.call(method, request)
    for method, request in _calls(admin, made):
        await admin.call(method, request)


@once
async def test_a_deployment_reaches_what_is_granted(owner: Person) -> None:
    await owner.create_function("Gate")
    mine, other = [await owner.create_destination(name, function_id="Gate") for name in ("Mine", "Other")]
    saved = await owner.update_function(fn.Function(function_id="Gate", code="function onBatch() {}"), "code")
    admin = _granted(owner, access_pb2.ROLE_SOURCE_ADMIN, mine.destination_id)
    for targets in ([], [other.destination_id], [mine.instance_id], [mine.destination_id, other.instance_id]):
        with pytest.raises(PermissionDenied):
            await admin.deploy("Gate", instances=targets)
    deployed = await admin.deploy("Gate", instances=[mine.destination_id])
    assert (deployed.version_id, list(deployed.instance_ids)) == (saved.latest_version_id, [mine.instance_id])


def _calls(person: Person, instance: ins.InsertFunctionInstance) -> list[tuple[Any, Message]]:
    update = ins.UpdateInsertFunctionInstanceRequest(
        insert_function_instance=ins.InsertFunctionInstance(instance_id=instance.instance_id, name="New"),
        update_mask=FieldMask(paths=["name"]),
    )
    return [
        (
            person.inserts.GetInsertFunctionInstance,
            ins.GetInsertFunctionInstanceRequest(instance_id=instance.instance_id),
        ),
        (person.inserts.UpdateInsertFunctionInstance, update),
        (
            person.inserts.DeleteInsertFunctionInstance,
            ins.DeleteInsertFunctionInstanceRequest(instance_id=instance.instance_id),
        ),
    ]
