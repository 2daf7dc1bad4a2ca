"""Deployments: which version runs where."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from penstock.registry.v1 import function_pb2
from services.registry.inputs import RequestInput
from services.registry.store import requests
from services.registry.store.configs import publish_owner
from services.registry.store.instances import instances_of
from services.registry.store.shown import shown_function
from services.registry.store.tables import DestinationRow, FunctionRow, InsertRow, InstanceRow, SourceRow
from services.registry.store.transactions import Transactions, find, not_found, require_etag
from services.registry.store.versions import version_of

# Who may have an instance, and where that is said.
_OWNERS = (
    (SourceRow.id, SourceRow.instance_id),
    (DestinationRow.id, DestinationRow.instance_id),
    (InsertRow.source_id, InsertRow.instance_id),
    (InsertRow.destination_id, InsertRow.instance_id),
)


@dataclass(frozen=True, slots=True)
class Deployment:
    """What is to run where: the newest version when none is named, all instances when none are."""

    version: str
    targets: Collection[str]
    etag: str


class DeploymentStore:
    """The deployments of all workspaces."""

    def __init__(self, *, transactions: Transactions) -> None:
        self._transactions = transactions

    async def deploy(
        self, workspace_id: str, function: str, deployment: Deployment, *, sent: RequestInput
    ) -> function_pb2.DeployFunctionResponse:
        """Make a version run in these instances at once. Raises NotFound and Aborted, and then changes nothing."""
        kind = function_pb2.DeployFunctionResponse
        async with self._transactions.change(workspace_id) as session:
            first = await requests.first_answer(session, workspace_id, sent, kind)
            if first:
                return first
            row = await find(session, FunctionRow, workspace_id, function)
            require_etag(deployment.etag, (await shown_function(session, row)).etag)
            answer = await _deploy(session, row, deployment)
            await requests.remember(session, workspace_id, sent, answer)
            return answer


async def _deploy(
    session: AsyncSession, row: FunctionRow, deployment: Deployment
) -> function_pb2.DeployFunctionResponse:
    version = await version_of(session, row, deployment.version or row.latest_version_id)
    chosen = await _choose(session, row, deployment.targets)
    now = datetime.now(UTC)
    row.deployed_version_id = version.id
    row.deployed_at = row.updated_at = version.deployed_at = now
    for instance in chosen:
        instance.version_id = version.id
    await session.flush()
    for instance in chosen:
        await publish_owner(session, instance)
    return function_pb2.DeployFunctionResponse(version_id=version.id, instance_ids=[each.id for each in chosen])


async def _choose(session: AsyncSession, function: FunctionRow, targets: Collection[str]) -> Sequence[InstanceRow]:
    """Find the function's instances by their ids, or by those of what they run for. Raises NotFound."""
    instances = await instances_of(session, function.id)
    if not targets:
        return instances
    known = {instance.id: instance for instance in instances}
    named = await _by_owner(session, targets, known)
    for each in targets:
        if each not in known and each not in named:
            raise not_found("instances", each)
    return list({(found := known.get(each) or named[each]).id: found for each in targets}.values())


async def _by_owner(
    session: AsyncSession, targets: Collection[str], known: Mapping[str, InstanceRow]
) -> Mapping[str, InstanceRow]:
    """Find instances by the ids of their sources and destinations."""
    ids = [each for each in targets if "\0" not in each]  # PostgreSQL refuses to compare it
    found: dict[str, InstanceRow] = {}
    for owner, instance in _OWNERS:
        rows = await session.execute(sqlalchemy.select(col(owner), col(instance)).where(col(owner).in_(ids)))
        found |= {str(owner_id): known[str(instance_id)] for owner_id, instance_id in rows if instance_id in known}
    return found
