from __future__ import annotations

from typing import Any

import pytest
import typer

from cli.commands.settings.values import parse_value
from penstock.registry.v1 import function_pb2


def parsed(type_: str, text: str) -> Any:
    number = function_pb2.SettingType.Value(f"SETTING_TYPE_{type_}")
    return parse_value(function_pb2.SettingDefinition(name="it", type=number), text)


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        ("STRING", "true", "true"),
        ("STRING", '{"a": 1}', '{"a": 1}'),
        ("BOOLEAN", "Yes", True),
        ("BOOLEAN", "false", False),
        ("ARRAY", '["a", "b"]', ["a", "b"]),
        ("ARRAY", "a, b,", ["a", "b"]),
        ("TEXT_MAP", '{"a": "b"}', {"a": "b"}),
    ],
)
def test_a_text_is_read_as_the_type_says(type_: str, text: str, value: Any) -> None:
    assert parsed(type_, text) == value


@pytest.mark.parametrize(
    ("type_", "text"), [("BOOLEAN", "secret"), ("ARRAY", "[1]"), ("TEXT_MAP", "secret"), ("TEXT_MAP", '{"a": 1}')]
)
def test_what_does_not_fit_is_told_without_the_value(type_: str, text: str) -> None:
    with pytest.raises(typer.BadParameter) as caught:
        parsed(type_, text)
    assert "it is " in caught.value.message
    assert "secret" not in caught.value.message
