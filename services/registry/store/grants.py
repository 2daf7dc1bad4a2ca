"""Roles as rows keep them: `{"role": number, "resource_ids": [id]}`, no ids for all resources."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from penstock.access.v1 import access_pb2
from services.registry.access_inputs import GrantInput
from services.registry.store.tables import DestinationRow, FunctionRow, MemberRow, SourceRow, TokenRow
from services.registry.validation import refuse
from shared.errors import FieldViolation, PermissionDenied
from shared.rpc.access import caller

Grants = list[dict[str, Any]]


def grants_of(token: TokenRow, member: MemberRow | None) -> Grants:
    """Give what a token opens: its member's roles, or its own."""
    if member is not None:
        return member.grants
    return [*({"role": role, "resource_ids": []} for role in token.roles), *token.grants]


def for_all(grants: Grants) -> list[int]:
    """Give the roles that are for all resources, each once."""
    return sorted({each["role"] for each in grants if not each["resource_ids"]})


def for_listed(grants: Grants) -> Grants:
    """Give the grants for listed resources."""
    return [each for each in grants if each["resource_ids"]]


def grant_messages(grants: Grants) -> list[access_pb2.Grant]:
    """Make the messages of grants."""
    return [access_pb2.Grant(role=each["role"], resource_ids=each["resource_ids"]) for each in grants]


def require_grantable(grants: Grants, held: Grants = []) -> None:  # noqa: B006 read alone
    """Raise PermissionDenied when the caller grants what only its holders may pass on, and nobody had it before.

    That is ROLE_OPERATOR, which reaches beyond the workspace; the owner's role includes the others.
    """
    actor = caller().actor
    operator = access_pb2.ROLE_OPERATOR
    if operator not in for_all(grants) or operator in for_all(held) or (actor and operator in actor.roles):
        return
    raise PermissionDenied(
        "Only who has ROLE_OPERATOR passes it on.", reason="ROLE_MISSING", metadata={"role": "ROLE_OPERATOR"}
    )


async def known_grants(
    session: AsyncSession,
    workspace_id: str,
    sent: Sequence[GrantInput],
    *,
    field: str,
    held: Grants = [],  # noqa: B006 read alone
) -> Grants:
    """Give grants as rows keep them. Raises InvalidArgument for resources that the workspace does not have.

    Those of `held` may be gone meanwhile: a grant does not go with a resource, whose id nothing else ever has.
    """
    ids = {each for grant in sent for each in grant.resource_ids}
    known = await _existing(session, workspace_id, ids) | {each for grant in held for each in grant["resource_ids"]}
    for index, grant in enumerate(sent):
        unknown = [each for each in grant.resource_ids if each not in known]
        if unknown:  # one of them is enough, and all would not fit into an error
            refuse(FieldViolation(f"{field}[{index}].resource_ids", f"there is no {unknown[0]}"))
    return [{"role": grant.role, "resource_ids": grant.resource_ids} for grant in sent]


async def _existing(session: AsyncSession, workspace_id: str, ids: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for table in (FunctionRow, SourceRow, DestinationRow):
        wanted: Collection[str] = [each for each in ids if _PREFIXES[table] == each.partition("_")[0]]
        if wanted:
            query = select(table.id).where(table.workspace_id == workspace_id, col(table.id).in_(wanted))
            found.update(await session.scalars(query))
    return found


_PREFIXES: dict[type[FunctionRow | SourceRow | DestinationRow], str] = {
    FunctionRow: "fn",
    SourceRow: "src",
    DestinationRow: "dst",
}
