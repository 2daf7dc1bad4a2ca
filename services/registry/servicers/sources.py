"""SourceService."""

from __future__ import annotations

from typing import Any

from penstock.registry.v1 import source_pb2, source_pb2_grpc
from services.registry.inputs import request_input, source_input
from services.registry.paging import decode_token, encode_token, fitting, page_size
from services.registry.servicers.scope import actor
from services.registry.store.sources import SourceStore
from services.registry.tokens import new_token
from services.registry.validation import mask_paths
from shared.rpc.identity import digest

_CHANGEABLE = ("name", "settings", "enabled", "backlog_limit")
_QUERY = "sources"


class SourceServicer(source_pb2_grpc.SourceServiceServicer):
    """The sources of the caller's workspace."""

    def __init__(self, sources: SourceStore) -> None:
        self._sources = sources

    async def CreateSource(
        self, request: source_pb2.CreateSourceRequest, context: Any
    ) -> source_pb2.CreateSourceResponse:
        """Create a source, and give its token this once."""
        token = new_token("psk")
        source = await self._sources.create(
            actor().workspace_id,
            source_input(request.source, ("name", "settings", "backlog_limit")),
            function=request.source.function_id,
            token_digest=digest(token),
            request_id=request_input(request).request_id,
        )
        return source_pb2.CreateSourceResponse(source=source, token=token)

    async def GetSource(self, request: source_pb2.GetSourceRequest, context: Any) -> source_pb2.GetSourceResponse:
        """Give a source."""
        source = await self._sources.get(actor().workspace_id, request.source_id)
        return source_pb2.GetSourceResponse(source=source)

    async def ListSources(self, request: source_pb2.ListSourcesRequest, context: Any) -> source_pb2.ListSourcesResponse:
        """List sources."""
        after, size = decode_token(request.page_token, query=_QUERY), page_size(request.page_size)
        found = await self._sources.page(actor().workspace_id, after=after, limit=size + 1)
        page = fitting(found[:size])
        more = encode_token(page[-1].source_id, query=_QUERY) if len(page) < len(found) else ""
        return source_pb2.ListSourcesResponse(sources=page, next_page_token=more)

    async def UpdateSource(
        self, request: source_pb2.UpdateSourceRequest, context: Any
    ) -> source_pb2.UpdateSourceResponse:
        """Change fields of a source."""
        fields = mask_paths(request.update_mask, _CHANGEABLE)
        source = await self._sources.update(
            actor().workspace_id,
            request.source.source_id,
            source_input(request.source, fields),
            fields,
            etag=request.source.etag,
        )
        return source_pb2.UpdateSourceResponse(source=source)

    async def DeleteSource(
        self, request: source_pb2.DeleteSourceRequest, context: Any
    ) -> source_pb2.DeleteSourceResponse:
        """Remove a source."""
        await self._sources.delete(actor().workspace_id, request.source_id)
        return source_pb2.DeleteSourceResponse()
