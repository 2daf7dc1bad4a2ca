"""Traces and logs of every service.

`tracing` makes spans, `otlp` sends them, `sampling` chooses which, `propagation` carries their context over HTTP, gRPC
and NATS, `rpc_client` and `rpc_server` are the gRPC interceptors, `attributes` names what spans carry, `logs` writes
logs.
"""
