"""`GET /metrics`: the gateway's own metrics, and those of the other processes that the installation names."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Sequence

from opentelemetry.sdk.resources import Resource
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.answers import Refused
from shared.telemetry.metrics_http import all_metrics
from shared.telemetry.metrics_text import CONTENT_TYPE


class MetricsPage:
    """Answers whoever holds the token; without a token everybody, if that can only be this machine."""

    def __init__(self, *, resource: Resource, peers: Sequence[str], token: str, http_address: str) -> None:
        self._resource = resource
        self._peers = peers
        self._token = token
        self._is_open = not token and _is_loopback(http_address)

    async def __call__(self, request: Request) -> Response | Refused:
        """Give the page."""
        if not self._is_open and not self._is_authorized(request.headers.get("authorization", "")):
            return Refused(401, "UNAUTHENTICATED", "The metrics want the token of PENSTOCK_METRICS_TOKEN.")
        return Response(await all_metrics(self._resource, self._peers), media_type=CONTENT_TYPE)

    def _is_authorized(self, header: str) -> bool:
        return bool(self._token) and hmac.compare_digest(header.encode(), f"Bearer {self._token}".encode())


def _is_loopback(address: str) -> bool:
    host = address.rpartition(":")[0].strip("[]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
