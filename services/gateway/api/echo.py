"""`GET /echo`: answers as it is told, so that a client can be tried on every kind of answer."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from services.gateway.api.call import Call
from services.gateway.api.errors import BAD_REQUEST, INPUT_VALIDATION, ApiError, Fault
from services.gateway.api.models import Input, Output
from services.gateway.api.operation import Group

TESTING = Group("Testing")
_MAX_DELAY_MS = 10_000
# Answers of these statuses have no body.
_WITHOUT_BODY = (204, 205, 304)
_SECRET = ("authorization", "cookie", "proxy-authorization")


class EchoInput(Input):
    """What to answer."""

    message: Annotated[str, Field(description="Comes back.")]
    delay: Annotated[float, Field(ge=0, le=_MAX_DELAY_MS, description="Milliseconds to wait first.")] = 0
    trigger_error: Annotated[bool, Field(description="Fail with the message.")] = False
    trigger_multiple_errors: Annotated[bool, Field(description="Fail with each word of the message.")] = False
    trigger_unexpected_error: Annotated[bool, Field(description="Fail as a defect does.")] = False
    status_code: Annotated[int | None, Field(ge=200, le=599, description="Status to answer with.")] = None

    @field_validator("status_code")
    @classmethod
    def check_status_code(cls, status: int | None) -> int | None:
        """Refuse statuses that have no body."""
        if status in _WITHOUT_BODY:
            raise ValueError("is the status of an answer without a body")
        return status


class EchoAnswer(Output):
    """What came in."""

    method: Literal["get", "post"]
    message: str
    headers: Annotated[dict[str, Any], Field(description="Headers of the request, but those with secrets.")]


@TESTING.on("GET", "/echo", since="v1")
async def echo(call: Call, sent: EchoInput) -> EchoAnswer:
    """Answer with the message, or with an error. With `statusCode`, and no error, the answer has that status."""
    await asyncio.sleep(sent.delay / 1000)
    if sent.trigger_error:
        raise ApiError(sent.status_code or 400, Fault(BAD_REQUEST, sent.message))
    if sent.trigger_multiple_errors:
        words = sent.message.split() or [sent.message]
        raise ApiError(sent.status_code or 422, *(Fault(INPUT_VALIDATION, word, "message") for word in words))
    if sent.trigger_unexpected_error:
        raise ApiError(sent.status_code or 500, Fault("unexpected-error", sent.message))
    headers = {name: value for name, value in call.headers.items() if name not in _SECRET}
    call.status = sent.status_code or call.status
    return EchoAnswer(method="get", message=sent.message, headers=headers)
