"""The replayer: works on replays, one step after the other, and none of them in two replicas at once.

A step claims some failures in SQL, publishes them, and settles the claims. Whoever goes on after a crash finds the
claims that are not settled, and first finds out which of them were published.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import nats.errors
import structlog
from opentelemetry.trace import SpanContext, TraceFlags

from penstock.config.v1 import config_pb2
from penstock.delivery.v1 import replay_pb2
from services.delivery.repeats import Event, place_of, publication
from services.delivery.replay_claims import Claim, Failure, Lost, ReplayClaims
from services.delivery.replay_recovery import Recovery, last_sequence
from services.delivery.tables import Delivery, Replay
from shared.bus import Ack, Bus, CodeStore, ConfigView
from shared.errors import PenstockError, Unavailable
from shared.telemetry import attributes as names
from shared.telemetry.propagation import inject
from shared.telemetry.tracing import Tracing

_log = structlog.get_logger()

_LARGEST_STEP = 100
_STEPS_PER_SECOND = 4
_POLL_S = 1.0
_RETRY_S = 0.5


class Replayer:
    """Works on all replays that no other replica works on; `folded` tells how far the counted tries are."""

    def __init__(
        self,
        *,
        bus: Bus,
        config: ConfigView,
        claims: ReplayClaims,
        folded: Callable[[], Awaitable[int]],
        tracing: Tracing,
    ) -> None:
        self._bus = bus
        self._config = config
        self._codes = CodeStore(bus)
        self._claims = claims
        self._recovery = Recovery(bus, claims, folded=folded)
        self._tracing = tracing
        self._working: set[str] = set()
        self._begun = asyncio.Event()
        # Told as well as cancelled: before Python 3.12 the client's `wait_for` can lose a cancellation.
        self._stopping = False

    def wake(self) -> None:
        """Look for a replay that has just begun."""
        self._begun.set()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[Replayer]:
        """Work while the block runs, then leave the rest to others."""
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(self._run())
            try:
                yield self
            finally:
                self._stopping = True
                task.cancel()
        try:
            await self._claims.release()
        except PenstockError as error:
            _log.info("replayer.not_released", reason=str(error))

    async def _run(self) -> None:
        await self._config.ready()
        async with asyncio.TaskGroup() as tasks:
            while not self._stopping:
                self._begun.clear()
                try:
                    for replay_id in set(await self._claims.due()) - self._working:
                        self._working.add(replay_id)
                        tasks.create_task(self._work(replay_id))
                except PenstockError as error:
                    _log.warning("replayer.waits", reason=str(error))
                except Exception:  # noqa: BLE001 events go on whatever becomes of replays
                    _log.exception("replayer.defect")
                await _wait(self._begun, _POLL_S)

    async def _work(self, replay_id: str) -> None:
        pace = _Pace()
        try:
            while not self._stopping and await self._try_step(replay_id, pace):
                pass
        except Lost:
            _log.info("replay.left", replay=replay_id)
        finally:
            self._working.discard(replay_id)

    async def _try_step(self, replay_id: str, pace: _Pace) -> bool:
        """Make a step if log and database are there, and tell whether there is more to do. Raises Lost."""
        try:
            return await self._step(await self._claims.hold(replay_id), pace)
        except (PenstockError, nats.errors.Error) as error:
            reason = error.reason if isinstance(error, PenstockError) else "LOG_UNAVAILABLE"
            _log.warning("replay.waits", replay=replay_id, reason=str(error) or type(error).__name__)
            await self._tell(replay_id, reason)
        except Lost:
            raise
        except Exception:  # noqa: BLE001 one replay's defect must not end the others
            _log.exception("replay.defect", replay=replay_id)
        await asyncio.sleep(_RETRY_S)
        return True

    async def _tell(self, replay_id: str, reason: str) -> None:
        try:
            await self._claims.waits(replay_id, reason)
        except PenstockError as error:
            _log.info("replay.not_told", replay=replay_id, reason=str(error))

    async def _step(self, replay: Replay, pace: _Pace) -> bool:
        unsettled = await self._claims.unsettled(replay)
        if unsettled:
            await self._publish(replay, await self._recovery.unpublished(replay.replay_id, unsettled))
            return True
        if replay.state != replay_pb2.REPLAY_STATE_CANCELLED:
            size = max(1, min(_LARGEST_STEP, replay.max_per_second // _STEPS_PER_SECOND))
            if found := await self._claims.next(replay, size):
                await pace.turn(len(found) / replay.max_per_second)
                await self._publish(replay, await self._claim(replay, found))
                return True
        await self._claims.finish(replay.replay_id)
        return False

    async def _claim(self, replay: Replay, found: Sequence[tuple[Delivery, Event | None]]) -> Sequence[Claim]:
        failures = [Failure(row, event, await self._hindrance(replay, row, event)) for row, event in found]
        streams = {each.row.delivery_id: place_of(each.row)[0] for each in failures}
        last = {stream: await last_sequence(self._bus, stream) for stream in set(streams.values())}
        after_sequences = {delivery_id: last[stream] for delivery_id, stream in streams.items()}
        return await self._claims.claim(replay, failures, after_sequences=after_sequences)

    async def _hindrance(self, replay: Replay, row: Delivery, event: Event | None) -> str:
        """Tell why a failure cannot be replayed; empty when it can."""
        if event is None:
            return "NO_EVIDENCE"
        if row.destination_id:
            if self._config.get(config_pb2.DestinationConfig, row.destination_id) is None:
                return "DESTINATION_GONE"
        elif self._config.get(config_pb2.SourceConfig, row.source_id) is None:
            return "SOURCE_GONE"
        if replay.version != replay_pb2.REPLAY_VERSION_THEN:
            return ""
        if not row.code_digest:
            return "NO_VERSION"
        return "" if await self._codes.has_code(row.code_digest) else "CODE_GONE"

    async def _publish(self, replay: Replay, claims: Sequence[Claim]) -> None:
        """Publish and settle claims. Raises Unavailable when the log did not answer for all."""
        purged = [claim.claimed.delivery_id for claim in claims if claim.event is None]
        leaving = [(claim.claimed.delivery_id, claim.row, claim.event) for claim in claims if claim.row and claim.event]
        spans = [self._span(replay, row, event) for _, row, event in leaving]
        results = await self._bus.publish_all(
            [publication(row, event, inject(span)) for (_, row, event), span in zip(leaving, spans, strict=True)]
        )
        told = {delivery_id: result for (delivery_id, *_), result in zip(leaving, results, strict=True)}
        errors = {each: result for each, result in told.items() if isinstance(result, PenstockError)}
        await self._claims.settle(
            replay.replay_id,
            published=[each for each, result in told.items() if isinstance(result, Ack)],
            purged=purged,
            failed={each: error.reason for each, error in errors.items() if not isinstance(error, Unavailable)},
        )
        for error in errors.values():
            if isinstance(error, Unavailable):
                raise error

    def _span(self, replay: Replay, row: Delivery, event: Event) -> SpanContext:
        """Record that a failure goes on its way again: in its own trace, under the try that failed."""
        parent = _failed_try(row)
        now_ns = time.time_ns()
        return self._tracing.record_span(
            "replay",
            start_ns=now_ns,
            end_ns=now_ns,
            parent=parent,
            # By then nobody knows whether the trace was kept; the failed try was.
            context=self._tracing.begin(parent, keep=True),
            keep=True,
            attributes={
                names.EVENT_ID: row.event_id,
                names.WORKSPACE: row.workspace_id,
                names.SOURCE: row.source_id,
                names.DESTINATION: row.destination_id or None,
                names.DELIVERY_ID: row.delivery_id,
                names.DELIVERY_REASON: row.reason,
                names.REPLAY: event.replay,
                names.REPLAY_ID: replay.replay_id,
            },
        )


class _Pace:
    """Spreads steps over time."""

    def __init__(self) -> None:
        self._due_s = 0.0

    async def turn(self, takes_s: float) -> None:
        """Wait for one's turn, and take up so much time."""
        now_s = time.monotonic()
        await asyncio.sleep(max(0.0, self._due_s - now_s))
        self._due_s = max(now_s, self._due_s) + takes_s


def _failed_try(row: Delivery) -> SpanContext | None:
    """Give the span of the latest try; None for those of older releases."""
    if not (row.trace_id and row.span_id):
        return None
    return SpanContext(int(row.trace_id, 16), int(row.span_id, 16), is_remote=True, trace_flags=TraceFlags())


async def _wait(event: asyncio.Event, at_most_s: float) -> None:
    try:
        async with asyncio.timeout(at_most_s):
            await event.wait()
    except TimeoutError:
        return
