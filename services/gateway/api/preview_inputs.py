"""Writing what a function is tried with as the rpc takes it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast
from urllib.parse import urlencode

from pydantic import JsonValue, ValidationError

from penstock.executor.v1 import executor_service_pb2, preview_service_pb2, result_pb2
from services.gateway.api.errors import invalid
from services.gateway.api.preview_models import PreviewInput, PreviewRequest, ResourceType
from shared.strict_json import parse_json

_FORM = "application/x-www-form-urlencoded"
Values = Mapping[str, str | list[str]]


def responses_bytes(sent: PreviewInput) -> bytes | None:
    """Give the answers to the function's requests; None for real ones."""
    if sent.responses is None:
        return None
    answers = {pattern: each.model_dump(by_alias=True) for pattern, each in sent.responses.items()}
    return json.dumps(answers).encode()


def put_input(request: preview_service_pb2.PreviewFunctionRequest, sent: PreviewInput, kind: ResourceType) -> None:
    """Write event, batch or webhook into the request. Raises ApiError (422) where it is not the kind's."""
    if kind == "SOURCE":
        if sent.request is None:
            raise invalid("request", "is required for a source function")
        request.request.CopyFrom(_webhook(sent.request))
    elif sent.event is None:
        raise invalid("event", "is required")
    else:
        _put_event(request, sent.event)


def put_config_payload(
    request: preview_service_pb2.PreviewFunctionRequest, sent: PreviewInput, kind: ResourceType
) -> None:
    """Write the Config API's payload into the request. Raises ApiError (422) for one that cannot be."""
    try:
        payload = parse_json((sent.payload or "").encode())
    except ValueError:
        raise invalid("payload", "is no JSON text") from None
    if kind == "SOURCE":
        request.request.CopyFrom(_config_webhook(payload))
    elif isinstance(payload, dict | list):
        _put_event(request, cast("dict[str, JsonValue]", payload))
    else:
        raise invalid("payload", "is neither an event nor an array of events")


def _put_event(
    request: preview_service_pb2.PreviewFunctionRequest, event: dict[str, JsonValue] | list[dict[str, JsonValue]]
) -> None:
    text = json.dumps(event).encode()
    if isinstance(event, list):
        request.batch = text
    else:
        request.event = text


def _config_webhook(payload: Any) -> executor_service_pb2.WebhookRequest:
    inner: Any = cast("dict[str, Any]", payload).get("payload") if isinstance(payload, dict) else None
    if not isinstance(inner, dict):
        raise invalid("payload", "is no object with a `payload` of `body`, `headers` and `queryParameters`")
    parts = cast("dict[str, Any]", inner)
    try:
        asked = PreviewRequest.model_validate(
            {
                "body": parts.get("body", ""),
                "headers": parts.get("headers") or {},
                "query": parts.get("queryParameters") or {},
            },
            strict=True,
        )
    except ValidationError as error:
        place = ".".join(str(each) for each in error.errors()[0]["loc"])
        raise invalid(f"payload.{place}", "cannot be read") from None
    return _webhook(asked)


def _webhook(asked: PreviewRequest) -> executor_service_pb2.WebhookRequest:
    headers = [(name.lower(), value) for name, value in _pairs(asked.headers)]
    types = [value for name, value in headers if name == "content-type"]
    if isinstance(asked.body, dict) and types and types[0].startswith(_FORM):
        body = urlencode(asked.body, doseq=True)
    elif isinstance(asked.body, str):
        body = asked.body
    else:
        headers += [] if types else [("content-type", "application/json")]
        body = json.dumps(asked.body)
    query = urlencode(list(_pairs(asked.query)))
    return executor_service_pb2.WebhookRequest(
        method=asked.method.upper(),
        url=f"{asked.url}{'&' if '?' in asked.url else '?'}{query}" if query else asked.url,
        headers=[result_pb2.Header(name=name, value=value) for name, value in headers],
        body=body.encode(),
    )


def _pairs(values: Values) -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        for each in [value] if isinstance(value, str) else value:
            yield name, each
