"""Values of settings against their definitions."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from services.registry.settings_schema import (
    SettingDefinition,
    SettingType,
    check_complete,
    effective,
    parse_changes,
)
from shared.errors import InvalidArgument

TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES: dict[SettingType, st.SearchStrategy[Any]] = {
    SettingType.STRING: TEXT,
    SettingType.BOOLEAN: st.booleans(),
    SettingType.ARRAY: st.lists(TEXT, max_size=4),
    SettingType.TEXT_MAP: st.dictionaries(TEXT, TEXT, max_size=4),
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


def _definition(kind: SettingType, **fields: Any) -> SettingDefinition:
    return SettingDefinition(name="a", type=kind, **fields)


@settings(deadline=None)
@given(kind=st.sampled_from(SettingType), sensitive=st.booleans(), data=st.data())
def test_a_fitting_value_goes_where_it_belongs(kind: SettingType, sensitive: bool, data: st.DataObject) -> None:
    value = data.draw(VALUES[kind])
    changes = parse_changes(json.dumps({"a": value}).encode(), [_definition(kind, sensitive=sensitive)], field="s")
    stored = {name: json.loads(text) for name, text in changes.sensitive.items()}
    assert (changes.plain, stored) == (({}, {"a": value}) if sensitive else ({"a": value}, {}))


@settings(deadline=None)
@given(kind=st.sampled_from(SettingType), value=JSON)
def test_no_other_value_fits(kind: SettingType, value: Any) -> None:
    fits = {
        SettingType.STRING: type(value) is str,
        SettingType.BOOLEAN: type(value) is bool,
        SettingType.ARRAY: type(value) is list and all(type(each) is str for each in value),
        SettingType.TEXT_MAP: type(value) is dict and all(type(each) is str for each in value.values()),
    }[kind]
    text = json.dumps({"a": value}).encode()
    if value is None:
        assert parse_changes(text, [_definition(kind)], field="s").cleared == {"a"}
    elif fits:
        assert parse_changes(text, [_definition(kind)], field="s").plain == {"a": value}
    else:
        with pytest.raises(InvalidArgument) as caught:
            parse_changes(text, [_definition(kind)], field="s")
        assert [violation.field for violation in caught.value.violations] == ["s.a"]


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_settings_or_an_invalid_argument(text: bytes) -> None:
    with suppress(InvalidArgument):
        assert not parse_changes(text, [_definition(SettingType.STRING)], field="s").sensitive


@pytest.mark.parametrize(
    "text", [b'{"a": NaN}', b"[" * 100_000, b'{"a": "\\ud83d"}', b'"a"', b'\xff\xfe{"a":1}', b'{"a": 1e999}']
)
def test_lenient_json_is_refused(text: bytes) -> None:
    with pytest.raises(InvalidArgument):
        parse_changes(text, [_definition(SettingType.STRING)], field="s")


def test_errors_never_repeat_values() -> None:
    with pytest.raises(InvalidArgument) as caught:
        parse_changes(b'{"a": ["hush"], "b": "hush"}', [_definition(SettingType.STRING, sensitive=True)], field="s")
    assert "hush" not in repr((caught.value.message, caught.value.violations, caught.value.metadata))


def test_unknown_names_are_cleared_only_where_they_have_a_value() -> None:
    assert parse_changes(b'{"old": null}', [], field="s", clearable=["old"]).cleared == {"old"}
    with pytest.raises(InvalidArgument):
        parse_changes(b'{"old": null}', [], field="s")


def test_a_required_setting_needs_a_value_or_a_default() -> None:
    required = _definition(SettingType.STRING, required=True)
    with pytest.raises(InvalidArgument) as caught:
        check_complete([required], {}, [], field="s")
    assert caught.value.violations[0].field == "s.a"
    check_complete([required], {"a": "x"}, [], field="s")
    check_complete([required], {}, ["a"], field="s")
    check_complete([_definition(SettingType.STRING, required=True, default="x")], {}, [], field="s")


def test_handlers_see_defaults_and_nothing_that_does_not_fit() -> None:
    definitions = [
        SettingDefinition(name="text", type=SettingType.STRING, default="d"),
        SettingDefinition(name="flag", type=SettingType.BOOLEAN),
        SettingDefinition(name="key", type=SettingType.STRING, sensitive=True),
    ]
    assert effective(definitions, {}) == {"text": "d"}
    assert effective(definitions, {"text": 1, "flag": "yes", "key": "x", "gone": "y"}) == {"text": "d"}
    assert effective(definitions, {"text": "", "flag": False}) == {"text": "", "flag": False}


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "a-b"},
        {"name": ""},
        {"name": "a" * 65},
        {"name": "a\n"},
        {"type": "NUMBER"},
        {"default": 1},
        {"default": "x", "sensitive": True},
        {"label": "x" * 121},
        {"description": "nu\0l"},
        {"default": "x" * 70_000},
    ],
)
def test_wrong_definitions_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SettingDefinition.model_validate({"name": "a", "type": "STRING", **fields})
