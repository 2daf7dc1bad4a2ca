"""How a destination does, by what its tries come to: its circuit, and since when everything fails."""

from __future__ import annotations

import structlog

from penstock.executor.v1 import result_pb2
from services.delivery.circuit import Circuit, State
from services.delivery.disabling import Failing
from services.delivery.retry import retry_after_s

_log = structlog.get_logger()

_CIRCUIT_OPENERS = frozenset({result_pb2.ERROR_KIND_RETRY, result_pb2.ERROR_KIND_TIMEOUT})
# Those that speak against the event or the platform, not against the destination, tell nothing.
_FAILURES = _CIRCUIT_OPENERS | {
    result_pb2.ERROR_KIND_BAD_REQUEST,
    result_pb2.ERROR_KIND_INVALID_SETTINGS,
    result_pb2.ERROR_KIND_OUT_OF_FUEL,
    result_pb2.ERROR_KIND_OUT_OF_MEMORY,
}
# Nothing reached the destination, or nothing is known of it.
_SILENT = frozenset({result_pb2.ERROR_KIND_SANDBOX_FAULT, result_pb2.ERROR_KIND_FUNCTIONS_LOCK_OUT})
_ASKS_ALL_TO_WAIT = frozenset({429, 503})


class DestinationHealth:
    """Told of each try of one destination."""

    def __init__(self, destination_id: str, circuit: Circuit, failing: Failing) -> None:
        self._destination_id = destination_id
        self.circuit = circuit
        self.failing = failing

    def observe(self, result: result_pb2.InvocationResult) -> None:
        """Take note of what a try came to."""
        before = self.circuit.state
        self._count(result)
        after = self.circuit.state
        if after is not before:
            _log.warning(
                "circuit.changed",
                destination=self._destination_id,
                state=after.value,
                wait_s=round(self.circuit.wait_s, 1),
            )

    def _count(self, result: result_pb2.InvocationResult) -> None:
        if not result.HasField("error"):
            self.failing.succeeded()
            self.circuit.succeeded()
            return
        kind = result.error.kind
        if kind in _FAILURES:
            self.failing.failed()
        if kind in _CIRCUIT_OPENERS:
            self.circuit.failed()
            self.circuit.hold(_asked_s(result))
        elif kind not in _SILENT:
            self.circuit.succeeded()

    @property
    def is_open(self) -> bool:
        """Whether nothing is pulled."""
        return self.circuit.state is State.OPEN


def _asked_s(result: result_pb2.InvocationResult) -> float:
    """Seconds that the destination asked everybody to wait."""
    if not result.requests or result.requests[-1].status not in _ASKS_ALL_TO_WAIT:
        return 0.0
    return retry_after_s(result) or 0.0
