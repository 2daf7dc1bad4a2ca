"""In whose name a call works."""

from __future__ import annotations

from penstock.access.v1 import access_pb2
from shared.errors import PermissionDenied
from shared.rpc.access import caller


def actor() -> access_pb2.Actor:
    """Give the person that calls; their workspace bounds every query.

    Raises PermissionDenied for a service that calls for nobody: it would see no workspace.
    """
    found = caller().actor
    if found is None or not found.workspace_id:
        raise PermissionDenied("Only a person's call names a workspace.", reason="ACTOR_REQUIRED")
    return found


def author() -> str:
    """Give the id of who calls: the member `mem_…` or, for a token of its own, `tok_…`."""
    found = actor()
    return found.member_id or found.token_id


def visible() -> frozenset[str] | None:
    """Give the ids of the resources that the caller of a method with filtered answers may see; None for all."""
    return caller().scope
