"""What telemetry costs: CPU of gateway and delivery per event without any, with default sampling, with every trace.

Webhooks go through a source function to one destination function; the executor is scripted and answers at once. The
three run in alternation, in processes of their own. Run with `python -m tests.bench.telemetry [events [rounds]]`.
"""

from __future__ import annotations

import asyncio
import json
import os
import runpy
import statistics
import sys
import tempfile
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from opentelemetry.trace import SpanContext

from penstock.config.v1 import config_pb2
from penstock.event.v1 import trail_pb2
from penstock.executor.v1 import executor_service_pb2
from services.delivery import outcomes
from services.delivery.spans import Spans
from services.gateway import accept, ingest, metrics, webhooks
from shared.bus import Bus, ConfigStore, StreamLimits, declare_streams
from shared.rpc.identity import digest
from shared.telemetry.metrics import Histogram
from shared.telemetry.tracing import Tracing
from tests.bench.figure import Figure, show
from tests.bench.path import _cpu_s, _is_ready, _process, _webhooks
from tests.executor import ScriptedExecutor, returned, serving
from tests.nats import NatsServer, free_port
from tests.polling import until

MODES: Mapping[str, Mapping[str, str]] = {
    "off": {},
    "default": {},
    "every trace": {"PENSTOCK_TRACES_PER_SECOND": "1000000"},
}
_TARGET = 0.05
_SERVICES = ("gateway", "delivery")
_MESSAGE = {"type": "track", "event": "Order Completed", "userId": "u1", "properties": {"total": 12.5, "sku": "a-1"}}


def measure(*, events: int = 3000, rounds: int = 3) -> list[Figure]:
    """Give the cost of each mode, and how much it is above none."""
    costs: dict[str, list[float]] = {mode: [] for mode in MODES}
    for _ in range(rounds):
        for mode, taken in costs.items():
            taken.append(asyncio.run(_cost_us(mode, events)))
            print(f"telemetry {mode}: {taken[-1]:,.0f} us", file=sys.stderr)
    medians = {mode: statistics.median(taken) for mode, taken in costs.items()}
    return [
        Figure(
            f"telemetry {mode}",
            f"{cost:,.0f} us of CPU an event ({cost / medians['off'] - 1:+.1%})",
            f"< +{_TARGET:.0%}" if mode == "default" else "",
        )
        for mode, cost in medians.items()
    ]


async def _cost_us(mode: str, events: int) -> float:
    with tempfile.TemporaryDirectory(prefix="penstock-bench-") as folder:
        nats = NatsServer(Path(folder))
        nats.start()
        try:
            async with _surroundings(mode, nats, Path(folder)) as environment:
                return await _way(mode, nats, environment, events) / events * 1e6
        finally:
            nats.kill()


@asynccontextmanager
async def _surroundings(mode: str, nats: NatsServer, folder: Path) -> AsyncGenerator[dict[str, str]]:
    """Run the executor and the receiver of traces, whose CPU does not count."""
    executor, traces = (f"127.0.0.1:{free_port()}" for _ in range(2))
    environment = dict(os.environ) | dict(MODES[mode])
    environment |= {
        "PENSTOCK_NATS_URL": nats.url,
        "PENSTOCK_HTTP_ADDRESS": f"127.0.0.1:{free_port()}",
        "PENSTOCK_GRPC_ADDRESS": "127.0.0.1:0",
        "PENSTOCK_DATABASE_URL": f"sqlite:///{folder}/delivery.db",
        "PENSTOCK_EXECUTOR_ADDRESSES": json.dumps([executor]),
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "" if mode == "off" else f"http://{traces}",
    }
    receiver = ["cli.traces.receiver", "--address", traces, "--database", str(folder / "traces.db")]
    async with (
        _process(["tests.bench.telemetry", "executor", executor], environment),
        _process(receiver, environment),
    ):
        yield environment


async def _way(mode: str, nats: NatsServer, environment: Mapping[str, str], events: int) -> float:
    """Send events through; give the CPU time that the services used, in seconds."""
    http = environment["PENSTOCK_HTTP_ADDRESS"]
    async with Bus.open(nats.url, name="bench") as bus:
        await declare_streams(bus, StreamLimits(inbox_per_source=2 * events, deliveries_per_destination=2 * events))
        await _configure(bus)
        gateway, delivery = (["tests.bench.telemetry", "serve", mode, name] for name in _SERVICES)
        async with _process(gateway, environment) as pid:
            await until(lambda: _is_ready(http), timeout_s=60)
            before = _cpu_s(pid)
            await _webhooks(http, events)
            used_s = _cpu_s(pid) - before
        async with _process(delivery, environment) as pid:
            await until(lambda: _outcomes(bus), timeout_s=60)
            before = _cpu_s(pid)
            await until(lambda: _is_settled(bus), timeout_s=300)
            return used_s + _cpu_s(pid) - before


async def _configure(bus: Bus) -> None:
    store = ConfigStore(bus)
    source = config_pb2.SourceConfig(
        source_id="src_hook",
        workspace_id="ws_1",
        enabled=True,
        destination_ids=["dst_1"],
        function=config_pb2.InstanceConfig(instance_id="ins_source", function_id="fn_1"),
    )
    destination = config_pb2.DestinationConfig(
        destination_id="dst_1",
        workspace_id="ws_1",
        name="d",
        enabled=True,
        function=config_pb2.InstanceConfig(instance_id="ins_1", function_id="fn_2"),
    )
    await store.put("destination.dst_1", destination)
    await store.put("source.src_hook", source)
    await store.put(f"token.{digest('src_hook')}", config_pb2.TokenConfig(workspace_id="ws_1", source_id="src_hook"))


async def _outcomes(bus: Bus) -> int:
    return (await bus.jetstream.stream_info("OUTCOMES")).state.messages


async def _is_settled(bus: Bus) -> bool:
    infos = [await bus.jetstream.stream_info(name) for name in ("INBOX", "DELIVERIES")]
    return all(info.state.messages == 0 for info in infos)


async def _execute(address: str) -> None:
    executor = ScriptedExecutor()
    executor.scripts = {"ins_source": lambda _: returned(_MESSAGE), "ins_1": lambda _: returned()}
    async with serving(executor, address=address):
        await asyncio.Event().wait()


def _serve(mode: str, service: str) -> None:
    if mode == "off":
        _take_telemetry_out()
    sys.argv = [service]
    runpy.run_module(f"services.{service}", run_name="__main__")


def _take_telemetry_out() -> None:
    """Have the event's way make no contexts, spans, trails or measurements at all, which no setting does."""
    context = SpanContext(1, 1, is_remote=False)
    nothing = lambda *_, **__: None  # noqa: E731
    Tracing.begin = lambda *_, **__: context
    Tracing.keeps = lambda *_, **__: False
    Tracing.record_span = lambda *_, **__: context
    Spans.begin_run = Spans.begin_trial = lambda *_, **__: (None, context)
    Spans.invocation = lambda _, name, __: executor_service_pb2.Invocation(id=name, span_id="1")
    Spans.trail = lambda *_, **__: trail_pb2.Trail()
    Spans.source_run = Spans.delivery = Histogram.record = nothing
    outcomes.measure = metrics.count = nothing
    accept._tell_of_acceptance = webhooks.record_accepting = ingest.record_accepting = nothing
    webhooks.parse_traceparent = nothing
    for module in (accept, webhooks):
        module.inject = lambda _: {}


def main(arguments: list[str]) -> None:
    """Measure and print, or be one of the processes that are measured."""
    match arguments:
        case ["executor", address]:
            asyncio.run(_execute(address))
        case ["serve", mode, service]:
            _serve(mode, service)
        case _:
            given = dict(zip(("events", "rounds"), map(int, arguments), strict=False))
            show("telemetry on the way of an event", measure(**given))


if __name__ == "__main__":
    main(sys.argv[1:])
