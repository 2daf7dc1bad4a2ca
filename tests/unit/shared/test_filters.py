"""What destination filters make of messages."""

from __future__ import annotations

import copy
import hashlib
import json
from typing import Any

import pytest

from penstock.config.v1 import config_pb2
from shared.filters import DROPPED, SAMPLED, UNDECIDABLE, Filters, apply, fraction

_MESSAGE: dict[str, Any] = {
    "type": "track",
    "userId": "u1",
    "properties": {
        "email": "ann@example.com",
        "total": 3,
        "products": [{"id": 1, "price": 2, "tags": [{"a": 1, "b": 2}]}, "gift", [{"id": 2, "price": 3}]],
    },
    "context": {"a.b": {"ip": "127.0.0.1", "os": "x"}},
}


def _filter(condition: str = "all", *actions: config_pb2.FilterAction, **fields: str) -> config_pb2.FilterConfig:
    return config_pb2.FilterConfig(
        filter_id=fields.pop("filter_id", "fil_1"), condition=condition, actions=actions, **fields
    )


def _drop() -> config_pb2.FilterAction:
    return config_pb2.FilterAction(type=config_pb2.FILTER_ACTION_TYPE_DROP)


def _sample(percent: float, path: str = "") -> config_pb2.FilterAction:
    return config_pb2.FilterAction(type=config_pb2.FILTER_ACTION_TYPE_SAMPLE, percent=percent, path=path)


def _fields(kind: config_pb2.FilterActionType.ValueType, fields: dict[str, list[str]]) -> config_pb2.FilterAction:
    action = config_pb2.FilterAction(type=kind)
    for path, names in fields.items():
        action.fields[path].names.extend(names)
    return action


def _without(fields: dict[str, list[str]]) -> config_pb2.FilterAction:
    return _fields(config_pb2.FILTER_ACTION_TYPE_DROP_PROPERTIES, fields)


def _only(fields: dict[str, list[str]]) -> config_pb2.FilterAction:
    return _fields(config_pb2.FILTER_ACTION_TYPE_ALLOW_PROPERTIES, fields)


def test_without_filters_a_message_goes_on_as_it_is():
    assert apply([], _MESSAGE, "src_1") is _MESSAGE


def test_a_filter_that_is_not_met_does_nothing():
    assert apply([_filter("type = 'page'", _drop())], _MESSAGE, "src_1") is _MESSAGE


def test_drop_keeps_back():
    verdict = Filters([_filter("type = 'track'", _drop())]).apply(_MESSAGE, "src_1")
    assert (verdict.message, verdict.reason, verdict.filter_id) == (None, DROPPED, "fil_1")


def test_a_filter_is_for_its_source_alone():
    filters = [_filter("all", _drop(), source_id="src_1")]
    assert apply(filters, _MESSAGE, "src_1") is None
    assert apply(filters, _MESSAGE, "src_2") is _MESSAGE


@pytest.mark.parametrize(
    ("condition", "detail"),
    [
        ("length(properties) > 1", "length is for strings and lists, not for"),
        ("type = ", "cannot be read"),
        ("", "cannot be read"),
    ],
)
def test_what_cannot_be_decided_or_read_keeps_back(condition: str, detail: str):
    verdict = Filters([_filter(condition, _without({"": ["userId"]}))]).apply(_MESSAGE, "src_1")
    assert (verdict.message, verdict.reason) == (None, UNDECIDABLE)
    assert detail in verdict.detail


def test_an_action_of_a_later_release_keeps_back():
    unknown = config_pb2.FilterAction()
    unknown.MergeFromString(b"\x08\x63")
    assert Filters([_filter("all", unknown)]).apply(_MESSAGE, "src_1").reason == UNDECIDABLE


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"properties": ["email", "none"]}, lambda m: m["properties"].pop("email")),
        ({"": ["userId", "context"]}, lambda m: [m.pop("userId"), m.pop("context")]),
        ({"missing.path": ["x"], "userId": ["x"]}, lambda m: None),
        ({r"context.a\.b": ["ip"]}, lambda m: m["context"]["a.b"].pop("ip")),
        (
            {"properties.products": ["price"]},
            lambda m: [m["properties"]["products"][0].pop("price"), m["properties"]["products"][2][0].pop("price")],
        ),
        ({"properties.products.tags": ["a"]}, lambda m: m["properties"]["products"][0]["tags"][0].pop("a")),
        ({"properties": ["products"]}, lambda m: m["properties"].pop("products")),
    ],
)
def test_properties_are_dropped_of_every_object_at_a_path(fields: dict[str, list[str]], expected: Any):
    before = copy.deepcopy(_MESSAGE)
    wanted = copy.deepcopy(_MESSAGE)
    expected(wanted)
    assert apply([_filter("all", _without(fields))], _MESSAGE, "src_1") == wanted
    assert before == _MESSAGE


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"properties": ["total"]}, {**_MESSAGE, "properties": {"total": 3}}),
        ({"": ["type", "userId"]}, {"type": "track", "userId": "u1"}),
        ({"properties": ["none"]}, {**_MESSAGE, "properties": {}}),
        ({"missing": ["x"]}, _MESSAGE),
    ],
)
def test_only_properties_that_are_allowed_stay(fields: dict[str, list[str]], expected: Any):
    assert apply([_filter("all", _only(fields))], _MESSAGE, "src_1") == expected


def test_dropping_goes_before_allowing_and_conditions_see_the_message_as_it_came():
    filters = [
        _filter("properties.total = 3", _only({"properties": ["email", "total"]})),
        _filter("properties.email = 'ann@example.com'", _without({"properties": ["email"]})),
    ]
    for ordered in (filters, filters[::-1]):
        changed = apply(ordered, _MESSAGE, "src_1")
        assert changed is not None
        assert changed["properties"] == {"total": 3}


def test_sampling_goes_before_dropping():
    filters = [_filter("all", _drop(), filter_id="fil_1"), _filter("all", _sample(0), filter_id="fil_2")]
    verdict = Filters(filters).apply(_MESSAGE, "src_1")
    assert (verdict.reason, verdict.filter_id) == (SAMPLED, "fil_2")


@pytest.mark.parametrize(
    ("percent", "chance", "passes"), [(0, 0, False), (0.5, 0.5, True), (0.5, 0.51, False), (1, 1, True)]
)
def test_a_sample_without_path_goes_by_chance(percent: float, chance: float, passes: bool):
    verdict = Filters([_filter("all", _sample(percent))]).apply(_MESSAGE, "src_1", chance=lambda _: chance)
    assert (verdict.message is not None) == passes


@pytest.mark.parametrize("value", ["u1", 17, 1.0, None, {"b": [1, "ü"], "a": True}])
def test_a_sample_with_a_path_goes_by_the_md5_of_the_json_text(value: Any):
    # As `JSON.stringify` writes it.
    text = json.dumps(int(value) if value == 1 else value, ensure_ascii=False, separators=(",", ":"))
    share = int(hashlib.md5(text.encode()).hexdigest()[:16], 16) / 2**64
    message = {**_MESSAGE, "properties": {"key": value}}
    assert apply([_filter("all", _sample(share + 1e-9, "properties.key"))], message, "src_1") is not None
    assert apply([_filter("all", _sample(share - 1e-9, "properties.key"))], message, "src_1") is None


def test_a_larger_sample_holds_the_smaller_one_and_both_have_their_size():
    def sampled(percent: float) -> set[int]:
        filters = Filters([_filter("all", _sample(percent, "userId"))])
        return {user for user in range(2000) if filters.apply({"userId": f"user-{user}"}, "src_1").message}

    small, large = sampled(0.1), sampled(0.5)
    assert small < large
    assert (len(small), len(large)) == (pytest.approx(200, abs=60), pytest.approx(1000, abs=100))


def test_a_fraction_is_always_the_same():
    assert fraction('"u1"') == int.from_bytes(hashlib.md5(b'"u1"').digest()[:8], "big") / 2**64
