"""Segment's TypeScript client, in a process of Node.js."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from tests.api.client import Answer

_FOLDER = Path(__file__).parent
_OF_SOURCE = ["sourceId", "startTime", "endTime", "granularity", "pagination", "groupBy", "filter"]
_OF_DESTINATION = ["sourceId", "destinationConfigId", *_OF_SOURCE[1:]]
# The arguments of the client's methods, in their order.
_METHODS: dict[str, tuple[str, list[str]]] = {
    "getWorkspace": ("WorkspacesApi", []),
    "echo": ("TestingApi", ["message"]),
    "createFunction": ("FunctionsApi", ["body"]),
    "listFunctions": ("FunctionsApi", ["pagination", "resourceType"]),
    "getFunction": ("FunctionsApi", ["functionId"]),
    "updateFunction": ("FunctionsApi", ["functionId", "body"]),
    "deleteFunction": ("FunctionsApi", ["functionId"]),
    "createFunctionDeployment": ("FunctionsApi", ["functionId"]),
    "listFunctionVersions": ("FunctionsApi", ["functionId", "pagination"]),
    "getFunctionVersion": ("FunctionsApi", ["functionId", "versionId"]),
    "restoreFunctionVersion": ("FunctionsApi", ["functionId", "body"]),
    "createInsertFunctionInstance": ("FunctionsApi", ["body"]),
    "listInsertFunctionInstances": ("FunctionsApi", ["pagination", "functionId"]),
    "getInsertFunctionInstance": ("FunctionsApi", ["instanceId"]),
    "updateInsertFunctionInstance": ("FunctionsApi", ["instanceId", "body"]),
    "deleteInsertFunctionInstance": ("FunctionsApi", ["instanceId"]),
    "createSource": ("SourcesApi", ["body"]),
    "listSources": ("SourcesApi", ["pagination"]),
    "getSource": ("SourcesApi", ["sourceId"]),
    "updateSource": ("SourcesApi", ["sourceId", "body"]),
    "deleteSource": ("SourcesApi", ["sourceId"]),
    "createWriteKeyForSource": ("SourcesApi", ["sourceId"]),
    "removeWriteKeyFromSource": ("SourcesApi", ["sourceId", "writeKey"]),
    "listConnectedDestinationsFromSource": ("SourcesApi", ["sourceId", "pagination"]),
    "createDestination": ("DestinationsApi", ["body"]),
    "listDestinations": ("DestinationsApi", ["pagination"]),
    "getDestination": ("DestinationsApi", ["destinationId"]),
    "updateDestination": ("DestinationsApi", ["destinationId", "body"]),
    "deleteDestination": ("DestinationsApi", ["destinationId"]),
    "listDeliveryMetricsSummaryFromDestination": (
        "DestinationsApi", ["destinationId", "sourceId", "startTime", "endTime", "granularity"],
    ),
    "createFilterForDestination": ("DestinationFiltersApi", ["destinationId", "body"]),
    "listFiltersFromDestination": ("DestinationFiltersApi", ["destinationId", "pagination"]),
    "getFilterInDestination": ("DestinationFiltersApi", ["destinationId", "filterId"]),
    "updateFilterForDestination": ("DestinationFiltersApi", ["destinationId", "filterId", "body"]),
    "removeFilterFromDestination": ("DestinationFiltersApi", ["destinationId", "filterId"]),
    "previewDestinationFilter": ("DestinationFiltersApi", ["body"]),
    "getSourcesCatalog": ("CatalogApi", ["pagination"]),
    "getSourceMetadata": ("CatalogApi", ["sourceMetadataId"]),
    "getDestinationsCatalog": ("CatalogApi", ["pagination"]),
    "getDestinationMetadata": ("CatalogApi", ["destinationMetadataId"]),
    "listAuditEvents": ("AuditTrailApi", ["pagination", "startTime", "endTime", "resourceId", "resourceType"]),
    "listRoles": ("IAMRolesApi", ["pagination"]),
    "listUsers": ("IAMUsersApi", ["pagination"]),
    "getUser": ("IAMUsersApi", ["userId"]),
    "deleteUsers": ("IAMUsersApi", ["userIds"]),
    "createInvites": ("IAMUsersApi", ["body"]),
    "listInvites": ("IAMUsersApi", ["pagination"]),
    "addPermissionsToUser": ("IAMUsersApi", ["userId", "body"]),
    "replacePermissionsForUser": ("IAMUsersApi", ["userId", "body"]),
    "getIngressSuccessMetricsFromDeliveryOverview": ("DeliveryOverviewApi", _OF_SOURCE),
    "getIngressFailedMetricsFromDeliveryOverview": ("DeliveryOverviewApi", _OF_SOURCE),
    "getFilteredAtSourceMetricsFromDeliveryOverview": ("DeliveryOverviewApi", _OF_SOURCE),
    "getFilteredAtDestinationMetricsFromDeliveryOverview": ("DeliveryOverviewApi", _OF_DESTINATION),
    "getEgressFailedMetricsFromDeliveryOverview": ("DeliveryOverviewApi", _OF_DESTINATION),
    "getEgressSuccessMetricsFromDeliveryOverview": ("DeliveryOverviewApi", _OF_DESTINATION),
}  # fmt: skip


class TypeScriptClient:
    """Methods of `@segment/public-api-sdk-typescript`."""

    def __init__(self, to: IO[str], of: IO[str]) -> None:
        self._to = to
        self._of = of

    def call(self, operation: str, /, **fields: Any) -> Answer:
        """Call a method."""
        api, names = _METHODS[operation]
        # Those releases that the registry has want a page of every list.
        given = {"pagination": {"count": 200}} | fields
        asked = {"api": api, "operation": operation, "args": [given.get(name) for name in names]}
        self._to.write(json.dumps(asked | {name: fields[name] for name in ("token",) if name in fields}) + "\n")
        self._to.flush()
        return Answer(**json.loads(self._of.readline()))


@contextmanager
def typescript_client(base_path: str, token: str) -> Generator[TypeScriptClient]:
    """Run the client while the block runs."""
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    command = ["node", "--no-deprecation", "typescript.cjs", base_path, token]
    with subprocess.Popen(
        command, cwd=_FOLDER, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin
        assert process.stdout
        yield TypeScriptClient(process.stdin, process.stdout)
        process.stdin.close()
