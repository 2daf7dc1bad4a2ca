"""All operations of the management API, by their groups."""

from __future__ import annotations

from services.gateway.api.api_tokens import TOKENS
from services.gateway.api.audit import AUDIT
from services.gateway.api.catalog import CATALOG
from services.gateway.api.connections import CONNECTIONS
from services.gateway.api.delivery_metrics import DELIVERY_METRICS
from services.gateway.api.delivery_overview import OVERVIEW
from services.gateway.api.destinations import DESTINATIONS
from services.gateway.api.echo import TESTING
from services.gateway.api.filters import FILTERS
from services.gateway.api.function_versions import VERSIONS
from services.gateway.api.functions import FUNCTIONS
from services.gateway.api.insert_instances import INSERTS
from services.gateway.api.preview import PREVIEWS
from services.gateway.api.sources import SOURCES
from services.gateway.api.usage import USAGE
from services.gateway.api.users import ROLES, USERS
from services.gateway.api.workspace import WORKSPACES

_GROUPS = (
    WORKSPACES,
    FUNCTIONS,
    VERSIONS,
    INSERTS,
    PREVIEWS,
    SOURCES,
    DESTINATIONS,
    DELIVERY_METRICS,
    OVERVIEW,
    USAGE,
    CONNECTIONS,
    FILTERS,
    CATALOG,
    USERS,
    ROLES,
    TOKENS,
    AUDIT,
    TESTING,
)
OPERATIONS = [operation for group in _GROUPS for operation in group.operations]
