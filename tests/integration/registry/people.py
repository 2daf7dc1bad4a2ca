"""Members and tokens in tests: made over the real server, and called with as the gateway would."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from google.protobuf.field_mask_pb2 import FieldMask

from penstock.access.v1 import access_pb2
from penstock.config.v1 import config_pb2
from penstock.registry.v1 import member_pb2, member_pb2_grpc, token_pb2, token_pb2_grpc, workspace_pb2
from shared.rpc.identity import digest
from tests.integration.registry.installation import Installation, Person

OWNER = access_pb2.ROLE_OWNER
OPERATOR = access_pb2.ROLE_OPERATOR
FUNCTIONS_ADMIN = access_pb2.ROLE_FUNCTIONS_ADMIN
READ_ONLY = access_pb2.ROLE_FUNCTIONS_READ_ONLY
SOURCE_ADMIN = access_pb2.ROLE_SOURCE_ADMIN


def grant(role: access_pb2.Role.ValueType, *resource_ids: str) -> access_pb2.Grant:
    return access_pb2.Grant(role=role, resource_ids=resource_ids)


class Office:
    """What an owner does with people."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self._members = member_pb2_grpc.MemberServiceStub(person.channel)
        self._tokens = token_pb2_grpc.TokenServiceStub(person.channel)

    async def add(
        self, email: str, *grants: access_pb2.Grant, name: str = "", request_id: str = ""
    ) -> member_pb2.Member:
        member = member_pb2.Member(email=email, grants=grants, name=name)
        request = member_pb2.CreateMemberRequest(member=member, request_id=request_id)
        return (await self.person.call(self._members.CreateMember, request)).member

    async def member(self, reference: str) -> member_pb2.Member:
        request = member_pb2.GetMemberRequest(member_id=reference)
        return (await self.person.call(self._members.GetMember, request)).member

    async def members(self, **page: Any) -> member_pb2.ListMembersResponse:
        return await self.person.call(self._members.ListMembers, member_pb2.ListMembersRequest(**page))

    async def change(self, reference: str, *paths: str, request_id: str = "", **fields: Any) -> member_pb2.Member:
        member = member_pb2.Member(member_id=reference, **fields)
        mask = FieldMask(paths=paths or list(fields))
        request = member_pb2.UpdateMemberRequest(member=member, update_mask=mask, request_id=request_id)
        return (await self.person.call(self._members.UpdateMember, request)).member

    async def remove(self, reference: str, *, etag: str = "") -> None:
        request = member_pb2.DeleteMemberRequest(member_id=reference, etag=etag)
        await self.person.call(self._members.DeleteMember, request)

    async def issue(
        self,
        name: str,
        *grants: access_pb2.Grant,
        expires_at: datetime | None = None,
        request_id: str = "",
        member_id: str = "",
    ) -> token_pb2.CreateTokenResponse:
        token = token_pb2.Token(name=name, grants=grants, member_id=member_id)
        if expires_at:
            token.expires_at.FromDatetime(expires_at)
        request = token_pb2.CreateTokenRequest(token=token, request_id=request_id)
        return await self.person.call(self._tokens.CreateToken, request)

    async def token(self, token_id: str) -> token_pb2.Token:
        return (await self.person.call(self._tokens.GetToken, token_pb2.GetTokenRequest(token_id=token_id))).token

    async def tokens(self, **page: Any) -> token_pb2.ListTokensResponse:
        return await self.person.call(self._tokens.ListTokens, token_pb2.ListTokensRequest(**page))

    async def revoke(self, token_id: str) -> None:
        await self.person.call(self._tokens.DeleteToken, token_pb2.DeleteTokenRequest(token_id=token_id))

    async def found(self, name: str) -> workspace_pb2.CreateWorkspaceResponse:
        request = workspace_pb2.CreateWorkspaceRequest(name=name)
        return await self.person.call(self.person.workspaces.CreateWorkspace, request)

    async def workspaces(self, **page: Any) -> workspace_pb2.ListWorkspacesResponse:
        request = workspace_pb2.ListWorkspacesRequest(**page)
        return await self.person.call(self.person.workspaces.ListWorkspaces, request)


async def holder_of(installation: Installation, secret: str) -> Person:
    """Give who calls with a token, as the gateway learns of it from CONFIG."""
    found: config_pb2.TokenConfig = (await installation.publish())[f"token.{digest(secret)}"]
    actor = access_pb2.Actor(
        workspace_id=found.workspace_id,
        token_id=found.token_id,
        roles=found.roles.roles,
        grants=found.roles.grants,
        member_id=found.member_id,
    )
    return Person(installation.owner.channel, actor)
