"""The destination worker: deliveries of one destination, each tried until it is done with.

The order of steps is always: run the insert function, if there is one → run the function → publish the outcome → store
the count of tries → settle the delivery. A crash before the outcome repeats the try under the same number; one after it
as well, and the projector knows the repeat. `onBatch` will form its batches where `_deliver` makes an invocation for
each delivery.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog
from google.protobuf.message import DecodeError

from penstock.config.v1 import config_pb2
from penstock.event.v1 import delivery_pb2, outcome_pb2
from services.delivery.attempts import Attempts
from services.delivery.clock import Clock
from services.delivery.grouping import Grouped
from services.delivery.inserts import Inbound, Inserts, decide_insert, finishing
from services.delivery.invoking import Invoker, Result, by_code
from services.delivery.lane import Lane
from services.delivery.outcomes import Outcomes
from services.delivery.retry import Decision, RetryPolicy, decide
from services.delivery.spans import Spans
from services.delivery.trials import (
    Trial,
    describe_function,
    describe_run,
    describe_without_run,
    outcome_of_delivery,
    running,
)
from shared.bus import Held
from shared.bus.message_ids import delivery_id
from shared.telemetry.propagation import extract, work_on

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Concluded:
    """A try that was made, and what it came to."""

    lane: Lane
    trial: Trial
    # Absent where the insert function was the end of it; the result is the insert's then.
    instance: config_pb2.InstanceConfig | None
    result: Result


def _concluded(lane: Lane, trial: Trial, function: config_pb2.InstanceConfig, result: Result) -> _Concluded:
    return _Concluded(lane, trial, running(function, trial.delivery), result)


class DestinationWorker:
    """Handles groups of deliveries to one destination."""

    def __init__(
        self,
        *,
        destination: Callable[[], config_pb2.DestinationConfig | None],
        invoker: Invoker,
        attempts: Attempts,
        outcomes: Outcomes,
        policy: RetryPolicy,
        spans: Spans,
        observe: Callable[[Result], None],
        clock: Clock,
    ) -> None:
        self._destination = destination
        self._invoker = invoker
        self._attempts = attempts
        self._outcomes = outcomes
        self._policy = policy
        self._spans = spans
        self._observe = observe
        self._clock = clock
        self._inserts = Inserts(invoker, spans)
        self._conclude = Grouped(self._conclude_group)

    async def handle(self, lane: Lane, group: Sequence[Held]) -> None:
        """Try deliveries once. Raises PenstockError for the platform's failures, which leave the rest untried."""
        destination = self._destination()
        trials = await self._trials(lane, group)
        if destination is None or not trials:
            return
        if not destination.HasField("function"):
            await self._refuse(lane, list(trials.values()))
            return
        if destination.HasField("insert_function"):
            await self._insert(lane, destination, trials)
        else:
            await self._deliver(lane, destination.function, trials)

    async def _insert(self, lane: Lane, destination: config_pb2.DestinationConfig, trials: Mapping[str, Trial]) -> None:
        """Run the insert function, and deliver what it passes on while it runs on the rest."""
        messages = {name: Inbound(trial.delivery.message, trial.context) for name, trial in trials.items()}
        async with finishing() as start:
            async for group in self._inserts.run(destination.insert_function, messages):
                for name, inserted in group:
                    trials[name].inserted = inserted
                passed = {name: trials[name] for name, inserted in group if inserted.has_passed}
                ended = [(trials[name], each.result) for name, each in group if not each.has_passed]
                if passed:
                    start(self._deliver(lane, destination.function, passed))
                if ended:
                    start(self._conclude([_Concluded(lane, trial, None, result) for trial, result in ended]))

    async def _deliver(self, lane: Lane, function: config_pb2.InstanceConfig, trials: Mapping[str, Trial]) -> None:
        invocations = [self._spans.invocation(each.delivery_id, each.context) for each in trials.values()]
        for invocation, trial in zip(invocations, trials.values(), strict=True):
            invocation.event = trial.message
            trial.function_span_id = int(invocation.span_id, 16)
        for code_digest, alike in by_code(invocations, lambda each: trials[each.id].delivery.code_digest):
            async for results in self._invoker.run(function.instance_id, alike, code_digest=code_digest):
                await self._conclude([_concluded(lane, trials[each.id], function, each) for each in results])

    async def _trials(self, lane: Lane, group: Sequence[Held]) -> dict[str, Trial]:
        parsed: dict[str, tuple[Held, delivery_pb2.Delivery]] = {}
        for held in group:
            delivery = _parse(held)
            if delivery is None:
                await lane.ack(held)
                continue
            name = delivery_id(delivery.event_id, delivery.message_id, delivery.destination_id, delivery.replay)
            parsed[name] = held, delivery
        due = await self._attempts.numbers(lane, {name: held for name, (held, _) in parsed.items()})
        now_ns = time.time_ns()
        trials: dict[str, Trial] = {}
        for name, attempt in due.items():
            held, delivery = parsed[name]
            parent, context = self._spans.begin_trial(held, delivery, attempt)
            trials[name] = Trial(held, delivery, name, attempt, parent, context, now_ns)
        work_on(lambda: [trial.context for trial in trials.values()])
        return trials

    async def _conclude_group(self, group: Sequence[_Concluded]) -> None:
        decisions = [self._decide(each) for each in group]
        await self._outcomes.publish(
            [_outcome(each, decision) for each, decision in zip(group, decisions, strict=True)]
        )
        counts = {
            each.trial.delivery_id: (each.trial.attempt, decision.delay_s)
            for each, decision in zip(group, decisions, strict=True)
            if decision.delay_s is not None
        }
        if counts:
            await self._attempts.save(counts)
        for each, decision in zip(group, decisions, strict=True):
            self._spans.delivery(each.trial, decision, each.instance, each.result)
            await each.lane.settle(each.trial.held, decision.delay_s)

    def _decide(self, concluded: _Concluded) -> Decision:
        trial, result = concluded.trial, concluded.result
        # By the log's clock: the router's may have been wrong just then.
        elapsed_s = self._clock.time() - trial.held.stored_ns / 1e9
        if concluded.instance is None:
            return decide_insert(self._policy, result, attempt=trial.attempt, elapsed_s=elapsed_s)
        self._observe(result)
        return decide(self._policy, result, attempt=trial.attempt, elapsed_s=elapsed_s)

    async def _refuse(self, lane: Lane, trials: Sequence[Trial]) -> None:
        outcomes: list[outcome_pb2.Outcome] = []
        for trial in trials:
            outcome = outcome_of_delivery(trial.delivery, trial.attempt, trial.context)
            describe_without_run(outcome, outcome_pb2.STATUS_DISCARDED, "NO_TRANSPORT", "The destination has none.")
            outcome.evidence.delivery.CopyFrom(trial.delivery)
            outcomes.append(outcome)
        await self._outcomes.publish(outcomes)
        for trial in trials:
            self._spans.delivery(trial, Decision(outcome_pb2.STATUS_DISCARDED, "NO_TRANSPORT"))
            await lane.ack(trial.held)


def _outcome(concluded: _Concluded, decision: Decision) -> outcome_pb2.Outcome:
    trial = concluded.trial
    outcome = outcome_of_delivery(trial.delivery, trial.attempt, trial.context)
    describe_run(outcome, decision, concluded.result)
    if concluded.instance:
        describe_function(outcome.function, concluded.instance, concluded.result)
    if trial.inserted:
        outcome.started_at.CopyFrom(trial.inserted.result.started_at)
        describe_function(outcome.insert_functions.add(), trial.inserted.function, trial.inserted.result)
    if outcome.HasField("evidence"):
        outcome.evidence.delivery.CopyFrom(trial.delivery)
    return outcome


def _parse(held: Held) -> delivery_pb2.Delivery | None:
    try:
        return delivery_pb2.Delivery.FromString(held.data)
    except DecodeError:
        # Nobody but the router writes here, so this is a defect; it must not come again for ever.
        work_on(lambda: [extract(held.headers)])
        _log.error("delivery.unreadable", subject=held.subject, sequence=held.sequence)
        return None
