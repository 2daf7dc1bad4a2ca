"""AuditService."""

from __future__ import annotations

from typing import Any

from penstock.registry.v1 import audit_pb2, audit_pb2_grpc
from services.registry.paging import decode_token, encode_token, fitting, page_size
from services.registry.servicers.scope import actor
from services.registry.store.audit import AuditStore


class AuditServicer(audit_pb2_grpc.AuditServiceServicer):
    """The audit trail of the caller's workspace."""

    def __init__(self, entries: AuditStore) -> None:
        self._entries = entries

    async def ListAuditEntries(
        self, request: audit_pb2.ListAuditEntriesRequest, context: Any
    ) -> audit_pb2.ListAuditEntriesResponse:
        """List entries, the latest first."""
        query, size = f"audit/{request.resource_id}", page_size(request.page_size)
        before = decode_token(request.page_token, query=query)
        found = await self._entries.page(
            actor().workspace_id, resource_id=request.resource_id, before=before, limit=size + 1
        )
        page = fitting(found[:size])
        more = encode_token(page[-1].audit_id, query=query) if len(page) < len(found) else ""
        return audit_pb2.ListAuditEntriesResponse(entries=page, next_page_token=more)
