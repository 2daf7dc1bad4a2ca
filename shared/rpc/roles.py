"""What a person's roles open: the contract's `access` option of a method, compared with what an actor carries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from google.protobuf.message import Message

from penstock.access.v1 import access_pb2
from shared.errors import PermissionDenied

# What a role includes beside itself. Nothing includes ROLE_OPERATOR: it reaches beyond the workspace.
_INCLUDED = {
    access_pb2.ROLE_OWNER: frozenset(
        {access_pb2.ROLE_FUNCTIONS_ADMIN, access_pb2.ROLE_FUNCTIONS_READ_ONLY, access_pb2.ROLE_SOURCE_ADMIN}
    ),
    access_pb2.ROLE_FUNCTIONS_ADMIN: frozenset({access_pb2.ROLE_FUNCTIONS_READ_ONLY}),
}
_ROLES = frozenset(access_pb2.Role.values()) - {access_pb2.ROLE_UNSPECIFIED}
_RESOURCE_ID = re.compile(r"(fn|src|dst)_[0-9a-z]{26}")


def is_resource_id(text: str) -> bool:
    """Tell whether a text is of the form of what roles are granted for: `fn_…`, `src_…`, `dst_…`."""
    return _RESOURCE_ID.fullmatch(text) is not None


def reach(actor: access_pb2.Actor, access: access_pb2.Access, method: str) -> frozenset[str] | None:
    """Give the resources for which a person may call a method, None for all. Raises PermissionDenied.

    A grant without a list covers nothing here: roles for all resources stand apart, so that a list that got lost opens
    no more than it did.
    """
    if access.role not in _ROLES:
        raise PermissionDenied(f"No person may call {method}.", metadata={"method": method})
    listed = [grant for grant in actor.grants if grant.resource_ids]
    if access.any_role and not _ROLES.isdisjoint([*actor.roles, *(grant.role for grant in listed)]):
        return None
    if _include(actor.roles, access.role):
        return None
    found = frozenset(each for grant in listed if _include([grant.role], access.role) for each in grant.resource_ids)
    if not found:
        raise _missing(access, method, "")
    if not access.filtered and not access.resources:
        raise _missing(access, method, " for all resources; yours is for listed ones")
    return found


def require_covered(request: Message, paths: Sequence[str], covered: frozenset[str]) -> None:
    """Raise PermissionDenied unless each of the fields is set, and names what a grant for listed resources covers."""
    for path in paths:
        named = _named(request, path)
        if not named or "" in named:
            raise _refusal("RESOURCE_REQUIRED", path, f"Your role is for listed resources: say which in `{path}`.")
        for each in named:
            _require_one(each, path, covered)


def _require_one(named: str, path: str, covered: frozenset[str]) -> None:
    if named in covered:
        return
    if not is_resource_id(named):
        raise _refusal(
            "ID_REQUIRED",
            path,
            f"Your role is for listed resources: name what `{path}` says by its id, `fn_…`, `src_…` or `dst_…`.",
        )
    raise _refusal("RESOURCE_NOT_GRANTED", path, f"Your role is not for {named}.")


def _include(held: Iterable[int], wanted: int) -> bool:
    return any(role == wanted or wanted in _INCLUDED.get(role, ()) for role in held)  # type: ignore[call-overload]


def _named(request: Message, path: str) -> list[str]:
    value: Any = request
    for name in path.split("."):
        value = getattr(value, name)
    return [value] if isinstance(value, str) else list(value)


def _missing(access: access_pb2.Access, method: str, how: str) -> PermissionDenied:
    role = "any role" if access.any_role else access_pb2.Role.Name(access.role)
    metadata = {"method": method, "role": access_pb2.Role.Name(access.role)}
    return PermissionDenied(f"{method} needs {role}{how}.", reason="ROLE_MISSING", metadata=metadata)


def _refusal(reason: str, path: str, message: str) -> PermissionDenied:
    return PermissionDenied(message, reason=reason, metadata={"field": path})
