"""Insert functions in use, over the real server."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from penstock.config.v1 import config_pb2
from penstock.registry.v1 import function_pb2 as fn
from penstock.registry.v1 import insert_function_instance_pb2 as ins
from penstock.registry.v1 import source_pb2 as src
from shared.errors import AlreadyExists, FailedPrecondition, InvalidArgument, NotFound
from tests.databases import once
from tests.integration.registry.installation import Installation, Person

SETTINGS = [
    fn.SettingDefinition(name="unit", type=fn.SETTING_TYPE_STRING, default_value=b'"m"'),
    fn.SettingDefinition(name="key", type=fn.SETTING_TYPE_STRING, sensitive=True),
]


async def _furnish(person: Person) -> src.Source:
    """Make a source and a destination of one name, and the functions to go before them."""
    await person.create_function("Gate")
    await person.create_function("Sieve", kind=config_pb2.FUNCTION_KIND_INSERT_DESTINATION, settings=SETTINGS)
    await person.create_function("Strainer", kind=config_pb2.FUNCTION_KIND_INSERT_SOURCE, settings=SETTINGS)
    source = (await person.create_source("River")).source
    await person.create_destination("River", function_id="Gate")
    return source


async def _update(person: Person, instance: ins.InsertFunctionInstance, *paths: str) -> ins.InsertFunctionInstance:
    request = ins.UpdateInsertFunctionInstanceRequest(
        insert_function_instance=instance, update_mask=FieldMask(paths=paths)
    )
    answer = await person.call(person.inserts.UpdateInsertFunctionInstance, request)
    return answer.insert_function_instance


async def _delete(person: Person, instance_id: str) -> None:
    request = ins.DeleteInsertFunctionInstanceRequest(instance_id=instance_id)
    await person.call(person.inserts.DeleteInsertFunctionInstance, request)


async def _list(person: Person, **fields: Any) -> ins.ListInsertFunctionInstancesResponse:
    request = ins.ListInsertFunctionInstancesRequest(**fields)
    return await person.call(person.inserts.ListInsertFunctionInstances, request)


def _published(config: dict[str, Any], made: ins.InsertFunctionInstance) -> Any:
    kind = "source" if made.integration_id.startswith("src_") else "destination"
    return config[f"{kind}.{made.integration_id}"]


@pytest.mark.parametrize("function", ["Sieve", "Strainer"])
async def test_an_insert_function_is_part_of_what_it_is_for(
    installation: Installation, owner: Person, function: str
) -> None:
    await _furnish(owner)
    made = await owner.insert(function, "River", settings=b'{"key": "hush"}')
    assert made.integration_id.startswith("dst_" if function == "Sieve" else "src_")
    assert (made.name, json.loads(made.settings), list(made.sensitive_settings)) == (function, {}, ["key"])
    request = ins.GetInsertFunctionInstanceRequest(instance_id=made.instance_id)
    found = await owner.call(owner.inserts.GetInsertFunctionInstance, request)
    assert found.insert_function_instance == made
    assert list((await _list(owner)).insert_function_instances) == [made]

    config = await installation.publish()
    instance = config[f"instance.{made.instance_id}"]
    assert _published(config, made).insert_function == instance
    assert (json.loads(instance.settings), list(instance.sensitive_settings)) == ({"unit": "m"}, ["key"])
    assert instance.version_id == made.version_id
    assert await installation.secrets_of(owner.workspace_id, made.instance_id) == {"key": b'"hush"'}


async def test_one_that_is_off_is_gone_past(installation: Installation, owner: Person) -> None:
    await _furnish(owner)
    made = await owner.insert("Sieve", "River", enabled=False)
    config = await installation.publish()
    assert not _published(config, made).HasField("insert_function")
    made.enabled, made.name, made.settings = True, "Fine", b'{"unit": "ft", "key": "a"}'
    changed = await _update(owner, made, "enabled", "name", "settings")
    assert (changed.enabled, changed.name, json.loads(changed.settings)) == (True, "Fine", {"unit": "ft"})
    config = await installation.publish()
    instance = config[f"instance.{made.instance_id}"]
    assert _published(config, made).insert_function == instance
    assert instance.settings_revision == 2
    changed.name = ""
    assert (await _update(owner, changed, "name")).name == "Sieve"


async def test_one_that_is_deleted_goes_after_messages_go_past_it(installation: Installation, owner: Person) -> None:
    await _furnish(owner)
    made = await owner.insert("Sieve", "River", settings=b'{"key": "a"}')
    await installation.publish()
    steps = len(installation.config.steps)
    await _delete(owner, made.instance_id)
    config = await installation.publish()
    assert not _published(config, made).HasField("insert_function")
    assert installation.config.steps[steps:][-2:] == [
        ("put", f"destination.{made.integration_id}"),
        ("delete", f"instance.{made.instance_id}"),
    ]
    assert await installation.secrets_of(owner.workspace_id, made.instance_id) == {}
    assert not (await _list(owner)).insert_function_instances
    with pytest.raises(NotFound):
        await _delete(owner, made.instance_id)


@once
async def test_kinds_must_fit(owner: Person) -> None:
    source = await _furnish(owner)
    for function, integration, field in (
        ("Gate", "River", "function_id"),
        ("Sieve", source.source_id, "integration_id"),
    ):
        with pytest.raises(InvalidArgument) as caught:
            await owner.insert(function, integration)
        assert caught.value.violations[0].field == f"insert_function_instance.{field}"
    for function, integration in (("Sieve", "Lake"), ("Lake", "River"), ("Sieve", "nu\0l")):
        with pytest.raises(NotFound):
            await owner.insert(function, integration)
    refused: list[dict[str, Any]] = [{"settings": b'{"other": 1}'}, {"name": "x" * 121}, {"name": " "}]
    for wrong in refused:
        with pytest.raises(InvalidArgument):
            await owner.insert("Sieve", "River", **wrong)


@once
async def test_each_takes_one(owner: Person) -> None:
    await _furnish(owner)
    first = await owner.insert("Sieve", "River")
    await owner.insert("Strainer", "River")
    with pytest.raises(AlreadyExists) as caught:
        await owner.insert("Sieve", "River")
    assert (caught.value.reason, caught.value.metadata) == ("INSERT_TAKEN", {"id": first.instance_id})


async def test_a_function_serves_many_and_stays_while_it_does(installation: Installation, owner: Person) -> None:
    await _furnish(owner)
    made = [await owner.insert("Sieve", "River")]
    for name in ("Lake", "Pond"):
        await owner.create_destination(name, function_id="Gate")
        made.append(await owner.insert("Sieve", name))
    await owner.insert("Strainer", "River")
    first = await _list(owner, function_id="Sieve", page_size=2)
    second = await _list(owner, function_id="Sieve", page_size=2, page_token=first.next_page_token)
    assert [*first.insert_function_instances, *second.insert_function_instances] == made
    assert not second.next_page_token
    with pytest.raises(NotFound):
        await _list(owner, function_id="Lake")

    saved = await owner.update_function(fn.Function(function_id="Sieve", code="function onBatch() {}"), "code")
    deployed = await owner.deploy("Sieve")
    assert sorted(deployed.instance_ids) == sorted(each.instance_id for each in made)
    config = await installation.publish()
    assert {_published(config, each).insert_function.version_id for each in made} == {saved.latest_version_id}
    with pytest.raises(FailedPrecondition):
        await owner.call(owner.functions.DeleteFunction, fn.DeleteFunctionRequest(function_id="Sieve"))


async def test_it_goes_with_what_it_is_for(installation: Installation, owner: Person) -> None:
    await _furnish(owner)
    made = [await owner.insert(name, "River", settings=b'{"key": "a"}') for name in ("Sieve", "Strainer")]
    await installation.publish()
    await owner.delete_source("River")
    await owner.delete_destination("River")
    config = await installation.publish()
    assert not [key for key in config if key.startswith(("instance.", "source.", "destination."))]
    for each in made:
        assert await installation.secrets_of(owner.workspace_id, each.instance_id) == {}
    for name in ("Sieve", "Strainer"):
        await owner.call(owner.functions.DeleteFunction, fn.DeleteFunctionRequest(function_id=name))
