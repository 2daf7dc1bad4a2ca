"""Connections: which destinations a source's messages are routed to."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from penstock.registry.v1 import destination_pb2
from penstock.registry.v1.destination_pb2 import ListDestinationsRequest
from services.gateway.api.call import Call
from services.gateway.api.destinations import DestinationAnswer, DestinationsAnswer, destination
from services.gateway.api.metadata import functions_of
from services.gateway.api.models import SUCCESS, Done, Input, Page, PagedInput, Pagination
from services.gateway.api.operation import Group
from services.gateway.api.sources import Id, source_of

CONNECTIONS = Group("Connections")


class ConnectedInput(PagedInput):
    """Of which source."""

    source_id: Id


class ConnectInput(Input):
    """What to connect."""

    source_id: Id
    destination_id: Annotated[Id, Field(description="Destination, by id or name.")]


@CONNECTIONS.on("GET", "/sources/{sourceId}/connected-destinations")
async def list_connected_destinations_from_source(call: Call, sent: ConnectedInput) -> DestinationsAnswer:
    """List the destinations that a source's messages are routed to."""
    source, functions = await source_of(call, sent.source_id), await functions_of(call)
    found, token = await _connected(call, source.source_id, sent.pagination)
    return DestinationsAnswer(
        destinations=[destination(each, functions) for each in found],
        pagination=Pagination.after(sent.pagination, token),
    )


@CONNECTIONS.on("POST", "/sources/{sourceId}/connected-destinations", errors=(409,))
async def connect_source(call: Call, sent: ConnectInput) -> DestinationAnswer:
    """Route a source's messages to one more destination; connecting twice changes nothing."""
    request = destination_pb2.ConnectSourceRequest(source_id=sent.source_id, destination_id=sent.destination_id)
    answer = await call.ask(call.services.destinations.ConnectSource, request)
    return DestinationAnswer(destination=destination(answer.destination, await functions_of(call)))


@CONNECTIONS.on("DELETE", "/sources/{sourceId}/connected-destinations/{destinationId}")
async def disconnect_source(call: Call, sent: ConnectInput) -> Done:
    """Route a source's messages to a destination no more; what was routed before is still delivered."""
    request = destination_pb2.DisconnectSourceRequest(source_id=sent.source_id, destination_id=sent.destination_id)
    await call.ask(call.services.destinations.DisconnectSource, request)
    return SUCCESS


async def _connected(call: Call, source_id: str, page: Page) -> tuple[list[destination_pb2.Destination], str]:
    """Read pages of all destinations until those of the source fill one; a page may end early where others come."""
    found: list[destination_pb2.Destination] = []
    request = ListDestinationsRequest(page_size=page.count, page_token=page.token)
    while True:
        answer = await call.ask(call.services.destinations.ListDestinations, request)
        found += [each for each in answer.destinations if source_id in each.source_ids]
        request.page_token = answer.next_page_token
        request.page_size = page.count - len(found)
        if not request.page_token or not request.page_size:
            return found, request.page_token
