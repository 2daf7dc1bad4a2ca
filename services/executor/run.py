"""The run of one event: enter the guest, do what it asks for, resume it with the answers, until its handler settles."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from services.executor import wire
from services.executor.guest import GuestFaultError, Input
from services.executor.outside import OutgoingRequest, Outside
from services.executor.requests import RequestLog
from services.executor.results import (
    ErrorKind,
    FunctionError,
    FunctionKind,
    Invocation,
    InvocationResult,
    Limits,
    LogLine,
    Usage,
)
from services.executor.sandbox import EndedError, Sandbox, is_out_of_memory
from services.executor.waiting import Waiting
from shared.egress import EgressRules

KINDS = {
    "RetryError": ErrorKind.RETRY,
    "InvalidEventPayload": ErrorKind.MESSAGE_REJECTED,
    "ValidationError": ErrorKind.MESSAGE_REJECTED,
    "EventNotSupported": ErrorKind.UNSUPPORTED_EVENT_TYPE,
}
ERROR_TEXT = 4096
LOGS_CUT = "The rest of the log was cut."
NEVER_SETTLES = "The handler waits for a promise that nothing can settle any more."


class Run:
    """One event in one sandbox. Call `result` once."""

    def __init__(
        self,
        *,
        sandbox: Sandbox,
        invocation: Invocation,
        kind: FunctionKind,
        settings: bytes,
        limits: Limits,
        outside: Outside,
        egress: EgressRules | None = None,
        on_suspended: Callable[[], None] = lambda: None,
    ) -> None:
        self._sandbox = sandbox
        self._invocation = invocation
        self._kind = kind
        self._settings = settings
        self._limits = limits
        self._outside = outside
        self._egress = egress
        self._on_suspended = on_suspended
        self._seed = outside.seed()
        self._waiting: Waiting | None = None
        self._requests: RequestLog | None = None
        self._is_settled = False
        self._returned = b""
        self._error: FunctionError | None = None
        self._messages: list[bytes] = []
        self._objects: list[bytes] = []
        self._sent_bytes = 0
        self._logs: list[LogLine] = []
        self._log_bytes = 0
        self._settled_s = 0.0
        self._deadline_s = 0.0

    async def result(self) -> InvocationResult:
        """Run the event. Never raises for anything that the guest does."""
        # Not the loop's clock, which uvloop stops while a callback runs.
        started_ns, started_s = self._outside.now_ns(), time.monotonic()
        self._deadline_s = started_s + min(self._invocation.wall_s or self._limits.wall_s, self._limits.wall_s)
        cold = self._sandbox.events == 0
        self._sandbox.begin()
        await self._drive(started_ns)
        failed = self._error is not None
        return InvocationResult(
            id=self._invocation.id,
            returned=b"" if failed else self._returned,
            error=self._error,
            messages=[] if failed else self._messages,
            objects=[] if failed else self._objects,
            logs=self._logs,
            requests=self._requests.records if self._requests else [],
            usage=Usage(
                wall_s=self._settled_s - started_s,
                fuel=self._sandbox.fuel_used,
                memory_bytes=self._sandbox.memory_bytes,
                cold=cold,
                earlier_events=self._sandbox.events - 1,
            ),
            started_ns=started_ns,
            finished_ns=started_ns + int((self._settled_s - started_s) * 1e9),
        )

    async def _drive(self, now_ns: int) -> None:
        given = wire.start_input(self._invocation, kind=self._kind, settings=self._settings, seed=self._seed)
        await self._enter(given, now_ns)
        if self._waiting:
            await self._suspended(self._waiting)
        if not self._is_settled:
            self._fail(FunctionError(ErrorKind.TIMEOUT, "Timeout", NEVER_SETTLES))

    async def _suspended(self, waiting: Waiting) -> None:
        async with waiting:
            waiting.start()
            self._on_suspended()
            while waiting and not self._sandbox.ended:
                # Waiting for a core is nobody's fault.
                answers = await waiting.answers(until_s=self._deadline_s + self._sandbox.waited_s)
                if not answers:
                    self._time_out()
                    break
                await self._enter(wire.resume_input(answers), self._outside.now_ns())
                waiting.start()

    # --- entering the guest ------------------------------------------------------------------------------------------
    async def _enter(self, given: Input, now_ns: int) -> None:
        try:
            step = await self._sandbox.enter(given, now_ns=now_ns, seed=self._seed)
            for kind, record in step.outbox:
                self._take(kind, record)
        except EndedError as ended:
            self._fail(ended.error)
            return
        except GuestFaultError as fault:
            self._fail(FunctionError(ErrorKind.SANDBOX_FAULT, "SandboxFault", str(fault)))
            return
        if step.settled and not self._is_settled:
            self._returned = step.returned
            self._settle(self._error_of(step.failure) if step.failure else None)

    def _settle(self, error: FunctionError | None) -> None:
        self._is_settled = True
        self._settled_s = time.monotonic()
        self._error = error
        if self._waiting is not None:
            self._waiting.cancel_timers()

    def _fail(self, error: FunctionError) -> None:
        """End the sandbox; what the handler came to before stays."""
        self._sandbox.ended = True
        if not self._is_settled:
            self._settle(error)
        else:
            self._log(LogLine(self._outside.now_ns() / 1e6, "warn", f"After the handler had finished: {error.message}"))

    def _time_out(self) -> None:
        if not self._is_settled:
            seconds = self._invocation.wall_s or self._limits.wall_s
            self._fail(
                FunctionError(ErrorKind.TIMEOUT, "Timeout", f"The handler was still waiting after {seconds:g} s.")
            )

    def _error_of(self, failure: wire.Failure) -> FunctionError:
        return FunctionError(
            self._kind_of(failure), failure.name[:256], failure.message[:ERROR_TEXT], failure.stack[:ERROR_TEXT]
        )

    def _kind_of(self, failure: wire.Failure) -> ErrorKind:
        if is_out_of_memory(failure.name, failure.message, is_full=self._sandbox.is_full):
            self._sandbox.ended = True
            return ErrorKind.OUT_OF_MEMORY
        if failure.loading:
            # What the top level left behind is unknown.
            self._sandbox.ended = True
            return ErrorKind.INVALID_SETTINGS
        if failure.name == "DropEvent" and self._kind.is_insert:
            return ErrorKind.DROPPED
        return KINDS.get(failure.name, ErrorKind.BAD_REQUEST)

    # --- what the guest posted ---------------------------------------------------------------------------------------
    def _take(self, kind: str, record: dict[str, Any]) -> None:
        match kind:
            case "log":
                self._log(wire.log_line(record))
            case "message" | "object" if self._is_settled:
                pass  # Sent too late, by what an open request went on to do.
            case "message":
                self._messages.append(self._sent(record))
            case "object":
                self._objects.append(self._sent(record))
            case "fetch":
                self._ask(
                    record,
                    wire.outgoing_request(
                        record, longest_s=self._limits.request_s, max_answer_bytes=self._limits.response_bytes
                    ),
                )
            case "timer":
                self._ask(record, wire.number(record, "delay_ms") / 1000)
            case "cancel" if self._waiting is not None:
                self._waiting.cancel(wire.record_id(record))
            case "cancel":
                raise GuestFaultError("the guest withdrew what it had not asked for")
            case _:
                raise GuestFaultError(f"the guest posted a record of kind {kind[:40]!r}")

    def _sent(self, record: dict[str, Any]) -> bytes:
        text = wire.message(record)
        self._sent_bytes += len(text)
        if self._sent_bytes > self._limits.output_bytes:
            message = f"The function sent more than {self._limits.output_bytes:,} bytes."
            raise EndedError(FunctionError(ErrorKind.BAD_REQUEST, "RangeError", message))
        return text

    def _ask(self, record: dict[str, Any], wanted: OutgoingRequest | float) -> None:
        if self._waiting is None:
            self._requests = RequestLog(
                limits=self._limits,
                outside=self._outside,
                traceparent=self._invocation.traceparent,
                egress=self._egress,
            )
            self._waiting = Waiting(self._requests)
        if self._is_settled and not isinstance(wanted, OutgoingRequest):
            return
        if len(self._waiting) >= self._limits.open_requests:
            message = f"An event may have {self._limits.open_requests:,} timers and requests waiting."
            raise EndedError(FunctionError(ErrorKind.BAD_REQUEST, "RangeError", message))
        self._waiting.ask(wire.record_id(record), wanted)

    def _log(self, line: LogLine) -> None:
        room = self._limits.log_bytes - self._log_bytes
        if room <= 0:
            return
        size = len(line.text.encode(errors="replace"))
        self._log_bytes += max(size, 1)  # empty lines are lines too
        if size > room:
            cut = line.text.encode(errors="replace")[:room].decode(errors="ignore")
            self._logs += [replace(line, text=cut), LogLine(line.time_ms, "warn", LOGS_CUT)]
        else:
            self._logs.append(line)
