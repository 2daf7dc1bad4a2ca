"""FilterService."""

from __future__ import annotations

from typing import Any

from penstock.registry.v1 import filter_pb2, filter_pb2_grpc
from services.registry.filter_inputs import filter_input, message_input
from services.registry.inputs import request_input
from services.registry.paging import decode_token, encode_token, fitting, page_size
from services.registry.servicers.scope import actor
from services.registry.store.filters import FilterStore, FilterUpdate
from services.registry.store.messages import json_bytes
from services.registry.validation import mask_paths
from shared.filters import apply

_CHANGEABLE = ("title", "description", "condition", "actions", "enabled")


class FilterServicer(filter_pb2_grpc.FilterServiceServicer):
    """The destination filters of the caller's workspace."""

    def __init__(self, filters: FilterStore) -> None:
        self._filters = filters

    async def CreateFilter(
        self, request: filter_pb2.CreateFilterRequest, context: Any
    ) -> filter_pb2.CreateFilterResponse:
        """Add a filter."""
        return await self._filters.create(
            actor().workspace_id,
            filter_input(request.filter, _CHANGEABLE),
            destination=request.filter.destination_id,
            source=request.filter.source_id,
            sent=request_input(request),
        )

    async def GetFilter(self, request: filter_pb2.GetFilterRequest, context: Any) -> filter_pb2.GetFilterResponse:
        """Give a filter."""
        found = await self._filters.get(actor().workspace_id, request.destination_id, request.filter_id)
        return filter_pb2.GetFilterResponse(filter=found)

    async def ListFilters(self, request: filter_pb2.ListFiltersRequest, context: Any) -> filter_pb2.ListFiltersResponse:
        """List the filters of a destination."""
        query, size = f"filters/{request.destination_id}", page_size(request.page_size)
        after = decode_token(request.page_token, query=query)
        found = await self._filters.page(actor().workspace_id, request.destination_id, after=after, limit=size + 1)
        page = fitting(found[:size])
        more = encode_token(page[-1].filter_id, query=query) if len(page) < len(found) else ""
        return filter_pb2.ListFiltersResponse(filters=page, next_page_token=more)

    async def UpdateFilter(
        self, request: filter_pb2.UpdateFilterRequest, context: Any
    ) -> filter_pb2.UpdateFilterResponse:
        """Change fields of a filter."""
        fields, sent = mask_paths(request.update_mask, _CHANGEABLE), request.filter
        update = FilterUpdate(
            values=filter_input(sent, fields), fields=fields, etag=sent.etag, sent=request_input(request)
        )
        return await self._filters.update(actor().workspace_id, sent.destination_id, sent.filter_id, update)

    async def DeleteFilter(
        self, request: filter_pb2.DeleteFilterRequest, context: Any
    ) -> filter_pb2.DeleteFilterResponse:
        """Remove a filter."""
        await self._filters.delete(actor().workspace_id, request.destination_id, request.filter_id, etag=request.etag)
        return filter_pb2.DeleteFilterResponse()

    async def PreviewFilter(
        self, request: filter_pb2.PreviewFilterRequest, context: Any
    ) -> filter_pb2.PreviewFilterResponse:
        """Tell what a filter would make of a message."""
        config = filter_input(request.filter, ("condition", "actions")).config()
        passed = apply([config], message_input(request.message), source_id="")
        return filter_pb2.PreviewFilterResponse(message=b"" if passed is None else json_bytes(passed))
