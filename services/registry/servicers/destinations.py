"""DestinationService."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from penstock.registry.v1 import destination_pb2, destination_pb2_grpc
from services.registry.inputs import destination_input, request_input
from services.registry.paging import decode_token, encode_token, fitting, page_size
from services.registry.servicers.scope import actor, visible
from services.registry.store.destinations import DestinationStore, DestinationUpdate
from services.registry.validation import mask_paths

_LIMITS = ("max_per_second", "concurrency", "backlog_limit")
_CHANGEABLE = ("name", "settings", "enabled", *_LIMITS)
_QUERY = "destinations"
_REASON_CHARACTERS = 1024


class DestinationServicer(destination_pb2_grpc.DestinationServiceServicer):
    """The destinations of the caller's workspace, and what is connected to them."""

    def __init__(self, destinations: DestinationStore) -> None:
        self._destinations = destinations

    async def CreateDestination(
        self, request: destination_pb2.CreateDestinationRequest, context: Any
    ) -> destination_pb2.CreateDestinationResponse:
        """Create a destination."""
        return await self._destinations.create(
            actor().workspace_id,
            destination_input(request.destination, ("name", "settings", *_LIMITS)),
            function=request.destination.function_id,
            sent=request_input(request),
        )

    async def GetDestination(
        self, request: destination_pb2.GetDestinationRequest, context: Any
    ) -> destination_pb2.GetDestinationResponse:
        """Give a destination."""
        destination = await self._destinations.get(actor().workspace_id, request.destination_id)
        return destination_pb2.GetDestinationResponse(destination=destination)

    async def ListDestinations(
        self, request: destination_pb2.ListDestinationsRequest, context: Any
    ) -> destination_pb2.ListDestinationsResponse:
        """List destinations."""
        after, size = decode_token(request.page_token, query=_QUERY), page_size(request.page_size)
        found = await self._destinations.page(actor().workspace_id, scope=visible(), after=after, limit=size + 1)
        page = fitting(found[:size])
        more = encode_token(page[-1].destination_id, query=_QUERY) if len(page) < len(found) else ""
        return destination_pb2.ListDestinationsResponse(destinations=page, next_page_token=more)

    async def UpdateDestination(
        self, request: destination_pb2.UpdateDestinationRequest, context: Any
    ) -> destination_pb2.UpdateDestinationResponse:
        """Change fields of a destination."""
        fields = mask_paths(request.update_mask, _CHANGEABLE)
        update = DestinationUpdate(
            values=destination_input(request.destination, fields),
            fields=fields,
            etag=request.destination.etag,
            sent=request_input(request),
        )
        return await self._destinations.update(actor().workspace_id, request.destination.destination_id, update)

    async def DisableDestination(
        self, request: destination_pb2.DisableDestinationRequest, context: Any
    ) -> destination_pb2.DisableDestinationResponse:
        """Switch a destination off, on a service's own account."""
        await self._destinations.disable(
            request.workspace_id,
            request.destination_id,
            failing_since=request.failing_since.ToDatetime(UTC),
            reason=request.reason[:_REASON_CHARACTERS],
        )
        return destination_pb2.DisableDestinationResponse()

    async def DeleteDestination(
        self, request: destination_pb2.DeleteDestinationRequest, context: Any
    ) -> destination_pb2.DeleteDestinationResponse:
        """Remove a destination."""
        await self._destinations.delete(actor().workspace_id, request.destination_id, etag=request.etag)
        return destination_pb2.DeleteDestinationResponse()

    async def ConnectSource(
        self, request: destination_pb2.ConnectSourceRequest, context: Any
    ) -> destination_pb2.ConnectSourceResponse:
        """Lead a source's messages to a destination."""
        destination = await self._destinations.connect(
            actor().workspace_id, source=request.source_id, destination=request.destination_id
        )
        return destination_pb2.ConnectSourceResponse(destination=destination)

    async def DisconnectSource(
        self, request: destination_pb2.DisconnectSourceRequest, context: Any
    ) -> destination_pb2.DisconnectSourceResponse:
        """End a connection."""
        destination = await self._destinations.disconnect(
            actor().workspace_id, source=request.source_id, destination=request.destination_id
        )
        return destination_pb2.DisconnectSourceResponse(destination=destination)
