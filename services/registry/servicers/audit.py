"""AuditService."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from penstock.registry.v1 import audit_pb2, audit_pb2_grpc
from services.registry.paging import decode_token, encode_token, fitting, page_size
from services.registry.servicers.scope import actor
from services.registry.store.audit import AuditFilter, AuditStore
from services.registry.validation import refuse
from shared.errors import FieldViolation

_LONGEST_TEXT = 200


class AuditServicer(audit_pb2_grpc.AuditServiceServicer):
    """The audit trail of the caller's workspace."""

    def __init__(self, entries: AuditStore) -> None:
        self._entries = entries

    async def ListAuditEntries(
        self, request: audit_pb2.ListAuditEntriesRequest, context: Any
    ) -> audit_pb2.ListAuditEntriesResponse:
        """List entries, the latest first."""
        wanted, size = _wanted(request), page_size(request.page_size)
        query = _query(request)
        before = decode_token(request.page_token, query=query)
        found = await self._entries.page(actor().workspace_id, wanted, before=before, limit=size + 1)
        page = fitting(found[:size])
        more = encode_token(page[-1].audit_id, query=query) if len(page) < len(found) else ""
        return audit_pb2.ListAuditEntriesResponse(entries=page, next_page_token=more)


def _wanted(request: audit_pb2.ListAuditEntriesRequest) -> AuditFilter:
    start, end = _moment(request, "start_time"), _moment(request, "end_time")
    if start and end and start >= end:
        refuse(FieldViolation("end_time", "must be after start_time"))
    return AuditFilter(
        resource_id=_text(request, "resource_id"),
        action=_text(request, "action"),
        actor=_text(request, "actor"),
        start=start,
        end=end,
    )


def _query(request: audit_pb2.ListAuditEntriesRequest) -> str:
    """Name the list that a page belongs to: all that is asked for but the page itself."""
    asked = audit_pb2.ListAuditEntriesRequest()
    asked.CopyFrom(request)
    asked.ClearField("page_size")
    asked.ClearField("page_token")
    return f"audit/{asked.SerializeToString(deterministic=True).hex()}"


def _text(request: audit_pb2.ListAuditEntriesRequest, field: str) -> str:
    text: str = getattr(request, field)
    if len(text) > _LONGEST_TEXT or "\0" in text:
        refuse(FieldViolation(field, f"may have up to {_LONGEST_TEXT} characters, and no zero character"))
    return text


def _moment(request: audit_pb2.ListAuditEntriesRequest, field: str) -> datetime | None:
    if not request.HasField(field):  # pyright: ignore[reportArgumentType] it is one of the two times
        return None
    moment: Timestamp = getattr(request, field)
    try:
        return moment.ToDatetime(UTC)
    except (ValueError, OverflowError):
        refuse(FieldViolation(field, "is no time between the years 1 and 9999"))
