"""Errors of the management API: Segment's envelope around what the services raise.

| raised | status | `type` |
| --- | --- | --- |
| InvalidArgument with fields | 422 | `input-validation`, one entry for each field |
| InvalidArgument without, Unimplemented | 400 | `bad-request` |
| Unauthenticated, PermissionDenied | 401 | `unauthorized`, `forbidden`: Segment has no 403 |
| NotFound | 404 | `not-found` |
| AlreadyExists, FailedPrecondition, Aborted, a limit of the workspace | 409 | `conflict` |
| ResourceExhausted for now | 429 | `RequestError`, with `Retry-After` |
| Unavailable | 503 | `unavailable`, with `Retry-After` |
| DeadlineExceeded | 504 | `timeout` |
| all others | 500 | `unexpected-error` |
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from penstock.registry.v1 import function_pb2
from services.gateway.answers import Refused
from shared import errors

MAX_FAULTS = 100
INPUT_VALIDATION = "input-validation"
BAD_REQUEST = "bad-request"
# Names of the rpcs' fields that the API has other names for.
_RENAMED = {
    "page_token": "pagination.cursor",
    "page_size": "pagination.count",
    "request_id": "Idempotency-Key",
    "condition": "if",
    "grants": "permissions",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One entry of `errors`. `data` is for programs."""

    type: str
    message: str
    field: str = ""
    data: Mapping[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        """Give the entry, without what is not known."""
        known: dict[str, Any] = {"type": self.type, "message": self.message, "field": self.field, "data": self.data}
        return {name: value for name, value in known.items() if value or name in ("type", "message")}


class ApiError(Exception):
    """A request that is answered with faults; `headers` go with the answer."""

    def __init__(self, status: int, *faults: Fault, headers: Mapping[str, str] | None = None) -> None:
        super().__init__("; ".join(fault.message for fault in faults))
        self.status = status
        self.faults = faults[:MAX_FAULTS]
        self.headers = dict(headers or {})

    def as_json(self) -> dict[str, Any]:
        """Give the envelope."""
        return {"errors": [fault.as_json() for fault in self.faults]}


def bad_request(message: str, *, field: str = "") -> ApiError:
    """Make the error of a request that cannot be understood, or that the state of things does not allow."""
    return ApiError(400, Fault(BAD_REQUEST, message, field))


def not_found(message: str) -> ApiError:
    """Make the error of a thing that does not exist."""
    return ApiError(404, Fault("not-found", message))


def invalid(field: str, message: str, *, data: Mapping[str, Any] | None = None) -> ApiError:
    """Make the error of one wrong field; the message goes on after its name: `is required`."""
    return ApiError(422, _of_field(field, message, data))


def defect() -> ApiError:
    """Make the error of a defect: the log has it, the client learns nothing but that."""
    return ApiError(500, Fault("unexpected-error", "The gateway met a defect; its log has the details."))


def of_refused(refused: Refused) -> ApiError:
    """Make the error of what the gateway refuses on any way in."""
    kind = refused.code.lower().replace("_", "-")
    return ApiError(refused.status, Fault(kind, str(refused)), headers=refused.headers)


def of_validation(error: ValidationError) -> ApiError:
    """Make the error of what an input model refused. No value of the request is repeated: it may be a secret."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return ApiError(422, *(_of_details(each) for each in found))


def of_error(error: errors.PenstockError) -> ApiError:
    """Make the error of what a service raised."""
    match error:
        case errors.InvalidArgument() if error.violations:
            return ApiError(422, *_of_violations(error))
        case errors.Unauthenticated():
            return unauthorized("unauthorized", error.message, challenge="Bearer")
        case errors.PermissionDenied():
            return unauthorized("forbidden", error.message, challenge='Bearer error="insufficient_scope"')
        case errors.ResourceExhausted() if error.reason == "TOO_LARGE":
            return ApiError(413, Fault("too-large", error.message, data=_data(error)))
        case errors.ResourceExhausted() if error.retry_delay_s is None:
            return ApiError(409, Fault("conflict", error.message, data=_data(error)))
        case _:
            status, kind = _PLAIN.get(type(error), (500, "unexpected-error"))
            return ApiError(status, Fault(kind, error.message, data=_data(error)), headers=_retry(error, status))


def unauthorized(kind: str, message: str, *, challenge: str) -> ApiError:
    """Make the error of a token that is missing, wrong, or does not allow the call."""
    return ApiError(401, Fault(kind, message), headers={"www-authenticate": challenge})


_PLAIN: dict[type[errors.PenstockError], tuple[int, str]] = {
    errors.InvalidArgument: (400, BAD_REQUEST),
    errors.NotFound: (404, "not-found"),
    errors.AlreadyExists: (409, "conflict"),
    errors.FailedPrecondition: (409, "conflict"),
    errors.Aborted: (409, "conflict"),
    errors.ResourceExhausted: (429, "RequestError"),
    errors.Unavailable: (503, "unavailable"),
    errors.DeadlineExceeded: (504, "timeout"),
}
_TRY_LATER = (429, 503)


def _retry(error: errors.PenstockError, status: int) -> dict[str, str]:
    return {"retry-after": str(max(1, math.ceil(error.retry_delay_s or 1)))} if status in _TRY_LATER else {}


def _data(error: errors.PenstockError) -> dict[str, Any]:
    return {"reason": error.reason, **error.metadata}


def _of_violations(error: errors.PenstockError) -> Sequence[Fault]:
    code = error.detail(function_pb2.InvalidCode)
    data = None if code is None else {"line": code.error.line, "column": code.error.column, "name": code.error.name}
    return [_of_field(field_path(each.field), each.description, data) for each in error.violations]


def field_path(path: str) -> str:
    """Give the API's name of an rpc's field: `function.settings[0].default_value` is `settings.0.defaultValue`."""
    steps = path.replace("[", ".").replace("]", "").split(".")
    if len(steps) > 1 and steps[0] != "settings":
        del steps[0]
    renamed = _RENAMED.get(steps[0])
    if renamed:
        return renamed
    # Below `settings`, where no number follows, are the names that the author of a function gave.
    if steps[0] == "settings" and not "".join(steps[1:2]).isdecimal():
        return ".".join(steps)
    return ".".join(to_camel(step) for step in steps)


def _of_details(found: ErrorDetails) -> Fault:
    field = ".".join(str(step) for step in found["loc"])
    match found["type"]:
        case "missing":
            return _of_field(field, "is required")
        case "extra_forbidden":
            return _of_field(field, "is not allowed")
        case _:
            return _of_field(field, found["msg"].removeprefix("Input ").removeprefix("Value error, "))


def _of_field(field: str, message: str, data: Mapping[str, Any] | None = None) -> Fault:
    goes_on = message[:1].islower() and not message.startswith("line ")
    return Fault(INPUT_VALIDATION, f'"{field}"{" " if goes_on else ": "}{message}', field, data)
