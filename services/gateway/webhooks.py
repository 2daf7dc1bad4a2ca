"""`POST /hooks/{token}`: a webhook becomes an event in the log, and is answered when the log has it."""

from __future__ import annotations

import time
from dataclasses import dataclass

from opentelemetry.trace import SpanContext
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from penstock.config.v1 import config_pb2
from penstock.event.v1 import inbound_pb2
from services.gateway import metrics
from services.gateway.accept import Acceptor, Arrival
from services.gateway.bodies import BodyLimits, Refused, read_body
from services.gateway.tokens import Tokens
from shared.errors import PenstockError, ResourceExhausted
from shared.telemetry.accepting import SERVER_ERROR, Accepting, record_accepting
from shared.telemetry.propagation import TRACEPARENT, inject, parse_traceparent, work_on
from shared.telemetry.tracing import Tracing

# What gives a caller's rights away is of no use to a function, and must not be stored with the event.
_DROPPED_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})


@dataclass(slots=True)
class _Hook:
    """What is known of a webhook so far."""

    start_ns: int
    parent: SpanContext | None
    context: SpanContext
    source: config_pb2.SourceConfig | None = None
    body_bytes: int = 0
    event_id: str = ""


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
        parent = parse_traceparent(request.headers.get(TRACEPARENT, ""))
        hook = _Hook(start_ns, parent, self._tracing.begin(parent, from_outside=True))
        work_on(lambda: [hook.context])
        result = metrics.ACCEPTED
        try:
            response = await self._take(request, hook)
        except Refused as refused:
            response, result = refusal(refused), refused.code
        metrics.count(hook.source.source_id if hook.source else "", metrics.WEBHOOK, result)
        self._record(response.status_code, hook)
        response.headers.update(inject(hook.context))
        return response

    async def _take(self, request: Request, hook: _Hook) -> Response:
        hook.source = source = self._source(request.path_params["token"])
        body = await read_body(request, self._limits)
        hook.body_bytes = len(body)
        (result,) = await self._acceptor.accept(
            source,
            [Arrival(_recorded(request, body))],
            [hook.context],
            started_ns=hook.start_ns,
            parent=hook.parent,
        )
        if isinstance(result, PenstockError):
            raise _not_taken(result)
        hook.event_id = result
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

    def _record(self, status: int, hook: _Hook) -> None:
        end_ns, source = time.time_ns(), hook.source
        if hook.event_id:
            metrics.DURATION.record((end_ns - hook.start_ns) / 1e9, (metrics.WEBHOOK,))
        if not self._tracing.keeps(
            hook.context, hook.start_ns, end_ns, str(status) if status >= SERVER_ERROR else None
        ):
            return
        accepting = Accepting(
            context=hook.context,
            parent=hook.parent,
            start_ns=hook.start_ns,
            end_ns=end_ns,
            body_bytes=hook.body_bytes,
            workspace_id=source.workspace_id if source else "",
            source_id=source.source_id if source else "",
            event_id=hook.event_id,
            status=status,
        )
        record_accepting(self._tracing, accepting)


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
