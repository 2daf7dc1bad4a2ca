"""The OpenAPI 3.1 document of the management API, made from its operations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from services.gateway.api.media_types import JSON, KNOWN
from services.gateway.api.operation import Operation

_SCHEMAS = "#/components/schemas/"
_RESPONSES = "#/components/responses/"
_ALWAYS = (400, 401, 406, 429, 500, 503, 504)
_OF_INPUT = (422,)
_OF_BODY = (413, 415)
_STATUSES: Mapping[int, str] = {
    400: "What was sent cannot be understood, or names things that do not go together.",
    401: "The token is missing, wrong, or does not allow this.",
    404: "There is no such thing in the workspace.",
    406: "The client takes no media type of the API.",
    409: "The state of things does not allow it.",
    413: "The body is too large.",
    415: "The body is no JSON.",
    422: "Fields are wrong; one entry for each.",
    429: "Too many requests.",
    500: "A defect; the log has the details.",
    503: "A service cannot be reached for now.",
    504: "A service did not answer in time.",
}
_ERRORS: Mapping[str, Any] = {
    "type": "object",
    "required": ["errors"],
    "properties": {
        "errors": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["type", "message"],
                "properties": {
                    "type": {"type": "string", "description": "Kind of the error: `input-validation`."},
                    "message": {"type": "string", "description": "What is wrong, for people."},
                    "field": {"type": "string", "description": "Field that is wrong: `settings.0.name`."},
                    "data": {"type": "object", "description": "More of it, for programs."},
                },
            },
        }
    },
}
_TRY_LATER = (429, 503)
_Mode = Literal["validation", "serialization"]


def _header(description: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string"}}


_LIMIT_HEADERS = {
    "X-RateLimit-Consumed": _header("Points that the token has used up."),
    "X-RateLimit-Remaining": _header("Points that it has left."),
    "X-RateLimit-Reset": _header("When it has all of them again, as RFC 5322 writes dates."),
}


def document(operations: Iterable[Operation], *, prefix: str) -> dict[str, Any]:
    """Make the document; `prefix` is where the API begins, and the base path of clients."""
    stated = list(operations)
    schemas = _Schemas(stated)
    paths: dict[str, dict[str, Any]] = {}
    for operation in stated:
        for number, path in enumerate((operation.path, *operation.aliases)):
            described = _described(operation, schemas, suffix=f"_{number}" if number else "")
            paths.setdefault(path, {})[operation.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Penstock management API",
            "version": version("penstock"),
            "description": "Paths, bodies and envelopes of Segment's Public API.",
        },
        "servers": [{"url": prefix}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {**schemas.definitions, **schemas.envelopes, "RequestErrorEnvelope": _ERRORS},
            "responses": {str(status): _failed(status) for status in _STATUSES},
        },
    }


def _data(output: str) -> dict[str, Any]:
    return {"type": "object", "required": ["data"], "properties": {"data": {"$ref": _SCHEMAS + output}}}


class _Schemas:
    """The JSON schemas of all models, by name."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        wanted: dict[tuple[type[BaseModel], _Mode], None] = {}
        for operation in operations:
            wanted[operation.input, "validation"] = None
            wanted[operation.output, "serialization"] = None
        found, made = models_json_schema(list(wanted), ref_template=_SCHEMAS + "{model}")
        self._names = {key: value["$ref"].removeprefix(_SCHEMAS) for key, value in found.items()}
        self._all: dict[str, Any] = made.get("$defs", {})
        # Inputs stand where they are sent, without what is in the path.
        inputs = {self._names[operation.input, "validation"] for operation in operations}
        self.definitions = {name: schema for name, schema in self._all.items() if name not in inputs}

        outputs = {self._names[operation.output, "serialization"] for operation in operations}
        self.envelopes = {f"{name}Envelope": _data(name) for name in sorted(outputs)}

    def of_input(self, operation: Operation) -> dict[str, Any]:
        """Give the schema of an input."""
        return self._all[self._names[operation.input, "validation"]]

    def name_of_output(self, operation: Operation) -> str:
        """Give the name of an output."""
        return self._names[operation.output, "serialization"]


def _described(operation: Operation, schemas: _Schemas, *, suffix: str) -> dict[str, Any]:
    schema = schemas.of_input(operation)
    properties, required = schema.get("properties", {}), schema.get("required", [])
    in_path = [_parameter(name, "path", properties[name], is_required=True) for name in operation.in_path]
    beside = {name: properties[name] for name in operation.beside_path}
    described: dict[str, Any] = {
        "operationId": operation.name + suffix,
        "tags": [operation.tag],
        "summary": operation.description.partition(". ")[0].rstrip("."),
        "description": operation.description,
        "x-stability": operation.since,
        "parameters": in_path,
        "responses": _responses(operation, schemas.name_of_output(operation)),
    }
    if operation.has_body:
        needed = [name for name in required if name in beside]
        body = {"type": "object", "properties": beside, "additionalProperties": False}
        described["requestBody"] = {
            "required": bool(needed),
            "content": {JSON: {"schema": body | ({"required": needed} if needed else {})}},
        }
    else:
        in_query = (_parameter(name, "query", part, is_required=name in required) for name, part in beside.items())
        described["parameters"] = [*in_path, *in_query]
    return described


def _parameter(name: str, place: str, schema: Mapping[str, Any], *, is_required: bool) -> dict[str, Any]:
    described = {"name": name, "in": place, "required": is_required, "schema": schema}
    is_object = name == "pagination" or schema.get("type") == "object"
    return described | ({"style": "deepObject", "explode": True} if is_object else {})


def _responses(operation: Operation, output: str) -> dict[str, Any]:
    statuses = {*_ALWAYS, *operation.errors}
    statuses |= {*_OF_INPUT} if operation.input.model_fields else set()
    statuses |= {*_OF_BODY} if operation.has_body else set()
    statuses |= {404} if operation.in_path else set()
    return {
        str(operation.status): {
            "description": "Done.",
            "headers": _LIMIT_HEADERS,
            "content": _named(_envelope(output)),
        },
        **{str(status): {"$ref": f"{_RESPONSES}{status}"} for status in sorted(statuses)},
    }


def _failed(status: int) -> dict[str, Any]:
    headers = {"headers": {"Retry-After": _header("Seconds to wait.")}} if status in _TRY_LATER else {}
    return {"description": _STATUSES[status], "content": _named(_SCHEMAS + "RequestErrorEnvelope"), **headers}


def _named(reference: str) -> dict[str, Any]:
    return {kind: {"schema": {"$ref": reference}} for kind in KNOWN}


def _envelope(output: str) -> str:
    return f"{_SCHEMAS}{output}Envelope"
