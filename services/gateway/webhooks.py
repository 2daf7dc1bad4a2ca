"""`POST /hooks/{token}`: a webhook becomes an event in the log, and is answered when the log has it.

This is an ASGI application by itself, in front of any framework: a request object, its routing and its response cost
more than all that is done here.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from opentelemetry.trace import SpanContext
from starlette.types import Receive, Scope, Send

from penstock.config.v1 import config_pb2
from penstock.event.v1 import inbound_pb2
from services.gateway import metrics
from services.gateway.accept import Acceptor, inbox_publication, new_event, tell_of_acceptance
from services.gateway.answers import Refused, answer, defect, of_error
from services.gateway.bodies import read_body
from services.gateway.room import Room
from services.gateway.tokens import Tokens
from shared.errors import PenstockError
from shared.telemetry.accepting import SERVER_ERROR, Accepting, record_accepting
from shared.telemetry.propagation import inject, parse_traceparent, work_on
from shared.telemetry.tracing import Tracing

PREFIX = "/hooks/"
# What gives a caller's rights away is of no use to a function, and must not be stored with the event.
_DROPPED_HEADERS = frozenset({b"authorization", b"cookie", b"proxy-authorization"})


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

    def __init__(self, *, tokens: Tokens, acceptor: Acceptor, tracing: Tracing, room: Room, body_bytes: int) -> None:
        self._tokens = tokens
        self._acceptor = acceptor
        self._tracing = tracing
        self._room = room
        self._body_bytes = body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one webhook."""
        start_ns = time.time_ns()
        headers = dict(scope["headers"])
        parent = _parent(headers)
        hook = _Hook(start_ns, parent, self._tracing.begin(parent, from_outside=True))
        work_on(lambda: [hook.context])
        trace, result = inject(hook.context), metrics.ACCEPTED
        try:
            await self._take(scope, headers, receive, trace, hook)
            status, body = 202, b'{"event_id":"%s"}' % hook.event_id.encode()
        except Refused as refused:
            status, body, result = refused.status, refused.body, refused.code
            trace |= refused.headers
        except Exception:
            await defect()(scope, receive, send)
            raise
        metrics.count(hook.source.source_id if hook.source else "", metrics.WEBHOOK, result)
        self._record(status, hook)
        await answer(send, status, body, trace)

    async def _take(
        self,
        scope: Scope,
        headers: Mapping[bytes, bytes],
        receive: Receive,
        trace: dict[str, str],
        hook: _Hook,
    ) -> None:
        hook.source = source = self._source(scope)
        with self._room.hold(source.source_id) as held:
            body = await read_body(headers, receive, held, size_bytes=self._body_bytes)
            hook.body_bytes = len(body)
            event = new_event(source)
            _record_request(event.request, scope, headers, body)
            if not hook.context.trace_flags.sampled:
                tell_of_acceptance(event, hook.start_ns, hook.parent)
            (result,) = await self._acceptor.accept(source, [inbox_publication(event, trace)])
            if isinstance(result, PenstockError):
                raise of_error(result)
            hook.event_id = event.event_id

    def _source(self, scope: Scope) -> config_pb2.SourceConfig:
        if scope["method"] != "POST":
            raise Refused(
                405, "METHOD_NOT_ALLOWED", "Webhooks are sent by POST.", headers={"allow": "POST"}, close=True
            )
        try:
            source = self._tokens.source_of(scope["path"].removeprefix(PREFIX))
        except PenstockError as error:
            raise of_error(error, close=True) from None
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


def _parent(headers: Mapping[bytes, bytes]) -> SpanContext | None:
    text = headers.get(b"traceparent")
    return parse_traceparent(text.decode("ascii", "replace")) if text else None


def _record_request(
    request: inbound_pb2.HttpRequest, scope: Scope, headers: Mapping[bytes, bytes], body: bytes
) -> None:
    request.method = scope["method"]
    request.url = _url(scope, headers)
    request.body = body
    for name, value in scope["headers"]:
        if name not in _DROPPED_HEADERS:
            request.headers.add(name=name.decode("ascii", "replace"), value=value.decode("utf-8", "replace"))


def _url(scope: Scope, headers: Mapping[bytes, bytes]) -> str:
    """Give the URL as the client called it, without the token."""
    host = headers.get(b"host", b"").decode("latin-1") or f"{scope['server'][0]}:{scope['server'][1]}"
    query = scope["query_string"].decode("latin-1")
    return f"{scope['scheme']}://{host}{PREFIX[:-1]}" + (f"?{query}" if query else "")
