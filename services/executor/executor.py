"""The executor: checks code and runs events in warm sandboxes; no server, configuration or network of its own."""

from __future__ import annotations

import asyncio
import copy
import hashlib
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial

from services.executor.admission import Concurrency
from services.executor.images import CodeFaultError, ImageBuilder, ImageCache, TopLevel
from services.executor.masking import Masker
from services.executor.outside import Outside
from services.executor.places import Places, has_frames
from services.executor.pool import SandboxPool
from services.executor.results import (
    ErrorKind,
    FunctionError,
    FunctionKind,
    Invocation,
    InvocationResult,
    Limits,
    Usage,
)
from services.executor.run import Run
from services.executor.sandbox import EndedError, Sandbox
from services.executor.shared_cache import SharedCaches
from services.executor.source import AUTHOR_FILE, CodeFault
from services.executor.turns import Turns
from shared.egress import EgressRules

# Images of code that is tried out, kept in memory for the next try.
TRIED_IMAGES = 16


def digest_of(code: str) -> str:
    """Give the name of a source text: SHA-256 of its UTF-8 in hex."""
    return hashlib.sha256(code.encode(errors="surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Program:
    """What to run events with.

    Programs of one `key` share warm sandboxes and what they cache, so a key names instance, code and settings.
    `settings` is a UTF-8 JSON object. With `fresh` each event starts from the image, with `once` in a sandbox that is
    ended after it; either way it has a cache of its own. Of one workspace at most `concurrency` events run at a time,
    0 for any number; `egress` are its rules, if it has any.
    Without a `masker` everything is shown, which is for the author alone.
    """

    key: Hashable
    code: str
    digest: str
    kind: FunctionKind
    settings: bytes = b"{}"
    limits: Limits = field(default_factory=Limits)
    fresh: bool = False
    once: bool = False
    workspace_id: str = ""
    function_id: str = ""
    concurrency: int = 0
    egress: EgressRules | None = None
    masker: Masker | None = field(default_factory=lambda: Masker(()))


class Executor:
    """Runs programs. One per process: guests run one at a time on its event loop, suspended ones wait beside it."""

    def __init__(
        self,
        *,
        builder: ImageBuilder,
        images: ImageCache,
        pool: SandboxPool,
        outside: Outside,
        turns: Turns,
        caches: SharedCaches | None = None,
    ) -> None:
        self._turns = turns
        self._builder = builder
        self._images = images
        self._outside = outside
        # Not the thread that loads images: whoever has endless loops checked holds up nobody's events.
        self._checks = ThreadPoolExecutor(1, thread_name_prefix="checks")
        self._places = Places()
        self._concurrency = Concurrency(wait_s=pool.wait_s)
        self.pool = pool
        self.caches = caches or SharedCaches()

    def for_trials(self) -> Executor:
        """Give one for code that is tried out: it shares all but the images, for which no deployed function waits."""
        trials = copy.copy(self)
        trials._images = ImageCache(builder=self._builder, capacity=TRIED_IMAGES, stores=False)  # noqa: SLF001 a copy of its own
        return trials

    async def check(self, code: str) -> TopLevel:
        """Compile code, run its top level, tell its handlers. Raises CodeFaultError for code that does not compile."""
        await self._builder.bases.ready_for(code, self._checks)
        return await asyncio.get_running_loop().run_in_executor(self._checks, self._check, code)

    def _check(self, code: str) -> TopLevel:
        try:
            top_level = self._builder.build(code)[1]
        except CodeFaultError as error:
            raise CodeFaultError(self._places.fault(error.fault, digest_of(code), code)) from None
        fault = top_level.fault and self._places.fault(top_level.fault, digest_of(code), code)
        return replace(top_level, fault=fault)

    def image_key(self, code: str) -> str:
        """Give what identifies the image from which this code runs here."""
        return self._builder.key(code)

    async def run(
        self,
        program: Program,
        invocation: Invocation,
        *,
        outside: Outside | None = None,
        on_suspended: Callable[[], None] = lambda: None,
    ) -> InvocationResult:
        """Run one event. What the function does wrong is in the result. Raises TooLongError.

        `outside` is this event's own, by default the executor's. `on_suspended` is called when the event begins to
        wait for a request or timer: others may use that time.
        """
        try:
            result = await self._run(program, invocation, outside or self._outside, on_suspended)
        except CodeFaultError as error:
            result = self._without_run(invocation, _error_of(error.fault))
        except EndedError as ended:
            result = self._without_run(invocation, ended.error)
        if has_frames(result):
            result = await self._placed(program, result)
        return program.masker.result(result) if program.masker else result

    async def _placed(self, program: Program, result: InvocationResult) -> InvocationResult:
        if self._places.knows(program.digest):
            return self._places.result(result, program.digest, program.code)
        # The map of a large bundle takes a while to read.
        return await asyncio.to_thread(self._places.result, result, program.digest, program.code)

    async def _run(
        self, program: Program, invocation: Invocation, outside: Outside, on_suspended: Callable[[], None]
    ) -> InvocationResult:
        start = partial(self._start, program)
        # The sandbox first: what waits for one of its instance must hold no place that others of its workspace need.
        async with (
            self.pool.lend(program.key, start, fresh=program.fresh, once=program.once) as sandbox,
            self._place(program),
        ):
            run = Run(
                sandbox=sandbox,
                invocation=invocation,
                kind=program.kind,
                settings=program.settings,
                limits=program.limits,
                outside=outside,
                cache=self.caches.new() if program.once or program.fresh else self.caches.of(program.key),
                egress=program.egress,
                on_suspended=on_suspended,
            )
            return await run.result()

    def _place(self, program: Program) -> AbstractAsyncContextManager[None]:
        if not program.concurrency:
            return nullcontext()
        return self._concurrency.place(program.workspace_id, program.concurrency)

    async def _start(self, program: Program) -> Sandbox:
        return Sandbox(
            image=await self._images.get(program.digest, program.code),
            limits=program.limits,
            turns=self._turns,
            workspace=program.workspace_id,
        )

    def _without_run(self, invocation: Invocation, error: FunctionError) -> InvocationResult:
        now_ns = self._outside.now_ns()
        return InvocationResult(
            id=invocation.id,
            returned=b"",
            error=error,
            messages=[],
            objects=[],
            logs=[],
            requests=[],
            usage=Usage(wall_s=0, fuel=0, memory_bytes=0, cold=True, earlier_events=0),
            started_ns=now_ns,
            finished_ns=now_ns,
        )


def _error_of(fault: CodeFault) -> FunctionError:
    stack = f"{fault.name}: {fault.message}\n    at {AUTHOR_FILE}:{fault.line}:{fault.column}"
    return FunctionError(ErrorKind.INVALID_SETTINGS, fault.name, fault.message, stack)
