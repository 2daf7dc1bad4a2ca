"""The run of one event: enter the guest, do what it asks for, resume it with the answers, until its handler settles."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from services.executor import wire
from services.executor.guest import GuestFaultError, Input
from services.executor.log import Log
from services.executor.outside import OutgoingRequest, Outside
from services.executor.requests import RequestLog
from services.executor.results import (
    BatchEntry,
    ErrorKind,
    FunctionError,
    FunctionKind,
    Invocation,
    InvocationResult,
    Limits,
    LogLine,
    Usage,
)
from services.executor.returned import WrongReturnError, entries_of
from services.executor.sandbox import EndedError, Sandbox, is_out_of_memory
from services.executor.shared_cache import CacheLoad, InstanceCache, Loads
from services.executor.waiting import Waiting, Wanted
from shared.egress import EgressRules

KINDS = {
    "RetryError": ErrorKind.RETRY,
    "InvalidEventPayload": ErrorKind.MESSAGE_REJECTED,
    "ValidationError": ErrorKind.MESSAGE_REJECTED,
    "EventNotSupported": ErrorKind.UNSUPPORTED_EVENT_TYPE,
}
ERROR_TEXT = 4096
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
        cache: InstanceCache,
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
        self._cache = cache
        self._loads: Loads | None = None
        self._on_suspended = on_suspended
        self._now_ns = outside.now_ns()
        self._seed = outside.seed()
        self._waiting: Waiting | None = None
        self._requests: RequestLog | None = None
        self._is_settled = False
        self._returned = b""
        self._error: FunctionError | None = None
        self._messages: list[bytes] = []
        self._objects: list[bytes] = []
        self._sent_bytes = 0
        self._logs = Log(limits.log_bytes)
        self._settled_s = 0.0
        self._deadline_s = 0.0

    async def result(self) -> InvocationResult:
        """Run the event. Never raises for anything that the guest does."""
        # Not the loop's clock, which uvloop stops while a callback runs.
        started_ns, started_s = self._now_ns, time.monotonic()
        self._deadline_s = started_s + min(self._invocation.wall_s or self._limits.wall_s, self._limits.wall_s)
        cold = self._sandbox.events == 0
        self._sandbox.begin(self._outside.call)
        try:
            await self._drive(started_ns)
        finally:
            if self._loads is not None:
                self._loads.close()
        batch = [] if self._error else self._told_of_each()
        failed = self._error is not None
        return InvocationResult(
            id=self._invocation.id,
            returned=b"" if failed else self._returned,
            error=self._error,
            messages=[] if failed else self._messages,
            objects=[] if failed else self._objects,
            logs=self._logs.lines(),
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
            batch=batch,
        )

    def _told_of_each(self) -> list[BatchEntry]:
        try:
            return entries_of(self._kind, self._invocation.handler, self._invocation.payload, self._returned)
        except WrongReturnError as wrong:
            self._error = wrong.error
            return []

    async def _drive(self, now_ns: int) -> None:
        given = wire.start_input(
            self._invocation,
            kind=self._kind,
            settings=self._settings,
            seed=self._seed,
            epoch=self._cache.epoch,
        )
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
                turn = await waiting.turn(until_s=self._deadline_s + self._sandbox.waited_s)
                if turn is None:
                    self._time_out()
                    break
                await self._enter(wire.resume_input(turn.answers), turn.now_ns)
                waiting.start()

    # --- entering the guest ------------------------------------------------------------------------------------------
    async def _enter(self, given: Input, now_ns: int) -> None:
        self._now_ns = now_ns
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
            self._logs.add(LogLine(self._now_ns / 1e6, "warn", f"After the handler had finished: {error.message}"))

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
        if self._kind.is_insert and "DropEvent" in (failure.name, failure.own_class):
            return ErrorKind.DROPPED
        return KINDS.get(failure.name) or KINDS.get(failure.own_class, ErrorKind.BAD_REQUEST)

    # --- what the guest posted ---------------------------------------------------------------------------------------
    def _take(self, kind: str, record: dict[str, Any]) -> None:
        match kind:
            case "log":
                self._logs.add(wire.log_line(record), wire.left_out(record))
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
            case "cache_load" | "cache_store" | "cache_fail" | "cache_own" | "cache_delete":
                self._take_of_cache(kind, record)
            case _:
                raise GuestFaultError(f"the guest posted a record of kind {kind[:40]!r}")

    def _take_of_cache(self, kind: str, record: dict[str, Any]) -> None:
        if self._loads is None:
            self._loads = Loads(self._cache, now_ns=self._outside.now_ns)
        key = wire.cache_key(record)
        match kind:
            case "cache_load":
                self._ask(record, CacheLoad(key, self._loads))
            case "cache_store":
                self._loads.store(key, wire.text(record, "text"), wire.number(record, "ttl_ms"))
            case "cache_fail":
                name, message = wire.text(record, "name")[:256], wire.text(record, "message")[:ERROR_TEXT]
                self._loads.fail(key, {"name": name, "message": message})
            case "cache_own":
                self._loads.keep_own(key)
            case _:
                self._loads.delete(key)

    def _sent(self, record: dict[str, Any]) -> bytes:
        text = wire.message(record)
        self._sent_bytes += len(text)
        if self._sent_bytes > self._limits.output_bytes:
            message = f"The function sent more than {self._limits.output_bytes:,} bytes."
            raise EndedError(FunctionError(ErrorKind.BAD_REQUEST, "RangeError", message))
        return text

    def _ask(self, record: dict[str, Any], wanted: Wanted) -> None:
        if self._waiting is None:
            self._requests = RequestLog(
                limits=self._limits,
                outside=self._outside,
                traceparent=self._invocation.traceparent,
                egress=self._egress,
            )
            self._waiting = self._outside.waiting(self._requests)
        if self._is_settled and not isinstance(wanted, OutgoingRequest):
            return
        if len(self._waiting) >= self._limits.open_requests:
            message = f"An event may have {self._limits.open_requests:,} timers and requests waiting."
            raise EndedError(FunctionError(ErrorKind.BAD_REQUEST, "RangeError", message))
        self._waiting.ask(wire.record_id(record), wanted)
