"""Users, which are the members of the workspace, and roles.

There are no groups and no labels. An invitation is accepted at once: whoever is invited is a member from then on, who
acts by tokens that an owner makes.
"""

from __future__ import annotations

from typing import Annotated

from google.protobuf.field_mask_pb2 import FieldMask
from pydantic import BeforeValidator, Field

from penstock.registry.v1 import member_pb2
from services.gateway.api.call import Call
from services.gateway.api.models import SUCCESS, Done, Input, Output, PagedInput, Pagination
from services.gateway.api.operation import Group
from services.gateway.api.permissions import (
    Permission,
    PermissionInput,
    Permissions,
    Role,
    grants_of,
    permissions_of,
    roles,
)
from shared.errors import NotFound

USERS = Group("IAM Users")
ROLES = Group("IAM Roles")
UserId = Annotated[str, Field(max_length=254, description="Id or email address.")]


class User(Output):
    """A member of the workspace."""

    id: str
    name: str
    email: str
    permissions: list[Permission]


class UserPath(Input):
    """Which user."""

    user_id: UserId


class PermissionsInput(Input):
    """Roles of a user."""

    user_id: UserId
    permissions: Permissions


class DeleteUsersInput(Input):
    """Which users."""

    user_ids: Annotated[
        list[UserId],
        # One of a query is no list by itself.
        BeforeValidator(lambda value: [value] if isinstance(value, str) else value),
        Field(min_length=1, max_length=100),
    ]


class Invite(Input):
    """Somebody to add."""

    email: Annotated[str, Field(min_length=3, max_length=254)]
    permissions: Annotated[list[PermissionInput], Field(max_length=20, default_factory=list)]
    name: Annotated[str, Field(max_length=120)] = ""


class InvitesInput(Input):
    """Whom to add."""

    invites: Annotated[list[Invite], Field(min_length=1, max_length=100)]


class UserAnswer(Output):
    """A user."""

    user: User


class UsersAnswer(Output):
    """A page of users."""

    users: list[User]
    pagination: Pagination


class PermissionsAnswer(Output):
    """Roles of a user."""

    permissions: list[Permission]


class CreateInvitesAnswer(Output):
    """Who was added."""

    emails: list[str]


class InvitesAnswer(Output):
    """Invitations that wait."""

    invites: list[str]
    pagination: Pagination


class RolesAnswer(Output):
    """All roles."""

    roles: list[Role]
    pagination: Pagination


@ROLES.on("GET", "/roles")
async def list_roles(_call: Call, sent: PagedInput) -> RolesAnswer:
    """List the roles that there are, all on one page."""
    return RolesAnswer(roles=roles(), pagination=Pagination.after(sent.pagination, ""))


@USERS.on("GET", "/users")
async def list_users(call: Call, sent: PagedInput) -> UsersAnswer:
    """List members in the order of their creation."""
    request = member_pb2.ListMembersRequest(page_size=sent.pagination.count, page_token=sent.pagination.token)
    page = await call.ask(call.services.members.ListMembers, request)
    return UsersAnswer(
        users=[_user(call, each) for each in page.members],
        pagination=Pagination.after(sent.pagination, page.next_page_token),
    )


@USERS.on("GET", "/users/{userId}")
async def get_user(call: Call, sent: UserPath) -> UserAnswer:
    """Give a member."""
    return UserAnswer(user=_user(call, await _member(call, sent.user_id)))


@USERS.on("DELETE", "/users", errors=(404, 409))
async def delete_users(call: Call, sent: DeleteUsersInput) -> Done:
    """Remove members and revoke their tokens; those before one that cannot be removed are removed."""
    for user_id in sent.user_ids:
        request = member_pb2.DeleteMemberRequest(member_id=user_id)
        await call.ask(call.services.members.DeleteMember, request)
    return SUCCESS


@USERS.on("PUT", "/users/{userId}/permissions", errors=(409,))
async def replace_permissions_for_user(call: Call, sent: PermissionsInput) -> PermissionsAnswer:
    """Give a member these roles and no others; tokens of the member follow within a second."""
    wanted = member_pb2.Member(member_id=sent.user_id, grants=grants_of(sent.permissions, call.actor.workspace_id))
    return await _granted(call, wanted)


@USERS.on("POST", "/users/{userId}/permissions", errors=(409,))
async def add_permissions_to_user(call: Call, sent: PermissionsInput) -> PermissionsAnswer:
    """Give a member more roles."""
    found = await _member(call, sent.user_id)
    more = grants_of(sent.permissions, call.actor.workspace_id)
    # With what was seen, so that of two at a time none is lost.
    wanted = member_pb2.Member(
        member_id=found.member_id,
        grants=[*found.grants, *(grant for grant in more if grant not in found.grants)],
        etag=found.etag,
    )
    return await _granted(call, wanted)


@USERS.on("POST", "/invites", status=201, errors=(404, 409))
async def create_invites(call: Call, sent: InvitesInput) -> CreateInvitesAnswer:
    """Add members; no mail is sent. Those before one that cannot be added are added."""
    for invite in sent.invites:
        member = member_pb2.Member(
            email=invite.email, name=invite.name, grants=grants_of(invite.permissions, call.actor.workspace_id)
        )
        await call.ask(call.services.members.CreateMember, member_pb2.CreateMemberRequest(member=member))
    return CreateInvitesAnswer(emails=[invite.email for invite in sent.invites])


@USERS.on("GET", "/invites")
async def list_invites(call: Call, sent: PagedInput) -> InvitesAnswer:
    """List invitations that wait: none, since each is accepted at once."""
    await call.ask(call.services.members.ListMembers, member_pb2.ListMembersRequest(page_size=1))
    return InvitesAnswer(invites=[], pagination=Pagination.after(sent.pagination, ""))


async def emails_of(call: Call) -> dict[str, str]:
    """Give the email addresses of members by id."""
    found: dict[str, str] = {}
    request = member_pb2.ListMembersRequest(page_size=1000)
    while True:
        page = await call.ask(call.services.members.ListMembers, request)
        found |= {each.member_id: each.email for each in page.members}
        if not page.next_page_token:
            return found
        request.page_token = page.next_page_token


async def _member(call: Call, user_id: str) -> member_pb2.Member:
    if not user_id:
        raise NotFound("There is no member without an id.")
    request = member_pb2.GetMemberRequest(member_id=user_id)
    return (await call.ask(call.services.members.GetMember, request)).member


async def _granted(call: Call, wanted: member_pb2.Member) -> PermissionsAnswer:
    mask = FieldMask(paths=["grants"])
    request = member_pb2.UpdateMemberRequest(member=wanted, update_mask=mask, request_id=call.request_id)
    member = (await call.ask(call.services.members.UpdateMember, request)).member
    return PermissionsAnswer(permissions=permissions_of(member.grants, call.actor.workspace_id))


def _user(call: Call, member: member_pb2.Member) -> User:
    return User(
        id=member.member_id,
        name=member.name,
        email=member.email,
        permissions=permissions_of(member.grants, call.actor.workspace_id),
    )
