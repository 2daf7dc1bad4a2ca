"""The requests of one run: sent within its limits, and kept to be shown; `masking` hides what is secret in them."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace

from services.executor.outside import Answer, OutgoingRequest, Outside, RequestFailedError
from services.executor.results import Limits, RequestRecord
from shared.egress import EgressRules
from shared.telemetry.propagation import parse_traceparent

SHOWN_HEADERS = 100
# What is shown of all requests of a run must fit into the message that tells of it.
SHOWN_HEADERS_CHARS = 16 * 1024


class RequestLog:
    """Sends the requests of one run; `records` holds them in the order of their starts."""

    def __init__(self, *, limits: Limits, outside: Outside, traceparent: str, egress: EgressRules | None) -> None:
        self._limits = limits
        self._outside = outside
        self._egress = egress
        self._trace = parse_traceparent(traceparent)
        self.records: list[RequestRecord] = []

    async def fetch(self, request: OutgoingRequest) -> Answer:
        """Send a request of the guest. Raises RequestFailedError."""
        if len(self.records) >= self._limits.requests:
            raise RequestFailedError("EGRESS_LIMIT", f"an event may make {self._limits.requests} requests")
        shown = self.show(request)
        request = replace(request, rules=self._egress, traceparent=self._traceparent(shown.span_id))
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
            self.show_answer(shown, answer)
            return answer
        finally:
            shown.finished_ns = self._outside.now_ns()

    def _traceparent(self, span_id: str) -> str:
        trace = self._trace
        return f"00-{trace.trace_id:032x}-{span_id}-{trace.trace_flags:02x}" if trace is not None else ""

    def show(self, request: OutgoingRequest) -> RequestRecord:
        """Take a request into the records."""
        shown = RequestRecord(
            method=request.method,
            url=request.url[: self._limits.shown_bytes],
            headers=self._shown_headers(request.headers),
            body=(request.body or b"")[: self._limits.shown_bytes],
            started_ns=self._outside.now_ns(),
            span_id=secrets.token_hex(8),
        )
        self.records.append(shown)
        return shown

    def show_answer(self, shown: RequestRecord, answer: Answer) -> None:
        """Enter an answer into its request's record."""
        shown.status = answer.status
        shown.response_headers = self._shown_headers(answer.headers)
        shown.response_body = answer.body[: self._limits.shown_bytes]

    def _shown_headers(self, headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
        longest, room = self._limits.shown_bytes, SHOWN_HEADERS_CHARS
        shown: list[tuple[str, str]] = []
        for name, value in headers:
            shown.append((name[:longest], value[:longest]))
            room -= len(name) + len(value)
            if room <= 0:
                break
        return shown[:SHOWN_HEADERS]
