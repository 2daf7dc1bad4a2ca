"""Who may call: the one place that compares a caller with what the contract says of a method."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache

import grpc
from google.protobuf import descriptor_pool
from grpc_health.v1 import health
from grpc_reflection.v1alpha import reflection

from penstock.access.v1 import access_pb2
from penstock.config.v1 import config_pb2
from shared.errors import PenstockError, PermissionDenied, Unauthenticated
from shared.rpc.conventions import ACTOR_METADATA
from shared.rpc.errors import Continuation, failing_handler
from shared.rpc.identity import digest
from shared.rpc_handlers import Handler

# Only the gateway knows people, so only it may speak for one.
_SPEAKS_FOR_PEOPLE = "gateway"
_OPEN_TO_ALL = (health.SERVICE_NAME, reflection.SERVICE_NAME)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: a service, the person that it acts for, or the holder of a source's write key."""

    service: str = ""
    actor: access_pb2.Actor | None = None
    source: config_pb2.TokenConfig | None = None


Authenticate = Callable[[Mapping[str, str | bytes]], Awaitable[Caller]]

_caller: ContextVar[Caller] = ContextVar("caller")


def caller() -> Caller:
    """Tell who called the running method. Only inside of one."""
    return _caller.get()


def bearer(metadata: Mapping[str, str | bytes]) -> str:
    """Give the token of `authorization: Bearer …`; empty when there is none."""
    scheme, _, token = str(metadata.get("authorization", "")).partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


class ServiceAuthenticator:
    """Knows services by their tokens, and people by what the gateway says of them."""

    def __init__(self, identities: Mapping[str, str]) -> None:
        @lru_cache(maxsize=64)  # hashing takes longer than all else here, and there are few services
        def service_of(token: str) -> str | None:
            return identities.get(digest(token))

        self._service_of = service_of

    async def __call__(self, metadata: Mapping[str, str | bytes]) -> Caller:
        """Give the caller. Raises Unauthenticated for a token that no service has."""
        service = self._service_of(bearer(metadata))
        if service is None:
            raise Unauthenticated("The call carries no token of a service of this installation.")
        actor = metadata.get(ACTOR_METADATA)
        if not isinstance(actor, bytes):
            return Caller(service=service)
        if service != _SPEAKS_FOR_PEOPLE:
            raise PermissionDenied(f"{service} may not act for a person.")
        return Caller(service=service, actor=access_pb2.Actor.FromString(actor))


class AccessInterceptor(grpc.aio.ServerInterceptor):
    """Lets a call through when the contract's `access` option names its caller."""

    def __init__(self, authenticate: Authenticate) -> None:
        self._authenticate = authenticate

    async def intercept_service(  # pyright: ignore[reportIncompatibleMethodOverride] the stubs forget unknown methods
        self,
        continuation: Continuation,
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        handler = await continuation(handler_call_details)
        service, method = handler_call_details.method.strip("/").split("/")
        if service in _OPEN_TO_ALL or handler is None:
            return handler
        try:
            found = await self._authenticate(dict(handler_call_details.invocation_metadata))
            _check(found, access_of(service, method), handler_call_details.method)
        except PenstockError as error:
            return failing_handler(handler, error)
        # Calls are handled in a task each, so the variable reaches this call's handler and no other.
        _caller.set(found)
        return handler


@lru_cache(maxsize=256)
def access_of(service: str, method: str) -> access_pb2.Access:
    """Read a method's `access` option; an empty one where the contract has none. The contract must be imported."""
    try:
        descriptor = descriptor_pool.Default().FindMethodByName(f"{service}.{method}")
    except KeyError:
        return access_pb2.Access()
    return descriptor.GetOptions().Extensions[access_pb2.access]


def _check(found: Caller, access: access_pb2.Access, method: str) -> None:
    if found.actor:
        allowed = access.role != access_pb2.ROLE_UNSPECIFIED and _has_role(found.actor, access.role)
    elif found.source:
        allowed = access.write_key
    else:
        allowed = found.service in access.services
    if not allowed:
        raise PermissionDenied(f"The caller may not call {method}.", metadata={"method": method})


def _has_role(actor: access_pb2.Actor, role: access_pb2.Role.ValueType) -> bool:
    if role == access_pb2.ROLE_FUNCTIONS_READ_ONLY and access_pb2.ROLE_FUNCTIONS_ADMIN in actor.roles:
        return True
    return role in actor.roles or access_pb2.ROLE_OWNER in actor.roles
