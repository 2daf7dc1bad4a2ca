"""`UsageService` over the real server: months, sums, allotments and notices of the caller's workspace alone."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from penstock.access.v1 import access_pb2
from penstock.config.v1 import config_pb2
from penstock.delivery.v1 import usage_pb2, usage_pb2_grpc
from penstock.event.v1 import outcome_pb2
from services.delivery.allotments import Allotments
from services.delivery.clock import Clock
from services.delivery.execution_time import ExecutionTime
from services.delivery.lock_out import LockOut, Used
from services.delivery.read_side import MIGRATIONS
from services.delivery.settings import ReadModelLimits
from services.delivery.store import Store
from services.delivery.tables import UsageNotice
from services.delivery.usage_servicer import UsageService
from shared.bus.usage import month_of
from shared.database import Database, migrate
from shared.errors import InvalidArgument, PermissionDenied
from shared.rpc.access import ServiceAuthenticator
from shared.rpc.client import connect
from shared.rpc.identity import load_identities, make_tokens
from shared.rpc.server import RpcServer
from tests.integration.delivery.read_side import person

NOW = month_of(time.time())


class Configs:
    """CONFIG with one workspace of ten seconds."""

    def get(self, kind: Any, name: str) -> config_pb2.WorkspaceConfig | None:
        if name != "ws_1":
            return None
        config = config_pb2.WorkspaceConfig(lock_out=True)
        config.monthly_execution.FromSeconds(10)
        return config


class Usage:
    """The service and what it answers from."""

    def __init__(self, stub: usage_pb2_grpc.UsageServiceAsyncStub, execution: ExecutionTime, lock_out: LockOut) -> None:
        self.stub = stub
        self.execution = execution
        self.lock_out = lock_out

    async def get(
        self, month: str = "", *, workspace: str = "ws_1", role: Any = access_pb2.ROLE_FUNCTIONS_READ_ONLY
    ) -> usage_pb2.GetUsageResponse:
        return await self.stub.GetUsage(usage_pb2.GetUsageRequest(month=month), metadata=person(workspace, role))


@pytest.fixture
async def usage(database_url: str, tmp_path: Path) -> AsyncIterator[Usage]:
    database = Database(url=database_url, schema="delivery")
    await migrate(database, versions=MIGRATIONS)
    outcomes = [ran(1, 3000.4), ran(2, 4000.4), ran(3, 1500, instance="ins_2"), ran(4, 7, workspace="ws_2")]
    await Store(database, ReadModelLimits()).fold(outcomes, after=0, upto=1)
    configs: Any = Configs()
    allotments, execution = Allotments(configs, execution_s=60, lock_out=False), ExecutionTime(database)
    lock_out = LockOut(allotments, Clock())

    async def behind() -> int:
        return 3

    service = UsageService(
        execution=execution, allotments=allotments, lock_out=lock_out, outcomes_behind=behind, clock=Clock()
    )

    def add(server: grpc.aio.Server) -> None:
        usage_pb2_grpc.add_UsageServiceServicer_to_server(service, server)

    tokens = make_tokens(tmp_path / "identities")
    identities = load_identities(tmp_path / "identities" / "identities.json")
    server = RpcServer(address="127.0.0.1:0", names=[], add=add, authenticate=ServiceAuthenticator(identities))
    await server.start()
    async with connect(f"127.0.0.1:{server.port}", token=tokens["gateway"]) as channel:
        yield Usage(usage_pb2_grpc.UsageServiceStub(channel), execution, lock_out)
    await server.stop()
    await database.close()


def ran(number: int, ms: float, *, instance: str = "ins_1", workspace: str = "ws_1") -> outcome_pb2.Outcome:
    made = outcome_pb2.Outcome(
        event_id=f"evt_{number}", workspace_id=workspace, stage=outcome_pb2.STAGE_DESTINATION, attempt=1
    )
    made.status = outcome_pb2.STATUS_SUCCEEDED
    made.finished_at.GetCurrentTime()
    made.function.function_id, made.function.instance_id = "fn_1", instance
    made.function.usage.wall.FromMicroseconds(round(ms * 1000))
    return made


async def test_a_months_usage_and_how_much_of_the_allotment_it_is(usage: Usage) -> None:
    answer = await usage.get()
    assert [(each.instance_id, each.execution_time.ToMilliseconds(), each.runs) for each in answer.functions] == [
        ("ins_1", 7001, 2),
        ("ins_2", 1500, 1),
    ]
    assert (answer.month, answer.execution_time.ToMilliseconds(), answer.runs) == (NOW, 8501, 3)
    assert (answer.allotment.seconds, answer.percent, answer.lock_out, answer.locked_out) == (10, 85, True, False)
    assert answer.outcomes_behind == 3
    usage.lock_out.learn("ws_1", Used(NOW, 10_000_000))
    assert (await usage.get()).locked_out
    earlier = await usage.get("2020-02")
    assert (earlier.runs, len(earlier.functions), earlier.percent, earlier.locked_out) == (0, 0, 0, False)


async def test_another_workspace_sees_its_own_under_the_installations_allotment(usage: Usage) -> None:
    answer = await usage.get(workspace="ws_2")
    assert (answer.runs, answer.execution_time.ToMilliseconds(), answer.allotment.seconds) == (1, 7, 60)
    assert not answer.lock_out


async def test_notices_come_once_and_are_shown(usage: Usage) -> None:
    notice: dict[str, Any] = {
        "noticed_us": 5_000_000,
        "wall_us": 8_000_000,
        "allotment_us": 10_000_000,
        "forwarded": True,
    }
    for notice_id in ("ntc_1", "ntc_2"):
        row = UsageNotice(workspace_id="ws_1", month=NOW, percent=75, notice_id=notice_id, **notice)
        assert await usage.execution.add_notice(row) is (notice_id == "ntc_1")
    (shown,) = (await usage.get()).notices
    assert (shown.percent, shown.time.seconds, shown.execution_time.seconds) == (75, 5, 8)
    assert not (await usage.get(workspace="ws_2")).notices


async def test_months_are_checked_and_roles_too(usage: Usage) -> None:
    for month in ("2026-13", "11", "2026-1", "2026-11\n"):
        with pytest.raises(InvalidArgument):
            await usage.get(month)
    with pytest.raises(PermissionDenied):
        await usage.get(role=access_pb2.ROLE_SOURCE_ADMIN)
