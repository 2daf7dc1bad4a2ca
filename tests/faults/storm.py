"""The storm: events flow while one fault follows the other, by a seed; then everything is compared."""

from __future__ import annotations

import asyncio
import contextlib
import random
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import nats.errors

from shared.bus import Bus
from tests.faults import functions
from tests.faults.account import Account, settle
from tests.faults.faults import Fault, Sky
from tests.faults.installation import Installation, installation, previous_version
from tests.faults.receiver import receiving
from tests.faults.senders import Answers, Resumption, Senders

# Events without an answer and refused ones use up numbers too, and a storm goes on until each fault has struck.
_NUMBERS_PER_EVENT = 2
_MORE_NUMBERS = 100_000
_SETTLE_S = 300
_RESUME_S = 60
_CALM_S = 1.0
_POLL_S = 0.2


@dataclass(frozen=True, slots=True)
class Plan:
    """What a storm is: the same seed gives the same faults in the same order, with the same pauses."""

    events: int
    rate: float
    seed: int
    faults: Sequence[Fault]
    pause_s: tuple[float, float] = (3.0, 6.0)
    previous: bool = False
    revision: str | None = None


@dataclass(frozen=True, slots=True)
class Struck:
    """A fault that was, and the seconds until both doors took events again."""

    fault: Fault
    at_s: float
    resumed_s: float


@dataclass(slots=True)
class Report:
    """What a storm came to."""

    account: Account
    took_s: float
    struck: list[Struck] = field(default_factory=list[Struck])


def rage(plan: Plan, folder: Path, *, tell: Callable[[str], None] = print) -> Report:
    """Run a storm in an empty folder, and give its account once nothing is on its way any more."""
    events = plan.events * _NUMBERS_PER_EVENT + _MORE_NUMBERS
    with ExitStack() as stack:
        receiver = stack.enter_context(receiving(folder, events))
        previous = stack.enter_context(previous_version(folder, plan.revision)) if plan.previous else None
        running = stack.enter_context(installation(folder))
        running.start()
        made = functions.make(running.penstock, receiver)
        answers = Answers(events)
        senders = Senders(
            answers,
            rate=plan.rate,
            webhook_url=f"{running.penstock.http}/hooks/{made.webhook_token}",
            write_key=made.write_key,
        )
        senders.grpc_address = running.grpc_address
        sky = Sky(running, senders, answers, random.Random(plan.seed), previous)
        start = time.monotonic()
        struck = asyncio.run(_rage(plan, sky, tell))
        took_s = time.monotonic() - start
        tell(f"{answers.accepted:,} events accepted in {took_s:.0f} s; waiting until nothing is on its way")
        asyncio.run(settled(running))
        return Report(settle(running.penstock, made, answers, folder), took_s, struck)


async def _rage(plan: Plan, sky: Sky, tell: Callable[[str], None]) -> list[Struck]:
    start = time.monotonic()
    struck: list[Struck] = []
    async with asyncio.TaskGroup() as tasks:
        sending = tasks.create_task(sky.senders.run())
        await _resumed(sky.answers.await_resumption())
        for fault in _in_rounds(plan, sky):
            await asyncio.sleep(sky.chance.uniform(*plan.pause_s))
            await _calm(sky)
            at_s = time.monotonic() - start
            resumed_s = await _resumed(await fault.strike(sky))
            struck.append(Struck(fault, at_s, resumed_s))
            tell(
                f"{at_s:6.1f} s  {fault.name:<36} {resumed_s:5.2f} s to accept again  {sky.answers.accepted:,} accepted"
            )
        sending.cancel()
    return struck


def _in_rounds(plan: Plan, sky: Sky) -> Iterator[Fault]:
    """Give each fault once in a random order, and so on until enough events were accepted."""
    first = True
    while first or sky.answers.accepted < plan.events:
        for fault in sky.chance.sample(plan.faults, len(plan.faults)):
            if first or sky.answers.accepted < plan.events:
                yield fault
        first = False


async def _calm(sky: Sky) -> None:
    """Wait until events have been accepted for a while: a backlog that is still full is no doing of the next fault."""
    while time.monotonic() < sky.answers.refused_at + _CALM_S:  # noqa: ASYNC110 the senders see it on their way
        await asyncio.sleep(_POLL_S)


async def _resumed(resumption: Resumption) -> float:
    async with asyncio.timeout(_RESUME_S):
        while resumption.seconds is None:  # noqa: ASYNC110 the senders see it on their way
            await asyncio.sleep(0.01)
    return resumption.seconds


async def settled(running: Installation) -> None:
    """Wait until the log holds nothing to be worked on, and all outcomes are folded."""
    async with asyncio.timeout(_SETTLE_S), Bus.open(running.nats_url, name="storm") as bus:
        while not await _is_settled(bus, running.data_dir / "delivery.db"):  # noqa: ASYNC110 asked of servers
            await asyncio.sleep(_POLL_S)


async def _is_settled(bus: Bus, database: Path) -> bool:
    try:
        # Not the messages of the streams: one that was acknowledged just before nats-server was killed may lie there
        # for ever, and no consumer gives it out again.
        consumers = [each for name in ("INBOX", "DELIVERIES") for each in await bus.jetstream.consumers_info(name)]
        last = (await bus.jetstream.stream_info("OUTCOMES")).state.last_seq
    except nats.errors.Error:
        return False
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        (folded,) = connection.execute("SELECT max(sequence) FROM projections").fetchone()
    idle = not any(each.num_pending or each.num_ack_pending for each in consumers)
    return idle and (folded or 0) == last
