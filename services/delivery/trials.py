"""Tries of source runs and deliveries, and the outcomes that tell of them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from google.protobuf.timestamp_pb2 import Timestamp
from opentelemetry.trace import SpanContext

from penstock.config.v1 import config_pb2
from penstock.event.v1 import delivery_pb2, inbound_pb2, outcome_pb2, trail_pb2
from penstock.executor.v1 import result_pb2
from services.delivery.retry import Decision, retry_after_s
from shared.bus import Held

_NANOSECONDS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Inserted:
    """A run of an insert function on one message: what ran, what came of it, and the span that it was told to be."""

    function: config_pb2.InstanceConfig
    result: result_pb2.InvocationResult
    span_id: int

    @property
    def has_passed(self) -> bool:
        """Whether the message goes on, as `result.returned`."""
        return not self.result.HasField("error")


@dataclass(slots=True)
class Run:
    """One try of one inbound event: what it came to, and what follows from it."""

    held: Held
    event: inbound_pb2.InboundEvent
    run_id: str
    attempt: int
    parent: SpanContext | None
    context: SpanContext
    started_ns: int
    function_span_id: int = 0
    inserted: list[Inserted] = field(default_factory=list[Inserted])
    trail: trail_pb2.Trail | None = None
    deliveries: list[delivery_pb2.Delivery] = field(default_factory=list[delivery_pb2.Delivery])
    outcomes: list[outcome_pb2.Outcome] = field(default_factory=list[outcome_pb2.Outcome])


@dataclass(slots=True)
class Trial:
    """One try of one delivery."""

    held: Held
    delivery: delivery_pb2.Delivery
    delivery_id: str
    attempt: int
    parent: SpanContext | None
    context: SpanContext
    started_ns: int
    function_span_id: int = 0
    inserted: Inserted | None = None

    @property
    def message(self) -> bytes:
        """The message as the destination gets it."""
        return self.inserted.result.returned if self.inserted else self.delivery.message


def outcome_of_run(run: Run) -> outcome_pb2.Outcome:
    """Begin the outcome of a try of an inbound event."""
    return outcome_pb2.Outcome(
        event_id=run.event.event_id,
        workspace_id=run.event.workspace_id,
        source_id=run.event.source_id,
        stage=outcome_pb2.STAGE_SOURCE,
        attempt=run.attempt,
        replay=run.event.replay,
        received_at=run.event.received_at,
        trace_id=f"{run.context.trace_id:032x}",
        span_id=f"{run.context.span_id:016x}",
    )


def outcome_of_delivery(delivery: delivery_pb2.Delivery, attempt: int, context: SpanContext) -> outcome_pb2.Outcome:
    """Begin the outcome of a try of a delivery."""
    return outcome_pb2.Outcome(
        event_id=delivery.event_id,
        message_id=delivery.message_id,
        workspace_id=delivery.workspace_id,
        source_id=delivery.source_id,
        destination_id=delivery.destination_id,
        stage=outcome_pb2.STAGE_DESTINATION,
        attempt=attempt,
        replay=delivery.replay,
        event_type=delivery.event_type,
        event_name=delivery.event_name,
        received_at=delivery.received_at,
        trace_id=f"{context.trace_id:032x}",
        span_id=f"{context.span_id:016x}",
    )


def running(
    instance: config_pb2.InstanceConfig, wanted: delivery_pb2.Delivery | inbound_pb2.InboundEvent
) -> config_pb2.InstanceConfig:
    """Give the instance with the version that runs for an event: the deployed one, or that of then."""
    if not wanted.code_digest:
        return instance
    of_then = config_pb2.InstanceConfig()
    of_then.CopyFrom(instance)
    of_then.version_id, of_then.code_digest = wanted.version_id, wanted.code_digest
    return of_then


def timestamp(time_ns: int) -> Timestamp:
    """Make a Timestamp of Unix nanoseconds."""
    made = Timestamp()
    made.FromNanoseconds(time_ns)
    return made


def describe_run(outcome: outcome_pb2.Outcome, decision: Decision, result: result_pb2.InvocationResult) -> None:
    """Put into an outcome what a function's run came to; evidence only where it was no success."""
    outcome.status = decision.status
    outcome.reason = decision.reason
    outcome.started_at.CopyFrom(result.started_at)
    outcome.finished_at.CopyFrom(result.finished_at)
    if decision.delay_s is not None:
        outcome.next_attempt_at.CopyFrom(timestamp(time.time_ns() + int(decision.delay_s * _NANOSECONDS)))
    if decision.status != outcome_pb2.STATUS_SUCCEEDED:
        outcome.evidence.error.CopyFrom(result.error)
        outcome.evidence.logs.extend(result.logs)
        outcome.evidence.requests.extend(result.requests)
        asked_s = retry_after_s(result)
        if asked_s is not None:
            outcome.evidence.retry_after.FromMilliseconds(int(asked_s * 1000))


def describe_function(
    run: outcome_pb2.FunctionRun, instance: config_pb2.InstanceConfig, result: result_pb2.InvocationResult
) -> None:
    """Put into an outcome which function ran, and what it used."""
    run.function_id = instance.function_id
    run.instance_id = instance.instance_id
    run.version_id = instance.version_id
    run.code_digest = instance.code_digest
    run.usage.CopyFrom(result.usage)


def describe_without_run(
    outcome: outcome_pb2.Outcome, status: outcome_pb2.Status.ValueType, reason: str, message: str = ""
) -> None:
    """Put into an outcome what was decided without running anything."""
    outcome.status = status
    outcome.reason = reason
    outcome.started_at.CopyFrom(timestamp(time.time_ns()))
    outcome.finished_at.CopyFrom(outcome.started_at)
    if message:
        outcome.evidence.error.name = reason
        outcome.evidence.error.message = message
