"""Turns a wrong request into an INVALID_ARGUMENT that names each wrong field, and none of its values."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any, NoReturn, TypeVar

from google.protobuf.field_mask_pb2 import FieldMask
from pydantic import BaseModel, ValidationError

from shared.errors import FieldViolation, InvalidArgument

M = TypeVar("M", bound=BaseModel)


def refuse(*violations: FieldViolation, reason: str | None = None) -> NoReturn:
    """Raise InvalidArgument for these fields; `reason` where programs must tell it from others."""
    told = "; ".join(f"{violation.field}: {violation.description}" for violation in violations)
    raise InvalidArgument(f"The request is not valid: {told}", reason=reason, violations=violations)


def validated(model: type[M], fields: Mapping[str, Any], *, root: str) -> M:
    """Make a model of a message's fields. Raises InvalidArgument with the path, below `root`, of each wrong one."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        # Inputs and contexts are left out: they may be values of sensitive settings.
        found = error.errors(include_url=False, include_context=False, include_input=False)
        refuse(*(FieldViolation(_path(root, each["loc"]), each["msg"].removeprefix("Value error, ")) for each in found))


def mask_paths(mask: FieldMask, allowed: Collection[str]) -> frozenset[str]:
    """Give the fields that an update names. Raises InvalidArgument for none, and for those that never change."""
    if not mask.paths:
        refuse(FieldViolation("update_mask", f"name at least one of {', '.join(sorted(allowed))}"))
    unknown = [path for path in mask.paths if path not in allowed]
    if unknown:
        can = ", ".join(sorted(allowed))
        refuse(*(FieldViolation("update_mask", f"{path!r} cannot be changed; {can} can") for path in unknown))
    return frozenset(mask.paths)


def parse_json(text: bytes, *, field: str) -> Any:
    """Parse a tenant's JSON. Raises InvalidArgument for what is not JSON, also where Python is lenient."""
    try:
        value = json.loads(text, parse_constant=_no_constant)
        json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair is valid JSON, and no Unicode text
    except (ValueError, RecursionError):
        refuse(FieldViolation(field, "is not UTF-8 JSON"))
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _path(root: str, location: tuple[int | str, ...]) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in location)
    return root + "".join(steps)
