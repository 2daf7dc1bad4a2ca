"""SourceService."""

from __future__ import annotations

from typing import Any

from penstock.registry.v1 import source_pb2, source_pb2_grpc
from services.registry.inputs import request_input, source_input
from services.registry.paging import decode_token, encode_token, fitting, page_size
from services.registry.servicers.scope import actor, visible
from services.registry.store.sources import SourceStore, SourceUpdate
from services.registry.store.write_keys import WriteKeyStore
from services.registry.tokens import new_token
from services.registry.validation import mask_paths

_CHANGEABLE = ("name", "settings", "enabled", "backlog_limit")
_QUERY = "sources"


class SourceServicer(source_pb2_grpc.SourceServiceServicer):
    """The sources of the caller's workspace."""

    def __init__(self, sources: SourceStore, write_keys: WriteKeyStore) -> None:
        self._sources = sources
        self._write_keys = write_keys

    async def CreateSource(
        self, request: source_pb2.CreateSourceRequest, context: Any
    ) -> source_pb2.CreateSourceResponse:
        """Create a source, and give its token this once."""
        token = new_token("psk")
        source = await self._sources.create(
            actor().workspace_id,
            source_input(request.source, ("name", "settings", "backlog_limit")),
            function=request.source.function_id,
            token=token,
            sent=request_input(request),
        )
        return source_pb2.CreateSourceResponse(source=source, token=token)

    async def GetSource(self, request: source_pb2.GetSourceRequest, context: Any) -> source_pb2.GetSourceResponse:
        """Give a source."""
        source = await self._sources.get(actor().workspace_id, request.source_id)
        return source_pb2.GetSourceResponse(source=source)

    async def ListSources(self, request: source_pb2.ListSourcesRequest, context: Any) -> source_pb2.ListSourcesResponse:
        """List sources."""
        after, size = decode_token(request.page_token, query=_QUERY), page_size(request.page_size)
        found = await self._sources.page(actor().workspace_id, scope=visible(), after=after, limit=size + 1)
        page = fitting(found[:size])
        more = encode_token(page[-1].source_id, query=_QUERY) if len(page) < len(found) else ""
        return source_pb2.ListSourcesResponse(sources=page, next_page_token=more)

    async def UpdateSource(
        self, request: source_pb2.UpdateSourceRequest, context: Any
    ) -> source_pb2.UpdateSourceResponse:
        """Change fields of a source."""
        fields = mask_paths(request.update_mask, _CHANGEABLE)
        update = SourceUpdate(
            values=source_input(request.source, fields),
            fields=fields,
            etag=request.source.etag,
            sent=request_input(request),
        )
        return await self._sources.update(actor().workspace_id, request.source.source_id, update)

    async def DeleteSource(
        self, request: source_pb2.DeleteSourceRequest, context: Any
    ) -> source_pb2.DeleteSourceResponse:
        """Remove a source."""
        await self._sources.delete(actor().workspace_id, request.source_id, etag=request.etag)
        return source_pb2.DeleteSourceResponse()

    async def CreateWriteKey(
        self, request: source_pb2.CreateWriteKeyRequest, context: Any
    ) -> source_pb2.CreateWriteKeyResponse:
        """Make one more token, and give it this once."""
        token = new_token("psk")
        source = await self._write_keys.create(
            actor().workspace_id, request.source_id, token, sent=request_input(request)
        )
        return source_pb2.CreateWriteKeyResponse(source=source, token=token)

    async def DeleteWriteKey(
        self, request: source_pb2.DeleteWriteKeyRequest, context: Any
    ) -> source_pb2.DeleteWriteKeyResponse:
        """Remove a token."""
        source = await self._write_keys.delete(actor().workspace_id, request.source_id, request.token)
        return source_pb2.DeleteWriteKeyResponse(source=source)
