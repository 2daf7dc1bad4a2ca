"""The gRPC server of a service: health, reflection, access, errors and traces are the same in all of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, cast

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from shared.rpc.access import AccessInterceptor, Authenticate
from shared.rpc.conventions import MESSAGE_LIMITS
from shared.rpc.errors import ErrorInterceptor
from shared.telemetry.rpc_server import TracingServerInterceptor
from shared.telemetry.tracing import Tracing

# A client that does not answer a ping is gone, whatever its connection says.
_KEEPALIVE = (("grpc.keepalive_time_ms", 30_000), ("grpc.keepalive_timeout_ms", 10_000))
# Time that calls in flight have to finish when the service stops.
_GRACE_S = 5.0


class RpcServer:
    """Serves contracts on one port.

    `add` gets the server and adds servicers with the generated functions; `names` are the full names of the services,
    for reflection and health. With `tracing`, each call is a span, but for methods whose names begin as one of
    `untraced`: those whose requests carry the context of each event. Above `max_calls` at a time, calls are refused
    (RESOURCE_EXHAUSTED) before they are looked at. The server tells SERVING from `start` to `stop`.
    """

    def __init__(
        self,
        *,
        address: str,
        names: Sequence[str],
        add: Callable[[grpc.aio.Server], None],
        authenticate: Authenticate,
        tracing: Tracing | None = None,
        untraced: Collection[str] = (),
        max_calls: int | None = None,
    ) -> None:
        traced = [TracingServerInterceptor(tracing, untraced=untraced)] if tracing else []
        self._server = grpc.aio.server(
            interceptors=[*traced, ErrorInterceptor(), AccessInterceptor(authenticate)],
            # Two services on one port would share the calls between them without a word.
            options=[*MESSAGE_LIMITS, *_KEEPALIVE, ("grpc.so_reuseport", 0)],
            maximum_concurrent_rpcs=max_calls,
        )
        # The asynchronous half of the package has no types.
        self._health: Any = cast("Any", health).aio.HealthServicer()
        self._names = names
        add(self._server)
        cast("Any", health_pb2_grpc).add_HealthServicer_to_server(self._health, self._server)
        reflection.enable_server_reflection([*names, health.SERVICE_NAME, reflection.SERVICE_NAME], self._server)
        self.port = self._server.add_insecure_port(address)

    async def start(self) -> None:
        """Take calls."""
        await self._server.start()
        for name in ("", *self._names):
            await self.tell(name, serving=True)

    async def tell(self, name: str, *, serving: bool) -> None:
        """Tell the health of one of the services; of the process with the name ``""``."""
        status = health_pb2.HealthCheckResponse
        await self._health.set(name, status.SERVING if serving else status.NOT_SERVING)

    async def stop(self) -> None:
        """Take no more calls, and wait for those in flight, at most 5 s."""
        await self._health.enter_graceful_shutdown()
        await self._server.stop(_GRACE_S)
