"""Removing entries of the audit trail when they are old enough, a few in each transaction."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import structlog

from services.registry.cancelling import is_cancelled
from services.registry.store.audit import AuditStore
from shared.errors import PenstockError

_EVERY_S = 3600.0

_log = structlog.get_logger()


async def prune_audit_entries(entries: AuditStore, *, days: int) -> None:
    """Remove entries older than so many days, at once and then every hour, until cancelled."""
    while not is_cancelled():
        try:
            while await entries.prune(datetime.now(UTC) - timedelta(days=days)):
                pass
        except PenstockError as error:
            _log.warning("audit.not_pruned", reason=error.reason)
        if not is_cancelled():
            await asyncio.sleep(_EVERY_S)
