"""The faults of a storm, each a few seconds of trouble that ends by itself or is taken back."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import nats.errors

from shared.bus import Bus
from tests.faults import sockets
from tests.faults.installation import DELIVERIES_CAP, INBOX_CAP, Installation
from tests.faults.senders import Answers, Resumption, Senders

KILLED = ("gateway", "registry", "secrets", "executor", "delivery", "nats-server")
_CUT = ("gateway", "executor", "delivery", "nats-server")
_SKEWED = ("gateway", "registry", "secrets", "executor", "delivery")
_LONGEST_BURST_S = 4.0
# An event that is routed while delivery's clock is ahead is tried until its period is over by the true clock.
_FARTHEST_S = 200.0
_MEGABYTE = 1024 * 1024


@dataclass(slots=True)
class Sky:
    """What a fault may lay hands on."""

    installation: Installation
    senders: Senders
    answers: Answers
    chance: random.Random
    previous: Path | None
    runs_previous: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of trouble. `strike` gives what it did, and when acceptance can be expected again."""

    name: str
    strike: Callable[[Sky], Awaitable[Resumption]]
    # Whether both doors must take events again within two seconds.
    is_kill: bool = False


def all_faults(*, previous: bool) -> Sequence[Fault]:
    """List every fault; restarts in two versions only where there is a previous one."""
    return [
        *(Fault(f"kill {name}", _Kill(name), is_kill=True) for name in KILLED),
        *(Fault(f"cut connections of {name}", _Cut(name)) for name in _CUT),
        *(Fault(f"move the clock of {name}", _Skew(name)) for name in _SKEWED),
        *(Fault(f"freeze {name}", _Freeze(name)) for name in ("executor", "nats-server")),
        Fault("fill the inbox", _fill_inbox),
        Fault("fill the deliveries", _fill_deliveries),
        Fault("fill the disk quota", _fill_disk),
        *([Fault("restart in the other version", _restart)] if previous else []),
        *([Fault("kill the supervisor, other version", _crash)] if previous else []),
    ]


@dataclass(frozen=True, slots=True)
class _Kill:
    name: str

    async def __call__(self, sky: Sky) -> Resumption:
        await asyncio.to_thread(sky.installation.kill, self.name)
        return sky.answers.await_resumption()


@dataclass(frozen=True, slots=True)
class _Cut:
    name: str

    async def __call__(self, sky: Sky) -> Resumption:
        await asyncio.to_thread(lambda: sockets.cut(sky.installation.pid(self.name)))
        return sky.answers.await_resumption()


@dataclass(frozen=True, slots=True)
class _Skew:
    name: str

    async def __call__(self, sky: Sky) -> Resumption:
        ahead_s = sky.chance.choice([-1, 1]) * sky.chance.uniform(60, _FARTHEST_S)
        sky.installation.set_clock(self.name, ahead_s)
        resumption = sky.answers.await_resumption()
        await asyncio.sleep(sky.chance.uniform(2, 5))
        sky.installation.set_clock(self.name, 0)
        return resumption


@dataclass(frozen=True, slots=True)
class _Freeze:
    name: str

    async def __call__(self, sky: Sky) -> Resumption:
        with sky.installation.frozen(self.name):
            await asyncio.sleep(sky.chance.uniform(1, 4))
        return sky.answers.await_resumption()


async def _fill_inbox(sky: Sky) -> Resumption:
    since = time.monotonic()
    with sky.installation.frozen("delivery"):
        await _burst(sky, lambda: sky.answers.refused_at > since)
    return sky.answers.await_resumption()


async def _fill_deliveries(sky: Sky) -> Resumption:
    # Without the executor, what comes from the source without a function still goes on to its destinations.
    enough = sky.answers.accepted + INBOX_CAP + DELIVERIES_CAP + 100
    with sky.installation.frozen("executor"):
        await _burst(sky, lambda: sky.answers.accepted > enough)
    return sky.answers.await_resumption()


async def _burst(sky: Sky, is_enough: Callable[[], bool]) -> None:
    """Send as fast as can be until it is enough, or some seconds long."""
    sky.senders.burst = True
    try:
        async with asyncio.timeout(_LONGEST_BURST_S):
            while not is_enough():  # noqa: ASYNC110 the senders see it on their way
                await asyncio.sleep(0.01)
    except TimeoutError:
        pass
    finally:
        sky.senders.burst = False


async def _fill_disk(sky: Sky) -> Resumption:
    installation = sky.installation
    used = await _bytes_in_log(installation)
    installation.limit_disk(used + sky.chance.randint(_MEGABYTE // 4, _MEGABYTE))
    installation.kill("nats-server")
    await asyncio.sleep(sky.chance.uniform(5, 8))
    installation.limit_disk(None)
    await asyncio.to_thread(installation.kill, "nats-server")
    return sky.answers.await_resumption()


async def _bytes_in_log(installation: Installation) -> int:
    async with Bus.open(installation.nats_url, name="storm") as bus:
        while True:
            try:
                return int((await bus.jetstream.account_info()).storage)
            except nats.errors.Error:
                await asyncio.sleep(0.2)


async def _restart(sky: Sky) -> Resumption:
    return await _start_other(sky, sky.installation.stop)


async def _crash(sky: Sky) -> Resumption:
    return await _start_other(sky, sky.installation.crash)


async def _start_other(sky: Sky, end: Callable[[], None]) -> Resumption:
    await asyncio.to_thread(end)
    sky.runs_previous = not sky.runs_previous
    await asyncio.to_thread(sky.installation.start, sky.previous if sky.runs_previous else None)
    sky.senders.grpc_address = sky.installation.grpc_address
    return sky.answers.await_resumption()
