"""The projector: reads OUTCOMES in order and folds it into SQL, each message exactly once.

How far it came is a row of the same database, written in the same transaction, so neither a crash nor a second replica
can count twice: the transaction of whoever comes second finds the row moved, and it stands by. The stream is read from
that row's sequence on; JetStream keeps no position of its own that could differ.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import nats.errors
import structlog
from google.protobuf.message import DecodeError
from nats.js import api

from penstock.event.v1 import outcome_pb2
from services.delivery.store import Overtaken, Store
from shared.bus import Bus, Held, Puller
from shared.bus.subjects import OUTCOMES
from shared.errors import PenstockError

_log = structlog.get_logger()

_BATCH = 200
_INACTIVE_S = 60.0
_RETRY_S = 1.0
# A transaction costs as much as folding many outcomes, so those that come soon after one share the next.
_PAUSE_S = 0.1
_ASKING_S = 0.5


class Gap(Exception):
    """Messages are missing after the last one that was folded: lost on the way, or removed from the stream."""


class Projector:
    """Keeps the read models up to date."""

    def __init__(self, bus: Bus, store: Store, *, standby_s: float = 5.0) -> None:
        self._bus = bus
        self._store = store
        self._standby_s = standby_s
        self._gap_after = -1

    async def run(self) -> None:
        """Fold until cancelled. With the log or the database away it waits."""
        while True:
            try:
                await self._follow()
            except Gap:
                _log.info("projector.reread")
            except Overtaken:
                await self._stand_by()
            except (PenstockError, nats.errors.Error) as error:
                _log.warning("projector.waits", reason=str(error) or type(error).__name__)
                await asyncio.sleep(_RETRY_S)

    async def _follow(self) -> None:
        sequence = await self._start()
        consumer = api.ConsumerConfig(
            deliver_policy=api.DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=sequence + 1,
            ack_policy=api.AckPolicy.NONE,
            inactive_threshold=_INACTIVE_S,
            mem_storage=True,
            num_replicas=1,
        )
        info = await self._bus.jetstream.add_consumer(OUTCOMES, consumer)
        puller = Puller(self._bus, stream=OUTCOMES, consumer=str(info.name))
        async with puller.open():
            while True:
                held = await puller.fetch(_BATCH)
                sequence = await self._fold(sequence, held)
                if len(held) < _BATCH:
                    await asyncio.sleep(_PAUSE_S)

    async def _start(self) -> int:
        """Give the sequence to go on after, which the stream really holds."""
        sequence = await self._store.sequence()
        state = (await self._bus.jetstream.stream_info(OUTCOMES)).state
        if state.last_seq < sequence:
            _log.warning("projector.stream_is_new", folded=sequence, last=state.last_seq)
            await self._store.restart()
            return 0
        if state.first_seq > sequence + 1:
            _log.error("projector.outcomes_expired", missing=state.first_seq - sequence - 1)
            await self._store.fold([], after=sequence, upto=state.first_seq - 1)
            return state.first_seq - 1
        return sequence

    async def _fold(self, sequence: int, held: Sequence[Held]) -> int:
        """Fold messages that follow `sequence`, and give the last one's.

        Raises Gap to have the stream read again from where one is missing: what is missing then too was removed.
        """
        while held:
            if held[0].sequence != sequence + 1 and self._gap_after != sequence:
                self._gap_after = sequence
                raise Gap
            run = [each for number, each in enumerate(held, start=held[0].sequence) if each.sequence == number]
            await self._store.fold(_outcomes(run), after=sequence, upto=run[-1].sequence)
            sequence = run[-1].sequence
            held = held[len(run) :]
        return sequence

    async def _stand_by(self) -> None:
        """Wait while another projector makes progress."""
        _log.info("projector.stands_by")
        before = -1
        while (now := await self._store.sequence()) != before:
            before = now
            await asyncio.sleep(self._standby_s)


async def outcomes_behind(bus: Bus, store: Store) -> int | None:
    """Tell how many messages of OUTCOMES are not folded yet; None when the log cannot be asked at once."""
    try:
        async with asyncio.timeout(_ASKING_S):
            last = (await bus.jetstream.stream_info(OUTCOMES)).state.last_seq
    except (TimeoutError, nats.errors.Error):
        return None
    return max(0, last - await store.sequence())


def _outcomes(held: Sequence[Held]) -> list[outcome_pb2.Outcome]:
    outcomes: list[outcome_pb2.Outcome] = []
    for message in held:
        try:
            outcomes.extend(outcome_pb2.OutcomeBatch.FromString(message.data).outcomes)
        except DecodeError:
            _log.error("outcome.unreadable", sequence=message.sequence)
    return outcomes
