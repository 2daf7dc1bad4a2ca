"""What workspaces compute in a calendar month (UTC), over all executors, and the allowance that bounds it.

Runs are counted in memory, and every few seconds the counts are added to the counters of the stream USAGE, whose
answers tell what all executors together came to. No event waits for that but a first one, briefly.

- While the log is away nothing fails: counting goes on in memory, and is added when the log is back.
- Each addition is counted once, though it is repeated until it is confirmed: the log knows repeats by their ids, for
  ten minutes, and past a restart of its server those of a counter's latest 16. Only an addition that was stored just
  before its answer was lost, and is repeated later than that, counts twice.
- What a process has not added when it is killed, or when it ends without a log, is lost: a few seconds of runs.
- The allowance is overshot by what the executors compute between two flushes, and by the calls they run at its end.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from penstock.config.v1 import config_pb2
from services.executor.counter import LogCounter
from shared.bus import Ack, Publication
from shared.bus.subjects import compute_us, events
from shared.bus.usage import month_of
from shared.errors import PenstockError, ResourceExhausted

_log = structlog.get_logger()

FLUSH_S = 5.0
# How long a workspace's first event may wait for what the workspace has used so far.
LEARN_S = 0.5
# How long the end of the process may wait for the log.
DRAIN_S = 3.0
RETRY_S = 0.1
# Allowances are raised in the middle of a month: what waits for the next one asks again as often.
LONGEST_DELAY_S = 60.0
_MICROSECONDS = 1_000_000

Publish = Callable[[Sequence[Publication]], Awaitable[Sequence[Ack | PenstockError]]]


@dataclass(slots=True, eq=False)
class _Account:
    """What one workspace uses in the current month. `asked` once somebody has waited for the log's total."""

    compute_us: LogCounter
    events: LogCounter
    asked: bool = False


class UsageMeter:
    """Counts what workspaces use, and refuses those that have used up their allowance. For one event loop.

    `publish` publishes increments and gives their acks, or errors, in order. `limit_s` gives a workspace's allowance of
    compute time in a month, in seconds; None for no bound. `clock` gives seconds since 1970.
    """

    def __init__(
        self, *, publish: Publish, limit_s: Callable[[str], float | None], clock: Callable[[], float] = time.time
    ) -> None:
        self._publish = publish
        self._limit_s = limit_s
        self._clock = clock
        self._flushing = asyncio.Lock()
        self._accounts: dict[str, _Account] = {}
        self._past: list[LogCounter] = []
        self._month = ""
        self._month_ends_s = 0.0

    def spend(self, workspace_id: str, seconds: float) -> None:
        """Count what a workspace computed just now. What no workspace does is not counted, here and below."""
        if workspace_id:
            self._account(workspace_id).compute_us.add(round(seconds * _MICROSECONDS))

    def count_events(self, workspace_id: str, number: int) -> None:
        """Count events that a workspace's functions ran for."""
        if workspace_id:
            self._account(workspace_id).events.add(number)

    async def check(self, workspace_id: str) -> None:
        """Raise ResourceExhausted (ALLOWANCE_USED) when the workspace has used up its allowance of this month.

        Waits at most half a second, and only for a workspace's first event in a month, which goes on when no total
        came by then.
        """
        limit_s = self._limit_s(workspace_id) if workspace_id else None
        if limit_s is None:
            return
        account = self._account(workspace_id)
        if not account.asked:
            account.asked = True
            await self._learn()
        if account.compute_us.total >= limit_s * _MICROSECONDS:
            raise self._used_up(workspace_id, limit_s)

    async def flush(self) -> bool:
        """Add to the log what it does not have yet, and learn its totals; tell whether all that was counted is there.

        Never fails: what could not be added stays for the next time.
        """
        async with self._flushing:
            due = [counter for counter in self._counters() if counter.is_due]
            answers = await self._publish([counter.publication() for counter in due])
            for counter, answer in zip(due, answers, strict=True):
                counter.take(answer)
        self._past = [counter for counter in self._past if counter.owes]
        return not any(counter.owes for counter in self._counters())

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[UsageMeter]:
        """Flush every few seconds while the block runs, and at its end."""
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(self._flush_for_ever())
            try:
                yield self
            finally:
                task.cancel()
                await self._drain()

    async def _flush_for_ever(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_S)
            await self.flush()

    async def _drain(self) -> None:
        try:
            async with asyncio.timeout(DRAIN_S):
                while not await self.flush():  # noqa: ASYNC110 it is the log that is waited for
                    await asyncio.sleep(RETRY_S)
        except TimeoutError:
            _log.warning("usage.lost", reason="The log could not be reached before the end.")

    async def _learn(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LEARN_S):
                await self.flush()

    def _account(self, workspace_id: str) -> _Account:
        now_s = self._clock()
        if now_s >= self._month_ends_s:
            self._begin_month(now_s)
        account = self._accounts.get(workspace_id)
        if account is None:
            account = self._accounts[workspace_id] = _Account(
                LogCounter(compute_us(workspace_id, self._month)), LogCounter(events(workspace_id, self._month))
            )
        return account

    def _begin_month(self, now_s: float) -> None:
        self._past = [counter for counter in self._counters() if counter.owes]
        self._accounts = {}
        self._month = month_of(now_s)
        self._month_ends_s = month_end_s(now_s)

    def _counters(self) -> Iterator[LogCounter]:
        yield from self._past
        for account in self._accounts.values():
            yield account.compute_us
            yield account.events

    def _used_up(self, workspace_id: str, limit_s: float) -> ResourceExhausted:
        return ResourceExhausted(
            f"The workspace has used its {limit_s:,.10g} s of compute time for {self._month}.",
            reason="ALLOWANCE_USED",
            metadata={"workspace": workspace_id, "month": self._month},
            retry_delay_s=min(max(self._month_ends_s - self._clock(), 0), LONGEST_DELAY_S),
        )


def month_end_s(time_s: float) -> float:
    """Give the end of the month (UTC) of a time; both in seconds since 1970."""
    now = datetime.fromtimestamp(time_s, UTC)
    years, month = divmod(now.month, 12)
    return datetime(now.year + years, month + 1, 1, tzinfo=UTC).timestamp()


def allowance_s(installation_s: float, workspace: config_pb2.WorkspaceConfig | None) -> float | None:
    """Give the lower of the installation's allowance (0 for no bound) and the workspace's own, None for no bound."""
    limits = [installation_s] if installation_s else []
    if workspace is not None and workspace.HasField("monthly_compute"):
        limits.append(workspace.monthly_compute.ToTimedelta().total_seconds())
    return min(limits, default=None)
