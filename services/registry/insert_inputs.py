"""What people send of insert functions in use, checked before anything else looks at it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from penstock.registry.v1 import insert_function_instance_pb2
from services.registry.inputs import NAME_PATTERN
from services.registry.validation import validated


class InsertInput(BaseModel):
    """Fields of an insert function's instance that were sent; its settings are checked against the function."""

    model_config = ConfigDict(frozen=True)

    name: Annotated[str, StringConstraints(max_length=120, pattern=f"^$|{NAME_PATTERN}")] = ""
    enabled: bool = True
    settings: bytes = b""


def insert_input(instance: insert_function_instance_pb2.InsertFunctionInstance, fields: Collection[str]) -> InsertInput:
    """Check these fields of an instance. Raises InvalidArgument."""
    return validated(
        InsertInput, {field: getattr(instance, field) for field in fields}, root="insert_function_instance"
    )
