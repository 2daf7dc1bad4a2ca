"""The source worker: inbound events of one source through its function, then to the destinations.

The order of steps is always: run the function → publish the deliveries → publish the outcome → settle the event. A
repeat after a crash makes the same deliveries with the same ids, which the stream drops.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from google.protobuf.message import DecodeError

from penstock.config.v1 import config_pb2
from penstock.event.v1 import delivery_pb2, inbound_pb2, outcome_pb2
from services.delivery.attempts import Attempts
from services.delivery.clock import Clock
from services.delivery.grouping import Grouped
from services.delivery.handing_over import HandingOver, Leaving
from services.delivery.invoking import Invoker, Result, by_code
from services.delivery.lane import Lane
from services.delivery.outcomes import Outcomes
from services.delivery.retry import Decision, RetryPolicy, decide
from services.delivery.routing import route
from services.delivery.segment import complete_message, event_name
from services.delivery.spans import Spans
from services.delivery.trials import (
    Run,
    describe_run,
    describe_without_run,
    outcome_of_delivery,
    outcome_of_run,
    running,
    timestamp,
)
from shared.bus import Ack, ConfigView, Held, Publication
from shared.bus.message_ids import delivery_id, delivery_message_id
from shared.bus.subjects import deliveries
from shared.errors import PenstockError
from shared.telemetry.propagation import extract, inject, work_on

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Concluded:
    """A run that was made, and what it came to."""

    lane: Lane
    source: config_pb2.SourceConfig
    function: config_pb2.InstanceConfig
    run: Run
    result: Result


def _concluded(lane: Lane, source: config_pb2.SourceConfig, run: Run, result: Result) -> _Concluded:
    return _Concluded(lane, source, running(source.function, run.event), run, result)


class SourceWorker:
    """Handles groups of inbound events of one source."""

    def __init__(
        self,
        *,
        handing_over: HandingOver,
        config: ConfigView,
        source_id: str,
        invoker: Invoker,
        attempts: Attempts,
        outcomes: Outcomes,
        policy: RetryPolicy,
        spans: Spans,
        clock: Clock,
    ) -> None:
        self._handing_over = handing_over
        self._config = config
        self._source_id = source_id
        self._invoker = invoker
        self._attempts = attempts
        self._outcomes = outcomes
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
        await self._pass_on(lane, source, messages)
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

    async def _pass_on(self, lane: Lane, source: config_pb2.SourceConfig, runs: Sequence[Run]) -> None:
        for run in runs:
            outcome = outcome_of_run(run)
            describe_without_run(outcome, outcome_pb2.STATUS_SUCCEEDED, "")
            outcome.started_at.CopyFrom(timestamp(run.started_ns))
            run.trail = self._spans.trail(
                run, None, None, failed=False, messages=1, destinations=len(source.destination_ids)
            )
            self._route(source, run, outcome, [run.event.message])
        await self._hand_over(runs)
        for run in runs:
            self._spans.source_run(run, None, None, run.outcomes[-1])
            await lane.ack(run.held)

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
        for code_digest, alike in by_code(invocations, lambda each: by_id[each.id].event.code_digest):
            async for results in self._invoker.run(source.function.instance_id, alike, code_digest=code_digest):
                await self._conclude([_concluded(lane, source, by_id[each.id], each) for each in results])

    async def _conclude_group(self, group: Sequence[_Concluded]) -> None:
        decisions = [self._come_to(each) for each in group]
        await self._hand_over([each.run for each in group])
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

    def _come_to(self, concluded: _Concluded) -> Decision:
        """Decide about a run, and make the outcome and the deliveries that follow from it."""
        run, result = concluded.run, concluded.result
        elapsed_s = self._clock.time() - run.held.stored_ns / 1e9
        decision = decide(self._policy, result, attempt=run.attempt, elapsed_s=elapsed_s)
        outcome = outcome_of_run(run)
        describe_run(outcome, decision, result, concluded.function)
        if outcome.HasField("evidence"):
            outcome.evidence.inbound.CopyFrom(run.event)
        run.trail = self._spans.trail(
            run,
            concluded.function,
            result,
            failed=bool(outcome.reason),
            messages=len(result.messages),
            destinations=len(concluded.source.destination_ids),
        )
        self._route(concluded.source, run, outcome, result.messages)
        return decision

    def _route(
        self, source: config_pb2.SourceConfig, run: Run, outcome: outcome_pb2.Outcome, texts: Sequence[bytes]
    ) -> None:
        """Make the deliveries of a run's messages, and the outcomes of those that somebody wished away."""
        for number, text in enumerate(texts):
            try:
                message = complete_message(text, run.event, number)
            except (ValueError, RecursionError) as error:
                describe_without_run(outcome, outcome_pb2.STATUS_DISCARDED, "MALFORMED_MESSAGE", str(error))
                outcome.evidence.inbound.CopyFrom(run.event)
                continue
            outcome.messages_sent += 1
            routes = route(source, message, self._config)
            body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
            run.deliveries += [_delivery(run, message, body, destination) for destination in routes.to]
            for destination in routes.filtered:
                wished_away = outcome_of_delivery(_delivery(run, message, body, destination), 1, run.context)
                describe_without_run(wished_away, outcome_pb2.STATUS_FILTERED, "INTEGRATIONS_OBJECT")
                run.outcomes.append(wished_away)
        # The run's own outcome is the last one.
        run.outcomes.append(outcome)

    async def _hand_over(self, runs: Sequence[Run]) -> None:
        """Publish deliveries, wait until all are stored, then publish the outcomes."""
        leaving = [(run, delivery) for run in runs for delivery in run.deliveries]
        results = await self._handing_over.publish(
            [
                Leaving(delivery.destination_id, _publication(run, delivery), repeated=run.held.deliveries > 1)
                for run, delivery in leaving
            ]
        )
        dead = [
            self._dead_letter(run, delivery, result)
            for (run, delivery), result in zip(leaving, results, strict=True)
            if not isinstance(result, Ack)
        ]
        outcomes = [outcome for run in runs for outcome in run.outcomes]
        if outcomes:
            await self._outcomes.publish([*dead, *outcomes])

    def _dead_letter(
        self, run: Run, delivery: delivery_pb2.Delivery, result: Ack | PenstockError
    ) -> outcome_pb2.Outcome:
        outcome = outcome_of_delivery(delivery, 1, run.context)
        error = result if isinstance(result, PenstockError) else PenstockError("")
        describe_without_run(outcome, outcome_pb2.STATUS_EXHAUSTED, error.reason, error.message)
        outcome.evidence.delivery.CopyFrom(delivery)
        self._spans.undelivered(run, delivery, error.reason)
        return outcome

    async def _refuse(self, lane: Lane, runs: Sequence[Run]) -> None:
        for run in runs:
            outcome = outcome_of_run(run)
            describe_without_run(
                outcome, outcome_pb2.STATUS_DISCARDED, "INVALID_SETTINGS", "The source has no function."
            )
            outcome.evidence.inbound.CopyFrom(run.event)
            run.outcomes.append(outcome)
        await self._hand_over(runs)
        for run in runs:
            self._spans.source_run(run, None, None, run.outcomes[-1])
            await lane.ack(run.held)


def _delivery(
    run: Run, message: dict[str, Any], body: bytes, destination: config_pb2.DestinationConfig
) -> delivery_pb2.Delivery:
    kind = message.get("type")
    return delivery_pb2.Delivery(
        event_id=run.event.event_id,
        message_id=message["messageId"].encode("utf-8", "replace").decode(),
        workspace_id=run.event.workspace_id,
        source_id=run.event.source_id,
        destination_id=destination.destination_id,
        received_at=run.event.received_at,
        routed_at=timestamp(time.time_ns()),
        message=body,
        event_type=kind if isinstance(kind, str) else "",
        event_name=event_name(message),
        trail=run.trail,
        replay=run.event.replay,
    )


def _publication(run: Run, delivery: delivery_pb2.Delivery) -> Publication:
    return Publication(
        subject=deliveries(delivery.workspace_id, delivery.destination_id),
        payload=delivery.SerializeToString(),
        message_id=delivery_message_id(
            delivery.workspace_id,
            delivery.source_id,
            delivery.message_id,
            delivery.destination_id,
            delivery.replay,
        ),
        headers=inject(run.context),
    )


def _parse(held: Held) -> inbound_pb2.InboundEvent | None:
    try:
        return inbound_pb2.InboundEvent.FromString(held.data)
    except DecodeError:
        # Nobody but the gateway writes here, so this is a defect; it must not come again for ever.
        work_on(lambda: [extract(held.headers)])
        _log.error("event.unreadable", subject=held.subject, sequence=held.sequence)
        return None
