"""Answers from a file instead of the network, for trying a function out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter

from services.executor.machine import Machine
from services.executor.outside import Answer, OutgoingRequest, RequestFailedError
from shared.egress import EgressError
from shared.egress.headers import checked_headers
from shared.egress.urls import parse_target

MAX_REDIRECTS = 20
REDIRECTS = frozenset({301, 302, 303, 307, 308})
KEEP_METHOD = frozenset({307, 308})


class CannedAnswer(BaseModel):
    """An answer; a body that is not a text is sent as JSON. With `error` the request fails with that code."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: int = Field(200, ge=100, le=599)
    headers: dict[str, str] = {}
    body: JsonValue = ""
    delay_ms: float = Field(0, ge=0, le=60_000)
    error: str = ""

    def content(self) -> tuple[dict[str, str], bytes]:
        """Give headers, their names in lower case, and body as they are sent."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        if isinstance(self.body, str):
            return headers, self.body.encode()
        return {"content-type": "application/json", **headers}, json.dumps(self.body).encode()


_ANSWERS: TypeAdapter[dict[str, CannedAnswer]] = TypeAdapter(dict[str, CannedAnswer])


class CannedOutside(Machine):
    """Answers requests from a map of `"METHOD url-pattern"` (`*`, `?` and `[…]` as in file names) or `"*"` to answers.

    The first pattern that fits answers, `"*"` when none does; the URL is compared with and without its query.
    """

    def __init__(self, answers: Mapping[str, Any]) -> None:
        """Raises pydantic.ValidationError for answers of another form."""
        self._answers = _ANSWERS.validate_python(answers)

    async def fetch(self, request: OutgoingRequest) -> Answer:
        _check(request)
        for hop in range(MAX_REDIRECTS + 1):
            answer = await self._answer(request)
            location = dict(answer.headers).get("location")
            if answer.status not in REDIRECTS or location is None or request.redirect == "manual":
                return replace(answer, redirected=hop > 0)
            if request.redirect == "error":
                raise RequestFailedError("ERR_REDIRECT", request.url, type="no-redirect")
            request = replace(request, url=urljoin(request.url, location))
            if answer.status not in KEEP_METHOD:
                request = replace(request, method="GET", body=None)
        raise RequestFailedError("ERR_MAX_REDIRECT", request.url, type="max-redirect")

    async def _answer(self, request: OutgoingRequest) -> Answer:
        canned = self._find(request)
        await self._pause(canned.delay_ms / 1000, request)
        if canned.error:
            raise RequestFailedError(canned.error, canned.error)
        headers, body = canned.content()
        if len(body) > request.max_answer_bytes:
            raise RequestFailedError("ERR_BODY_TOO_LARGE", str(request.max_answer_bytes), type="max-size")
        reason = HTTPStatus(canned.status).phrase if canned.status in set(HTTPStatus) else ""
        return Answer(canned.status, reason, request.url, list(headers.items()), body)

    async def _pause(self, seconds: float, request: OutgoingRequest) -> None:
        await asyncio.sleep(seconds)

    def _find(self, request: OutgoingRequest) -> CannedAnswer:
        asked = {f"{request.method} {request.url}", f"{request.method} {request.url.split('?', 1)[0]}"}
        for pattern, answer in self._answers.items():
            if any(fnmatchcase(each, pattern) for each in asked):
                return answer
        if "*" in self._answers:
            return self._answers["*"]
        raise RequestFailedError("NO_RESPONSE", f"no response is given for {request.method} {request.url}")


def _check(request: OutgoingRequest) -> None:
    """Refuse what would not be sent over a network either."""
    try:
        checked_headers(request.headers, target=parse_target(request.url), body_bytes=len(request.body or b""))
    except EgressError as error:
        raise RequestFailedError(error.code, error.message, type=error.type) from None
