"""From a run's messages to the log: routing them, and handing their deliveries over."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from penstock.config.v1 import config_pb2
from penstock.event.v1 import delivery_pb2, outcome_pb2, trail_pb2
from services.delivery.handing_over import HandingOver, Leaving
from services.delivery.outcomes import Outcomes
from services.delivery.routing import Router
from services.delivery.segment import event_name
from services.delivery.spans import Spans
from services.delivery.trails import trail_of_message
from services.delivery.trials import Inserted, Run, describe_without_run, outcome_of_delivery, timestamp
from shared.bus import Ack, Publication
from shared.bus.message_ids import delivery_message_id
from shared.bus.subjects import deliveries
from shared.errors import PenstockError
from shared.telemetry.propagation import inject

Message = Mapping[str, Any]


class Dispatcher:
    """Routes and hands over, for one source."""

    def __init__(self, *, router: Router, handing_over: HandingOver, outcomes: Outcomes, spans: Spans) -> None:
        self._router = router
        self._handing_over = handing_over
        self._outcomes = outcomes
        self._spans = spans

    def route(
        self, source: config_pb2.SourceConfig, run: Run, message: Message, inserted: Inserted | None = None
    ) -> None:
        """Make the deliveries of a run's message, and the outcomes of those that somebody wished away."""
        routes = self._router.route(source, message)
        body, trail = body_of(message), trail_of_message(run.trail, inserted)
        for destination, filtered in routes.to:
            own = body if filtered is message else body_of(filtered)
            run.deliveries.append(_delivery(run, message, own, destination, trail))
        for destination, reason in routes.filtered:
            wished_away = outcome_of_delivery(_delivery(run, message, body, destination, None), 1, run.context)
            describe_without_run(wished_away, outcome_pb2.STATUS_FILTERED, reason)
            run.outcomes.append(wished_away)

    async def hand_over(self, runs: Sequence[Run]) -> None:
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


def message_id_of(message: Message) -> str:
    """Give a message's id as it stands in outcomes and deliveries; it may have come with lone surrogates."""
    return message["messageId"].encode("utf-8", "replace").decode()


def type_of(message: Message) -> str:
    """Give a message's type; empty when it has none."""
    kind = message.get("type")
    return kind if isinstance(kind, str) else ""


def body_of(message: Message) -> bytes:
    """Write a message as it travels: UTF-8 JSON, lone surrogates as they are."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _delivery(
    run: Run,
    message: Message,
    body: bytes,
    destination: config_pb2.DestinationConfig,
    trail: trail_pb2.Trail | None,
) -> delivery_pb2.Delivery:
    return delivery_pb2.Delivery(
        event_id=run.event.event_id,
        message_id=message_id_of(message),
        workspace_id=run.event.workspace_id,
        source_id=run.event.source_id,
        destination_id=destination.destination_id,
        received_at=run.event.received_at,
        routed_at=timestamp(time.time_ns()),
        message=body,
        event_type=type_of(message),
        event_name=event_name(message),
        trail=trail,
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
