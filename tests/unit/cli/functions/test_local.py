from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer

from cli.function_files import KINDS
from cli.functions.local import LocalFunction, read_function
from cli.functions.manifest import manifest_of, manifest_table
from cli.output import Output
from penstock.config.v1 import config_pb2
from penstock.registry.v1 import function_pb2

CODE = "async function onTrack(event) {}"
TOML = """
name = "crm"
kind = "insert"
logo_url = "https://logo.example/a.png"
isolation = "invocation"
[[settings]]
name = "key"
type = "string"
sensitive = true
[[settings]]
name = "list"
type = "ARRAY"
default = ["é", "b"]
"""


def read(folder: Path, toml: str, *, kind: str = "", name: str = "") -> LocalFunction:
    (folder / "function.toml").write_text(toml)
    if not (folder / "index.js").exists():
        (folder / "index.js").write_text(CODE)
    return read_function(folder, Output(as_json=False), kind=kind, name=name)


def test_a_folder_says_all_of_its_function(tmp_path: Path) -> None:
    local = read(tmp_path, TOML)
    assert (local.name, local.kind, local.guessed, local.code) == ("crm", KINDS["insert"], False, CODE)
    message = local.message()
    assert message.isolation == config_pb2.ISOLATION_INVOCATION
    assert [(d.name, d.type, d.sensitive) for d in message.settings] == [
        ("key", function_pb2.SETTING_TYPE_STRING, True),
        ("list", function_pb2.SETTING_TYPE_ARRAY, False),
    ]
    # As the registry gives it back: what is saved again is seen to be the same.
    assert message.settings[1].default_value == '["é","b"]'.encode()
    assert manifest_table(manifest_of(message))["settings"][1] == {
        "name": "list",
        "type": "ARRAY",
        "default": ["é", "b"],
    }


def test_a_file_says_its_code_and_settings_alone(tmp_path: Path) -> None:
    (tmp_path / "crm.js").write_bytes(b"async function onTrack() {}\r\n")
    local = read_function(tmp_path / "crm.js", Output(as_json=False))
    assert (local.name, local.guessed, local.fields) == ("crm", True, ["code", "settings"])
    assert local.code.endswith("\r\n")


def test_the_entry_is_named_or_found(tmp_path: Path) -> None:
    (tmp_path / "other.ts").write_text("async function onTrack(event: object) {}")
    assert "onTrack(event) {" in read(tmp_path, 'kind = "insert"\nentry = "other.ts"').code
    assert read(tmp_path, 'kind = "insert"').name == tmp_path.name
    with pytest.raises(typer.BadParameter, match=r"function\.toml: entry: there is no file gone\.js"):
        read(tmp_path, 'kind = "insert"\nentry = "gone.js"')


def test_a_package_is_bundled_beside_its_function_toml(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text(json.dumps({"main": "index.js"}))
    (tmp_path / "index.js").write_text("import { a } from './a'; export const onTrack = () => a;")
    (tmp_path / "a.js").write_text("export const a = 'from another file';")
    local = read(tmp_path, 'name = "bundle"\nkind = "destination"')
    assert "from another file" in local.code
    assert (local.name, local.source.path) == ("bundle", tmp_path)


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        ("kind = = 1", r"is not TOML: .*line 1, column 8"),
        ('name = "a"', r"kind: field required"),
        ('kind = "sink"', r"kind: input should be 'source', 'destination', 'insert' or 'insert-source'"),
        ('kind = "source"\ncolour = 1', r"there is no key 'colour'; allowed are name, kind, "),
        ('kind = "source"\nlogo_url = "ftp://a"', r"logo_url: "),
        ('kind = "source"\n[[settings]]\nname = "a"\ntype = "NUMBER"', r"settings\[1\]\.type: .*'TEXT_MAP'"),
        ('kind = "source"\n[[settings]]\nname = "a b"', r"settings\[1\]\.name: "),
        ('kind = "source"\n[[settings]]\nname = "a"\nlable = "A"', r"settings\[1\]: there is no key 'lable'"),
        ('kind = "source"\n[[settings]]\nname = "a"\ndefault = true', r"settings\[1\]: default is not of type STRING"),
        ('kind = "source"\n[[settings]]\nname = "a"\nsensitive = true\ndefault = "b"', "has no default"),
        ('kind = "source"\n[[settings]]\nname = "a"\n[[settings]]\nname = "a"', "settings: defined twice: a"),
    ],
)
def test_what_is_wrong_is_told_by_place_and_what_is_allowed(tmp_path: Path, toml: str, told: str) -> None:
    with pytest.raises(typer.BadParameter, match=told) as caught:
        read(tmp_path, toml)
    assert str(tmp_path / "function.toml") in caught.value.message


def test_what_is_said_beside_the_folder_does_not_contradict_it(tmp_path: Path) -> None:
    with pytest.raises(typer.BadParameter, match=r"says that it is 'insert'"):
        read(tmp_path, TOML, kind="source")
    assert read(tmp_path, TOML, kind="insert", name="else").name == "else"
