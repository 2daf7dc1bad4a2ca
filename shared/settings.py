"""Settings that every service has. Each reads the environment, prefix `PENSTOCK_`, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """What a service needs to know to take its place in an installation.

    A service's own settings class adds to these. Values that do not parse end the process with the field's name.
    """

    model_config = SettingsConfigDict(env_prefix="PENSTOCK_", frozen=True, extra="ignore")

    data_dir: Path = Field(default=Path(".penstock"), description="Folder for what this service keeps on disk.")
    grpc_address: str = Field(
        default="127.0.0.1:0", description="Address that the gRPC server listens on; port 0 picks a free one."
    )
    nats_url: str = Field(default="nats://127.0.0.1:4222", description="The NATS server with JetStream.")
    registry_address: str = Field(default="127.0.0.1:7101", description="gRPC address of registry.")
    secrets_address: str = Field(default="127.0.0.1:7102", description="gRPC address of secrets.")
    delivery_address: str = Field(default="127.0.0.1:7103", description="gRPC address of delivery.")
    executor_addresses: list[str] = Field(
        default=["127.0.0.1:7104"], description="gRPC addresses of the executors, as JSON list."
    )
    service_token: SecretStr = Field(
        default=SecretStr(""), description="Token that tells other services who this one is."
    )
    identities_file: Path | None = Field(
        default=None, description="Digests of all services' tokens; without it nobody is let in."
    )
    otlp_endpoint: str = Field(
        default="",
        validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT",
        description="Where traces and metrics go, by OTLP over gRPC; empty for nowhere.",
    )
    otlp_traces_endpoint: str = Field(
        default="",
        validation_alias="OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        description="Where traces go if not to OTEL_EXPORTER_OTLP_ENDPOINT.",
    )
    traces_per_second: float = Field(
        default=100,
        ge=0,
        description="New traces kept in a second by this process; those of failed, retried and slow events always are.",
    )
    slow_s: float = Field(
        default=1.0,
        gt=0,
        description="Seconds from which a hop is slow: taking an event, a source run, a try of a delivery.",
    )
    metrics_address: str = Field(
        default="", description="Address that `/metrics` is served at, for Prometheus; empty for none."
    )
    metrics_by_tenant: bool = Field(
        default=True, description="Whether metrics tell sources, destinations and functions apart."
    )
    metrics_peers: list[str] = Field(
        default=[],
        description="Metrics addresses of all processes, as JSON list: the gateway's `/metrics` shows theirs too, and "
        "functions may not reach them.",
    )
    log_format: Literal["console", "json"] = Field(default="json", description="How log lines are written.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least level that is written."
    )
