"""The handlers of gRPC methods: four kinds, of which interceptors change the one thing that all have, the behaviour."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import grpc

# Nothing here looks into requests or responses, so their types stay open.
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
Behavior = Callable[[Any, Any], Any]


def with_behavior(handler: Handler, wrap: Callable[[Behavior], Behavior]) -> Handler:
    """Make a handler of the same kind, whose behaviour is the wrapped one of `handler`."""
    kinds: dict[tuple[bool, bool], tuple[str, Callable[..., Handler]]] = {
        (False, False): ("unary_unary", grpc.unary_unary_rpc_method_handler),
        (False, True): ("unary_stream", grpc.unary_stream_rpc_method_handler),
        (True, False): ("stream_unary", grpc.stream_unary_rpc_method_handler),
        (True, True): ("stream_stream", grpc.stream_stream_rpc_method_handler),
    }
    name, make = kinds[bool(handler.request_streaming), bool(handler.response_streaming)]
    return make(wrap(getattr(handler, name)), handler.request_deserializer, handler.response_serializer)
