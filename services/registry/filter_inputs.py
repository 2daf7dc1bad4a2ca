"""What people send of destination filters, checked before anything else looks at it."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Annotated, Any, Self, cast

from google.protobuf import json_format
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from penstock.config.v1 import config_pb2
from penstock.registry.v1 import filter_pb2
from services.registry.inputs import NAME_PATTERN, NO_NUL
from services.registry.validation import parse_json, refuse, validated
from shared.errors import FieldViolation
from shared.fql import parse

MAX_TITLE = 64
# Of a message to try a filter on: more than a call of the Tracking API may be.
MAX_MESSAGE_BYTES = 512 * 1024
MAX_ACTIONS_BYTES = 32 * 1024
_OF_PROPERTIES = frozenset(
    {config_pb2.FILTER_ACTION_TYPE_DROP_PROPERTIES, config_pb2.FILTER_ACTION_TYPE_ALLOW_PROPERTIES}
)

Text = Annotated[str, StringConstraints(max_length=1024, pattern=NO_NUL)]
Names = Annotated[list[Annotated[Text, StringConstraints(min_length=1)]], Field(min_length=1)]


class ActionInput(BaseModel):
    """Something that a filter does; each type has fields of its own."""

    model_config = ConfigDict(frozen=True)

    type: int
    fields: dict[Text, Names]
    percent: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
    path: Text

    @field_validator("type")
    @classmethod
    def check_type(cls, number: int) -> int:
        """Refuse types that this release does not know."""
        if not number or number not in config_pb2.FilterActionType.values():
            raise ValueError("is not a type of action")
        return number

    @model_validator(mode="after")
    def check_belonging(self) -> Self:
        """Refuse what another type of action has: it would be silently without effect."""
        if bool(self.fields) != (self.type in _OF_PROPERTIES):
            needs = "names at least one field" if self.type in _OF_PROPERTIES else "names no fields"
            raise ValueError(f"an action of this type {needs}")
        if (self.percent or self.path) and self.type != config_pb2.FILTER_ACTION_TYPE_SAMPLE:
            raise ValueError("percent and path are for sampling alone")
        return self


class FilterInput(BaseModel):
    """Fields of a filter that were sent; an update sends some of them."""

    model_config = ConfigDict(frozen=True)

    title: Annotated[str, StringConstraints(min_length=1, max_length=MAX_TITLE, pattern=NAME_PATTERN)] = ""
    description: Text = ""
    condition: Annotated[str, StringConstraints(pattern=NO_NUL)] = ""
    actions: Annotated[list[ActionInput], Field(min_length=1)] = []
    enabled: bool = True

    @field_validator("condition")
    @classmethod
    def check_condition(cls, condition: str) -> str:
        """Refuse what is no FQL, with the place: at the event, it would keep every message back."""
        if not condition.strip():
            raise ValueError("is empty; `all` is met by every message")
        parse(condition)
        return condition

    @field_validator("actions")
    @classmethod
    def check_actions(cls, actions: list[ActionInput]) -> list[ActionInput]:
        """Refuse two actions of a type, and more than a filter of CONFIG should hold."""
        types = [action.type for action in actions]
        if len(set(types)) < len(types):
            raise ValueError("has two actions of one type")
        if sum(len(json.dumps(action.fields)) for action in actions) > MAX_ACTIONS_BYTES:
            raise ValueError(f"fields together are longer than {MAX_ACTIONS_BYTES} bytes")
        return actions

    def stored_actions(self) -> list[dict[str, Any]]:
        """Give the actions as rows keep them."""
        return [json_format.MessageToDict(_action(each)) for each in self.actions]

    def config(self) -> config_pb2.FilterConfig:
        """Give the filter as events meet it."""
        return config_pb2.FilterConfig(condition=self.condition, actions=map(_action, self.actions))


def filter_input(sent: filter_pb2.Filter, fields: Collection[str]) -> FilterInput:
    """Check these fields of a filter. Raises InvalidArgument."""
    values: dict[str, Any] = {field: getattr(sent, field) for field in fields if field != "actions"}
    if "actions" in fields:
        values["actions"] = [_fields_of(action) for action in sent.actions]
    return validated(FilterInput, values, root="filter")


def message_input(text: bytes) -> dict[str, Any]:
    """Read a message to try a filter on. Raises InvalidArgument."""
    if len(text) > MAX_MESSAGE_BYTES:
        refuse(FieldViolation("message", f"is longer than {MAX_MESSAGE_BYTES} bytes"))
    message = parse_json(text, field="message")
    if not isinstance(message, dict):
        refuse(FieldViolation("message", "is not a JSON object"))
    return cast("dict[str, Any]", message)


def _fields_of(action: config_pb2.FilterAction) -> dict[str, Any]:
    return {
        "type": action.type,
        "fields": {path: list(names.names) for path, names in action.fields.items()},
        "percent": action.percent,
        "path": action.path,
    }


def _action(action: ActionInput) -> config_pb2.FilterAction:
    return config_pb2.FilterAction(
        type=action.type,  # pyright: ignore[reportArgumentType] a number of FilterActionType
        fields={path: config_pb2.PropertyNames(names=names) for path, names in action.fields.items()},
        percent=action.percent,
        path=action.path,
    )
