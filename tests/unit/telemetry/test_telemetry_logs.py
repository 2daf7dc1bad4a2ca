from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from opentelemetry import trace

from shared.telemetry.logs import configure_logs
from shared.telemetry.propagation import parse_traceparent, span_of


@pytest.fixture(autouse=True)
def _restore_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_lines_carry_service_time_level_and_trace() -> None:
    stream = io.StringIO()
    configure_logs(service="penstock-test", stream=stream)
    context = parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    assert context is not None
    with trace.use_span(span_of(context)):
        structlog.get_logger().info("delivery.tried", attempt=2, text="a\nb\x1b[31m")
    structlog.get_logger().debug("too quiet")
    (line,) = lines(stream)
    assert line["timestamp"].endswith("Z")
    del line["timestamp"]
    assert line == {
        "event": "delivery.tried", "attempt": 2, "text": "a\nb\x1b[31m", "level": "info", "service": "penstock-test",
        "trace_id": "0af7651916cd43dd8448eb211c80319c", "span_id": "b7ad6b7169203331",
    }  # fmt: skip
    assert "\x1b" not in stream.getvalue()


def test_other_libraries_loggers_are_routed() -> None:
    stream = io.StringIO()
    logging.getLogger("uvicorn.error").addHandler(logging.StreamHandler(io.StringIO()))
    configure_logs(service="s", stream=stream)
    logging.getLogger("uvicorn.error").warning("port %d taken", 80)
    logging.getLogger("nats").info("chatter")
    logging.getLogger("alembic.runtime").error("failed", exc_info=LookupError("why"))
    first, second = lines(stream)
    assert (first["event"], first["logger"], first["level"]) == ("port 80 taken", "uvicorn.error", "warning")
    assert "LookupError: why" in second["exception"]


def test_the_console_is_safe_from_tenants_text() -> None:
    stream = io.StringIO()
    configure_logs(service="s", log_format="console", stream=stream)
    structlog.get_logger().info("log", text="\x1b[2Jfake\nline")
    assert "\x1b" not in stream.getvalue()
    assert stream.getvalue().count("\n") == 1
    assert "fake" in stream.getvalue()
