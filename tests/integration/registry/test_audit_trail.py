"""What entries tell of who, where and whose, how they are found, and how long they stay."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import text

from penstock.access.v1 import access_pb2
from penstock.config.v1 import config_pb2
from penstock.registry.v1 import function_pb2 as fn
from services.registry.store.audit import AuditStore
from shared.errors import InvalidArgument, PermissionDenied
from tests.integration.registry.installation import DESTINATION_CODE, Installation, Person

UNIT = fn.SettingDefinition(name="unit", type=fn.SETTING_TYPE_STRING)
INSERT = config_pb2.FUNCTION_KIND_INSERT_DESTINATION


def at(**ago: float) -> Timestamp:
    moment = Timestamp()
    moment.FromDatetime(datetime.now(UTC) - timedelta(**ago))
    return moment


async def actions(person: Person, resource: str = "", **wanted: Any) -> list[str]:
    return [each.action for each in (await person.audited(resource, **wanted)).entries]


async def test_what_belongs_to_a_destination_is_found_by_it(owner: Person) -> None:
    await owner.create_function(settings=[UNIT])
    made = await owner.create_destination(function_id="Gate")
    source = (await owner.create_source()).source
    await owner.connect("Spring", "Turbine")
    made.settings, made.etag = b'{"unit": "m"}', ""
    await owner.update_destination(made, "settings")
    deployed = await owner.deploy("Gate")
    entries = (await owner.audited(made.destination_id)).entries
    assert {"destination.created", "instance.created", "instance.updated", "connection.created"} <= {
        each.action for each in entries
    }
    settings = next(each for each in entries if each.action == "instance.updated")
    assert (settings.resource_id, settings.owner_id, settings.resource_name) == (
        made.instance_id,
        made.destination_id,
        "Gate",
    )
    assert json.loads(settings.after) == {"settings": ["unit"], "settings_revision": 2}
    assert "connection.created" in await actions(owner, source.source_id)
    assert await actions(owner, deployed.version_id) == ["version.created"]


async def test_an_insert_function_and_its_settings_belong_to_their_destination(owner: Person) -> None:
    await owner.create_function(settings=[UNIT])
    await owner.create_function("Sieve", kind=INSERT, code=DESTINATION_CODE, settings=[UNIT])
    made = await owner.create_destination(function_id="Gate")
    insert = await owner.insert("Sieve", made.destination_id)
    found = {(each.action, each.resource_id) for each in (await owner.audited(made.destination_id)).entries}
    assert {("insert.created", insert.instance_id), ("instance.created", insert.instance_id)} <= found
    await owner.delete_destination("Turbine")
    gone = (await owner.audited(made.destination_id, action="instance.deleted")).entries
    assert {each.resource_id for each in gone} == {made.instance_id, insert.instance_id}


async def test_a_change_in_several_steps_leaves_one_entry(owner: Person) -> None:
    function = await owner.create_function()
    assert sorted(await actions(owner, function.function_id)) == ["function.created", "version.created"]
    entry = (await owner.audited(function.function_id, action="function.created")).entries[0]
    assert json.loads(entry.after)["latest_version_id"] == function.latest_version_id


async def test_entries_tell_who_called_and_from_where(owner: Person) -> None:
    owner.actor.member_id, owner.actor.remote_address = "mem_1", "203.0.113.7"
    await owner.create_source()
    (entry,) = (await owner.audited(action="source.created")).entries
    assert (entry.token_id, entry.member_id, entry.remote_address) == ("tok_owner", "mem_1", "203.0.113.7")
    assert (entry.resource_name, entry.owner_id) == ("Spring", "")


async def test_entries_are_found_by_action_actor_and_time(installation: Installation, owner: Person) -> None:
    await owner.create_source()
    other = await installation.person(access_pb2.ROLE_OWNER, workspace_id=owner.workspace_id)
    await other.create_source("Brook")
    assert await actions(owner, action="source.") == ["source.created"] * 2
    assert await actions(owner, action="source.created", actor="tok_other") == ["source.created"]
    assert not await actions(owner, action="source")
    assert not await actions(owner, action="%.")
    assert await actions(owner, start_time=at(minutes=5), end_time=at(minutes=-5)) == await actions(owner)
    assert not await actions(owner, end_time=at(minutes=5))
    first = await owner.audited(action="source.", page_size=1)
    rest = await owner.audited(action="source.", page_token=first.next_page_token)
    assert [each.resource_name for each in (*first.entries, *rest.entries)] == ["Brook", "Spring"]
    with pytest.raises(InvalidArgument):
        await owner.audited(action="token.", page_token=first.next_page_token)
    for wrong in ({"actor": "\0"}, {"start_time": at(days=1), "end_time": at(days=2)}):
        with pytest.raises(InvalidArgument):
            await owner.audited(**wrong)  # pyright: ignore[reportArgumentType]


async def test_owners_alone_read_it(installation: Installation, owner: Person) -> None:
    for role in (access_pb2.ROLE_SOURCE_ADMIN, access_pb2.ROLE_FUNCTIONS_ADMIN, access_pb2.ROLE_FUNCTIONS_READ_ONLY):
        with pytest.raises(PermissionDenied):
            await (await installation.person(role, workspace_id=owner.workspace_id)).audited()


async def test_nothing_that_opens_anything_is_in_an_entry(owner: Person) -> None:
    made = await owner.create_source()
    definition = fn.SettingDefinition(name="unit", type=fn.SETTING_TYPE_STRING, default_value=b'"hushed"')
    await owner.create_function(settings=[definition])
    everything = b"".join(each.SerializeToString() for each in (await owner.audited()).entries)
    for secret in (made.token.encode(), made.source.write_keys[0].hint.encode(), b"hushed", b'"digest"'):
        assert secret not in everything


async def test_old_entries_are_removed_a_few_at_a_time(installation: Installation, owner: Person) -> None:
    await owner.create_source()
    entries = AuditStore(installation.database)
    assert await entries.prune(datetime.now(UTC) - timedelta(days=90)) == 0
    await owner.create_source("Brook")
    async with installation.database.write() as session:
        prefix = "" if installation.database.is_sqlite else "registry."
        change = f"UPDATE {prefix}audit_entries SET created_at = :old WHERE resource_name = 'Spring'"
        await session.execute(text(change), {"old": datetime(2020, 1, 1, tzinfo=UTC)})
    assert await entries.prune(datetime.now(UTC) - timedelta(days=90)) == 1
    assert [each.resource_name for each in (await owner.audited(action="source.")).entries] == ["Brook"]
