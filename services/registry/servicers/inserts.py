"""InsertFunctionInstanceService."""

from __future__ import annotations

from typing import Any

from penstock.registry.v1 import insert_function_instance_pb2 as inserts_pb2
from penstock.registry.v1 import insert_function_instance_pb2_grpc as inserts_pb2_grpc
from services.registry.inputs import request_input
from services.registry.insert_inputs import insert_input
from services.registry.paging import decode_token, encode_token, fitting, page_size
from services.registry.servicers.scope import actor, visible
from services.registry.store.inserts import InsertStore, InsertUpdate, Place
from services.registry.validation import mask_paths

_CHANGEABLE = ("name", "settings", "enabled")


class InsertFunctionInstanceServicer(inserts_pb2_grpc.InsertFunctionInstanceServiceServicer):
    """The insert functions that the caller's workspace uses."""

    def __init__(self, inserts: InsertStore) -> None:
        self._inserts = inserts

    async def CreateInsertFunctionInstance(
        self, request: inserts_pb2.CreateInsertFunctionInstanceRequest, context: Any
    ) -> inserts_pb2.CreateInsertFunctionInstanceResponse:
        """Put an insert function to use."""
        sent = request.insert_function_instance
        return await self._inserts.create(
            actor().workspace_id,
            insert_input(sent, _CHANGEABLE),
            function=sent.function_id,
            integration=sent.integration_id,
            sent=request_input(request),
        )

    async def GetInsertFunctionInstance(
        self, request: inserts_pb2.GetInsertFunctionInstanceRequest, context: Any
    ) -> inserts_pb2.GetInsertFunctionInstanceResponse:
        """Give one."""
        instance = await self._inserts.get(_place(request.instance_id))
        return inserts_pb2.GetInsertFunctionInstanceResponse(insert_function_instance=instance)

    async def ListInsertFunctionInstances(
        self, request: inserts_pb2.ListInsertFunctionInstancesRequest, context: Any
    ) -> inserts_pb2.ListInsertFunctionInstancesResponse:
        """List them."""
        query, size = f"inserts/{request.function_id}", page_size(request.page_size)
        after = decode_token(request.page_token, query=query)
        found = await self._inserts.page(
            actor().workspace_id, function=request.function_id, scope=visible(), after=after, limit=size + 1
        )
        page = fitting(found[:size])
        more = encode_token(page[-1].instance_id, query=query) if len(page) < len(found) else ""
        return inserts_pb2.ListInsertFunctionInstancesResponse(insert_function_instances=page, next_page_token=more)

    async def UpdateInsertFunctionInstance(
        self, request: inserts_pb2.UpdateInsertFunctionInstanceRequest, context: Any
    ) -> inserts_pb2.UpdateInsertFunctionInstanceResponse:
        """Change fields of one."""
        fields, sent = mask_paths(request.update_mask, _CHANGEABLE), request.insert_function_instance
        update = InsertUpdate(
            values=insert_input(sent, fields), fields=fields, etag=sent.etag, sent=request_input(request)
        )
        return await self._inserts.update(_place(sent.instance_id), update)

    async def DeleteInsertFunctionInstance(
        self, request: inserts_pb2.DeleteInsertFunctionInstanceRequest, context: Any
    ) -> inserts_pb2.DeleteInsertFunctionInstanceResponse:
        """Take one away."""
        await self._inserts.delete(_place(request.instance_id), etag=request.etag)
        return inserts_pb2.DeleteInsertFunctionInstanceResponse()


def _place(instance_id: str) -> Place:
    return Place(actor().workspace_id, instance_id, visible())
