"""gRPC between the services: one way to serve, one way to connect, the same rules on both sides."""

from shared.rpc.access import Caller, caller
from shared.rpc.choice import ExecutorChoice
from shared.rpc.client import acting_for, connect
from shared.rpc.server import RpcServer

__all__ = ["Caller", "ExecutorChoice", "RpcServer", "acting_for", "caller", "connect"]
