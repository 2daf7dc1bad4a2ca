"""Starts children stage by stage, each when the one before is ready; starts again what dies; ends all in reverse."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from cli.local.child import Child, ChildSpec

# A service has this long to become ready; the first start of an executor compiles the engine.
READY_TIMEOUT_S = 60.0
_POLL_S = 0.05
# Wait before a child that died is started again; doubled each time that it dies within two seconds of being ready, so
# that one which cannot live does not keep the machine busy, and one which was killed is back soon, however often.
_RESTART_DELAY_S = 0.05
_LONGEST_RESTART_DELAY_S = 10.0
_STABLE_AFTER_S = 2.0


class StartError(Exception):
    """A child did not become ready. The message says which and why, `last_lines` what it wrote."""

    def __init__(self, message: str, last_lines: Sequence[str]) -> None:
        super().__init__(message)
        self.last_lines = list(last_lines)


class Supervisor:
    """Runs children. `on_line(name, line)` gets what they write, `on_event(text)` what happens to them."""

    def __init__(self, *, on_line: Callable[[str, str], None], on_event: Callable[[str], None]) -> None:
        self._on_line = on_line
        self._on_event = on_event
        self._children: dict[str, Child] = {}
        self._spares: dict[str, Child] = {}

    def pids(self) -> dict[str, int]:
        """Process ids by name."""
        return {name: child.pid for name, child in self._children.items()}

    @asynccontextmanager
    async def running(self, stages: Sequence[Sequence[ChildSpec]]) -> AsyncGenerator[None]:
        """Run the children while the block runs; those of a stage start side by side.

        Raises StartError, with nothing left running.
        """
        watchers: list[asyncio.Task[None]] = []
        try:
            for stage in stages:
                await self._start_all(stage)
            watchers = [asyncio.create_task(self._keep_running(spec)) for stage in stages for spec in stage]
            yield
        finally:
            for watcher in watchers:
                watcher.cancel()
            await asyncio.gather(*watchers, return_exceptions=True)
            for child in [*self._spares.values(), *reversed(self._children.values())]:
                await child.stop()

    async def _start_all(self, stage: Sequence[ChildSpec]) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for spec in stage:
                    group.create_task(self._start(spec))
        except* StartError as errors:
            raise errors.exceptions[0] from None

    async def _start(self, spec: ChildSpec) -> None:
        child = self._children[spec.name] = await self._spare_or_new(spec)
        died = asyncio.create_task(child.wait())
        ready = asyncio.create_task(_until(spec.ready))
        try:
            await asyncio.wait({died, ready}, timeout=READY_TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED)
            if died.done():
                raise StartError(f"{spec.name} ended while starting: {_how(died.result())}.", child.last_lines)
            if not ready.done():
                raise StartError(f"{spec.name} was not ready within {READY_TIMEOUT_S:.0f} s.", child.last_lines)
        finally:
            for task in (died, ready):
                task.cancel()
            await asyncio.gather(died, ready, return_exceptions=True)

    async def _spare_or_new(self, spec: ChildSpec) -> Child:
        spare = self._spares.pop(spec.name, None)
        if spare is None or not spare.is_running:
            return await Child.start(spec, self._on_line)
        spare.take_over()
        return spare

    async def _keep_running(self, spec: ChildSpec) -> None:
        loop = asyncio.get_running_loop()
        delay_s, ready_at = _RESTART_DELAY_S, loop.time()
        while True:
            if spec.has_spare:
                self._spares[spec.name] = await Child.start(spec, self._on_line, as_spare=True)
            status = await self._children[spec.name].wait()
            if loop.time() - ready_at > _STABLE_AFTER_S:
                delay_s = _RESTART_DELAY_S
            self._on_event(f"{spec.name} died ({_how(status)}); starting it again in {delay_s:.2f} s")
            await asyncio.sleep(delay_s)
            delay_s = min(delay_s * 2, _LONGEST_RESTART_DELAY_S)
            try:
                await self._start(spec)
            except StartError as error:
                self._on_event(str(error))
            else:
                self._on_event(f"{spec.name} is back")
            ready_at = loop.time()


async def _until(ready: Callable[[], Awaitable[bool]]) -> None:
    while not await ready():  # noqa: ASYNC110 another process gives no event to wait for
        await asyncio.sleep(_POLL_S)


def _how(status: int) -> str:
    return f"killed by signal {-status}" if status < 0 else f"exit status {status}"
