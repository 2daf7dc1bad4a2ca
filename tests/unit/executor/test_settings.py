from __future__ import annotations

from services.executor.settings import ExecutorSettings


def test_the_ports_of_the_installation_are_known() -> None:
    settings = ExecutorSettings.model_validate(
        {
            "grpc_address": "127.0.0.1:1",
            "registry_address": "127.0.0.1:2",
            "secrets_address": "[::1]:3",
            "delivery_address": "delivery.internal:4",
            "executor_addresses": ["127.0.0.1:5", "127.0.0.1:6"],
            "gateway_addresses": ["http://127.0.0.1:7", "127.0.0.1:8"],
            "nats_url": "nats://user:pass@127.0.0.1:9,nats://127.0.0.1:10",
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:11/",
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:12",
            "metrics_address": "127.0.0.1:13",
            "metrics_peers": ["127.0.0.1:13", "127.0.0.1:14"],
        }
    )
    assert settings.own_ports() == set(range(1, 15))


def test_the_gateways_port_is_among_them_by_default() -> None:
    assert 8080 in ExecutorSettings().own_ports()
