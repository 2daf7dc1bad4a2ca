"""Settings of the gateway."""

from __future__ import annotations

from pydantic import Field, SecretStr

from shared.settings import ServiceSettings


class GatewaySettings(ServiceSettings):
    """Where the gateway listens, and how much it takes."""

    http_address: str = Field(
        default="127.0.0.1:8080", description="Address of the HTTP server; port 0 picks a free one."
    )
    webhook_body_bytes: int = Field(default=2 * 1024 * 1024, description="Largest body of a webhook, in bytes.")
    webhook_body_timeout_s: float = Field(default=10.0, description="Seconds in which a webhook's body must have come.")
    message_bytes: int = Field(default=32 * 1024, description="Largest Segment message, in bytes.")
    metrics_token: SecretStr = Field(
        default=SecretStr(""),
        description="Bearer token that `/metrics` wants; without one it answers only on a loopback HTTP address.",
    )
    http_connections: int = Field(default=2000, description="Connections above which requests are answered with 503.")
    http_header_bytes: int = Field(default=32 * 1024, description="Largest head of a request, in bytes.")
    http_header_timeout_s: float = Field(
        default=10.0, description="Seconds in which a request's head must have come, also the first of a connection."
    )
    grpc_calls: int = Field(default=1000, description="gRPC calls, streams included, above which more are refused.")
    in_flight_bytes: int = Field(
        default=64 * 1024 * 1024,
        description="Bytes of events that the log does not have yet, of one source half as many; more are refused.",
    )
    api_body_bytes: int = Field(
        default=12 * 1024 * 1024, description="Largest body of a request to the management API, in bytes."
    )
    api_in_flight_bytes: int = Field(
        default=64 * 1024 * 1024,
        description="Bytes of bodies that the management API holds at a time, of one token half as many.",
    )
    api_timeout_s: float = Field(default=30.0, gt=0, description="Seconds in which a call of the management API ends.")
    api_token_points: int = Field(
        default=1200, ge=1, description="Calls of the management API that one token makes in a window; most cost 1."
    )
    api_address_points: int = Field(
        default=3600,
        ge=1,
        description="Requests to the management API from one address in a window; one with a wrong token costs 10.",
    )
    api_window_s: float = Field(
        default=60.0, gt=0, description="Seconds in which these calls become available again, evenly."
    )
    stop_notice_s: float = Field(
        default=0.0,
        ge=0,
        description="Seconds between telling that it is not ready and taking no more connections, when it stops: as "
        "long as a load balancer takes to notice.",
    )
