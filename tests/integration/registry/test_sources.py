"""Sources over the real server."""

from __future__ import annotations

import json
import re

import pytest

from penstock.config.v1 import config_pb2
from penstock.registry.v1 import function_pb2 as fn
from penstock.registry.v1 import source_pb2 as src
from shared.errors import Aborted, AlreadyExists, InvalidArgument, NotFound
from shared.rpc.identity import digest
from tests.integration.registry.installation import SOURCE_CODE, Installation, Person

SOURCE = config_pb2.FUNCTION_KIND_SOURCE
SETTINGS = [
    fn.SettingDefinition(name="unit", type=fn.SETTING_TYPE_STRING, default_value=b'"m"'),
    fn.SettingDefinition(name="strict", type=fn.SETTING_TYPE_BOOLEAN, required=True),
    fn.SettingDefinition(name="key", type=fn.SETTING_TYPE_STRING, sensitive=True),
]


async def test_a_source_without_function_takes_messages(installation: Installation, owner: Person) -> None:
    made = await owner.create_source("Spring")
    assert re.fullmatch("psk_[0-9a-f]{64}", made.token)
    config = await installation.publish()
    assert config[f"source.{made.source.source_id}"] == config_pb2.SourceConfig(
        source_id=made.source.source_id, workspace_id=owner.workspace_id, name="Spring", enabled=True
    )
    token = config[f"token.{digest(made.token)}"]
    assert (token.workspace_id, token.source_id) == (owner.workspace_id, made.source.source_id)


async def test_the_instance_of_a_source_has_its_settings(installation: Installation, owner: Person) -> None:
    function = await owner.create_function("Intake", kind=SOURCE, code=SOURCE_CODE, settings=SETTINGS)
    settings = {"strict": True, "key": "hush"}
    made = (await owner.create_source(function_id="Intake", settings=json.dumps(settings).encode())).source
    assert json.loads(made.settings) == {"strict": True}
    assert list(made.sensitive_settings) == ["key"]

    config = await installation.publish()
    instance = config[f"instance.{made.instance_id}"]
    assert instance == config[f"source.{made.source_id}"].function
    assert json.loads(instance.settings) == {"unit": "m", "strict": True}
    assert list(instance.sensitive_settings) == ["key"]
    assert (instance.function_id, instance.version_id) == (function.function_id, function.latest_version_id)
    assert installation.config.code[instance.code_digest] == SOURCE_CODE.encode()
    assert await installation.secrets_of(owner.workspace_id, made.instance_id) == {"key": b'"hush"'}


async def test_settings_are_replaced_by_name_and_cleared_by_null(installation: Installation, owner: Person) -> None:
    await owner.create_function("Intake", kind=SOURCE, code=SOURCE_CODE, settings=SETTINGS)
    made = (await owner.create_source(function_id="Intake", settings=b'{"strict": true, "key": "a"}')).source
    made.settings = b'{"unit": "ft", "key": "b"}'
    changed = await owner.update_source(made, "settings")
    assert json.loads(changed.settings) == {"strict": True, "unit": "ft"}
    assert await installation.secrets_of(owner.workspace_id, made.instance_id) == {"key": b'"b"'}
    changed.settings = b'{"unit": null, "key": null}'
    cleared = await owner.update_source(changed, "settings")
    assert (json.loads(cleared.settings), list(cleared.sensitive_settings)) == ({"strict": True}, [])
    assert await installation.secrets_of(owner.workspace_id, made.instance_id) == {}
    config = await installation.publish()
    assert config[f"instance.{made.instance_id}"].settings_revision == 3


@pytest.mark.parametrize(
    ("settings", "fields"),
    [
        (b'{"strict": "yes"}', {"source.settings.strict"}),
        (b'{"strict": true, "other": 1}', {"source.settings.other"}),
        (b'{"unit": "m"}', {"source.settings.strict"}),
        (b'{"strict": null}', {"source.settings.strict"}),
        (b"[]", {"source.settings"}),
        (b"{", {"source.settings"}),
        (b'{"unit": "\\ud800", "strict": true}', {"source.settings"}),
        (b'{"unit": "' + b"x" * 70_000 + b'"}', {"source.settings"}),
    ],
)
async def test_wrong_settings_are_named(owner: Person, settings: bytes, fields: set[str]) -> None:
    await owner.create_function("Intake", kind=SOURCE, code=SOURCE_CODE, settings=SETTINGS)
    with pytest.raises(InvalidArgument) as caught:
        await owner.create_source(function_id="Intake", settings=settings)
    assert {violation.field for violation in caught.value.violations} == fields


async def test_settings_need_a_function(owner: Person) -> None:
    with pytest.raises(InvalidArgument):
        await owner.create_source(settings=b'{"unit": "m"}')
    made = (await owner.create_source()).source
    made.settings = b'{"unit": "m"}'
    with pytest.raises(InvalidArgument):
        await owner.update_source(made, "settings")


async def test_a_destination_function_is_no_source(owner: Person) -> None:
    await owner.create_function("Gate")
    with pytest.raises(InvalidArgument) as caught:
        await owner.create_source(function_id="Gate")
    assert caught.value.violations[0].field == "source.function_id"


async def test_a_repeated_request_makes_no_second_source(owner: Person) -> None:
    request = src.CreateSourceRequest(source=src.Source(name="Spring"), request_id="r1")
    first = await owner.call(owner.sources.CreateSource, request)
    with pytest.raises(AlreadyExists) as caught:
        await owner.call(owner.sources.CreateSource, request)
    assert caught.value.metadata == {"source_id": first.source.source_id}


async def test_names_and_etags_guard_changes(owner: Person) -> None:
    made = (await owner.create_source("Spring")).source
    await owner.create_source("Well")
    made.name = "Well"
    with pytest.raises(AlreadyExists):
        await owner.update_source(made, "name")
    made.enabled = False
    changed = await owner.update_source(made, "enabled")
    assert (changed.name, changed.enabled) == ("Spring", False)
    with pytest.raises(Aborted):
        await owner.update_source(made, "enabled")


async def test_a_deleted_source_leaves_nothing(installation: Installation, owner: Person) -> None:
    await owner.create_function("Intake", kind=SOURCE, code=SOURCE_CODE, settings=SETTINGS)
    await owner.create_function("Gate")
    destination = await owner.create_destination(function_id="Gate")
    before = set(await installation.publish())
    made = (await owner.create_source(function_id="Intake", settings=b'{"strict": true, "key": "a"}')).source
    destination = await owner.connect("Spring", "Turbine")
    assert set(await installation.publish()) > before
    await owner.delete_source("Spring")
    assert set(await installation.publish()) == before
    assert await installation.secrets_of(owner.workspace_id, made.instance_id) == {}
    with pytest.raises(NotFound):
        await owner.delete_source("Spring")
    destination.enabled = False
    with pytest.raises(Aborted):
        await owner.update_destination(destination, "enabled")


async def test_pages_lead_through_all_sources(owner: Person) -> None:
    made = [(await owner.create_source(f"Spring {number}")).source for number in range(5)]
    found: list[src.Source] = []
    request = src.ListSourcesRequest(page_size=2)
    while True:
        page = await owner.call(owner.sources.ListSources, request)
        found.extend(page.sources)
        request.page_token = page.next_page_token
        if not page.next_page_token:
            break
    assert sorted(found, key=lambda each: each.source_id) == sorted(made, key=lambda each: each.source_id)
