"""Calls of people, passed on unparsed to the service that owns the method.

The caller's token has been turned into an actor by then, and the contract's access checked. What comes back passes
through as it is, errors with their details included.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import grpc

from shared.errors import Unauthenticated, Unavailable
from shared.rpc.access import caller
from shared.rpc.client import acting_for

_RETRY_S = 1.0


class Forwarder(grpc.GenericRpcHandler):
    """Answers for the services of other processes; `owners` maps their full names to channels."""

    def __init__(self, owners: Mapping[str, grpc.aio.Channel]) -> None:
        self._owners = owners

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        """Give the handler of a method, None for those of other services."""
        method = handler_call_details.method
        channel = self._owners.get(method.strip("/").rpartition("/")[0])
        if channel is None:
            return None
        make: Any = grpc.unary_unary_rpc_method_handler
        return make(_passing_on(channel, method))


def _passing_on(channel: grpc.aio.Channel, method: str) -> Callable[[bytes, Any], Any]:
    # Without serializers, requests and answers stay bytes.
    call = cast("Any", channel).unary_unary(method)

    async def pass_on(request: bytes, context: Any) -> bytes:
        actor = caller().actor
        if actor is None:
            raise Unauthenticated("This method wants an API token.", reason="TOKEN_INVALID")
        try:
            return await call(request, metadata=acting_for(actor), timeout=context.time_remaining())
        except Unavailable as error:
            raise _named(error, method) from None

    return pass_on


def _named(error: Unavailable, method: str) -> Unavailable:
    """Tell which service is away; what a service said itself stays as it is."""
    if error.reason != Unavailable.default_reason:
        return error
    owner = method.split(".")[1]
    return Unavailable(f"{owner} cannot be reached.", reason="SERVICE_UNAVAILABLE", retry_delay_s=_RETRY_S)
