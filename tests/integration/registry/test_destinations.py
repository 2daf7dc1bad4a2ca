"""Destinations, connections and deployments over the real server."""

from __future__ import annotations

import asyncio
import json

import pytest

from penstock.config.v1 import config_pb2
from penstock.registry.v1 import destination_pb2 as dst
from penstock.registry.v1 import function_pb2 as fn
from shared.errors import AlreadyExists, InvalidArgument, NotFound
from tests.integration.registry.installation import Installation, Person

KEY = fn.SettingDefinition(name="key", type=fn.SETTING_TYPE_STRING, sensitive=True)


async def test_a_destination_is_published_with_its_instance(installation: Installation, owner: Person) -> None:
    function = await owner.create_function()
    made = await owner.create_destination(function_id="Gate")
    config = await installation.publish()
    found = config[f"destination.{made.destination_id}"]
    assert (found.workspace_id, found.name, found.enabled) == (owner.workspace_id, "Turbine", True)
    assert found.function == config[f"instance.{made.instance_id}"]
    assert found.function.function_id == function.function_id
    request = dst.GetDestinationRequest(destination_id="Turbine")
    assert (await owner.call(owner.destinations.GetDestination, request)).destination == made


async def test_connections_are_part_of_the_source(installation: Installation, owner: Person) -> None:
    await owner.create_function()
    source = (await owner.create_source()).source
    made = await owner.create_destination(function_id="Gate")
    connected = await owner.connect("Spring", "Turbine")
    assert list(connected.source_ids) == [source.source_id]
    assert await owner.connect(source.source_id, made.destination_id) == connected
    config = await installation.publish()
    assert list(config[f"source.{source.source_id}"].destination_ids) == [made.destination_id]
    assert not (await owner.disconnect("Spring", "Turbine")).source_ids
    config = await installation.publish()
    assert not config[f"source.{source.source_id}"].destination_ids
    with pytest.raises(NotFound):
        await owner.disconnect("Spring", "Turbine")


async def test_a_deleted_destination_is_routed_to_no_more_before_it_goes(
    installation: Installation, owner: Person
) -> None:
    await owner.create_function(settings=[KEY])
    source = (await owner.create_source()).source
    made = await owner.create_destination(function_id="Gate", settings=b'{"key": "a"}')
    await owner.connect("Spring", "Turbine")
    await installation.publish()
    steps = len(installation.config.steps)
    await owner.delete_destination("Turbine")
    config = await installation.publish()
    assert installation.config.steps[steps:] == [
        ("put", f"source.{source.source_id}"),
        ("delete", f"destination.{made.destination_id}"),
        ("delete", f"instance.{made.instance_id}"),
    ]
    assert not config[f"source.{source.source_id}"].destination_ids
    assert await installation.secrets_of(owner.workspace_id, made.instance_id) == {}


async def test_names_are_unique_and_not_all(owner: Person) -> None:
    await owner.create_function()
    await owner.create_destination("Turbine", function_id="Gate")
    with pytest.raises(AlreadyExists):
        await owner.create_destination("Turbine", function_id="Gate")
    with pytest.raises(InvalidArgument):
        await owner.create_destination("All", function_id="Gate")


async def test_a_repeated_request_gets_the_first_answer(owner: Person) -> None:
    await owner.create_function()
    request = dst.CreateDestinationRequest(
        destination=dst.Destination(name="Turbine", function_id="Gate"), request_id="r1"
    )
    first = await owner.call(owner.destinations.CreateDestination, request)
    assert await owner.call(owner.destinations.CreateDestination, request) == first


async def test_requests_repeated_at_once_make_one_destination(owner: Person) -> None:
    await owner.create_function()
    request = dst.CreateDestinationRequest(
        destination=dst.Destination(name="Turbine", function_id="Gate"), request_id="r1"
    )
    answers = await asyncio.gather(*(owner.call(owner.destinations.CreateDestination, request) for _ in range(8)))
    assert len({answer.destination.destination_id for answer in answers}) == 1


async def test_saving_changes_no_instance_and_deploying_changes_all(installation: Installation, owner: Person) -> None:
    function = await owner.create_function()
    made = [await owner.create_destination(f"Turbine {number}", function_id="Gate") for number in range(3)]
    function.code = "function onBatch() {}"
    saved = await owner.update_function(function, "code")
    config = await installation.publish()
    keys = [f"instance.{each.instance_id}" for each in made]
    assert {config[key].version_id for key in keys} == {function.latest_version_id}

    deployed = await owner.deploy("Gate")
    assert deployed.version_id == saved.latest_version_id
    assert set(deployed.instance_ids) == {each.instance_id for each in made}
    config = await installation.publish()
    assert {config[key].version_id for key in keys} == {saved.latest_version_id}
    assert {tuple(config[key].handlers) for key in keys} == {("onBatch",)}
    assert {config[f"destination.{each.destination_id}"].function.version_id for each in made} == {
        saved.latest_version_id
    }


async def test_a_later_instance_starts_with_the_deployed_version(owner: Person) -> None:
    first = await owner.create_function()
    assert (await owner.create_destination("a", function_id="Gate")).version_id == first.latest_version_id
    first.code = "function onBatch() {}"
    second = await owner.update_function(first, "code")
    assert (await owner.create_destination("b", function_id="Gate")).version_id == second.latest_version_id
    await owner.deploy("Gate", version=first.latest_version_id)
    assert (await owner.create_destination("c", function_id="Gate")).version_id == first.latest_version_id


async def test_chosen_instances_alone_change(owner: Person) -> None:
    first = await owner.create_function()
    a, b = [await owner.create_destination(name, function_id="Gate") for name in "ab"]
    first.code = "function onBatch() {}"
    second = await owner.update_function(first, "code")
    answer = await owner.deploy("Gate", instances=[a.instance_id, a.instance_id])
    assert list(answer.instance_ids) == [a.instance_id]
    found = await owner.call(owner.destinations.ListDestinations, dst.ListDestinationsRequest())
    versions = {each.destination_id: each.version_id for each in found.destinations}
    assert versions == {a.destination_id: second.latest_version_id, b.destination_id: first.latest_version_id}


async def test_an_unknown_instance_or_version_deploys_nothing(installation: Installation, owner: Person) -> None:
    first = await owner.create_function()
    made = await owner.create_destination(function_id="Gate")
    first.code = "function onBatch() {}"
    await owner.update_function(first, "code")
    await installation.publish()
    with pytest.raises(NotFound):
        await owner.deploy("Gate", instances=[made.instance_id, "ins_unknown"])
    with pytest.raises(NotFound):
        await owner.deploy("Gate", version="ver_unknown")
    steps = len(installation.config.steps)
    config = await installation.publish()
    assert len(installation.config.steps) == steps
    assert config[f"instance.{made.instance_id}"].version_id == first.latest_version_id


async def test_new_definitions_reach_running_instances(installation: Installation, owner: Person) -> None:
    function = await owner.create_function(settings=[KEY])
    made = await owner.create_destination(function_id="Gate", settings=b'{"key": "a"}')
    unit = fn.SettingDefinition(name="unit", type=fn.SETTING_TYPE_STRING, default_value=b'"m"')
    changed = fn.Function(
        function_id="Gate", settings=[*function.settings, unit], isolation=config_pb2.ISOLATION_INVOCATION
    )
    await owner.update_function(changed, "settings", "isolation")
    instance = (await installation.publish())[f"instance.{made.instance_id}"]
    assert json.loads(instance.settings) == {"unit": "m"}
    assert instance.isolation == config_pb2.ISOLATION_INVOCATION
    assert instance.settings_revision == 2


async def test_values_of_a_setting_that_becomes_sensitive_move_to_secrets(
    installation: Installation, owner: Person
) -> None:
    key = fn.SettingDefinition(name="key", type=fn.SETTING_TYPE_STRING)
    await owner.create_function(settings=[key])
    made = await owner.create_destination(function_id="Gate", settings=b'{"key": "a"}')
    await owner.update_function(fn.Function(function_id="Gate", settings=[KEY]), "settings")
    request = dst.GetDestinationRequest(destination_id="Turbine")
    found = (await owner.call(owner.destinations.GetDestination, request)).destination
    assert (json.loads(found.settings), list(found.sensitive_settings)) == ({}, ["key"])
    assert await installation.secrets_of(owner.workspace_id, made.instance_id) == {"key": b'"a"'}
    with pytest.raises(InvalidArgument) as caught:
        await owner.update_function(fn.Function(function_id="Gate", settings=[key]), "settings")
    assert caught.value.violations[0].field == "function.settings[0].sensitive"


async def test_a_value_without_definition_is_hidden_from_handlers_and_can_be_cleared(
    installation: Installation, owner: Person
) -> None:
    key = fn.SettingDefinition(name="key", type=fn.SETTING_TYPE_STRING)
    await owner.create_function(settings=[key])
    made = await owner.create_destination(function_id="Gate", settings=b'{"key": "a"}')
    await owner.update_function(fn.Function(function_id="Gate"), "settings")
    assert (await installation.publish())[f"instance.{made.instance_id}"].settings == b"{}"
    made.settings, made.etag = b'{"key": null}', ""
    assert (await owner.update_destination(made, "settings")).settings == b"{}"
