"""The management API as an ASGI application: from a request to the envelope that answers it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from opentelemetry.trace import SpanKind
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from penstock.access.v1 import access_pb2
from services.gateway import metrics
from services.gateway.api.call import Call, Services
from services.gateway.api.errors import ApiError, defect, invalid, of_error
from services.gateway.api.media_types import JSON, answered_as
from services.gateway.api.openapi import document
from services.gateway.api.operation import Operation
from services.gateway.api.rate_limits import RateLimits
from services.gateway.api.reading import read_input
from services.gateway.api.routing import Router
from services.gateway.room import Room
from services.gateway.tokens import Tokens
from shared.errors import PenstockError, Unauthenticated
from shared.rpc.access import bearer
from shared.telemetry import attributes as names
from shared.telemetry.propagation import extract
from shared.telemetry.tracing import Tracing

PREFIX = "/api"
_DOCUMENT = "/openapi.json"
_METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PATCH", "PUT", "DELETE")
_SERVER_ERROR = 500
_MAX_REQUEST_ID = 128
_log = structlog.get_logger()


@dataclass(slots=True)
class _Answering:
    """A request, and what is known so far of its answer."""

    request: Request
    path: str
    address: str
    headers: dict[str, str]
    operation: Operation | None = None
    workspace_id: str = ""
    media_type: str = JSON
    body_is_read: bool = False

    def response(self, value: Any, status: int = 200) -> Response:
        """Make the answer."""
        content = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        return Response(content, status, self.headers, self.media_type)


class ManagementApi:
    """Answers everything below `/api`."""

    def __init__(
        self,
        *,
        operations: Iterable[Operation],
        services: Services,
        tokens: Tokens,
        tracing: Tracing,
        limits: RateLimits,
        room: Room,
        body_bytes: int,
        timeout_s: float,
    ) -> None:
        stated = list(operations)
        self._services = services
        self._tokens = tokens
        self._tracing = tracing
        self._limits = limits
        self._room = room
        self._body_bytes = body_bytes
        self._timeout_s = timeout_s
        self._router = Router(stated)
        self._document = document(stated, prefix=PREFIX)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        start, request = time.monotonic(), Request(scope, receive)
        path = scope["raw_path"].decode("latin-1").removeprefix(PREFIX) or "/"
        method = request.method if request.method in _METHODS else "_OTHER"
        template = self._router.template(path)
        name, route = f"{method} {PREFIX}{template}" if template else method, PREFIX + template if template else None
        with self._tracing.span(name, parent=extract(request.headers), from_outside=True, kind=SpanKind.SERVER) as span:
            address = request.client.host if request.client else ""
            headers = {"x-request-id": f"{span.context.trace_id:032x}", "cache-control": "no-store"}
            answering = _Answering(request, path, address, headers)
            response = await self._respond(answering)
            span.attributes |= {
                names.HTTP_REQUEST_METHOD: method,
                names.HTTP_ROUTE: route,
                names.HTTP_RESPONSE_STATUS_CODE: response.status_code,
                names.WORKSPACE: answering.workspace_id or None,
            }
            if response.status_code >= _SERVER_ERROR:
                span.error = str(response.status_code)
        operation = answering.operation.name if answering.operation else ""
        metrics.API_DURATION.record(time.monotonic() - start, (operation, str(response.status_code)))
        await response(scope, receive, send)

    async def _respond(self, answering: _Answering) -> Response:
        try:
            return await self._answer(answering)
        except ApiError as error:
            found = error
        except PenstockError as error:
            found = of_error(error)
        except Exception:  # noqa: BLE001 any failure must become an answer
            _log.exception("api.defect", path=answering.path)
            found = defect()
        answering.headers |= found.headers
        if not answering.body_is_read and answering.request.headers.get("content-length", "0") != "0":
            # What is left of the request would be taken for the next one.
            answering.headers["connection"] = "close"
        return answering.response(found.as_json(), found.status)

    async def _answer(self, answering: _Answering) -> Response:
        request = answering.request
        self._limits.take_for_address(answering.address)
        answering.media_type = answered_as(request.headers.get("accept", ""))
        if answering.path == _DOCUMENT and request.method in ("GET", "HEAD"):
            answering.media_type = JSON
            return answering.response(self._document)
        route, in_path = self._router.find(answering.path)
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"allow": route.allow, **answering.headers})
        answering.operation = operation = route.operation(request.method)
        actor = self._authenticate(answering)
        answering.workspace_id = actor.workspace_id
        answering.headers |= self._limits.take_for_token(actor.token_id, operation.cost)
        return await self._run(answering, operation, in_path, actor)

    def _authenticate(self, answering: _Answering) -> access_pb2.Actor:
        """Tell for whom the call is. Raises Unauthenticated, and Unavailable while the gateway starts."""
        token = bearer(answering.request.headers)
        try:
            return self._tokens.actor_of(token, remote_address=answering.address)
        except Unauthenticated:
            self._limits.count_wrong_token(answering.address)
            raise Unauthenticated(
                "Send a valid API token: `Authorization: Bearer …`.", reason="TOKEN_INVALID"
            ) from None

    async def _run(
        self, answering: _Answering, operation: Operation, in_path: Mapping[str, str], actor: access_pb2.Actor
    ) -> Response:
        with self._room.hold(actor.token_id) as held:
            sent = await read_input(operation, answering.request, in_path, held, size_bytes=self._body_bytes)
            answering.body_is_read = operation.has_body
            call = Call(
                actor=actor,
                services=self._services,
                headers=answering.request.headers,
                request_id=_idempotency_key(answering.request),
                ends_at=asyncio.get_running_loop().time() + self._timeout_s,
                status=operation.status,
            )
            answer = await operation.answer(call, sent)
        return answering.response({"data": answer.model_dump(mode="json", exclude_unset=True)}, call.status)


def _idempotency_key(request: Request) -> str:
    key = request.headers.get("idempotency-key", "")
    if len(key) > _MAX_REQUEST_ID or not (key.isascii() and key.isprintable()):
        raise invalid("Idempotency-Key", f"must be at most {_MAX_REQUEST_ID} printable ASCII characters")
    return key
