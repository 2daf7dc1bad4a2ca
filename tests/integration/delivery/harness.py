"""Delivery over a real log and a scripted executor: sources, destinations, events, and what became of them."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nats.errors
from google.protobuf.timestamp_pb2 import Timestamp

from penstock.config.v1 import config_pb2
from penstock.event.v1 import inbound_pb2, outcome_pb2
from services.delivery.allotments import Allotments
from services.delivery.clock import Clock
from services.delivery.disabling import Disabling, Suspect
from services.delivery.invoking import Invoker
from services.delivery.lock_out import LockOut
from services.delivery.settings import DeliverySettings, LaneLimits
from services.delivery.spans import Spans
from services.delivery.workers import Workers
from shared.bus import Bus, CodeStore, ConfigStore, ConfigView, Publication, StreamLimits, declare_streams
from shared.bus.message_ids import inbound_id
from shared.bus.subjects import inbox
from shared.ids import new_id
from shared.rpc.choice import ExecutorChoice
from shared.rpc.client import connect
from shared.telemetry.tracing import Tracing
from tests.executor import ScriptedExecutor
from tests.polling import until

WORKSPACE = "ws_1"
LIMITS = StreamLimits(inbox_per_source=5000, deliveries_per_destination=5000)
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"


def settings(**more: Any) -> DeliverySettings:
    """Settings whose waits are short enough for tests."""
    # A machine that stands still for a second must not look like a worker that died.
    quick = LaneLimits(ack_wait_s=3.0)
    values: dict[str, Any] = {
        "sources": quick,
        "destinations": quick,
        "source_retry": {"caps_s": [0.01], "attempts": 5, "period_s": 0},
        "destination_retry": {"caps_s": [0.01], "attempts": 3, "period_s": 0},
        # Most tests let everything fail.
        "circuit": {"minimum": 1_000_000},
    }
    return DeliverySettings.model_validate(values | more)


@dataclass
class Harness:
    """What a test of delivery works with."""

    bus: Bus
    executor: ScriptedExecutor
    executor_address: str
    folder: Path
    sent: list[str] = field(default_factory=list[str])

    @property
    def store(self) -> ConfigStore:
        return ConfigStore(self.bus)

    async def source(
        self, name: str = "s", *, to: Sequence[str] = (), function: bool = False, insert: bool = False
    ) -> None:
        source = config_pb2.SourceConfig(
            source_id=f"src_{name}",
            workspace_id=WORKSPACE,
            name=name,
            enabled=True,
            destination_ids=[f"dst_{each}" for each in to],
        )
        if function:
            source.function.instance_id = f"ins_{name}"
        if insert:
            source.insert_function.CopyFrom(insert_function(name))
        await self.store.put(f"source.{source.source_id}", source)

    async def destination(self, name: str, *, enabled: bool = True, version: str = "1", **more: Any) -> None:
        """Make or change a destination; its code `version` lies in CODE."""
        code = f"version {version} of {name}".encode()
        digest = hashlib.sha256(code).hexdigest()
        await CodeStore(self.bus).put_code(digest, code)
        destination = config_pb2.DestinationConfig(
            destination_id=f"dst_{name}",
            workspace_id=WORKSPACE,
            name=name,
            enabled=enabled,
            function=config_pb2.InstanceConfig(
                instance_id=f"ins_{name}", function_id=f"fn_{name}", version_id=f"ver_{version}", code_digest=digest
            ),
            **more,
        )
        await self.store.put(f"destination.{destination.destination_id}", destination)

    async def send(
        self,
        messages: Sequence[dict[str, Any]],
        *,
        source: str = "s",
        workspace_id: str = WORKSPACE,
        sampled: bool = True,
    ) -> list[str]:
        """Put Segment messages into the log, as the gateway does."""
        events = [self._event(source, workspace_id) for _ in messages]
        for event, message in zip(events, messages, strict=True):
            event.message = json.dumps(message).encode()
        return await self._publish(events, sampled=sampled)

    async def send_webhooks(self, bodies: Sequence[bytes], *, source: str = "s") -> list[str]:
        """Put webhooks into the log, as the gateway does."""
        events = [self._event(source) for _ in bodies]
        for event, body in zip(events, bodies, strict=True):
            event.request.body = body
        return await self._publish(events)

    def _event(self, source: str, workspace_id: str = WORKSPACE) -> inbound_pb2.InboundEvent:
        received_at = Timestamp()
        received_at.GetCurrentTime()
        return inbound_pb2.InboundEvent(
            event_id=new_id("evt"), workspace_id=workspace_id, source_id=f"src_{source}", received_at=received_at
        )

    async def _publish(self, events: Sequence[inbound_pb2.InboundEvent], *, sampled: bool = True) -> list[str]:
        await self.bus.publish_all(
            [
                Publication(
                    subject=inbox(event.workspace_id, event.source_id),
                    payload=event.SerializeToString(),
                    message_id=inbound_id(event.workspace_id, event.source_id, event.event_id),
                    headers={"traceparent": f"00-{TRACE_ID}-b7ad6b7169203331-0{sampled:d}"},
                )
                for event in events
            ]
        )
        self.sent += [event.event_id for event in events]
        return [event.event_id for event in events]

    async def outcomes(self) -> list[outcome_pb2.Outcome]:
        """Read all of OUTCOMES."""
        state = (await self.bus.jetstream.stream_info("OUTCOMES")).state
        found: list[outcome_pb2.Outcome] = []
        for sequence in range(max(1, state.first_seq), state.last_seq + 1):
            stored = await self.bus.jetstream.get_msg("OUTCOMES", sequence, direct=False)
            found.extend(outcome_pb2.OutcomeBatch.FromString(stored.data).outcomes)
        return found

    async def statuses(self, stage: outcome_pb2.Stage.ValueType) -> Counter[str]:
        """Count the outcomes of a stage by status and reason."""
        return Counter(
            f"{outcome_pb2.Status.Name(outcome.status).removeprefix('STATUS_')} {outcome.reason}".strip()
            for outcome in await self.outcomes()
            if outcome.stage == stage
        )

    async def is_drained(self) -> bool:
        """Tell whether nothing waits in the log any more, as far as the log can be asked."""
        try:
            streams = [await self.bus.jetstream.stream_info(name) for name in ("INBOX", "DELIVERIES")]
        except nats.errors.Error:
            return False
        return all(stream.state.messages == 0 for stream in streams)

    async def drained(self, *, timeout_s: float = 30) -> None:
        await until(self.is_drained, timeout_s=timeout_s)

    @asynccontextmanager
    async def workers(
        self,
        *,
        bus: Bus | None = None,
        tracing: Tracing | None = None,
        clock: Clock | None = None,
        disabling: Disabling | None = None,
        execution_s: float = 0,
        **more: Any,
    ) -> AsyncGenerator[Workers]:
        """Run all workers over this log, or another connection to it. Functions may run `execution_s` in a month."""
        bus, clock = bus or self.bus, clock or Clock()
        tracing = tracing or Tracing(service="delivery", sink=None)
        kinds = [config_pb2.SourceConfig, config_pb2.DestinationConfig, config_pb2.WorkspaceConfig]
        async with (
            connect(self.executor_address) as channel,
            ConfigView(bus, kinds).watch() as config,
        ):
            await config.ready()
            lock_out = LockOut(Allotments(config, execution_s=execution_s, lock_out=False), clock)
            learning = asyncio.create_task(lock_out.run(bus))
            workers = Workers(
                bus=bus,
                config=config,
                invoker=Invoker(ExecutorChoice({self.executor_address: channel}), timeout_s=20),
                spans=Spans(tracing),
                settings=settings(**more),
                disabling=disabling or Disabling(bus, 0, _disable_nobody, _know_nobody, clock),
                lock_out=lock_out,
                clock=clock,
            )
            try:
                async with workers.running():
                    yield workers
            finally:
                learning.cancel()


async def _disable_nobody(_: Suspect) -> None:
    raise AssertionError("nothing is to be disabled here")


async def _know_nobody(_: Suspect) -> bool:
    raise AssertionError("nothing is to be disabled here")


def insert_function(name: str) -> config_pb2.InstanceConfig:
    """The insert function of a source or destination; its script is that of `ins_<name>_insert`."""
    return config_pb2.InstanceConfig(
        instance_id=f"ins_{name}_insert", function_id=f"fn_{name}_insert", function_name=f"{name} insert"
    )


def track(number: int, **more: Any) -> dict[str, Any]:
    """A Segment message."""
    return {"type": "track", "event": "Tested", "userId": "u", "messageId": f"m{number}"} | more


async def declare(bus: Bus, limits: StreamLimits = LIMITS) -> None:
    await declare_streams(bus, limits)
