"""Destination filters over the real server."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from penstock.config.v1 import config_pb2
from penstock.registry.v1 import filter_pb2 as fil
from shared.errors import InvalidArgument, NotFound, ResourceExhausted
from tests.databases import once
from tests.integration.registry.installation import DROP, Installation, Person

SAMPLE = config_pb2.FilterAction(type=config_pb2.FILTER_ACTION_TYPE_SAMPLE, percent=0.25, path="userId")
NAMES = config_pb2.PropertyNames(names=["email", "phone"])
MASK = config_pb2.FilterAction(
    type=config_pb2.FILTER_ACTION_TYPE_DROP_PROPERTIES, fields={"context.traits": NAMES, "": NAMES}
)


def _action(kind: int, **fields: Any) -> config_pb2.FilterAction:
    return config_pb2.FilterAction(type=kind, **fields)  # pyright: ignore[reportArgumentType] numbers on purpose


async def _update(person: Person, changed: fil.Filter, *paths: str) -> fil.Filter:
    request = fil.UpdateFilterRequest(filter=changed, update_mask=FieldMask(paths=paths))
    return (await person.call(person.filters.UpdateFilter, request)).filter


async def test_filters_are_published_in_the_order_of_their_making(installation: Installation, owner: Person) -> None:
    await owner.create_function()
    source = (await owner.create_source("Spring")).source
    turbine = await owner.create_destination(function_id="Gate")
    made = [
        await owner.add_filter("Turbine", title="Few", actions=[SAMPLE, MASK], source_id="Spring"),
        await owner.add_filter("Turbine", condition='event = "Bought"', enabled=False),
        await owner.add_filter(turbine.destination_id, condition='type = "track" and match(event, "Order *")'),
    ]
    assert made[0].source_id == source.source_id
    listed = await owner.call(owner.filters.ListFilters, fil.ListFiltersRequest(destination_id="Turbine"))
    assert list(listed.filters) == made
    config = (await installation.publish())[f"destination.{turbine.destination_id}"]
    assert list(config.filters) == [
        config_pb2.FilterConfig(
            filter_id=each.filter_id, source_id=each.source_id, condition=each.condition, actions=each.actions
        )
        for each in (made[0], made[2])
    ]
    made[1].enabled = True
    await _update(owner, made[1], "enabled")
    config = (await installation.publish())[f"destination.{turbine.destination_id}"]
    assert [each.filter_id for each in config.filters] == [each.filter_id for each in made]


async def test_a_filter_is_changed_and_removed(installation: Installation, owner: Person) -> None:
    await owner.create_function()
    turbine = await owner.create_destination(function_id="Gate")
    await owner.create_destination("Wheel", function_id="Gate")
    made = await owner.add_filter("Turbine")
    wanted = fil.Filter(destination_id="Turbine", filter_id=made.filter_id, title="New", actions=[MASK])
    changed = await _update(owner, wanted, "title", "actions")
    assert (changed.title, list(changed.actions), changed.condition) == ("New", [MASK], "all")
    got = await owner.call(
        owner.filters.GetFilter, fil.GetFilterRequest(destination_id="Turbine", filter_id=made.filter_id)
    )
    assert got.filter == changed
    for destination, filter_id in (("Wheel", made.filter_id), ("Turbine", "fil_0"), ("Turbine", "nu\0l")):
        request = fil.DeleteFilterRequest(destination_id=destination, filter_id=filter_id)
        with pytest.raises(NotFound):
            await owner.call(owner.filters.DeleteFilter, request)
    request = fil.DeleteFilterRequest(destination_id="Turbine", filter_id=made.filter_id)
    await owner.call(owner.filters.DeleteFilter, request)
    assert not (await installation.publish())[f"destination.{turbine.destination_id}"].filters


async def test_filters_go_with_their_source_and_destination(installation: Installation, owner: Person) -> None:
    await owner.create_function()
    await owner.create_source("Spring")
    turbine = await owner.create_destination(function_id="Gate")
    await owner.add_filter("Turbine", source_id="Spring")
    kept = await owner.add_filter("Turbine")
    await owner.delete_source("Spring")
    config = (await installation.publish())[f"destination.{turbine.destination_id}"]
    assert [each.filter_id for each in config.filters] == [kept.filter_id]
    await owner.delete_destination("Turbine")
    await owner.create_destination(function_id="Gate")
    listed = await owner.call(owner.filters.ListFilters, fil.ListFiltersRequest(destination_id="Turbine"))
    assert not listed.filters


async def test_a_destination_has_ten_at_most(owner: Person) -> None:
    await owner.create_function()
    await owner.create_destination(function_id="Gate")
    made = [await owner.add_filter("Turbine", title=f"Filter {number}") for number in range(10)]
    with pytest.raises(ResourceExhausted) as caught:
        await owner.add_filter("Turbine")
    assert caught.value.reason == "FILTER_LIMIT"
    first = await owner.call(owner.filters.ListFilters, fil.ListFiltersRequest(destination_id="Turbine", page_size=7))
    request = fil.ListFiltersRequest(destination_id="Turbine", page_size=7, page_token=first.next_page_token)
    second = await owner.call(owner.filters.ListFilters, request)
    # Of one millisecond, ids are in no order.
    found = {each.title for each in (*first.filters, *second.filters)}
    assert found == {each.title for each in made}
    assert not second.next_page_token


@once
async def test_what_is_wrong_is_named(owner: Person) -> None:
    await owner.create_function()
    await owner.create_destination(function_id="Gate")
    kinds = config_pb2.FilterActionType
    for field, wrong in (
        ("title", ""),
        ("title", "x" * 65),
        ("description", "x" * 1025),
        ("condition", ""),
        ("condition", "type = "),
        ("condition", f'event = "{"x" * 5120}"'),
        ("actions", []),
        ("actions", [DROP, DROP]),
        ("actions", [_action(kinds.FILTER_ACTION_TYPE_DROP_PROPERTIES, fields={"a": {"names": ["x" * 1024] * 40}})]),
        ("actions[0].type", [_action(0)]),
        ("actions[0].type", [_action(99)]),
        ("actions[0].percent", [_action(kinds.FILTER_ACTION_TYPE_SAMPLE, percent=1.1)]),
        ("actions[0].percent", [_action(kinds.FILTER_ACTION_TYPE_SAMPLE, percent=float("nan"))]),
        ("actions[0]", [_action(kinds.FILTER_ACTION_TYPE_DROP, percent=0.5)]),
        ("actions[0]", [_action(kinds.FILTER_ACTION_TYPE_DROP, path="userId")]),
        ("actions[0]", [_action(kinds.FILTER_ACTION_TYPE_SAMPLE, percent=0.5, fields={"a": NAMES})]),
        ("actions[0]", [_action(kinds.FILTER_ACTION_TYPE_ALLOW_PROPERTIES)]),
        ("actions[0].fields.a", [_action(kinds.FILTER_ACTION_TYPE_ALLOW_PROPERTIES, fields={"a": {"names": []}})]),
    ):
        with pytest.raises(InvalidArgument) as caught:
            await owner.add_filter("Turbine", **{field.partition("[")[0]: wrong})
        assert [each.field for each in caught.value.violations] == [f"filter.{field}"]


@once
async def test_a_condition_that_is_no_fql_is_refused_with_its_place(owner: Person) -> None:
    await owner.create_function()
    await owner.create_destination(function_id="Gate")
    with pytest.raises(InvalidArgument) as caught:
        await owner.add_filter("Turbine", condition='event = "a" nand type = "track"')
    assert "character 13" in caught.value.violations[0].description


@once
async def test_a_preview_tells_what_goes_on(owner: Person) -> None:
    async def preview(condition: str, *actions: config_pb2.FilterAction, message: bytes) -> bytes:
        request = fil.PreviewFilterRequest(filter=fil.Filter(condition=condition, actions=actions), message=message)
        return (await owner.call(owner.filters.PreviewFilter, request)).message

    bought = '{"event": "Bought ü", "email": "a@b", "userId": "u"}'.encode()
    assert await preview("all", DROP, message=bought) == b""
    assert json.loads(await preview('event = "Sold"', DROP, message=bought)) == json.loads(bought)
    assert json.loads(await preview("all", MASK, message=bought)) == {"event": "Bought ü", "userId": "u"}
    assert await preview("number(event) > 1", MASK, message=bought) == b""
    for wrong in (b"", b"[]", b"{", b'{"a": "' + b"x" * 600_000 + b'"}'):
        with pytest.raises(InvalidArgument) as caught:
            await preview("all", DROP, message=wrong)
        assert caught.value.violations[0].field == "message"
    with pytest.raises(InvalidArgument):
        await preview("type =", DROP, message=bought)
