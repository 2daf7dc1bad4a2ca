"""Small things of a workspace as texts, of which two of the same meaning are the same."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from cli.functions.manifest import type_name
from penstock.registry.v1 import function_pb2


def definition_text(definition: function_pb2.SettingDefinition) -> str:
    """Write the definition of a setting."""
    default = json.loads(definition.default_value) if definition.default_value else None
    values = {
        "name": definition.name,
        "type": type_name(definition),
        "label": definition.label,
        "description": definition.description,
        "required": definition.required,
        "sensitive": definition.sensitive,
    }
    given: dict[str, Any] = {key: value for key, value in values.items() if value}
    return json.dumps(given | ({} if default is None else {"default": default}), ensure_ascii=False)


def action_text(type_: str, *, percent: float, path: str, fields: Mapping[str, Sequence[str]]) -> str:
    """Write what a filter does."""
    given = {
        "type": type_,
        "percent": float(percent),
        "path": path,
        "fields": {key: sorted(names) for key, names in sorted(fields.items())},
    }
    if type_ != "sample":
        del given["percent"]
    return json.dumps({key: value for key, value in given.items() if value not in ("", {})}, ensure_ascii=False)
