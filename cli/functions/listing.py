"""All pages of the registry's lists."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc

from penstock.registry.v1 import (
    destination_pb2,
    destination_pb2_grpc,
    filter_pb2,
    filter_pb2_grpc,
    function_pb2,
    function_pb2_grpc,
    insert_function_instance_pb2,
    insert_function_instance_pb2_grpc,
    source_pb2,
    source_pb2_grpc,
)

_PAGE = 1000


def all_functions(channel: grpc.aio.Channel) -> AsyncIterator[function_pb2.Function]:
    """Give all functions, without their code."""
    stub = function_pb2_grpc.FunctionServiceStub(channel)
    return _all(stub.ListFunctions, function_pb2.ListFunctionsRequest(page_size=_PAGE), "functions")


def all_versions(channel: grpc.aio.Channel, function_id: str) -> AsyncIterator[function_pb2.FunctionVersion]:
    """Give all versions of a function, the newest first."""
    stub = function_pb2_grpc.FunctionServiceStub(channel)
    request = function_pb2.ListFunctionVersionsRequest(function_id=function_id, page_size=_PAGE)
    return _all(stub.ListFunctionVersions, request, "versions")


def all_sources(channel: grpc.aio.Channel) -> AsyncIterator[source_pb2.Source]:
    """Give all sources."""
    stub = source_pb2_grpc.SourceServiceStub(channel)
    return _all(stub.ListSources, source_pb2.ListSourcesRequest(page_size=_PAGE), "sources")


def all_destinations(channel: grpc.aio.Channel) -> AsyncIterator[destination_pb2.Destination]:
    """Give all destinations."""
    stub = destination_pb2_grpc.DestinationServiceStub(channel)
    return _all(stub.ListDestinations, destination_pb2.ListDestinationsRequest(page_size=_PAGE), "destinations")


def all_inserts(channel: grpc.aio.Channel) -> AsyncIterator[insert_function_instance_pb2.InsertFunctionInstance]:
    """Give all insert functions in use."""
    stub = insert_function_instance_pb2_grpc.InsertFunctionInstanceServiceStub(channel)
    request = insert_function_instance_pb2.ListInsertFunctionInstancesRequest(page_size=_PAGE)
    return _all(stub.ListInsertFunctionInstances, request, "insert_function_instances")


def all_filters(channel: grpc.aio.Channel, destination_id: str) -> AsyncIterator[filter_pb2.Filter]:
    """Give all filters of a destination."""
    stub = filter_pb2_grpc.FilterServiceStub(channel)
    request = filter_pb2.ListFiltersRequest(destination_id=destination_id, page_size=_PAGE)
    return _all(stub.ListFilters, request, "filters")


async def _all(call: Callable[[Any], Awaitable[Any]], request: Any, field: str) -> AsyncIterator[Any]:
    while True:
        page = await call(request)
        for each in getattr(page, field):
            yield each
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token
