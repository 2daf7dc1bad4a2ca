"""Functions and versions over the real server."""

from __future__ import annotations

import hashlib

import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from penstock.access.v1 import access_pb2
from penstock.config.v1 import config_pb2
from penstock.registry.v1 import function_pb2 as fn
from shared.errors import (
    Aborted,
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Unavailable,
)
from tests.integration.registry.installation import (
    DESTINATION_CODE,
    MAX_FUNCTIONS,
    Installation,
    Person,
)

DESTINATION = config_pb2.FUNCTION_KIND_DESTINATION


async def test_a_created_function_is_found_by_id_and_by_name(owner: Person) -> None:
    made = await owner.create_function("Gate", description="opens")
    for reference in (made.function_id, "Gate"):
        found = (await owner.call(owner.functions.GetFunction, fn.GetFunctionRequest(function_id=reference))).function
        assert found == made
    assert made.function_id.startswith("fn_")
    assert made.latest_version_id.startswith("ver_")
    assert list(made.handlers) == ["onTrack"]
    assert (made.language, made.isolation) == (config_pb2.LANGUAGE_JAVASCRIPT, config_pb2.ISOLATION_INSTANCE)
    assert not made.deployed_version_id


async def test_code_is_published_under_its_digest(installation: Installation, owner: Person) -> None:
    await owner.create_function()
    await installation.publish()
    digest = hashlib.sha256(DESTINATION_CODE.encode()).hexdigest()
    assert installation.config.code == {digest: DESTINATION_CODE.encode()}


async def test_code_that_does_not_run_is_refused_with_its_place(owner: Person) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await owner.create_function(code="let a;\n  fault")
    error = caught.value
    assert error.reason == "INVALID_CODE"
    detail = error.detail(fn.InvalidCode)
    assert detail
    assert (detail.error.name, detail.error.line, detail.error.column) == ("SyntaxError", 2, 3)
    assert error.violations[0].field == "function.code"


async def test_every_wrong_field_is_named(owner: Person) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await owner.create_function(" ", kind=99, code="", settings=[fn.SettingDefinition(name="a b")])
    assert {violation.field for violation in caught.value.violations} == {
        "function.display_name",
        "function.kind",
        "function.code",
        "function.settings[0].name",
        "function.settings[0].type",
    }


async def test_names_are_unique(owner: Person) -> None:
    first = await owner.create_function("Gate")
    with pytest.raises(AlreadyExists) as caught:
        await owner.create_function("Gate")
    assert caught.value.metadata["id"] == first.function_id
    other = await owner.create_function("Weir")
    other.display_name = "Gate"
    with pytest.raises(AlreadyExists):
        await owner.update_function(other, "display_name")


async def test_a_workspace_has_a_limited_number_of_functions(owner: Person) -> None:
    for number in range(MAX_FUNCTIONS):
        await owner.create_function(f"Gate {number}")
    with pytest.raises(ResourceExhausted) as caught:
        await owner.create_function("One more")
    assert caught.value.reason == "FUNCTION_LIMIT"


async def test_a_repeated_request_gets_the_first_answer(owner: Person) -> None:
    function = fn.Function(display_name="Gate", kind=DESTINATION, code=DESTINATION_CODE)
    request = fn.CreateFunctionRequest(function=function, request_id="r1")
    first = await owner.call(owner.functions.CreateFunction, request)
    assert await owner.call(owner.functions.CreateFunction, request) == first
    update = fn.UpdateFunctionRequest(
        function=fn.Function(function_id="Gate", code="function onBatch() {}", etag=first.function.etag),
        update_mask=FieldMask(paths=["code"]),
        request_id="r1",
    )
    second = await owner.call(owner.functions.UpdateFunction, update)
    assert second.function.latest_version_id != first.function.latest_version_id
    assert await owner.call(owner.functions.UpdateFunction, update) == second


async def test_new_code_makes_a_version_and_the_same_code_none(owner: Person) -> None:
    made = await owner.create_function()
    same = await owner.update_function(made, "code")
    assert same.latest_version_id == made.latest_version_id
    same.code = "function onBatch() {}"
    changed = await owner.update_function(same, "code", message="in batches")
    assert list(changed.handlers) == ["onBatch"]
    listed = await owner.call(
        owner.functions.ListFunctionVersions, fn.ListFunctionVersionsRequest(function_id=made.function_id)
    )
    assert [(each.number, each.message, each.author) for each in listed.versions] == [
        (2, "in batches", "tok_owner"),
        (1, "", "tok_owner"),
    ]
    assert listed.versions[0].version_id == changed.latest_version_id
    assert listed.versions[1].code == DESTINATION_CODE


async def test_an_update_changes_only_what_the_mask_names(owner: Person) -> None:
    made = await owner.create_function("Gate", description="opens")
    wanted = fn.Function(function_id=made.function_id, display_name="Weir", description="shuts")
    changed = await owner.update_function(wanted, "description")
    assert (changed.display_name, changed.description, changed.code) == ("Gate", "shuts", DESTINATION_CODE)


@pytest.mark.parametrize("paths", [[], ["kind"], ["latest_version_id"], ["*"]])
async def test_other_masks_are_refused(owner: Person, paths: list[str]) -> None:
    made = await owner.create_function()
    with pytest.raises(InvalidArgument) as caught:
        await owner.update_function(made, *paths)
    assert caught.value.violations[0].field == "update_mask"


async def test_a_stale_etag_changes_nothing(owner: Person) -> None:
    made = await owner.create_function()
    made.description = "first"
    await owner.update_function(made, "description")
    made.description = "second"
    with pytest.raises(Aborted) as caught:
        await owner.update_function(made, "description")
    assert caught.value.reason == "ETAG_MISMATCH"


async def test_pages_lead_through_all_functions_of_a_kind(owner: Person) -> None:
    made = [await owner.create_function(f"Gate {number}") for number in range(3)]
    await owner.create_function("Spring", kind=config_pb2.FUNCTION_KIND_SOURCE)
    found: list[fn.Function] = []
    request = fn.ListFunctionsRequest(page_size=2, kind=DESTINATION)
    while True:
        page = await owner.call(owner.functions.ListFunctions, request)
        found.extend(page.functions)
        request.page_token = page.next_page_token
        if not page.next_page_token:
            break
    assert sorted(each.function_id for each in found) == sorted(each.function_id for each in made)
    assert {each.code for each in found} == {""}
    assert {each.etag for each in found} == {each.etag for each in made}


async def test_versions_come_in_pages(owner: Person) -> None:
    made = await owner.create_function()
    for number in range(2, 6):
        made.code = f"function onTrack() {{ return {number} }}"
        made = await owner.update_function(made, "code")
    numbers: list[int] = []
    request = fn.ListFunctionVersionsRequest(function_id=made.function_id, page_size=2)
    while True:
        page = await owner.call(owner.functions.ListFunctionVersions, request)
        numbers.extend(each.number for each in page.versions)
        request.page_token = page.next_page_token
        if not page.next_page_token:
            break
    assert numbers == [5, 4, 3, 2, 1]


@pytest.mark.slow
async def test_a_page_of_large_versions_fits_into_a_message(owner: Person) -> None:
    made = await owner.create_function()
    for number in range(20):
        made.code = f"function onTrack() {{}} // {number}" + " " * 1_000_000
        made = await owner.update_function(made, "code")
    request = fn.ListFunctionVersionsRequest(function_id=made.function_id)
    page = await owner.call(owner.functions.ListFunctionVersions, request)
    assert 0 < len(page.versions) < 20
    request.page_token = page.next_page_token
    following = await owner.call(owner.functions.ListFunctionVersions, request)
    assert following.versions[0].number == page.versions[-1].number - 1


async def test_a_token_of_another_list_is_refused(owner: Person) -> None:
    for number in range(2):
        await owner.create_function(f"Gate {number}")
    page = await owner.call(owner.functions.ListFunctions, fn.ListFunctionsRequest(page_size=1))
    other = fn.ListFunctionsRequest(page_size=1, kind=DESTINATION, page_token=page.next_page_token)
    with pytest.raises(InvalidArgument):
        await owner.call(owner.functions.ListFunctions, other)


async def test_a_used_function_stays(owner: Person) -> None:
    made = await owner.create_function()
    destination = await owner.create_destination(function_id=made.function_id)
    request = fn.DeleteFunctionRequest(function_id="Gate")
    with pytest.raises(FailedPrecondition):
        await owner.call(owner.functions.DeleteFunction, request)
    await owner.delete_destination(destination.destination_id)
    await owner.call(owner.functions.DeleteFunction, request)
    with pytest.raises(NotFound):
        await owner.call(owner.functions.GetFunction, fn.GetFunctionRequest(function_id=made.function_id))


@pytest.mark.parametrize("reference", ["", "nothing", "nu\0l", "fn_" + "0" * 26])
async def test_what_is_not_there_is_not_found(owner: Person, reference: str) -> None:
    with pytest.raises(NotFound):
        await owner.call(owner.functions.GetFunction, fn.GetFunctionRequest(function_id=reference))


async def test_roles_are_kept(installation: Installation) -> None:
    reader = await installation.person(access_pb2.ROLE_FUNCTIONS_READ_ONLY)
    assert not (await reader.call(reader.functions.ListFunctions, fn.ListFunctionsRequest())).functions
    with pytest.raises(PermissionDenied):
        await reader.create_function()


async def test_a_service_sees_no_workspace(installation: Installation) -> None:
    with pytest.raises(PermissionDenied):
        await installation.owner.functions.ListFunctions(fn.ListFunctionsRequest())


async def test_without_secrets_sensitive_values_are_unavailable(installation: Installation, owner: Person) -> None:
    key = fn.SettingDefinition(name="key", type=fn.SETTING_TYPE_STRING, sensitive=True)
    made = await owner.create_function(settings=[key])
    await installation.secrets.stop()
    with pytest.raises(Unavailable):
        await owner.create_destination(function_id=made.function_id, settings=b'{"key": "value"}')
    assert (await owner.create_destination(function_id=made.function_id)).enabled
