"""Whether and when a failed try is repeated: a pure decision over what the try came to."""

from __future__ import annotations

import email.utils
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import BaseModel, Field

from penstock.event.v1 import outcome_pb2
from penstock.executor.v1 import result_pb2

# SANDBOX_FAULT is the platform's failure, and unlike the others of that sort it may be this very event's doing: it
# counts as a try, so that such an event ends as a dead letter and not never.
_RETRIED = frozenset(
    {
        result_pb2.ERROR_KIND_RETRY,
        result_pb2.ERROR_KIND_TIMEOUT,
        result_pb2.ERROR_KIND_SANDBOX_FAULT,
    }
)
_KIND_PREFIX = "ERROR_KIND_"
_RETRY_AFTER = "retry-after"


class RetryPolicy(BaseModel, frozen=True):
    """When tries are repeated, and when given up."""

    caps_s: tuple[float, ...] = Field(
        min_length=1, description="Longest delay after the first, second, … try, in seconds; the last one goes on."
    )
    attempts: int = Field(ge=1, description="Tries after which to give up, provided that the period is over too.")
    period_s: float = Field(ge=0, description="Seconds for which to go on, however many tries there were.")
    retry_after_cap_s: float = Field(default=3600.0, description="Longest `Retry-After` that is honoured, in seconds.")


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of an event after a try. `delay_s` is set while it is retried."""

    status: outcome_pb2.Status.ValueType
    reason: str = ""
    delay_s: float | None = None


def decide(
    policy: RetryPolicy,
    result: result_pb2.InvocationResult,
    *,
    attempt: int,
    elapsed_s: float,
    uniform: Callable[[float, float], float] = random.uniform,
) -> Decision:
    """Decide after try number `attempt`, `elapsed_s` after the event was first due.

    The delay is random between zero and the try's cap, so that what failed together does not come back together; it is
    never shorter than the `Retry-After` of the function's last request, up to the policy's cap on that. Where
    `elapsed_s` is negative, a clock was wrong: the number of tries alone decides then.
    """
    if not result.HasField("error"):
        return Decision(outcome_pb2.STATUS_SUCCEEDED)
    kind = result.error.kind
    reason = result_pb2.ErrorKind.Name(kind).removeprefix(_KIND_PREFIX)
    if kind == result_pb2.ERROR_KIND_DROPPED:
        return Decision(outcome_pb2.STATUS_FILTERED, reason)
    if kind not in _RETRIED:
        return Decision(outcome_pb2.STATUS_DISCARDED, reason)
    if attempt >= policy.attempts and not 0 <= elapsed_s < policy.period_s:
        return Decision(outcome_pb2.STATUS_EXHAUSTED, reason)
    cap_s = policy.caps_s[min(attempt, len(policy.caps_s)) - 1]
    asked_s = min(retry_after_s(result) or 0, policy.retry_after_cap_s)
    return Decision(outcome_pb2.STATUS_RETRYING, reason, max(asked_s, uniform(0, cap_s)))


def retry_after_s(result: result_pb2.InvocationResult) -> float | None:
    """Seconds that the answer to the last request asked to wait; None when it did not, or not readably."""
    if not result.requests:
        return None
    last = result.requests[-1]
    text = next((header.value for header in last.response_headers if header.name == _RETRY_AFTER), "").strip()
    if text.isascii() and text.isdecimal():
        # Cut before it becomes a number: the text is the outside's.
        return float(text[:9])
    try:
        due = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    due = due if due.tzinfo else due.replace(tzinfo=UTC)
    return max(0.0, (due - datetime.now(UTC)).total_seconds())
