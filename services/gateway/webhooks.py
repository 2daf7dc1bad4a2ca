"""`POST /hooks/{token}`: a webhook becomes an event in the log, and is answered when the log has it."""

from __future__ import annotations

import time

from opentelemetry.trace import SpanContext, SpanKind
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from penstock.config.v1 import config_pb2
from penstock.event.v1 import inbound_pb2
from services.gateway.accept import Acceptor, Arrival
from services.gateway.bodies import BodyLimits, Refused, read_body
from services.gateway.tokens import Tokens
from shared.errors import PenstockError, ResourceExhausted
from shared.telemetry import attributes as names
from shared.telemetry.propagation import extract, inject
from shared.telemetry.tracing import Tracing

_ROUTE = "/hooks/{token}"
# What gives a caller's rights away is of no use to a function, and must not be stored with the event.
_DROPPED_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})


class Webhooks:
    """Answers webhooks."""

    def __init__(self, *, tokens: Tokens, acceptor: Acceptor, tracing: Tracing, limits: BodyLimits) -> None:
        self._tokens = tokens
        self._acceptor = acceptor
        self._tracing = tracing
        self._limits = limits

    async def __call__(self, request: Request) -> Response:
        """Take one webhook."""
        start_ns = time.time_ns()
        parent = extract(dict(request.headers))
        context = self._tracing.begin(parent, from_outside=True)
        found: dict[str, str | int] = {}
        try:
            response = await self._take(request, context, found)
        except Refused as refused:
            response = refusal(refused)
        self._record(response.status_code, start_ns, parent, context, found)
        response.headers.update(inject(context))
        return response

    async def _take(self, request: Request, context: SpanContext, found: dict[str, str | int]) -> Response:
        source = self._source(request.path_params["token"])
        found |= {names.WORKSPACE: source.workspace_id, names.SOURCE: source.source_id}
        body = await read_body(request, self._limits)
        found[names.HTTP_REQUEST_BODY_SIZE] = len(body)
        (result,) = await self._acceptor.accept(source, [Arrival(_recorded(request, body))], [context])
        if isinstance(result, PenstockError):
            raise _not_taken(result)
        found[names.EVENT_ID] = result
        return JSONResponse({"event_id": result}, status_code=202)

    def _source(self, token: str) -> config_pb2.SourceConfig:
        try:
            source = self._tokens.source_of(token)
        except PenstockError as error:
            raise _not_taken(error) from None
        if source is None:
            # Not 401: the token is the address, so there is nothing here.
            raise Refused(404, "UNKNOWN_SOURCE", "No source has this token.", close=True)
        if not source.enabled:
            raise Refused(403, "SOURCE_DISABLED", "The source is disabled.", close=True)
        if not source.HasField("function"):
            raise Refused(409, "NO_FUNCTION", "The source takes Segment messages, not webhooks.", close=True)
        return source

    def _record(
        self,
        status: int,
        start_ns: int,
        parent: SpanContext | None,
        context: SpanContext,
        found: dict[str, str | int],
    ) -> None:
        failed = status >= 500
        self._tracing.record_span(
            "accept",
            start_ns=start_ns,
            end_ns=time.time_ns(),
            parent=parent,
            context=context,
            kind=SpanKind.SERVER,
            error=str(status) if failed else None,
            attributes={
                names.HTTP_REQUEST_METHOD: "POST",
                names.HTTP_ROUTE: _ROUTE,
                names.HTTP_RESPONSE_STATUS_CODE: status,
                **found,
            },
        )


def refusal(refused: Refused) -> Response:
    """Make the answer to a refused request."""
    headers: dict[str, str] = {}
    if refused.retry_after_s is not None:
        headers["retry-after"] = str(max(1, round(refused.retry_after_s)))
    if refused.close:
        headers["connection"] = "close"
    body = {"error": {"code": refused.code, "message": refused.message}}
    return JSONResponse(body, status_code=refused.status, headers=headers)


def _not_taken(error: PenstockError) -> Refused:
    status = 429 if isinstance(error, ResourceExhausted) else 503
    return Refused(status, error.reason, error.message, retry_after_s=error.retry_delay_s or 1)


def _recorded(request: Request, body: bytes) -> inbound_pb2.HttpRequest:
    recorded = inbound_pb2.HttpRequest(method=request.method, url=str(request.url.replace(path="/hooks")), body=body)
    for name, value in request.headers.raw:
        text = name.decode("ascii", "replace").lower()
        if text not in _DROPPED_HEADERS:
            recorded.headers.add(name=text, value=value.decode("utf-8", "replace"))
    return recorded
