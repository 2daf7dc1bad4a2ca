"""Who computes next: one guest at a time on the event loop's thread, slice by slice, fairly between workspaces.

Most entries into a guest take less than a slice: they run at once, without waiting or switching. One that goes on is
put aside between slices, so that the event loop and other guests get their turn. Entries that have gone on for long
are a class of their own: it gets what the others leave, and a quarter of the time when they leave nothing. So endless
loops hold up nobody, and still come to the end of their fuel.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from services.executor.fair_queue import FairQueue, Shares

# Guests compute so long before the event loop gets its turn, and an entry so long before it counts as a long one.
BUDGET_S = 0.002
# Long entries get this part of what all else takes, at least.
LONG_SHARE = 1 / 3
MAX_OWED_S = 0.001
# So long after the last short entry it is taken that no more are on their way. A call takes several turns of the event
# loop before and after its entry: were these given away, each would make it a slice longer.
QUIET_S = 0.01
PAUSE_S = 0.001

# Computes for a slice, tells whether it is done.
Step = Callable[[], bool]


@dataclass(slots=True)
class _Entry:
    workspace: str
    step: Step
    done: asyncio.Future[None]
    computed_s: float


class Turns:
    """Gives guests their turns; `spend` is told the seconds that a workspace computes."""

    def __init__(
        self,
        *,
        spend: Callable[[str, float], None] = lambda _workspace, _seconds: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._spend = spend
        self._clock = clock
        self._shares = Shares()
        self._short = FairQueue[_Entry](self._shares)
        self._long = FairQueue[_Entry](self._shares)
        self._left_s = BUDGET_S
        self._owed_s = 0.0
        self._tick_ended_s = 0.0
        self._short_ended_s = 0.0
        self._is_scheduled = False
        self._paused: asyncio.TimerHandle | None = None

    async def run(self, workspace: str, step: Step) -> float:
        """Call `step` until it gives True; give the seconds that it waited in between.

        Raises what `step` raises. Once cancelled, `step` is not called again.
        """
        computed_s = 0.0
        while self._left_s > 0 and not self._short:
            is_done, took_s = self._slice(workspace, step)
            if is_done:
                self._short_ended_s = self._clock()
                return 0.0
            computed_s += took_s
        return await self._wait(workspace, step, computed_s)

    async def _wait(self, workspace: str, step: Step, computed_s: float) -> float:
        started_s = self._clock()
        entry = _Entry(workspace, step, asyncio.get_running_loop().create_future(), computed_s)
        self._put_aside(entry)
        self._schedule()
        await entry.done
        return self._clock() - started_s - (entry.computed_s - computed_s)

    def _slice(self, workspace: str, step: Step) -> tuple[bool, float]:
        started_s = self._clock()
        try:
            is_done = step()
        finally:
            took_s = self._clock() - started_s
            self._left_s -= took_s
            self._shares.add(workspace, took_s)
            self._spend(workspace, took_s)
        return is_done, took_s

    # --- between slices ----------------------------------------------------------------------------------------------
    def _put_aside(self, entry: _Entry) -> None:
        queue = self._short if entry.computed_s < BUDGET_S else self._long
        queue.push(entry.workspace, entry)

    def _schedule(self) -> None:
        if self._paused is not None:
            self._paused.cancel()
            self._paused = None
        if not self._is_scheduled:
            self._is_scheduled = True
            asyncio.get_running_loop().call_soon(self._tick)

    def _pause(self) -> None:
        # Threads of the process, which take and send calls, get the interpreter in between.
        self._paused = asyncio.get_running_loop().call_later(PAUSE_S, self._tick)

    def _tick(self) -> None:
        self._is_scheduled = False
        self._paused = None
        self._left_s = BUDGET_S
        while self._short and self._left_s > 0:
            self._advance(self._short.pop())
            self._short_ended_s = self._clock()
        if self._long:
            self._advance_long()
        self._tick_ended_s = self._clock()
        if self._short or (self._long and self._is_quiet(self._tick_ended_s)):
            self._schedule()
        elif self._long:
            self._pause()

    def _is_quiet(self, now_s: float) -> bool:
        return now_s - self._short_ended_s > QUIET_S

    def _advance_long(self) -> None:
        now_s = self._clock()
        if self._is_quiet(now_s):
            self._owed_s = 0.0
            self._advance(self._long.pop())
            return
        self._owed_s = min(self._owed_s + (now_s - self._tick_ended_s) * LONG_SHARE, MAX_OWED_S)
        while self._long and self._owed_s > 0:
            self._owed_s -= self._advance(self._long.pop())

    def _advance(self, entry: _Entry) -> float:
        """Give an entry a slice; give the seconds that it took."""
        if entry.done.cancelled():
            return 0.0
        try:
            is_done, took_s = self._slice(entry.workspace, entry.step)
        except Exception as error:  # noqa: BLE001 it is the caller's
            entry.done.set_exception(error)
            return 0.0
        entry.computed_s += took_s
        if is_done:
            entry.done.set_result(None)
        else:
            self._put_aside(entry)
        return took_s
