"""The audit trail: each change leaves an entry, in the name of who made it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from penstock.access.v1 import access_pb2
from penstock.config.v1 import config_pb2
from penstock.registry.v1 import destination_pb2 as dst
from penstock.registry.v1 import function_pb2 as fn
from shared.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from tests.integration.registry.installation import Installation, Person

KEY = fn.SettingDefinition(name="key", type=fn.SETTING_TYPE_STRING, sensitive=True)
UNIT = fn.SettingDefinition(name="unit", type=fn.SETTING_TYPE_STRING)


async def test_each_change_leaves_an_entry_with_what_was_and_what_is(owner: Person) -> None:
    await owner.create_function()
    made = await owner.create_destination(function_id="Gate")
    made.max_per_second, made.concurrency, made.etag = 2.5, 7, ""
    changed = await owner.update_destination(made, "max_per_second", "concurrency")
    assert (changed.max_per_second, changed.concurrency) == (2.5, 7)
    await owner.delete_destination("Turbine")
    deleted, updated, created = (await owner.audited(made.destination_id, action="destination.")).entries
    assert [deleted.action, updated.action, created.action] == [
        "destination.deleted",
        "destination.updated",
        "destination.created",
    ]
    assert json.loads(updated.before) == {"max_per_second": 0, "concurrency": 0}
    assert json.loads(updated.after) == {"max_per_second": 2.5, "concurrency": 7}
    assert (created.before, deleted.after, created.token_id) == (b"", b"", "tok_owner")


async def test_a_change_that_fails_leaves_none(owner: Person) -> None:
    await owner.create_function()
    before = await owner.audited()
    with pytest.raises(InvalidArgument):
        await owner.create_destination(function_id="Gate", settings=b'{"unknown": 1}')
    assert await owner.audited() == before


async def test_no_value_of_a_setting_is_in_an_entry(owner: Person) -> None:
    await owner.create_function(settings=[KEY, UNIT])
    made = await owner.create_destination(function_id="Gate", settings=b'{"key": "hush", "unit": "hushed"}')
    made.settings, made.etag = b'{"key": "husher", "unit": null}', ""
    await owner.update_destination(made, "settings")
    entries = (await owner.audited(made.instance_id)).entries
    assert json.loads(entries[0].after) == {"settings": [], "settings_revision": 2}
    assert not [entry for entry in (await owner.audited()).entries if b"hush" in entry.SerializeToString()]


async def test_entries_come_in_pages_of_one_workspace(installation: Installation, owner: Person) -> None:
    for number in range(3):
        await owner.create_source(f"Spring {number}")
    stranger = await installation.person(access_pb2.ROLE_OWNER)
    assert not (await stranger.audited()).entries
    everything = (await owner.audited()).entries
    first = await owner.audited(page_size=2)
    rest = await owner.audited(page_token=first.next_page_token)
    assert [*first.entries, *rest.entries] == list(everything)
    with pytest.raises(InvalidArgument):
        await owner.audited("src_other", page_token=first.next_page_token)
    with pytest.raises(InvalidArgument):
        await owner.audited("\0")


async def test_delivery_switches_off_what_fails_and_says_why(installation: Installation, owner: Person) -> None:
    await owner.create_function()
    made = await owner.create_destination(function_id="Gate")
    failing_since = datetime.now(UTC) + timedelta(milliseconds=1)
    for _ in range(2):
        await installation.disable(owner, made.destination_id, failing_since=failing_since)
    assert not (await installation.publish())[f"destination.{made.destination_id}"].enabled
    disabled, _ = (await owner.audited(made.destination_id, action="destination.")).entries
    assert (disabled.action, disabled.service, disabled.token_id) == ("destination.disabled", "delivery", "")
    assert disabled.reason == "nothing reaches it"
    assert (json.loads(disabled.before), json.loads(disabled.after)) == ({"enabled": True}, {"enabled": False})

    made.enabled, made.etag = True, ""
    assert (await owner.update_destination(made, "enabled")).enabled
    with pytest.raises(FailedPrecondition) as refused:
        await installation.disable(owner, made.destination_id, failing_since=failing_since)
    assert refused.value.reason == "CHANGED_SINCE"
    assert (await owner.audited(made.destination_id)).entries[0].action == "destination.enabled"


async def test_no_person_may_speak_for_delivery(installation: Installation, owner: Person) -> None:
    await owner.create_function()
    made = await owner.create_destination(function_id="Gate")
    request = dst.DisableDestinationRequest(workspace_id=owner.workspace_id, destination_id=made.destination_id)
    with pytest.raises(PermissionDenied):
        await owner.call(owner.destinations.DisableDestination, request)
    stranger = await installation.person(access_pb2.ROLE_OWNER)
    with pytest.raises(NotFound):
        await installation.disable(stranger, made.destination_id, failing_since=datetime.now(UTC))


@pytest.mark.parametrize(
    "limits",
    [{"max_per_second": -1}, {"max_per_second": float("nan")}, {"max_per_second": 0.001}, {"concurrency": 10_001}],
)
async def test_limits_out_of_range_are_refused(owner: Person, limits: dict[str, Any]) -> None:
    await owner.create_function()
    with pytest.raises(InvalidArgument) as refused:
        await owner.create_destination(function_id="Gate", **limits)
    assert refused.value.violations[0].field == f"destination.{next(iter(limits))}"


async def test_limits_are_published(installation: Installation, owner: Person) -> None:
    await owner.create_function()
    made = await owner.create_destination(function_id="Gate", max_per_second=0.5, concurrency=3, backlog_limit=9)
    source = (await owner.create_source(backlog_limit=7)).source
    config = await installation.publish()
    destination: config_pb2.DestinationConfig = config[f"destination.{made.destination_id}"]
    assert (destination.max_per_second, destination.concurrency, destination.backlog_limit) == (0.5, 3, 9)
    assert config[f"source.{source.source_id}"].backlog_limit == 7
    source.backlog_limit, source.etag = 8, ""
    await owner.update_source(source, "backlog_limit")
    assert (await installation.publish())[f"source.{source.source_id}"].backlog_limit == 8
