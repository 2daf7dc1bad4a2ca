from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer

from cli.function_files import guessed_kind, named_kind, read_definitions
from penstock.config.v1 import config_pb2
from penstock.registry.v1 import function_pb2

SOURCE, DESTINATION = config_pb2.FUNCTION_KIND_SOURCE, config_pb2.FUNCTION_KIND_DESTINATION


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("async function onRequest(request) {}", SOURCE),
        ("onRequest = async () => {}", SOURCE),
        ("async function onTrack(event) { /* like onRequest */ }", DESTINATION),
        ("function onBatch(events) {}", DESTINATION),
        ("", DESTINATION),
    ],
)
def test_the_kind_is_guessed_from_the_handlers(code: str, kind: int) -> None:
    assert guessed_kind(code) == kind


def test_a_named_kind_holds() -> None:
    assert named_kind("insert") == config_pb2.FUNCTION_KIND_INSERT_DESTINATION
    with pytest.raises(typer.BadParameter, match="source, destination, insert"):
        named_kind("sink")


def test_definitions_are_read_from_the_file_beside_the_code(tmp_path: Path) -> None:
    definitions = [
        {"name": "apiKey", "type": "string", "sensitive": True},
        {"name": "on", "type": "BOOLEAN", "default": True},
    ]
    (tmp_path / "crm.settings.json").write_text(json.dumps(definitions))
    key, on = read_definitions(tmp_path / "crm.js", None)
    assert (key.name, key.type, key.sensitive) == ("apiKey", function_pb2.SETTING_TYPE_STRING, True)
    assert (on.type, on.default_value) == (function_pb2.SETTING_TYPE_BOOLEAN, b"true")
    assert read_definitions(tmp_path / "other.js", None) == []


@pytest.mark.parametrize("data", [{}, [{"type": "STRING"}], ["name"], [{"name": "a", "type": "NUMBER"}]])
def test_definitions_of_another_form_are_refused(tmp_path: Path, data: Any) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps(data))
    with pytest.raises(typer.BadParameter, match=str(path)):
        read_definitions(tmp_path / "crm.js", path)


def test_a_file_that_is_no_json_is_named(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text("[{]")
    with pytest.raises(typer.BadParameter, match="line 1 column 3"):
        read_definitions(tmp_path / "crm.js", path)
