"""Calls of people, passed on unparsed to the service that owns the method.

The caller's token has been turned into an actor by then, and the contract's access checked, for people whose roles
are for listed resources on the parsed request too. The owner of the method checks all of it again: whoever comes past
the gateway meets the same door. What comes back passes through as it is, errors with their details included.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol, cast

import grpc

from penstock.access.v1 import access_pb2
from services.gateway.peers import address_of_peer
from shared.errors import Unauthenticated, Unavailable
from shared.rpc.access import caller
from shared.rpc.client import acting_for

_RETRY_S = 1.0


class Owner(Protocol):
    """Who answers for a service, in one process or in several."""

    def channel(self, key: str, /) -> AbstractContextManager[grpc.aio.Channel]:
        """Give the channel for one call, which ends with the block. Calls of one key go to the same processes."""
        ...


class OneOwner:
    """A service of one process."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._channel = channel

    @contextmanager
    def channel(self, _key: str, /) -> Generator[grpc.aio.Channel]:
        yield self._channel


class Forwarder(grpc.GenericRpcHandler):
    """Answers for the services of other processes; `owners` maps their full names to those who answer."""

    def __init__(self, owners: Mapping[str, Owner]) -> None:
        self._owners = owners

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        """Give the handler of a method, None for those of other services."""
        method = handler_call_details.method
        owner = self._owners.get(method.strip("/").rpartition("/")[0])
        if owner is None:
            return None
        make: Any = grpc.unary_unary_rpc_method_handler
        return make(_passing_on(owner, method))


def _passing_on(owner: Owner, method: str) -> Callable[[bytes, Any], Any]:
    async def pass_on(request: bytes, context: Any) -> bytes:
        found = caller().actor
        if found is None:
            raise Unauthenticated("This method wants an API token.", reason="TOKEN_INVALID")
        actor = access_pb2.Actor()
        actor.CopyFrom(found)
        actor.remote_address = address_of_peer(context.peer())
        try:
            with owner.channel(actor.workspace_id) as channel:
                # Without serializers, requests and answers stay bytes.
                call = cast("Any", channel).unary_unary(method)
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
