"""The outside as it is: requests go through the installation's egress client, under its policy."""

from __future__ import annotations

from services.executor.machine import Machine
from services.executor.outside import Answer, OutgoingRequest, RequestFailedError
from shared.egress import EgressClient, EgressError


class NetworkOutside(Machine):
    """Sends requests for real. The client is the owner's to open and close."""

    def __init__(self, client: EgressClient) -> None:
        self._client = client

    async def fetch(self, request: OutgoingRequest) -> Answer:
        try:
            response = await self._client.request(
                method=request.method,
                url=request.url,
                headers=_headers(request),
                body=request.body,
                timeout_s=request.timeout_s,
                max_body_bytes=request.max_answer_bytes,
                redirect=request.redirect,
                inflate=request.inflate,
                rules=request.rules,
            )
        except EgressError as error:
            # The prelude words all but `system` itself, from the limit alone.
            message = str(request.max_answer_bytes) if error.type == "max-size" else error.message
            raise RequestFailedError(error.code, message, type=error.type) from None
        return Answer(
            status=response.status,
            reason=_unicode(response.reason),
            url=response.url,
            headers=[(name, _unicode(value)) for name, value in response.headers],
            body=response.body,
            redirected=response.redirected,
        )


def _unicode(text: str) -> str:
    """Give a header without the surrogates that stand for bytes which were no text."""
    return text.encode(errors="replace").decode()


def _headers(request: OutgoingRequest) -> list[tuple[str, str]]:
    has_own = any(name.lower() == "traceparent" for name, _value in request.headers)
    if has_own or not request.traceparent:
        return request.headers
    return [*request.headers, ("traceparent", request.traceparent)]
