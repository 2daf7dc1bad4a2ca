"""Turns what a method raises into the status that the caller gets."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeAlias, cast

import grpc
import structlog
from grpc_status import rpc_status

from shared.errors import Internal, PenstockError
from shared.rpc_handlers import Behavior, Handler, with_behavior

_log = structlog.get_logger()

Continuation: TypeAlias = "Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]]"
Context = grpc.aio.ServicerContext[Any, Any]


class ErrorInterceptor(grpc.aio.ServerInterceptor):
    """Sends a PenstockError as it is; of anything else the caller learns only that it is a defect, and the log all."""

    def __init__(self) -> None:
        # A method's handler is the same for each call, and wrapping it takes longer than some calls.
        self._wrapped: dict[str, tuple[Handler, Handler]] = {}

    async def intercept_service(  # pyright: ignore[reportIncompatibleMethodOverride] the stubs forget unknown methods
        self,
        continuation: Continuation,
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        handler, method = await continuation(handler_call_details), handler_call_details.method
        if handler is None:
            return None
        known, wrapped = self._wrapped.get(method, (None, handler))
        if known is not handler:
            wrapped = _with_status(handler, method)
            self._wrapped[method] = handler, wrapped
        return wrapped


def failing_handler(handler: Handler, error: PenstockError) -> Handler:
    """Make a handler of the same shape that only fails."""

    async def one(_request: object, _context: Context) -> None:
        raise error

    async def many(_request: object, _context: Context) -> AsyncIterator[None]:
        raise error
        yield

    return with_behavior(handler, lambda _: many if handler.response_streaming else one)


def _with_status(handler: Handler, method: str) -> Handler:
    def wrap(behavior: Behavior) -> Behavior:
        @functools.wraps(behavior)
        async def one(request: object, context: Context) -> object:
            try:
                return await behavior(request, context)
            except Exception as error:  # noqa: BLE001 any failure must become a status
                return await _abort(error, context, method)

        @functools.wraps(behavior)
        async def many(request: object, context: Context) -> AsyncIterator[object]:
            try:
                async for response in behavior(request, context):
                    yield response
            except Exception as error:  # noqa: BLE001 any failure must become a status
                await _abort(error, context, method)

        return many if handler.response_streaming else one

    return with_behavior(handler, wrap)


async def _abort(error: Exception, context: Context, method: str) -> None:
    if isinstance(error, grpc.aio.AbortError):
        raise error
    if not isinstance(error, PenstockError):
        _log.exception("rpc.failed", method=method)
        error = Internal("The service met a defect; its log has the details.")
    await context.abort_with_status(cast("Any", rpc_status).to_status(error.to_status()))
