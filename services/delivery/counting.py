"""Counting outcomes by time, step and event: rows of `metric_tables`, worked out before any SQL."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from penstock.delivery.v1 import delivery_metrics_pb2 as contract
from penstock.event.v1 import outcome_pb2
from services.delivery.latency import bucket_of
from services.delivery.metric_tables import HOUR_S, MINUTE_S

OTHER = "(other)"
_TYPE_CHARACTERS = 32
_SPANS = (MINUTE_S, HOUR_S)

Row = dict[str, Any]
# A workspace and the hour that it counts in.
Hour = tuple[str, int]
# Type and name of an event.
Event = tuple[str, str]

_AT_SOURCE = {
    outcome_pb2.STATUS_SUCCEEDED: contract.DELIVERY_STEP_RECEIVED,
    outcome_pb2.STATUS_FILTERED: contract.DELIVERY_STEP_FILTERED_AT_SOURCE,
    outcome_pb2.STATUS_RETRYING: contract.DELIVERY_STEP_RETRIED,
}
_AT_DESTINATION = {
    outcome_pb2.STATUS_SUCCEEDED: contract.DELIVERY_STEP_SUCCESSFUL_DELIVERY,
    outcome_pb2.STATUS_FILTERED: contract.DELIVERY_STEP_FILTERED_AT_DESTINATION,
    outcome_pb2.STATUS_RETRYING: contract.DELIVERY_STEP_RETRIED,
}


@dataclass(slots=True)
class KnownEvents:
    """Types and names of the events that an hour counts apart, at most `limit` in each workspace.

    Tenants choose names, so without a bound a workspace could have as many rows as events.
    """

    limit: int
    _of: dict[Hour, set[Event]] = field(default_factory=dict[Hour, set[Event]])

    def missing(self, outcomes: Iterable[outcome_pb2.Outcome]) -> set[Hour]:
        """Tell which hours of outcomes must be learned first."""
        return {hour_of(each) for each in outcomes} - self._of.keys()

    def learn(self, hour: Hour, events: Iterable[Event]) -> None:
        """Take note of what an hour counts apart already; hours long before it are forgotten."""
        self._of[hour] = set(events)
        for old in [each for each in self._of if each[1] < hour[1] - 2 * HOUR_S]:
            del self._of[old]

    def forget(self) -> None:
        """Trust nothing: another projector may have counted, or a transaction failed."""
        self._of.clear()

    def counted_as(self, hour: Hour, event: Event) -> Event:
        """Give the event, or `(other)` when the hour has as many as may be."""
        known = self._of.setdefault(hour, set())
        if event in known or event[1] == OTHER:
            return event
        if len(known) >= self.limit:
            return "", OTHER
        known.add(event)
        return event


def hour_of(outcome: outcome_pb2.Outcome) -> Hour:
    """Give the hour that an outcome counts in."""
    return outcome.workspace_id, _start(outcome.finished_at.seconds, HOUR_S)


def step_of(outcome: outcome_pb2.Outcome) -> contract.DeliveryStep.ValueType:
    """Give the step at which an outcome counts."""
    if outcome.stage == outcome_pb2.STAGE_SOURCE:
        return _AT_SOURCE.get(outcome.status, contract.DELIVERY_STEP_FAILED_ON_INGEST)
    return _AT_DESTINATION.get(outcome.status, contract.DELIVERY_STEP_FAILED_DELIVERY)


@dataclass(slots=True)
class Counts:
    """Rows to be added to what the tables hold."""

    known: KnownEvents
    events: dict[tuple[Any, ...], Row] = field(default_factory=dict[tuple[Any, ...], Row])
    latencies: dict[tuple[Any, ...], Row] = field(default_factory=dict[tuple[Any, ...], Row])

    def add(self, outcome: outcome_pb2.Outcome) -> None:
        """Count an outcome that was not counted before."""
        for span_s in _SPANS:
            self._add_event(outcome, span_s)
            if outcome.stage == outcome_pb2.STAGE_DESTINATION and outcome.status == outcome_pb2.STATUS_SUCCEEDED:
                self._add_latency(outcome, span_s)

    def _add_event(self, outcome: outcome_pb2.Outcome, span_s: int) -> None:
        event = storable(outcome.event_type)[:_TYPE_CHARACTERS], storable(outcome.event_name)
        event_type, event_name = self.known.counted_as(hour_of(outcome), event)
        row = _row(
            self.events,
            {
                "workspace_id": outcome.workspace_id,
                "span_s": span_s,
                "start_s": _start(outcome.finished_at.seconds, span_s),
                "step": step_of(outcome),
                "source_id": outcome.source_id,
                "destination_id": outcome.destination_id,
                "event_type": event_type,
                "event_name": event_name,
                "reason": outcome.reason,
            },
            sums=("count", "retried"),
        )
        row["count"] += 1
        row["retried"] += outcome.attempt > 1 or outcome.status == outcome_pb2.STATUS_RETRYING

    def _add_latency(self, outcome: outcome_pb2.Outcome, span_s: int) -> None:
        took_ms = outcome.finished_at.ToMilliseconds() - outcome.received_at.ToMilliseconds()
        row = _row(
            self.latencies,
            {
                "workspace_id": outcome.workspace_id,
                "span_s": span_s,
                "start_s": _start(outcome.finished_at.seconds, span_s),
                "source_id": outcome.source_id,
                "destination_id": outcome.destination_id,
                "bucket": bucket_of(took_ms),
            },
            sums=("count",),
        )
        row["count"] += 1


def storable(text: str) -> str:
    """Give a text as databases take it: PostgreSQL stores no zero characters."""
    return text.replace("\0", "\ufffd")


def _row(rows: dict[tuple[Any, ...], Row], key: Row, *, sums: tuple[str, ...]) -> Row:
    return rows.setdefault(tuple(key.values()), key | dict.fromkeys(sums, 0))


def _start(time_s: int, span_s: int) -> int:
    return time_s - time_s % span_s
