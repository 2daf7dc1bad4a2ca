"""The only HTTP client to the outside, for `fetch` of tenants' code and for built-in destinations alike.

A request goes through `urls` (what is asked for), `headers` (what is sent), `policy` (which addresses may be
dialled), `resolver` (names checked and pinned), `client` (redirects, limits) and `decoding` (inflating under a cap).
"""

from __future__ import annotations

from shared.egress.client import EgressClient, EgressResponse, RedirectMode
from shared.egress.errors import EgressError, EgressErrorType
from shared.egress.policy import EgressException, EgressPolicy

__all__ = [
    "EgressClient",
    "EgressError",
    "EgressErrorType",
    "EgressException",
    "EgressPolicy",
    "EgressResponse",
    "RedirectMode",
]
