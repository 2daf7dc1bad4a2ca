"""The source worker: inbound events of one source through its functions, then to the destinations.

The order of steps is always: run the function → run the insert function on each message → publish the deliveries →
publish the outcome → settle the event. A repeat after a crash makes the same deliveries with the same ids, which the
stream drops. When an insert function asks for another try of one message, all of the run is tried again, and nothing of
it is published before: otherwise the others would arrive once for each try.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from google.protobuf.message import DecodeError

from penstock.config.v1 import config_pb2
from penstock.event.v1 import inbound_pb2, outcome_pb2
from services.delivery.attempts import Attempts
from services.delivery.clock import Clock
from services.delivery.dispatching import Dispatcher
from services.delivery.drafts import MALFORMED, Drafts, decide_source_insert, outcome_of_message
from services.delivery.grouping import Grouped
from services.delivery.inserts import Inserts, finishing
from services.delivery.invoking import Invoker, Result, by_code
from services.delivery.lane import Lane
from services.delivery.retry import Decision, RetryPolicy, decide
from services.delivery.spans import Spans
from services.delivery.trials import (
    Inserted,
    Run,
    describe_function,
    describe_run,
    describe_without_run,
    outcome_of_run,
    running,
    timestamp,
)
from shared.bus import ConfigView, Held
from shared.bus.message_ids import delivery_id
from shared.telemetry.propagation import extract, work_on

_log = structlog.get_logger()

_RETRYING = outcome_pb2.STATUS_RETRYING
_SUCCEEDED = Decision(outcome_pb2.STATUS_SUCCEEDED)


@dataclass(frozen=True, slots=True)
class _Ran:
    """A run that was made: what the source's function came to, if it has one, and the messages that it is about."""

    lane: Lane
    source: config_pb2.SourceConfig
    function: config_pb2.InstanceConfig | None
    run: Run
    result: Result | None
    drafts: Drafts


def _ran(lane: Lane, source: config_pb2.SourceConfig, run: Run, result: Result) -> _Ran:
    return _Ran(lane, source, running(source.function, run.event), run, result, Drafts.of(run, result.messages))


def _passed_on(lane: Lane, source: config_pb2.SourceConfig, run: Run) -> _Ran:
    return _Ran(lane, source, None, run, None, Drafts.of(run, [run.event.message]))


class SourceWorker:
    """Handles groups of inbound events of one source."""

    def __init__(
        self,
        *,
        dispatcher: Dispatcher,
        config: ConfigView,
        source_id: str,
        invoker: Invoker,
        attempts: Attempts,
        policy: RetryPolicy,
        spans: Spans,
        clock: Clock,
    ) -> None:
        self._dispatcher = dispatcher
        self._config = config
        self._source_id = source_id
        self._invoker = invoker
        self._inserts = Inserts(invoker, spans)
        self._attempts = attempts
        self._policy = policy
        self._spans = spans
        self._clock = clock
        self._conclude = Grouped(self._conclude_group)

    async def handle(self, lane: Lane, group: Sequence[Held]) -> None:
        """Run events once. Raises PenstockError for the platform's failures, which leave the rest untried."""
        source = self._config.get(config_pb2.SourceConfig, self._source_id)
        runs = await self._runs(lane, group)
        if source is None:
            return
        messages = [run for run in runs.values() if run.event.WhichOneof("content") == "message"]
        if messages:
            await self._go_on(source, [_passed_on(lane, source, run) for run in messages])
        webhooks = [run for run in runs.values() if run.event.WhichOneof("content") == "request"]
        if webhooks and source.HasField("function"):
            await self._run_function(lane, source, webhooks)
        else:
            await self._refuse(lane, webhooks)

    async def _runs(self, lane: Lane, group: Sequence[Held]) -> dict[str, Run]:
        parsed: dict[str, tuple[Held, inbound_pb2.InboundEvent]] = {}
        for held in group:
            event = _parse(held)
            if event is None:
                await lane.ack(held)
            else:
                parsed[delivery_id(event.event_id, replay=event.replay)] = held, event
        due = await self._attempts.numbers(lane, {run_id: held for run_id, (held, _) in parsed.items()})
        now_ns = time.time_ns()
        runs: dict[str, Run] = {}
        for run_id, attempt in due.items():
            held, event = parsed[run_id]
            parent, context = self._spans.begin_run(held, event, attempt)
            runs[run_id] = Run(held, event, run_id, attempt, parent, context, now_ns)
        work_on(lambda: [run.context for run in runs.values()])
        return runs

    async def _run_function(self, lane: Lane, source: config_pb2.SourceConfig, runs: Sequence[Run]) -> None:
        invocations = [self._spans.invocation(run.run_id, run.context) for run in runs]
        for invocation, run in zip(invocations, runs, strict=True):
            run.function_span_id = int(invocation.span_id, 16)
            request = run.event.request
            invocation.request.method, invocation.request.url = request.method, request.url
            invocation.request.body = request.body
            for header in request.headers:
                invocation.request.headers.add(name=header.name, value=header.value)
        by_id = {run.run_id: run for run in runs}
        async with finishing() as start:
            for code_digest, alike in by_code(invocations, lambda each: by_id[each.id].event.code_digest):
                async for results in self._invoker.run(source.function.instance_id, alike, code_digest=code_digest):
                    going_on = self._go_on(source, [_ran(lane, source, by_id[each.id], each) for each in results])
                    if source.HasField("insert_function"):
                        start(going_on)
                    else:
                        await going_on

    async def _go_on(self, source: config_pb2.SourceConfig, group: Sequence[_Ran]) -> None:
        """Take runs through the insert function, if there is one, and conclude each when all its messages are."""
        if not source.HasField("insert_function"):
            await self._conclude(group)
            return
        inbound = [(each, each.drafts.inbound()) for each in group]
        owners = {name: each for each, messages in inbound for name in messages}
        async with finishing() as start:
            without = [each for each, messages in inbound if not messages]
            if without:
                start(self._conclude(without))
            all_messages = {name: message for _, messages in inbound for name, message in messages.items()}
            async for results in self._inserts.run(source.insert_function, all_messages):
                complete = [owners[name] for name, inserted in results if owners[name].drafts.take(name, inserted)]
                if complete:
                    start(self._conclude(complete))

    async def _conclude_group(self, group: Sequence[_Ran]) -> None:
        decisions = [self._come_to(each) for each in group]
        await self._dispatcher.hand_over([each.run for each in group])
        counts = {
            each.run.run_id: (each.run.attempt, decision.delay_s)
            for each, decision in zip(group, decisions, strict=True)
            if decision.delay_s is not None
        }
        if counts:
            await self._attempts.save(counts)
        for each, decision in zip(group, decisions, strict=True):
            self._spans.source_run(each.run, each.function, each.result, each.run.outcomes[-1])
            await each.lane.settle(each.run.held, decision.delay_s)

    def _come_to(self, ran: _Ran) -> Decision:
        """Decide about a run, and make the outcomes and the deliveries that follow from it."""
        run, drafts = ran.run, ran.drafts
        run.inserted = drafts.inserted()
        decision = self._decide(run, ran.result) if ran.result else _SUCCEEDED
        kept_back = [(message, each, self._decide_insert(run, each)) for message, each in drafts.kept_back()]
        again = next((each for each in kept_back if each[2].status == _RETRYING), None)
        if again is not None:
            decision = again[2]
            run.outcomes.append(self._outcome(ran, decision, again[1]))
            return decision
        outcome = self._outcome(ran, decision)
        fault = next(drafts.faults(), None)
        if fault is not None:
            describe_without_run(outcome, outcome_pb2.STATUS_DISCARDED, MALFORMED, fault)
            outcome.evidence.inbound.CopyFrom(run.event)
        run.outcomes += [
            outcome_of_message(run, message, each_decision, each) for message, each, each_decision in kept_back
        ]
        self._route(ran, outcome)
        return decision

    def _route(self, ran: _Ran, outcome: outcome_pb2.Outcome) -> None:
        run, messages = ran.run, list(ran.drafts.passed())
        run.trail = self._spans.trail(
            run,
            ran.function,
            ran.result,
            failed=any(each.reason and each.status != outcome_pb2.STATUS_FILTERED for each in [*run.outcomes, outcome]),
            messages=len(messages),
            destinations=len(ran.source.destination_ids),
        )
        outcome.messages_sent = len(messages)
        for message, inserted in messages:
            self._dispatcher.route(ran.source, run, message, inserted)
        # The run's own outcome is the last one.
        run.outcomes.append(outcome)

    def _outcome(self, ran: _Ran, decision: Decision, failed: Inserted | None = None) -> outcome_pb2.Outcome:
        """Begin the outcome of a run: of what its function came to, or an insert function that failed."""
        run, result = ran.run, failed.result if failed else ran.result
        outcome = outcome_of_run(run)
        if result is None:
            describe_without_run(outcome, decision.status, decision.reason)
            outcome.started_at.CopyFrom(timestamp(run.started_ns))
        else:
            describe_run(outcome, decision, result)
        if ran.function and ran.result:
            describe_function(outcome.function, ran.function, ran.result)
        for inserted in run.inserted:
            describe_function(outcome.insert_functions.add(), inserted.function, inserted.result)
        if outcome.HasField("evidence"):
            outcome.evidence.inbound.CopyFrom(run.event)
        return outcome

    def _decide(self, run: Run, result: Result) -> Decision:
        return decide(self._policy, result, attempt=run.attempt, elapsed_s=self._elapsed_s(run))

    def _decide_insert(self, run: Run, inserted: Inserted) -> Decision:
        elapsed_s = self._elapsed_s(run)
        return decide_source_insert(self._policy, inserted.result, attempt=run.attempt, elapsed_s=elapsed_s)

    def _elapsed_s(self, run: Run) -> float:
        return self._clock.time() - run.held.stored_ns / 1e9

    async def _refuse(self, lane: Lane, runs: Sequence[Run]) -> None:
        for run in runs:
            outcome = outcome_of_run(run)
            describe_without_run(
                outcome, outcome_pb2.STATUS_DISCARDED, "INVALID_SETTINGS", "The source has no function."
            )
            outcome.evidence.inbound.CopyFrom(run.event)
            run.outcomes.append(outcome)
        await self._dispatcher.hand_over(runs)
        for run in runs:
            self._spans.source_run(run, None, None, run.outcomes[-1])
            await lane.ack(run.held)


def _parse(held: Held) -> inbound_pb2.InboundEvent | None:
    try:
        return inbound_pb2.InboundEvent.FromString(held.data)
    except DecodeError:
        # Nobody but the gateway writes here, so this is a defect; it must not come again for ever.
        work_on(lambda: [extract(held.headers)])
        _log.error("event.unreadable", subject=held.subject, sequence=held.sequence)
        return None
