"""What Segment's Python client does, which no package index has: how it sends, and how strictly it reads.

Taken from release 73.2.0 of its repository: a page is a JSON object in the query, `Accept` is the first of the media
types that an operation has, `Content-Type` is versioned for alpha operations, a body of another type than JSON is
refused, and so is a model that lacks a field or has a value of another type.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import quote

import httpx2
from pydantic import BaseModel, ConfigDict, TypeAdapter
from pydantic.alias_generators import to_camel

from tests.api.client import Answer

_V1, _ALPHA = "application/vnd.segment.v1+json", "application/vnd.segment.v1alpha+json"
_JSON_TYPE = re.compile(r"^application/(json|[\w!#$&.+\-^_]+\+json)\s*(;|$)", re.IGNORECASE)


class _Model(BaseModel):
    model_config = ConfigDict(strict=True, alias_generator=to_camel)


class Setting(_Model):
    name: str
    label: str
    description: str
    type: Literal["ARRAY", "BOOLEAN", "STRING", "TEXT_MAP"]
    required: bool
    sensitive: bool


class FunctionItem(_Model):
    id: str | None = None
    resource_type: Literal["DESTINATION", "INSERT_DESTINATION", "INSERT_SOURCE", "INSERT_TRANSFORMATION", "SOURCE"]
    created_at: str | None = None
    created_by: str | None = None
    display_name: str | None = None
    description: str | None = None
    logo_url: str | None = None
    catalog_id: str | None = None


class Function(FunctionItem):
    code: str | None = None
    deployed_at: str | None = None
    settings: list[Setting] | None = None
    preview_webhook_url: str | None = None
    batch_max_count: float | int | None = None
    is_latest_version: bool | None = None


class Version(_Model):
    id: str
    author: str | None = None
    code: str
    is_deployed: bool | None = None
    created_at: str | None = None
    updated_at: str | None = None
    deployed_at: str | None = None


class InsertInstance(_Model):
    id: str
    name: str | None = None
    integration_id: str
    class_id: str
    enabled: bool
    created_at: str
    updated_at: str
    settings: dict[str, Any]
    encrypted_settings: dict[str, Any]


class Page(_Model):
    current: str
    next: str | None = None
    previous: str | None = None
    total_entries: float | int | None = None


class Workspace(_Model):
    id: str
    slug: str
    name: str


class Deployment(_Model):
    status: Literal["SUCCESS"]


class RequestError(_Model):
    type: str
    message: str | None = None
    field: str | None = None
    data: Any = None
    status: float | int | None = None


_FIELDS: Mapping[str, Any] = {
    "workspace": Workspace,
    "function": Function,
    "functions": list[FunctionItem],
    "functionDeployment": Deployment,
    "version": Version,
    "versions": list[Version],
    "insertFunctionInstance": InsertInstance,
    "instances": list[InsertInstance],
    "pagination": Page,
    "status": Literal["SUCCESS"],
    "method": Literal["get", "post"],
    "message": str,
    "headers": dict[str, Any],
}
# Method, path, media type of the release, fields of the answer.
_OPERATIONS: dict[str, tuple[str, str, str, list[str]]] = {
    "getWorkspace": ("GET", "/", _V1, ["workspace"]),
    "echo": ("GET", "/echo", _V1, ["method", "message", "headers"]),
    "createFunction": ("POST", "/functions", _V1, ["function"]),
    "listFunctions": ("GET", "/functions", _V1, ["functions", "pagination"]),
    "getFunction": ("GET", "/functions/{functionId}", _V1, ["function"]),
    "updateFunction": ("PATCH", "/functions/{functionId}", _V1, ["function"]),
    "deleteFunction": ("DELETE", "/functions/{functionId}", _V1, ["status"]),
    "createFunctionDeployment": ("POST", "/functions/{functionId}/deploy", _V1, ["functionDeployment"]),
    "listFunctionVersions": ("GET", "/functions/{functionId}/versions", _ALPHA, ["versions", "pagination"]),
    "getFunctionVersion": ("GET", "/functions/{functionId}/versions/{versionId}", _ALPHA, ["version"]),
    "restoreFunctionVersion": ("POST", "/functions/{functionId}/versions", _ALPHA, ["version"]),
    "createInsertFunctionInstance": ("POST", "/insert-function-instances", _ALPHA, ["insertFunctionInstance"]),
    "listInsertFunctionInstances": ("GET", "/insert-function-instances", _ALPHA, ["instances", "pagination"]),
    "getInsertFunctionInstance": (
        "GET", "/insert-function-instances/{instanceId}", _ALPHA, ["insertFunctionInstance"],
    ),
    "updateInsertFunctionInstance": (
        "PATCH", "/insert-function-instances/{instanceId}", _ALPHA, ["insertFunctionInstance"],
    ),
    "deleteInsertFunctionInstance": ("DELETE", "/insert-function-instances/{instanceId}", _ALPHA, ["status"]),
}  # fmt: skip


class PythonClient:
    """Sends and reads as `segment_public_api` does."""

    def __init__(self, host: str, token: str, http: httpx2.Client) -> None:
        self._host = host
        self._token = token
        self._http = http

    def call(self, operation: str, /, **fields: Any) -> Answer:
        """Call an operation."""
        method, path, kind, wanted = _OPERATIONS[operation]
        body, token = fields.pop("body", None), fields.pop("token", self._token)
        for name in re.findall(r"\{(\w+)\}", path):
            path = path.replace(f"{{{name}}}", quote(str(fields.pop(name)), safe=""))
        query = "&".join(f"{name}={quote(_text(value))}" for name, value in fields.items())
        headers = {"Accept": kind} | ({"Authorization": f"Bearer {token}"} if token else {})
        if body is not None:
            headers["Content-Type"] = kind if kind == _ALPHA else "application/json"
        url = self._host + path + (f"?{query}" if query else "")
        content = None if body is None else json.dumps(body).encode()
        return _read(self._http.request(method, url, headers=headers, content=content), wanted)


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, dict) else str(value)


def _read(response: httpx2.Response, wanted: list[str]) -> Answer:
    assert _JSON_TYPE.match(response.headers["content-type"]), response.headers
    body = response.json()
    if response.status_code != 200:
        errors = TypeAdapter(list[RequestError]).validate_python(body["errors"])
        return Answer(response.status_code, error=errors[0].model_dump(exclude_unset=True))
    for name in wanted:
        TypeAdapter(_FIELDS[name]).validate_python(body["data"][name])
    return Answer(response.status_code, data=body["data"])
