"""Settings of the executor."""

from __future__ import annotations

import re

from pydantic import Field

from services.executor.results import LEAST_MEMORY_BYTES, Limits
from services.executor.shared_cache import CacheLimits
from shared.settings import ServiceSettings

_PORT = re.compile(r":([0-9]+)/?$")


class ExecutorSettings(ServiceSettings):
    """What one event may use, and how many run and wait."""

    fuel: int = Field(
        default=2_300_000_000, gt=0, description="Fuel of one event over all its entries: about 0.25 s of a core."
    )
    memory_bytes: int = Field(
        default=128 * 1024**2, ge=LEAST_MEMORY_BYTES, description="Memory of one sandbox, in bytes."
    )
    wall_s: float = Field(default=5.0, gt=0, description="Seconds from the first entry to the settled handler.")
    requests: int = Field(default=50, ge=0, description="Requests that one event may make.")
    request_s: float = Field(default=5.0, gt=0, description="Seconds that one request may take, redirects included.")
    response_bytes: int = Field(default=5 * 1024**2, gt=0, description="Largest answer to a request, in bytes.")
    log_bytes: int = Field(default=4096, gt=0, description="Text of a run's log that is kept, in bytes.")
    sandboxes_per_instance: int = Field(default=8, gt=0, description="Sandboxes of one instance that run at a time.")
    warm_sandboxes: int = Field(
        default=2000, ge=0, description="Idle sandboxes kept for the next event, over all instances."
    )
    warm_bytes: int = Field(
        default=6 * 1024**3,
        ge=0,
        description="Memory of idle sandboxes, in bytes: 2.7 MB each if little is kept in them, most of it shared.",
    )
    loaded_images: int = Field(default=256, gt=0, description="Images of functions kept in memory.")
    image_bytes: int = Field(
        default=10 * 1024**3, gt=0, description="Disk for compiled images, about 1.7 MB each, in bytes."
    )
    workspace_concurrency: int = Field(
        default=100, ge=0, description="Events of one workspace that run at a time; 0 for any number."
    )
    waiting_events: int = Field(
        default=4000,
        gt=0,
        description="Events taken at a time, of one workspace half as many; above it calls are refused.",
    )
    wait_s: float = Field(default=5.0, gt=0, description="Seconds that an event waits for a place to run.")
    monthly_compute_s: float = Field(
        default=0.0,
        ge=0,
        description="Seconds that the functions of one workspace may compute in a calendar month (UTC), over all "
        "executors; 0 for no bound. Time in which they wait is free.",
    )
    cache_entries: int = Field(default=1000, gt=0, description="Values that one instance's `cache` keeps.")
    cache_bytes: int = Field(
        default=16 * 1024**2, gt=0, description="Keys and values of one instance's `cache`, in bytes of JSON."
    )
    cache_total_bytes: int = Field(
        default=256 * 1024**2,
        gt=0,
        description="The same over all instances: above it those used longest ago lose theirs.",
    )
    connections: int = Field(default=4096, gt=0, description="Connections to the outside at a time.")
    connections_per_host: int = Field(default=2048, gt=0, description="Connections to one host and port at a time.")
    egress_allow: str = Field(
        default="",
        description="Addresses that functions may reach though they are not public: `CIDR[:port]`, comma-separated.",
    )
    gateway_addresses: list[str] = Field(
        default=["127.0.0.1:8080"],
        description="Addresses of the gateway, HTTP and gRPC, as JSON list: functions may not reach their ports here.",
    )

    @property
    def limits(self) -> Limits:
        """What an event may use where its instance says nothing lower."""
        return Limits(
            fuel=self.fuel,
            memory_bytes=self.memory_bytes,
            wall_s=self.wall_s,
            requests=self.requests,
            request_s=self.request_s,
            response_bytes=self.response_bytes,
            log_bytes=self.log_bytes,
        )

    @property
    def cache_limits(self) -> CacheLimits:
        """What is kept of the values that functions cache."""
        return CacheLimits(entries=self.cache_entries, bytes=self.cache_bytes, total_bytes=self.cache_total_bytes)

    def own_ports(self) -> set[int]:
        """Give the ports of this installation, which no function may reach by any of the machine's addresses."""
        addresses = [
            self.grpc_address,
            self.registry_address,
            self.secrets_address,
            self.delivery_address,
            *self.executor_addresses,
            *self.gateway_addresses,
            *self.nats_url.split(","),
            self.otlp_endpoint,
            self.otlp_traces_endpoint,
            self.metrics_address,
            *self.metrics_peers,
        ]
        return {int(found[1]) for found in map(_PORT.search, addresses) if found}
