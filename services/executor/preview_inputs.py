"""What people send to try a function out, checked before anything runs."""

from __future__ import annotations

from typing import Any, cast

import pydantic

from penstock.executor.v1 import executor_service_pb2, preview_service_pb2
from services.executor.canned import CannedOutside
from services.executor.results import FunctionKind
from shared.errors import FieldViolation, InvalidArgument
from shared.strict_json import parse_json

MAX_SETTINGS_BYTES = 256 * 1024
MAX_INPUT_BYTES = 2 * 1024 * 1024
MAX_BATCH = 400
# Patterns are compiled while nobody else computes.
MAX_PATTERNS = 100
MAX_PATTERN = 512


def checked_settings(settings: bytes) -> dict[str, Any]:
    """Read values of settings. Raises InvalidArgument."""
    values = _parsed("settings", settings or b"{}", MAX_SETTINGS_BYTES)
    if not isinstance(values, dict):
        raise _wrong("settings", "This is not a JSON object.")
    return cast("dict[str, Any]", values)


def checked_event(
    request: preview_service_pb2.PreviewFunctionRequest, kind: FunctionKind
) -> executor_service_pb2.Invocation:
    """Give what the handler gets. Raises InvalidArgument for what a function of this kind never gets."""
    given = request.WhichOneof("input")
    if kind is FunctionKind.SOURCE and given != "request":
        raise _wrong("request", "A source function is tried with a request.")
    if kind is not FunctionKind.SOURCE and given not in ("event", "batch"):
        raise _wrong("event", f"A function of kind {kind.upper()} is tried with an event or a batch.")
    if given == "request":
        return executor_service_pb2.Invocation(request=_checked_request(request.request))
    if given == "batch":
        return executor_service_pb2.Invocation(batch=_checked_batch(request.batch))
    if not isinstance(_parsed("event", request.event, MAX_INPUT_BYTES), dict):
        raise _wrong("event", "This is not a JSON object.")
    return executor_service_pb2.Invocation(event=request.event)


def checked_responses(request: preview_service_pb2.PreviewFunctionRequest) -> CannedOutside | None:
    """Give what answers instead of the network, None for the network itself. Raises InvalidArgument."""
    if not request.HasField("responses"):
        return None
    answers = _parsed("responses", request.responses, MAX_INPUT_BYTES)
    if not isinstance(answers, dict):
        raise _wrong("responses", "This is not a JSON object.")
    patterns = cast("dict[str, Any]", answers)
    if len(patterns) > MAX_PATTERNS or any(len(pattern) > MAX_PATTERN for pattern in patterns):
        raise _wrong("responses", f"At most {MAX_PATTERNS} patterns of {MAX_PATTERN} characters are taken.")
    try:
        return CannedOutside(patterns)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        place = ".".join(("responses", *map(str, first["loc"])))
        raise _wrong(place, first["msg"]) from None


def _checked_request(request: executor_service_pb2.WebhookRequest) -> executor_service_pb2.WebhookRequest:
    if request.ByteSize() > MAX_INPUT_BYTES:
        raise _too_large("request", MAX_INPUT_BYTES)
    return request


def _checked_batch(batch: bytes) -> bytes:
    events = _parsed("batch", batch, MAX_INPUT_BYTES)
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in cast("list[Any]", events)):
        raise _wrong("batch", "This is not a JSON array of objects.")
    if not 0 < len(cast("list[Any]", events)) <= MAX_BATCH:
        raise _wrong("batch", f"A batch has 1 to {MAX_BATCH} events.")
    return batch


def _parsed(field: str, text: bytes, most: int) -> Any:
    if len(text) > most:
        raise _too_large(field, most)
    try:
        return parse_json(text)
    except ValueError as error:
        raise _wrong(field, f"This is no JSON: {error}") from None


def _too_large(field: str, most: int) -> InvalidArgument:
    return _wrong(field, f"At most {most:,} bytes are taken.")


def _wrong(field: str, description: str) -> InvalidArgument:
    return InvalidArgument(f"{field}: {description}", violations=[FieldViolation(field, description)])
