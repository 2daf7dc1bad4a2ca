"""Versions, restores and deployments over the real server."""

from __future__ import annotations

import pytest

from penstock.config.v1 import config_pb2
from penstock.registry.v1 import function_pb2 as fn
from shared.errors import InvalidArgument, NotFound
from tests.databases import once
from tests.integration.registry.installation import DESTINATION_CODE, SOURCE_CODE, Installation, Person

BATCH_CODE = "function onBatch() {}"


async def _version(person: Person, function: str, reference: str) -> fn.FunctionVersion:
    request = fn.GetFunctionVersionRequest(function_id=function, version_id=reference)
    return (await person.call(person.functions.GetFunctionVersion, request)).version


async def _restore(person: Person, reference: str, **fields: str) -> fn.RestoreFunctionVersionResponse:
    request = fn.RestoreFunctionVersionRequest(function_id="Gate", version_id=reference, **fields)
    return await person.call(person.functions.RestoreFunctionVersion, request)


async def _two_versions(person: Person) -> tuple[fn.Function, fn.Function]:
    first = await person.create_function()
    changed = fn.Function(function_id="Gate", code=BATCH_CODE)
    return first, await person.update_function(changed, "code", message="in batches")


async def test_a_version_is_found_by_id_and_by_number(owner: Person) -> None:
    _, second = await _two_versions(owner)
    for reference in ("2", second.latest_version_id):
        found = await _version(owner, "Gate", reference)
        assert (found.number, found.code, found.message, found.author) == (2, BATCH_CODE, "in batches", "tok_owner")
    await owner.create_function("Other")
    for reference in ("", "0", "3", "-1", "²", "99999999999999999999", "nu\0l"):
        with pytest.raises(NotFound):
            await _version(owner, "Gate", reference)
    with pytest.raises(NotFound):
        await _version(owner, "Other", second.latest_version_id)


async def test_a_restored_version_comes_on_top_and_runs_nowhere(installation: Installation, owner: Person) -> None:
    first, second = await _two_versions(owner)
    made = await owner.create_destination(function_id="Gate")
    restored = await _restore(owner, "1")
    version = restored.version
    assert (version.number, version.code, list(version.handlers)) == (3, DESTINATION_CODE, ["onTrack"])
    assert (version.message, version.author) == ("Restores version 1", "tok_owner")
    assert restored.function.latest_version_id == version.version_id != first.latest_version_id
    assert restored.function.code == DESTINATION_CODE
    assert restored.function.etag != second.etag
    config = await installation.publish()
    assert config[f"instance.{made.instance_id}"].version_id == second.latest_version_id
    assert (await _restore(owner, version.version_id, message="again")).version.number == 4


@once
async def test_restored_code_is_checked_again(installation: Installation, owner: Person) -> None:
    await _two_versions(owner)
    installation.executor.refused = DESTINATION_CODE
    with pytest.raises(InvalidArgument) as caught:
        await _restore(owner, "1")
    assert caught.value.reason == "INVALID_CODE"
    assert not (await _version(owner, "Gate", "2")).HasField("deployed_at")
    with pytest.raises(NotFound):
        await _version(owner, "Gate", "3")


async def test_a_deployment_leaves_its_time(owner: Person) -> None:
    first, second = await _two_versions(owner)
    assert not second.HasField("deployed_at")
    await owner.deploy("Gate", version="1")
    found = (await owner.call(owner.functions.GetFunction, fn.GetFunctionRequest(function_id="Gate"))).function
    old = await _version(owner, "Gate", "1")
    assert found.deployed_version_id == first.latest_version_id
    assert found.deployed_at == old.deployed_at
    assert found.deployed_at.ToNanoseconds() >= second.updated_at.ToNanoseconds()
    assert not (await _version(owner, "Gate", "2")).HasField("deployed_at")


async def test_deployments_name_instances_by_what_they_are_for(owner: Person) -> None:
    await _two_versions(owner)
    await owner.create_function("Intake", kind=config_pb2.FUNCTION_KIND_SOURCE, code=SOURCE_CODE)
    await owner.create_function("Sieve", kind=config_pb2.FUNCTION_KIND_INSERT_DESTINATION)
    await owner.create_function("Strainer", kind=config_pb2.FUNCTION_KIND_INSERT_SOURCE)
    source = (await owner.create_source(function_id="Intake")).source
    turbine, wheel = [await owner.create_destination(name, function_id="Gate") for name in ("Turbine", "Wheel")]
    before = await owner.insert("Sieve", turbine.destination_id)
    behind = await owner.insert("Strainer", source.source_id)

    answer = await owner.deploy("Gate", instances=[turbine.destination_id, turbine.instance_id])
    assert list(answer.instance_ids) == [turbine.instance_id]
    assert list((await owner.deploy("Intake", instances=[source.source_id])).instance_ids) == [source.instance_id]
    assert list((await owner.deploy("Sieve", instances=[turbine.destination_id])).instance_ids) == [before.instance_id]
    assert list((await owner.deploy("Strainer", instances=[source.source_id])).instance_ids) == [behind.instance_id]
    for function, target in (("Gate", source.source_id), ("Sieve", wheel.destination_id), ("Gate", "dst_nu\0l")):
        with pytest.raises(NotFound):
            await owner.deploy(function, instances=[turbine.destination_id, target])


@once
async def test_a_function_shows_its_picture_and_who_made_it(owner: Person) -> None:
    made = await owner.create_function(logo_url="https://pictures.test/gate.png")
    assert (made.logo_url, made.created_by) == ("https://pictures.test/gate.png", "tok_owner")
    changed = await owner.update_function(fn.Function(function_id="Gate"), "logo_url")
    assert changed.logo_url == ""
    for wrong in ("ftp://a/b", "javascript:alert(1)", "https://", "http:/a", "https://[", "https://a/\n", "//a/b"):
        with pytest.raises(InvalidArgument) as caught:
            await owner.update_function(fn.Function(function_id="Gate", logo_url=wrong), "logo_url")
        assert caught.value.violations[0].field == "function.logo_url"
    with pytest.raises(InvalidArgument):
        await owner.update_function(fn.Function(function_id="Gate", logo_url="https://a/" + "x" * 2039), "logo_url")
