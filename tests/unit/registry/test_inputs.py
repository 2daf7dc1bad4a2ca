"""Names, code and masks as people send them."""

from __future__ import annotations

from contextlib import suppress

import pytest
from google.protobuf import json_format
from google.protobuf.field_mask_pb2 import FieldMask
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.config.v1 import config_pb2
from penstock.registry.v1 import destination_pb2, function_pb2, source_pb2
from services.registry.inputs import (
    destination_input,
    function_input,
    request_input,
    source_input,
)
from services.registry.validation import mask_paths
from shared.code import MAX_CODE_BYTES
from shared.errors import InvalidArgument


@pytest.mark.parametrize("name", ["a", "Grüße an alle", "x" * 120, "dst", "fn_short", "a\u00a0b"])
def test_names_are_a_line_of_text(name: str) -> None:
    assert source_input(source_pb2.Source(name=name), ["name"]).name == name


@pytest.mark.parametrize("name", ["", " a", "a ", "a\nb", "nu\0l", "\t", "x" * 121, "src_" + "0" * 26, "a\x7f"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        source_input(source_pb2.Source(name=name), ["name"])
    assert caught.value.violations[0].field == "source.name"


def test_all_is_no_destination() -> None:
    with pytest.raises(InvalidArgument):
        destination_input(destination_pb2.Destination(name="All"), ["name"])
    assert source_input(source_pb2.Source(name="All"), ["name"]).name == "All"


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_name_is_taken_or_refused(name: str) -> None:
    try:
        message = source_pb2.Source(name=name)
    except UnicodeEncodeError:
        return  # protobuf refuses it before it gets here
    with suppress(InvalidArgument):
        assert source_input(message, ["name"]).name == name


@pytest.mark.parametrize("code", ["", "  \n", "nu\0l", "x" * (MAX_CODE_BYTES + 1), "ü" * (MAX_CODE_BYTES // 2 + 1)])
def test_code_is_bounded_in_bytes(code: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        function_input(function_pb2.Function(code=code), ["code"])
    assert caught.value.violations[0].field == "function.code"


def test_defaults_are_written_out() -> None:
    found = function_input(function_pb2.Function(), ["language", "isolation"])
    assert (found.language, found.isolation) == (config_pb2.LANGUAGE_JAVASCRIPT, config_pb2.ISOLATION_INSTANCE)


@pytest.mark.parametrize("field", ["kind", "language", "isolation"])
def test_numbers_of_a_later_release_are_refused(field: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        function_input(json_format.ParseDict({field: 99}, function_pb2.Function()), [field])
    assert caught.value.violations[0].field == f"function.{field}"


def test_settings_have_unique_names_and_are_few() -> None:
    text = function_pb2.SETTING_TYPE_STRING
    twice = [function_pb2.SettingDefinition(name="a", type=text)] * 2
    many = [function_pb2.SettingDefinition(name=f"a{number}", type=text) for number in range(101)]
    for definitions in (twice, many):
        with pytest.raises(InvalidArgument) as caught:
            function_input(function_pb2.Function(settings=definitions), ["settings"])
        assert caught.value.violations[0].field == "function.settings"


def test_a_default_is_json() -> None:
    setting = function_pb2.SettingDefinition(name="a", type=function_pb2.SETTING_TYPE_STRING, default_value=b"{")
    with pytest.raises(InvalidArgument) as caught:
        function_input(function_pb2.Function(settings=[setting]), ["settings"])
    assert caught.value.violations[0].field == "function.settings[0].default_value"


def test_request_ids_are_bounded() -> None:
    for request_id in ("x" * 129, "a\nb", "ü"):
        with pytest.raises(InvalidArgument):
            request_input(source_pb2.CreateSourceRequest(request_id=request_id))


def test_masks_name_what_can_change() -> None:
    assert mask_paths(FieldMask(paths=["name", "name"]), ["name", "enabled"]) == {"name"}
    for paths in ([], ["source_id"], ["name", "*"]):
        with pytest.raises(InvalidArgument):
            mask_paths(FieldMask(paths=paths), ["name", "enabled"])
