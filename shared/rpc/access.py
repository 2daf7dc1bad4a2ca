"""Who may call: the one place that compares a caller with what the contract says of a method."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import grpc
from google.protobuf import descriptor_pool
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health
from grpc_reflection.v1alpha import reflection

from penstock.access.v1 import access_pb2
from penstock.config.v1 import config_pb2
from shared.errors import InvalidArgument, PenstockError, PermissionDenied, Unauthenticated
from shared.rpc.conventions import ACTOR_METADATA
from shared.rpc.errors import Continuation, failing_handler
from shared.rpc.identity import digest
from shared.rpc.roles import reach, require_covered
from shared.rpc_handlers import Behavior, Handler, with_behavior

# Only the gateway knows people, so only it may speak for one.
_SPEAKS_FOR_PEOPLE = "gateway"
_OPEN_TO_ALL = (health.SERVICE_NAME, reflection.SERVICE_NAME)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: a service, the person that it acts for, or the holder of a source's write key.

    `scope` is set for a method that runs: the resources for which the person may call it, None for all. `token_digest`
    finds the token again, to ask later whether it still opens anything.
    """

    service: str = ""
    actor: access_pb2.Actor | None = None
    source: config_pb2.TokenConfig | None = None
    scope: frozenset[str] | None = None
    token_digest: str = ""


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
        """Give the caller. Raises Unauthenticated for a token that no service has, PermissionDenied for an actor that
        is not its to name.
        """
        service = self._service_of(bearer(metadata))
        if service is None:
            raise Unauthenticated("The call carries no token of a service of this installation.")
        actor = metadata.get(ACTOR_METADATA)
        if not isinstance(actor, bytes):
            return Caller(service=service)
        if service != _SPEAKS_FOR_PEOPLE:
            raise PermissionDenied(f"{service} may not act for a person.")
        return Caller(service=service, actor=_actor(actor))


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
            admitted = admit(found, service, method)
        except PenstockError as error:
            return failing_handler(handler, error)
        # Calls are handled in a task each, so the variable reaches this call's handler and no other.
        _caller.set(admitted)
        return handler if admitted.scope is None else _checking_requests(handler, service, method, admitted)


def admit(found: Caller, service: str, method: str) -> Caller:
    """Give the caller with the scope in which it may call a method. Raises PermissionDenied when it may not.

    With a scope, `require_request` is to be asked of each request before anything is done for it.
    """
    access, path = access_of(service, method), f"/{service}/{method}"
    if found.actor:
        return replace(found, scope=reach(found.actor, access, path))
    allowed = access.write_key if found.source else found.service in access.services
    if not allowed:
        raise PermissionDenied(f"The caller may not call {path}.", metadata={"method": path})
    return found


def require_request(admitted: Caller, service: str, method: str, request: Message | bytes) -> None:
    """Raise PermissionDenied when a request is about resources outside of the caller's scope.

    A method whose answers are filtered sees to its scope itself. The gateway passes requests on unparsed; one of a
    person with a scope is parsed here all the same, so that the gateway refuses what the owner of the method would.
    """
    access = access_of(service, method)
    if admitted.scope is None or access.filtered:
        return
    parsed = _parsed(service, method, request) if isinstance(request, bytes) else request
    require_covered(parsed, access.resources, admitted.scope)


@lru_cache(maxsize=256)
def access_of(service: str, method: str) -> access_pb2.Access:
    """Read a method's `access` option; an empty one where the contract has none. The contract must be imported."""
    try:
        descriptor = descriptor_pool.Default().FindMethodByName(f"{service}.{method}")
    except KeyError:
        return access_pb2.Access()
    return descriptor.GetOptions().Extensions[access_pb2.access]


def _checking_requests(handler: Handler, service: str, method: str, admitted: Caller) -> Handler:
    def checked(request: Any) -> Any:
        require_request(admitted, service, method, request)
        return request

    async def each_checked(requests: AsyncIterator[Any]) -> AsyncIterator[Any]:
        async for request in requests:
            yield checked(request)

    def wrap(behavior: Behavior) -> Behavior:
        check = each_checked if handler.request_streaming else checked
        return lambda request, context: behavior(check(request), context)

    return with_behavior(handler, wrap)


def _parsed(service: str, method: str, request: bytes) -> Message:
    descriptor = descriptor_pool.Default().FindMethodByName(f"{service}.{method}")
    try:
        return GetMessageClass(descriptor.input_type).FromString(request)
    except DecodeError:
        raise InvalidArgument("The request is no message of this method.") from None


def _actor(sent: bytes) -> access_pb2.Actor:
    try:
        actor = access_pb2.Actor.FromString(sent)
    except DecodeError:
        raise Unauthenticated("The call names nobody that can be read.") from None
    if not actor.workspace_id:
        raise Unauthenticated("The call names a person without a workspace.")
    return actor
