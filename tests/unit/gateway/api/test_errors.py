"""What services raise, in Segment's envelope."""

from __future__ import annotations

from typing import Any

import pytest

from services.gateway.api.errors import field_path, of_error
from shared import errors
from shared.errors import FieldViolation, PenstockError


@pytest.mark.parametrize(
    ("raised", "status", "kind"),
    [
        (errors.InvalidArgument("?"), 400, "bad-request"),
        (errors.Unauthenticated("?"), 401, "unauthorized"),
        (errors.PermissionDenied("?"), 401, "forbidden"),
        (errors.NotFound("?"), 404, "not-found"),
        (errors.AlreadyExists("?"), 409, "conflict"),
        (errors.FailedPrecondition("?"), 409, "conflict"),
        (errors.Aborted("?"), 409, "conflict"),
        (errors.ResourceExhausted("?", reason="FUNCTION_LIMIT"), 409, "conflict"),
        (errors.ResourceExhausted("?", reason="TOO_LARGE"), 413, "too-large"),
        (errors.ResourceExhausted("?", retry_delay_s=2.5), 429, "RequestError"),
        (errors.Unavailable("?"), 503, "unavailable"),
        (errors.DeadlineExceeded("?"), 504, "timeout"),
        (errors.Internal("?"), 500, "unexpected-error"),
        (errors.DataLoss("?"), 500, "unexpected-error"),
        (PenstockError("?"), 500, "unexpected-error"),
    ],
)
def test_each_error_has_a_status(raised: PenstockError, status: int, kind: str) -> None:
    error = of_error(raised)
    (fault,) = error.as_json()["errors"]
    assert (error.status, fault["type"], fault["message"]) == (status, kind, "?")


@pytest.mark.parametrize(
    ("raised", "seconds"), [(errors.Unavailable("?"), "1"), (errors.ResourceExhausted("?", retry_delay_s=2.5), "3")]
)
def test_what_passes_tells_when_to_come_back(raised: PenstockError, seconds: str) -> None:
    assert of_error(raised).headers == {"retry-after": seconds}


def test_each_wrong_field_is_an_entry() -> None:
    violations = [FieldViolation("function.display_name", "is taken"), FieldViolation("function.code", "No handler")]
    error = of_error(errors.InvalidArgument("The request is not valid", violations=violations))
    assert error.status == 422
    found: list[dict[str, Any]] = error.as_json()["errors"]
    assert found == [
        {"type": "input-validation", "message": '"displayName" is taken', "field": "displayName"},
        {"type": "input-validation", "message": '"code": No handler', "field": "code"},
    ]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("function.display_name", "displayName"),
        ("function.settings[2].default_value", "settings.2.defaultValue"),
        ("source.settings.api_key", "settings.api_key"),
        ("insert_function_instance.integration_id", "integrationId"),
        ("page_token", "pagination.cursor"),
        ("page_size", "pagination.count"),
        ("request.request_id", "Idempotency-Key"),
    ],
)
def test_fields_have_the_names_of_the_api(path: str, field: str) -> None:
    assert field_path(path) == field
