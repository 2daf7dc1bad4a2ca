from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from cli.settings_input import parse_settings


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("name=plain text", "plain text"),
        ("name=a=b=c", "a=b=c"),
        ("name=", ""),
        ("name=true", True),
        ("name=tea", "tea"),
        ('name=["a","b"]', ["a", "b"]),
        ('name={"a":"b"}', {"a": "b"}),
        ("name=12", "12"),
        ('name="quoted"', "quoted"),
        ("name=[not json", "[not json"),
    ],
)
def test_values_are_json_where_they_look_like_it(text: str, value: object) -> None:
    assert json.loads(parse_settings([text])) == {"name": value}


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_no_value_is_refused(value: str) -> None:
    if not value.startswith(("@", "env:")):
        assert json.loads(parse_settings([f"name={value}"])).keys() == {"name"}


def test_a_value_may_come_from_a_file_or_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text("from a file\n")
    monkeypatch.setenv("CRM_KEY", "from the environment")
    settings = json.loads(parse_settings([f"a=@{tmp_path / 'key'}", "b=env:CRM_KEY"]))
    assert settings == {"a": "from a file", "b": "from the environment"}


@pytest.mark.parametrize("text", ["no equals sign", "=value", "name=@/no/such/file", "name=env:NO_SUCH_VARIABLE"])
def test_what_cannot_be_read_is_named(text: str) -> None:
    with pytest.raises(typer.BadParameter, match=r"NAME=VALUE|/no/such/file|NO_SUCH_VARIABLE"):
        parse_settings([text])
