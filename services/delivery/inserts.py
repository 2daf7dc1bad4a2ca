"""Insert functions: run on messages on their way, which go on as they are returned."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from opentelemetry.trace import SpanContext

from penstock.config.v1 import config_pb2
from penstock.event.v1 import outcome_pb2
from penstock.executor.v1 import result_pb2
from services.delivery.invoking import Invoker
from services.delivery.retry import Decision, RetryPolicy, decide
from services.delivery.spans import Spans
from services.delivery.trials import Inserted

FILTERED = "FILTERED_AT_INSERT_FUNCTION"

Start: TypeAlias = Callable[[Coroutine[Any, Any, None]], None]


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message for an insert function, as UTF-8 JSON, and the hop that the run belongs to."""

    message: bytes
    hop: SpanContext


class Inserts:
    """Runs insert functions."""

    def __init__(self, invoker: Invoker, spans: Spans) -> None:
        self._invoker = invoker
        self._spans = spans

    async def run(
        self, function: config_pb2.InstanceConfig, messages: Mapping[str, Inbound]
    ) -> AsyncGenerator[Sequence[tuple[str, Inserted]]]:
        """Run a function on messages by name; give what came of them as it becomes ready. Raises what Invoker does."""
        invocations = [self._spans.invocation(name, inbound.hop) for name, inbound in messages.items()]
        for invocation, inbound in zip(invocations, messages.values(), strict=True):
            invocation.event = inbound.message
        span_ids = {invocation.id: int(invocation.span_id, 16) for invocation in invocations}
        async for results in self._invoker.run(function.instance_id, invocations):
            yield [(each.id, Inserted(function, _told(each), span_ids[each.id])) for each in results]


def decide_insert(
    policy: RetryPolicy, result: result_pb2.InvocationResult, *, attempt: int, elapsed_s: float
) -> Decision:
    """Decide about a message that an insert function did not pass on, or that it failed at."""
    decision = decide(policy, result, attempt=attempt, elapsed_s=elapsed_s)
    return replace(decision, reason=FILTERED) if decision.status == outcome_pb2.STATUS_FILTERED else decision


@asynccontextmanager
async def finishing() -> AsyncGenerator[Start]:
    """Start work within the block, and leave it when all of that has ended.

    The first error is raised then, and stops nothing else: others may wait for what that works on together with theirs.
    """
    tasks: list[asyncio.Task[None]] = []
    try:
        yield lambda work: tasks.append(asyncio.create_task(work))
    except asyncio.CancelledError:
        # Who is cancelled waits for nobody: what was started may wait for a log that is gone.
        for task in tasks:
            task.cancel()
        raise
    finally:
        results = await asyncio.gather(*tasks, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result


def _told(result: result_pb2.InvocationResult) -> result_pb2.InvocationResult:
    # The executor tells of nothing returned as of DropEvent; an empty event would go on as one.
    if not result.HasField("error") and not result.returned:
        result.error.kind = result_pb2.ERROR_KIND_DROPPED
    return result
