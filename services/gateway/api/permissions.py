"""Roles and what they are granted for, as Segment's API writes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

from pydantic import Field

from penstock.access.v1 import access_pb2
from services.gateway.api.errors import invalid
from services.gateway.api.ids import function_id
from services.gateway.api.models import Input, Output

ResourceType = Literal["WORKSPACE", "FUNCTION", "SOURCE", "DESTINATION"]
RoleId = Literal["owner", "functions-admin", "functions-read-only", "source-admin", "operator"]
_ROLES: dict[RoleId, access_pb2.Role.ValueType] = {
    "owner": access_pb2.ROLE_OWNER,
    "functions-admin": access_pb2.ROLE_FUNCTIONS_ADMIN,
    "functions-read-only": access_pb2.ROLE_FUNCTIONS_READ_ONLY,
    "source-admin": access_pb2.ROLE_SOURCE_ADMIN,
    "operator": access_pb2.ROLE_OPERATOR,
}
_IDS: dict[access_pb2.Role.ValueType, RoleId] = {role: name for name, role in _ROLES.items()}
_NAMES: dict[RoleId, tuple[str, str]] = {
    "owner": ("Workspace Owner", "Does everything in the workspace; makes tokens and reads the audit trail."),
    "functions-admin": ("Functions Admin", "Creates, changes and deletes functions."),
    "functions-read-only": ("Functions Read-only", "Sees functions."),
    "source-admin": ("Source Admin", "Creates, changes and connects sources and destinations, and deploys to them."),
    "operator": ("Operator", "Makes and lists the workspaces of the installation."),
}
_PREFIXES: dict[str, ResourceType] = {"fn_": "FUNCTION", "src_": "SOURCE", "dst_": "DESTINATION"}


class Role(Output):
    """A role."""

    id: RoleId
    name: str
    description: str


class ResourceInput(Input):
    """Something that a role is granted for."""

    id: Annotated[str, Field(max_length=128)]
    type: ResourceType


class PermissionInput(Input):
    """A role, and what it is for."""

    role_id: RoleId
    resources: Annotated[
        list[ResourceInput],
        Field(max_length=100, description="Functions, sources and destinations; none, or the workspace, for all."),
    ] = Field(default_factory=list[ResourceInput])


Permissions = Annotated[list[PermissionInput], Field(min_length=1, max_length=20)]


class Resource(Output):
    """Something that a role is granted for."""

    id: str
    type: ResourceType


class Permission(Output):
    """A role, and what it is for."""

    role_id: RoleId
    role_name: str
    resources: list[Resource]


def roles() -> list[Role]:
    """Give all roles."""
    return [Role(id=role, name=name, description=text) for role, (name, text) in _NAMES.items()]


def grants_of(permissions: Sequence[PermissionInput], workspace_id: str) -> list[access_pb2.Grant]:
    """Write permissions as rpcs take them. Raises ApiError: 422 for those of another workspace, 404 for no function."""
    grants: list[access_pb2.Grant] = []
    for number, permission in enumerate(permissions):
        whole = [each for each in permission.resources if each.type == "WORKSPACE"]
        if any(each.id != workspace_id for each in whole):
            raise invalid(f"permissions.{number}.resources", "names a workspace that is not the token's")
        ids = [] if whole else [_own_id(each) for each in permission.resources]
        grants.append(access_pb2.Grant(role=_ROLES[permission.role_id], resource_ids=ids))
    return grants


def permissions_of(grants: Iterable[access_pb2.Grant], workspace_id: str) -> list[Permission]:
    """Give grants as they are answered."""
    return [_permission(grant, workspace_id) for grant in grants if grant.role in _IDS]


def _own_id(resource: ResourceInput) -> str:
    return function_id(resource.id) if resource.type == "FUNCTION" else resource.id


def _permission(grant: access_pb2.Grant, workspace_id: str) -> Permission:
    role: RoleId = _IDS[grant.role]
    resources = [Resource(id=each, type=_type_of(each)) for each in grant.resource_ids]
    return Permission(
        role_id=role,
        role_name=_NAMES[role][0],
        resources=resources or [Resource(id=workspace_id, type="WORKSPACE")],
    )


def _type_of(resource_id: str) -> ResourceType:
    for prefix, kind in _PREFIXES.items():
        if resource_id.startswith(prefix):
            return kind
    return "WORKSPACE"
