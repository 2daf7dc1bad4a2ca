"""`DestinationHealthService`: how the destinations of the caller's workspace do."""

from __future__ import annotations

import time
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from penstock.delivery.v1 import destination_health_pb2 as contract
from penstock.delivery.v1 import destination_health_pb2_grpc as contract_grpc
from services.delivery.circuit import State
from services.delivery.workers import DestinationInService, Workers
from shared.errors import PermissionDenied
from shared.rpc.access import caller

_STATES = {
    State.CLOSED: contract.CIRCUIT_STATE_CLOSED,
    State.OPEN: contract.CIRCUIT_STATE_OPEN,
    State.HALF_OPEN: contract.CIRCUIT_STATE_HALF_OPEN,
}


class DestinationHealthService(contract_grpc.DestinationHealthServiceServicer):
    """Answers from what this process sees."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers

    async def ListDestinationStates(
        self, request: contract.ListDestinationStatesRequest, context: Any
    ) -> contract.ListDestinationStatesResponse:
        """Give the states of the workspace's destinations."""
        actor = caller().actor
        if actor is None:
            raise PermissionDenied("Only a person's call names a workspace.", reason="ACTOR_REQUIRED")
        found = [each for each in self._workers.destinations.values() if each.workspace_id == actor.workspace_id]
        return contract.ListDestinationStatesResponse(
            states=[_state(each) for each in sorted(found, key=lambda each: each.destination_id)]
        )


def _state(destination: DestinationInService) -> contract.DestinationState:
    health = destination.health
    state = contract.DestinationState(destination_id=destination.destination_id, circuit=_STATES[health.circuit.state])
    if health.is_open:
        state.open_until.CopyFrom(_timestamp(time.time() + health.circuit.wait_s))
    if health.failing.since is not None:
        state.failing_since.CopyFrom(_timestamp(health.failing.since))
    return state


def _timestamp(unix_s: float) -> Timestamp:
    made = Timestamp()
    made.FromMilliseconds(int(unix_s * 1000))
    return made
