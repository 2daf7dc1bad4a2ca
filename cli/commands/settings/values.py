"""Values of settings as people type them, read as the types of the settings say."""

from __future__ import annotations

import json
from typing import Any

import typer

from cli.functions.manifest import fits, type_name
from penstock.registry.v1 import function_pb2

_WORDS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_FORMS = {
    "BOOLEAN": "true or false",
    "ARRAY": 'a JSON list of texts, ["a", "b"], or a,b',
    "TEXT_MAP": 'a JSON object of texts, {"key": "text"}',
}


def parse_value(definition: function_pb2.SettingDefinition, text: str) -> Any:
    """Read a value. Raises typer.BadParameter that says what is allowed, and not what was given: it may be secret."""
    type_ = type_name(definition)
    if type_ == "STRING":
        return text
    value = _WORDS.get(text.strip().lower()) if type_ == "BOOLEAN" else _json(text)
    if value is None and type_ == "ARRAY":
        value = [each.strip() for each in text.split(",") if each.strip()]
    if not fits(type_, value):
        raise typer.BadParameter(f"{definition.name} is {_FORMS[type_]}.")
    return value


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
