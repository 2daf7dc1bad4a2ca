"""The requests of one run: sent within its limits, and kept as what may be shown of them."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace

from services.executor.outside import Answer, OutgoingRequest, Outside, RequestFailedError
from services.executor.results import Limits, RequestRecord
from shared.telemetry.propagation import parse_traceparent

SHOWN_BYTES = 4096
SHOWN_HEADERS = 100
# Part of the name of a header whose value is a credential.
SECRET_NAMES = ("authorization", "cookie", "key", "token", "secret", "password", "signature")


class RequestLog:
    """Sends the requests of one run; `records` holds them in the order of their starts."""

    def __init__(self, *, limits: Limits, outside: Outside, traceparent: str) -> None:
        self._limits = limits
        self._outside = outside
        self._trace = parse_traceparent(traceparent)
        self.records: list[RequestRecord] = []

    async def fetch(self, request: OutgoingRequest) -> Answer:
        """Send a request of the guest. Raises RequestFailedError."""
        if len(self.records) >= self._limits.requests:
            raise RequestFailedError("EGRESS_LIMIT", f"an event may make {self._limits.requests} requests")
        shown = self._shown(request)
        self.records.append(shown)
        if self._trace is not None:
            trace_id, flags = self._trace.trace_id, self._trace.trace_flags
            request = replace(request, traceparent=f"00-{trace_id:032x}-{shown.span_id}-{flags:02x}")
        try:
            async with asyncio.timeout(request.timeout_s):
                answer = await self._outside.fetch(request)
        except TimeoutError:
            shown.error_code = "ETIMEDOUT"
            raise RequestFailedError("ETIMEDOUT", request.url, type="request-timeout") from None
        except RequestFailedError as error:
            shown.error_code = error.code
            raise
        except asyncio.CancelledError:
            # The function withdrew it, or its time was over.
            shown.error_code = "ECANCELED"
            raise
        else:
            _add_answer(shown, answer)
            return answer
        finally:
            shown.finished_ns = self._outside.now_ns()

    def _shown(self, request: OutgoingRequest) -> RequestRecord:
        return RequestRecord(
            method=request.method,
            url=request.url[:SHOWN_BYTES],
            headers=_harmless(request.headers),
            body=(request.body or b"")[:SHOWN_BYTES],
            started_ns=self._outside.now_ns(),
            span_id=secrets.token_hex(8),
        )


def _add_answer(shown: RequestRecord, answer: Answer) -> None:
    shown.status = answer.status
    shown.response_headers = _harmless(answer.headers)
    shown.response_body = answer.body[:SHOWN_BYTES]


def _harmless(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    shown = [each for each in headers[:SHOWN_HEADERS] if not any(name in each[0].lower() for name in SECRET_NAMES)]
    return [(name[:SHOWN_BYTES], value[:SHOWN_BYTES]) for name, value in shown]
