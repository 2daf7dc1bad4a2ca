"""Turning a request into the input of its operation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from pydantic import ValidationError
from starlette.requests import Request

from services.gateway.answers import Refused
from services.gateway.api.errors import bad_request, of_refused, of_validation
from services.gateway.api.media_types import require_json
from services.gateway.api.models import Input
from services.gateway.api.operation import Operation
from services.gateway.api.query import parse_query
from services.gateway.bodies import read_bounded
from services.gateway.room import Held
from shared.strict_json import parse_json


async def read_input(
    operation: Operation, request: Request, in_path: Mapping[str, str], held: Held, *, size_bytes: int
) -> Input:
    """Read and check what was sent.

    Values of a body must be of the types that the model says; those of a query, which are all text, are converted.
    Raises ApiError: 400, 413, 415, 422, and 429 or 503 when there is no room for the body.
    """
    values = parse_query(request.scope["query_string"])
    if operation.has_body:
        values |= await _read_body(request, held, size_bytes)
    try:
        return operation.input.model_validate({**values, **in_path}, strict=operation.has_body)
    except ValidationError as error:
        raise of_validation(error) from None


async def _read_body(request: Request, held: Held, size_bytes: int) -> dict[str, Any]:
    require_json(request.headers.get("content-type", ""), request.headers.get("content-encoding", ""))
    try:
        body = await read_bounded(request.receive, held, size_bytes)
    except Refused as refused:
        raise of_refused(refused) from None
    value = _parsed(body or b"{}")
    if not isinstance(value, dict):
        raise bad_request("The body must be a JSON object.")
    return cast("dict[str, Any]", value)


def _parsed(body: bytes) -> Any:
    try:
        value = parse_json(body)
        if b"\\u" in body:
            json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair is valid JSON, and no Unicode text
    except (ValueError, RecursionError):
        raise bad_request("The body is not valid UTF-8 JSON.") from None
    return value
