"""MemberService."""

from __future__ import annotations

from typing import Any

from penstock.registry.v1 import member_pb2, member_pb2_grpc
from services.registry.access_inputs import member_input
from services.registry.inputs import request_input
from services.registry.paging import decode_token, encode_token, fitting, page_size
from services.registry.servicers.scope import actor
from services.registry.store.members import MemberStore
from services.registry.validation import mask_paths

_CHANGEABLE = ("email", "name", "grants")
_QUERY = "members"


class MemberServicer(member_pb2_grpc.MemberServiceServicer):
    """The members of the caller's workspace."""

    def __init__(self, members: MemberStore) -> None:
        self._members = members

    async def CreateMember(
        self, request: member_pb2.CreateMemberRequest, context: Any
    ) -> member_pb2.CreateMemberResponse:
        """Add a member."""
        values = member_input(request.member, _CHANGEABLE)
        return await self._members.create(actor().workspace_id, values, sent=request_input(request))

    async def GetMember(self, request: member_pb2.GetMemberRequest, context: Any) -> member_pb2.GetMemberResponse:
        """Give a member."""
        member = await self._members.get(actor().workspace_id, request.member_id)
        return member_pb2.GetMemberResponse(member=member)

    async def ListMembers(self, request: member_pb2.ListMembersRequest, context: Any) -> member_pb2.ListMembersResponse:
        """List members."""
        after, size = decode_token(request.page_token, query=_QUERY), page_size(request.page_size)
        found = await self._members.page(actor().workspace_id, after=after, limit=size + 1)
        page = fitting(found[:size])
        more = encode_token(page[-1].member_id, query=_QUERY) if len(page) < len(found) else ""
        return member_pb2.ListMembersResponse(members=page, next_page_token=more)

    async def UpdateMember(
        self, request: member_pb2.UpdateMemberRequest, context: Any
    ) -> member_pb2.UpdateMemberResponse:
        """Change fields of a member."""
        fields = mask_paths(request.update_mask, _CHANGEABLE)
        return await self._members.update(
            actor().workspace_id,
            request.member.member_id,
            member_input(request.member, fields),
            fields,
            etag=request.member.etag,
            sent=request_input(request),
        )

    async def DeleteMember(
        self, request: member_pb2.DeleteMemberRequest, context: Any
    ) -> member_pb2.DeleteMemberResponse:
        """Remove a member."""
        await self._members.delete(actor().workspace_id, request.member_id, etag=request.etag)
        return member_pb2.DeleteMemberResponse()
