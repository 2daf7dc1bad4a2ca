"""Folding outcomes into rows: what a batch of them changes, worked out before any SQL."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from penstock.event.v1 import outcome_pb2
from services.delivery.counting import Counts, storable
from services.delivery.outcomes import id_of

Row = dict[str, Any]

_FAILURES = frozenset(
    {
        outcome_pb2.STATUS_DISCARDED,
        outcome_pb2.STATUS_RETRYING,
        outcome_pb2.STATUS_EXHAUSTED,
    }
)


@dataclass(slots=True)
class Changes:
    """Rows to be added to what the tables hold; counts add up, the others replace."""

    tries: list[Row] = field(default_factory=list[Row])
    counters: dict[tuple[Any, ...], Row] = field(default_factory=dict[tuple[Any, ...], Row])
    deliveries: dict[str, Row] = field(default_factory=dict[str, Row])
    evidence: dict[str, Row] = field(default_factory=dict[str, Row])
    usage: dict[tuple[Any, ...], Row] = field(default_factory=dict[tuple[Any, ...], Row])


def end_key(delivery_id: str) -> str:
    """Name the end of a delivery."""
    return f"{delivery_id}:end"


def try_key(delivery_id: str, outcome: outcome_pb2.Outcome) -> str:
    """Name what an outcome tells: a try that is followed by another, or the end of its delivery."""
    if outcome.status == outcome_pb2.STATUS_RETRYING:
        return f"{delivery_id}:{outcome.attempt}"
    return end_key(delivery_id)


def keys_of(outcomes: Sequence[outcome_pb2.Outcome]) -> set[str]:
    """Give all keys that decide whether outcomes are news."""
    return {key for each in outcomes for key in (end_key(id_of(each)), try_key(id_of(each), each))}


def fold(
    outcomes: Sequence[outcome_pb2.Outcome], known: Collection[str], ordinal: int, counts: Counts | None = None
) -> Changes:
    """Work out the changes of outcomes that follow the first `ordinal` ones; `known` are the keys that were met before.

    What is news is added to `counts` too.

    After a crash a try is repeated, maybe with another result. A failed try counts once, a delivery ends once, and what
    comes on top is counted as a duplicate.
    """
    changes = Changes()
    seen = set(known)
    for number, outcome in enumerate(outcomes, start=ordinal + 1):
        delivery_id = id_of(outcome)
        key = try_key(delivery_id, outcome)
        duplicate = key in seen or end_key(delivery_id) in seen
        _count(changes, outcome, duplicate=duplicate)
        if duplicate:
            continue
        if counts:
            counts.add(outcome)
        _use(changes, outcome)
        seen.add(key)
        changes.tries.append({"key": key, "ordinal": number})
        changes.deliveries[delivery_id] = _delivery(delivery_id, outcome, number)
        if outcome.status in _FAILURES:
            changes.evidence[delivery_id] = _evidence(delivery_id, outcome, number)
    return changes


def _count(changes: Changes, outcome: outcome_pb2.Outcome, *, duplicate: bool) -> None:
    key = (
        outcome.workspace_id,
        outcome.finished_at.seconds // 60,
        outcome.stage,
        outcome.source_id,
        outcome.destination_id,
        outcome.status,
        outcome.reason,
    )
    row = changes.counters.get(key)
    if row is None:
        names = ("workspace_id", "minute", "stage", "source_id", "destination_id", "status", "reason")
        row = changes.counters[key] = Row(zip(names, key, strict=True)) | {"count": 0, "duplicates": 0}
    row["duplicates" if duplicate else "count"] += 1


def _use(changes: Changes, outcome: outcome_pb2.Outcome) -> None:
    # What was refused or failed before the guest was entered took no time, and is no run.
    for run in (each for each in _runs(outcome) if each.usage.HasField("wall")):
        _add_run(changes, outcome, run)


def _runs(outcome: outcome_pb2.Outcome) -> Sequence[outcome_pb2.FunctionRun]:
    return [outcome.function, *outcome.insert_functions]


def _add_run(changes: Changes, outcome: outcome_pb2.Outcome, run: outcome_pb2.FunctionRun) -> None:
    month = time.strftime("%Y-%m", time.gmtime(outcome.finished_at.seconds))
    key = (outcome.workspace_id, month, run.function_id, run.instance_id)
    row = changes.usage.get(key)
    if row is None:
        names = ("workspace_id", "month", "function_id", "instance_id")
        row = changes.usage[key] = Row(zip(names, key, strict=True)) | {"invocations": 0, "wall_us": 0, "fuel": 0}
    row["invocations"] += 1
    row["wall_us"] += run.usage.wall.ToMicroseconds()
    row["fuel"] += run.usage.fuel


def _delivery(delivery_id: str, outcome: outcome_pb2.Outcome, ordinal: int) -> Row:
    return {
        "delivery_id": delivery_id,
        "workspace_id": outcome.workspace_id,
        "event_id": outcome.event_id,
        "message_id": storable(outcome.message_id),
        "source_id": outcome.source_id,
        "destination_id": outcome.destination_id,
        "status": outcome.status,
        "reason": outcome.reason,
        "attempts": outcome.attempt,
        "event_type": storable(outcome.event_type),
        "event_name": storable(outcome.event_name),
        "received_us": outcome.received_at.ToMicroseconds(),
        "updated_us": outcome.finished_at.ToMicroseconds(),
        "next_attempt_us": outcome.next_attempt_at.ToMicroseconds() if outcome.HasField("next_attempt_at") else 0,
        "trace_id": outcome.trace_id,
        "span_id": outcome.span_id,
        "version_id": outcome.function.version_id,
        "code_digest": outcome.function.code_digest,
        "replay": outcome.replay,
        "ordinal": ordinal,
    }


def _evidence(delivery_id: str, outcome: outcome_pb2.Outcome, ordinal: int) -> Row:
    return {
        "delivery_id": delivery_id,
        "workspace_id": outcome.workspace_id,
        "destination_id": outcome.destination_id,
        "status": outcome.status,
        "evidence": outcome.evidence.SerializeToString(),
        "replay": outcome.replay,
        "ordinal": ordinal,
    }
