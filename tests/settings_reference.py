"""Writes the tables of `docs/reference/settings.md` from the settings classes: `python -m tests.settings_reference`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from services.delivery.settings import DeliverySettings
from services.executor.settings import ExecutorSettings
from services.gateway.settings import GatewaySettings
from services.registry.settings import RegistrySettings
from services.secrets.settings import SecretsSettings
from shared.database.settings import DatabaseSettings
from shared.settings import ServiceSettings

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "settings.md"
# What stands above this line of the page is written by hand.
_MARK = "*Made from the settings classes by `python -m tests.settings_reference`.*\n"


def page() -> str:
    """Give the page's text."""
    shared, database = set(ServiceSettings.model_fields), set(DatabaseSettings.model_fields)
    sections = [
        ("All services", ServiceSettings, set[str]()),
        ("Services with a database: registry, secrets, delivery", DatabaseSettings, shared),
        ("Gateway", GatewaySettings, shared),
        ("Registry", RegistrySettings, database),
        ("Secrets", SecretsSettings, database),
        ("Executor", ExecutorSettings, shared),
        ("Delivery", DeliverySettings, database),
    ]
    by_hand = PAGE.read_text().partition(_MARK)[0]
    return by_hand + _MARK + "".join(_section(*section) for section in sections)


def _section(title: str, settings: type[BaseModel], left_out: set[str]) -> str:
    rows = [row for name, field in settings.model_fields.items() if name not in left_out for row in _rows(name, field)]
    return f"\n## {title}\n\n| variable | default | meaning |\n| --- | --- | --- |\n" + "".join(rows)


def _rows(name: str, field: FieldInfo) -> Iterator[str]:
    variable = str(field.validation_alias or f"PENSTOCK_{name.upper()}")
    default: Any = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(default, BaseModel):
        yield f"| `{variable}` | | {field.description} JSON object: |\n"
        for part, inner in type(default).model_fields.items():
            yield f"| … `{part}` | `{getattr(default, part)}` | {inner.description} |\n"
    else:
        shown = "" if default is None else str(default)
        yield f"| `{variable}` | {f'`{shown}`' if shown else ''} | {field.description} |\n"


if __name__ == "__main__":
    PAGE.write_text(page())
