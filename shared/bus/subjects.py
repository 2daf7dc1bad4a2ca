"""Names of streams, subjects and consumers."""

from __future__ import annotations

INBOX = "INBOX"
DELIVERIES = "DELIVERIES"
OUTCOMES = "OUTCOMES"
ATTEMPTS = "ATTEMPTS"
USAGE = "USAGE"
FAILING = "FAILING"
EXECUTION = "EXECUTION"
CONFIG = "CONFIG"
CODE = "CODE"


def inbox(workspace_id: str, source_id: str) -> str:
    """Subject of a source's inbound events."""
    return f"inbox.{workspace_id}.{source_id}"


def deliveries(workspace_id: str, destination_id: str) -> str:
    """Subject of a destination's deliveries."""
    return f"deliveries.{workspace_id}.{destination_id}"


def outcomes(workspace_id: str) -> str:
    """Subject of a workspace's outcomes."""
    return f"outcomes.{workspace_id}"


def attempts(owner_id: str, delivery_id: str) -> str:
    """Subject that keeps how often a delivery was tried; `owner_id` is its source or destination."""
    return f"attempts.{owner_id}.{delivery_id}"


def failing(workspace_id: str, destination_id: str) -> str:
    """Subject that keeps since when a destination fails."""
    return f"failing.{workspace_id}.{destination_id}"


def execution(workspace_id: str) -> str:
    """Subject that keeps how long a workspace's functions ran this month."""
    return f"execution.{workspace_id}"


def compute_us(workspace_id: str, month: str) -> str:
    """Subject that counts the microseconds which a workspace's functions computed in a month, `yyyy-mm`."""
    return f"usage.{workspace_id}.{month}.compute_us"


def events(workspace_id: str, month: str) -> str:
    """Subject that counts the events which a workspace's functions ran for in a month, `yyyy-mm`."""
    return f"usage.{workspace_id}.{month}.events"
