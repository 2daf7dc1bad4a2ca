"""Channels to other services: a call tells who makes it, has a deadline, and raises what the other side raised."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import grpc
from grpc.aio import ClientCallDetails, Metadata

from penstock.access.v1 import access_pb2
from shared.errors import from_rpc_error
from shared.rpc.conventions import ACTOR_METADATA, MESSAGE_LIMITS

# A call without a deadline of its own has this one.
DEFAULT_TIMEOUT_S = 10.0

Continuation = Callable[[ClientCallDetails, Any], Any]


def connect(
    address: str,
    *,
    token: str = "",
    timeout_s: float = DEFAULT_TIMEOUT_S,
    interceptors: Sequence[grpc.aio.ClientInterceptor] = (),
) -> grpc.aio.Channel:
    """Open a channel that calls as the holder of `token`; keep it for the life of the process.

    Calls with one request are made as the holder, and raise the classes of `shared.errors`; streams of requests bring
    their own metadata. `timeout_s` is the deadline of calls that set none. `interceptors` come behind those that see to
    all this.
    """
    return grpc.aio.insecure_channel(
        address,
        options=[
            *MESSAGE_LIMITS,
            # A service that restarts is back in a second or two: try again soon, not after the default minute.
            ("grpc.initial_reconnect_backoff_ms", 100),
            ("grpc.max_reconnect_backoff_ms", 1000),
        ],
        interceptors=[_UnaryCalls(token, timeout_s), _StreamCalls(token, timeout_s), *interceptors],
    )


def acting_for(actor: access_pb2.Actor) -> Metadata:
    """Metadata of a call that the gateway makes for a person."""
    return Metadata((ACTOR_METADATA, actor.SerializeToString()))


class _Calls:
    def __init__(self, token: str, timeout_s: float) -> None:
        self._authorization = ("authorization", f"Bearer {token}") if token else None
        self._timeout_s = timeout_s

    def _details(self, details: ClientCallDetails) -> ClientCallDetails:
        metadata = Metadata(*(details.metadata or ()))
        if self._authorization:
            metadata.add(*self._authorization)
        timeout = self._timeout_s if details.timeout is None else details.timeout
        return details._replace(metadata=metadata, timeout=timeout)  # type: ignore[attr-defined]  # a named tuple, as yet undocumented


class _UnaryCalls(_Calls, grpc.aio.UnaryUnaryClientInterceptor):  # type: ignore[misc]
    async def intercept_unary_unary(
        self, continuation: Continuation, client_call_details: ClientCallDetails, request: Any
    ) -> Any:
        call = await continuation(self._details(client_call_details), request)
        try:
            return await call
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from None


class _StreamCalls(_Calls, grpc.aio.UnaryStreamClientInterceptor):  # type: ignore[misc]
    async def intercept_unary_stream(
        self, continuation: Continuation, client_call_details: ClientCallDetails, request: Any
    ) -> Any:
        return _raising(await continuation(self._details(client_call_details), request))


async def _raising(call: Any) -> AsyncIterator[Any]:
    try:
        async for response in call:
            yield response
    except grpc.aio.AioRpcError as error:
        raise from_rpc_error(error) from None
