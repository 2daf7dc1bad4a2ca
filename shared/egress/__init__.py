"""The only HTTP client to the outside, for `fetch` of tenants' code and for built-in destinations alike.

A request goes through `urls` (what is asked for), `headers` (what is sent), `policy` (which addresses may be
dialled at all), `rules` (where its workspace lets it go), `resolver` (names checked and pinned), `connections` (used
again under the same rules), `client` (redirects, limits) and `decoding` (inflating under a cap).
"""

from __future__ import annotations

from shared.egress.client import EgressClient, EgressResponse, RedirectMode
from shared.egress.errors import EgressError, EgressErrorType
from shared.egress.policy import EgressPolicy
from shared.egress.ranges import AddressRange
from shared.egress.rules import EgressRules

__all__ = [
    "AddressRange",
    "EgressClient",
    "EgressError",
    "EgressErrorType",
    "EgressPolicy",
    "EgressResponse",
    "EgressRules",
    "RedirectMode",
]
