"""Notices of used-up allotments: at 75, 90 and 100 percent, once a month, to the log, readers and the audit source."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

import structlog
from google.protobuf.timestamp_pb2 import Timestamp

from penstock.config.v1 import config_pb2
from services.delivery.allotments import Allotment, Allotments
from services.delivery.clock import Clock
from services.delivery.execution_time import ExecutionTime
from services.delivery.lock_out import Used, telling
from services.delivery.tables import UsageNotice
from shared.bus import Ack, Bus, ConfigView, Publication
from shared.bus.audit_events import audit_event, audit_publication
from shared.bus.usage import month_of
from shared.errors import PenstockError
from shared.ids import new_id

_log = structlog.get_logger()

PERCENTS = (75, 90, 100)
_EVERY_S = 1.0
_BATCH = 100
_MICROSECONDS = 1_000_000


class Notices:
    """Compares what workspaces used with what they may, soon after it was folded.

    `used` names the workspaces whose usage has grown since it was called before.
    """

    def __init__(
        self,
        *,
        bus: Bus,
        config: ConfigView,
        allotments: Allotments,
        execution: ExecutionTime,
        used: Callable[[], Collection[str]],
        clock: Clock,
    ) -> None:
        self._bus = bus
        self._config = config
        self._allotments = allotments
        self._execution = execution
        self._used = used
        self._clock = clock
        self._unseen: set[str] = set()
        self._version = -1
        self._told: dict[str, Used] = {}

    async def run(self) -> None:
        """Look after all workspaces until cancelled. What fails is done a moment later."""
        while True:
            try:
                await self.look()
                await self._forward()
            except (PenstockError, TimeoutError) as error:
                _log.info("usage.not_looked_at", reason=str(error) or type(error).__name__)
            await self._clock.wait(asyncio.Event(), _EVERY_S)

    async def look(self) -> None:
        """Look at those that used something, and at all when CONFIG has changed. Raises PenstockError."""
        self._unseen.update(self._used())
        version, month = self._config.version, month_of(self._clock.time())
        if version != self._version:
            self._unseen.update(self._allotments.workspaces())
        due = {each: allotment for each in self._unseen if (allotment := self._allotments.of(each))}
        sums = await self._execution.sums_us(month, due)
        for workspace_id, time_us in sums.items():
            await self._notice(workspace_id, due[workspace_id], Used(month, time_us))
        await self._tell({each: Used(month, sums[each]) for each in sums if due[each].lock_out})
        self._unseen, self._version = set(), version

    async def _notice(self, workspace_id: str, allotment: Allotment, used: Used) -> None:
        for percent in PERCENTS:
            if allotment.percent(used.time_us) < percent:
                return
            notice = UsageNotice(
                workspace_id=workspace_id,
                month=used.month,
                percent=percent,
                notice_id=new_id("ntc"),
                noticed_us=round(self._clock.time() * _MICROSECONDS),
                wall_us=used.time_us,
                allotment_us=allotment.time_us,
                forwarded=False,
            )
            if await self._execution.add_notice(notice):
                _log.warning(
                    "usage.notice",
                    workspace=workspace_id,
                    month=used.month,
                    percent=percent,
                    used_s=round(used.time_us / _MICROSECONDS, 3),
                    allotment_s=round(allotment.time_us / _MICROSECONDS, 3),
                    lock_out=allotment.lock_out,
                )

    async def _tell(self, used: dict[str, Used]) -> None:
        """Tell all replicas what is new to them."""
        news = {each: now for each, now in used.items() if self._told.get(each) != now}
        results = await self._bus.publish_all([telling(*each) for each in news.items()]) if news else []
        for (workspace_id, now), result in zip(news.items(), results, strict=True):
            if isinstance(result, PenstockError):
                raise result
            self._told[workspace_id] = now

    async def _forward(self) -> None:
        """Send notices into the audit sources of their workspaces. One that takes no event keeps back its own alone."""
        notices = await self._execution.unforwarded(_BATCH)
        sent = [(notice, event) for notice in notices if (event := self._event(notice))]
        results = await self._bus.publish_all([event for _, event in sent]) if sent else []
        waiting = {
            notice.notice_id for (notice, _), result in zip(sent, results, strict=True) if not isinstance(result, Ack)
        }
        done = [notice for notice in notices if notice.notice_id not in waiting]
        if done:
            await self._execution.mark_forwarded(done)

    def _event(self, notice: UsageNotice) -> Publication | None:
        workspace = self._config.get(config_pb2.WorkspaceConfig, notice.workspace_id)
        source_id = workspace.audit_source_id if workspace else ""
        if not source_id or not self._config.get(config_pb2.SourceConfig, source_id):
            return None
        time = Timestamp()
        time.FromMicroseconds(notice.noticed_us)
        entry = {
            "id": notice.notice_id,
            "type": "Usage Notice Given",
            "month": notice.month,
            "percent": notice.percent,
            "execution_ms": notice.wall_us // 1000,
            "allotment_ms": notice.allotment_us // 1000,
        }
        event = audit_event(
            entry_id=notice.notice_id,
            source_id=source_id,
            workspace_id=notice.workspace_id,
            name="Usage Notice Given",
            user_id="delivery",
            time=time,
            entry=entry,
        )
        return audit_publication(event, notice.notice_id)
