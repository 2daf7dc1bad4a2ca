"""Registry's gRPC server over its stores."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import grpc

from penstock.registry.v1 import (
    audit_pb2,
    audit_pb2_grpc,
    destination_pb2,
    destination_pb2_grpc,
    filter_pb2,
    filter_pb2_grpc,
    function_pb2,
    function_pb2_grpc,
    insert_function_instance_pb2,
    insert_function_instance_pb2_grpc,
    member_pb2,
    member_pb2_grpc,
    source_pb2,
    source_pb2_grpc,
    token_pb2,
    token_pb2_grpc,
    workspace_pb2,
    workspace_pb2_grpc,
)
from services.registry.code_checker import CodeChecker
from services.registry.secret_values import SecretValues
from services.registry.servicers.audit import AuditServicer
from services.registry.servicers.destinations import DestinationServicer
from services.registry.servicers.filters import FilterServicer
from services.registry.servicers.functions import FunctionServicer
from services.registry.servicers.inserts import InsertFunctionInstanceServicer
from services.registry.servicers.members import MemberServicer
from services.registry.servicers.sources import SourceServicer
from services.registry.servicers.tokens import TokenServicer
from services.registry.servicers.workspaces import WorkspaceServicer
from services.registry.store.audit import AuditStore
from services.registry.store.deployments import DeploymentStore
from services.registry.store.destinations import DestinationStore
from services.registry.store.filters import FilterStore
from services.registry.store.functions import FunctionStore
from services.registry.store.inserts import InsertStore
from services.registry.store.instances import Instances
from services.registry.store.members import MemberStore
from services.registry.store.sources import SourceStore
from services.registry.store.tokens import TokenStore
from services.registry.store.transactions import Transactions
from services.registry.store.versions import VersionStore
from services.registry.store.workspaces import WorkspaceStore
from services.registry.store.write_keys import WriteKeyStore
from shared.database import Database
from shared.rpc.access import Authenticate
from shared.rpc.server import RpcServer
from shared.telemetry.tracing import Tracing

SERVICES = [
    file.DESCRIPTOR.services_by_name[name].full_name
    for file in (
        audit_pb2,
        destination_pb2,
        filter_pb2,
        function_pb2,
        insert_function_instance_pb2,
        member_pb2,
        source_pb2,
        token_pb2,
        workspace_pb2,
    )
    for name in file.DESCRIPTOR.services_by_name
]


def registry_server(
    *,
    address: str,
    database: Database,
    on_commit: Callable[[], Awaitable[None]],
    checker: CodeChecker,
    secrets: SecretValues,
    max_functions: int,
    authenticate: Authenticate,
    tracing: Tracing | None = None,
) -> RpcServer:
    """Make the server; it waits for `on_commit` after each change, and asks the services `checker` and `secrets`."""
    transactions = Transactions(database, on_commit=on_commit)
    instances = Instances(secrets)
    functions = FunctionServicer(
        functions=FunctionStore(transactions=transactions, instances=instances, limit=max_functions),
        versions=VersionStore(transactions=transactions),
        deployments=DeploymentStore(transactions=transactions),
        checker=checker,
    )
    sources = SourceServicer(
        SourceStore(transactions=transactions, instances=instances), WriteKeyStore(transactions=transactions)
    )
    destinations = DestinationServicer(DestinationStore(transactions=transactions, instances=instances))
    inserts = InsertFunctionInstanceServicer(InsertStore(transactions=transactions, instances=instances))
    filters = FilterServicer(FilterStore(transactions=transactions))
    workspaces = WorkspaceServicer(WorkspaceStore(database, on_commit=on_commit))
    audit = AuditServicer(AuditStore(database))
    members = MemberServicer(MemberStore(transactions=transactions))
    tokens = TokenServicer(TokenStore(transactions=transactions))

    def add(server: grpc.aio.Server) -> None:
        function_pb2_grpc.add_FunctionServiceServicer_to_server(functions, server)
        source_pb2_grpc.add_SourceServiceServicer_to_server(sources, server)
        destination_pb2_grpc.add_DestinationServiceServicer_to_server(destinations, server)
        insert_function_instance_pb2_grpc.add_InsertFunctionInstanceServiceServicer_to_server(inserts, server)
        filter_pb2_grpc.add_FilterServiceServicer_to_server(filters, server)
        audit_pb2_grpc.add_AuditServiceServicer_to_server(audit, server)
        workspace_pb2_grpc.add_WorkspaceServiceServicer_to_server(workspaces, server)
        member_pb2_grpc.add_MemberServiceServicer_to_server(members, server)
        token_pb2_grpc.add_TokenServiceServicer_to_server(tokens, server)

    return RpcServer(address=address, names=SERVICES, add=add, authenticate=authenticate, tracing=tracing)
