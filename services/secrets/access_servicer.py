"""SecretAccessService."""

from __future__ import annotations

from typing import Any

from penstock.secrets.v1 import access_service_pb2, access_service_pb2_grpc
from services.secrets.paging import decode_token, encode_token, page_size
from services.secrets.store.accesses import list_accesses
from shared.database import Database
from shared.errors import Internal
from shared.rpc.access import caller


class SecretAccessServicer(access_service_pb2_grpc.SecretAccessServiceServicer):
    """The accesses to the secrets of the caller's workspace."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ListSecretAccesses(
        self, request: access_service_pb2.ListSecretAccessesRequest, context: Any
    ) -> access_service_pb2.ListSecretAccessesResponse:
        """List accesses, the latest first."""
        actor = caller().actor
        if actor is None:
            raise Internal("A service has no accesses to list.")
        query, size = f"accesses/{request.instance_id}", page_size(request.page_size)
        found = await list_accesses(
            self._database,
            actor.workspace_id,
            instance_id=request.instance_id,
            before=decode_token(request.page_token, query=query),
            limit=size + 1,
        )
        more = encode_token(found[size - 1][0], query=query) if len(found) > size else ""
        return access_service_pb2.ListSecretAccessesResponse(
            accesses=[message for _number, message in found[:size]], next_page_token=more
        )
