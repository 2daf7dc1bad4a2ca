"""Limits and rules of a workspace over the real server."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration

from penstock.access.v1 import access_pb2
from penstock.config.v1 import config_pb2
from shared.errors import InvalidArgument, PermissionDenied
from tests.integration.registry.installation import Installation, Person

FIELDS = (
    "limits", "concurrency", "monthly_compute", "egress_allow", "egress_deny", "monthly_execution", "lock_out"
)  # fmt: skip
CONFIG = config_pb2.WorkspaceConfig(
    limits=config_pb2.Limits(
        fuel=1_000_000_000, memory_bytes=64 * 1024**2, wall=Duration(seconds=2, nanos=500_000_000)
    ),
    concurrency=4,
    monthly_compute=Duration(seconds=36_000),
    egress_allow=["*.crm.example:443", "203.0.113.0/24"],
    egress_deny=["old.crm.example", "[2606:4700::/32]:443"],
    monthly_execution=Duration(seconds=7_200, nanos=500_000_000),
    lock_out=True,
)


async def published(installation: Installation, workspace_id: str) -> config_pb2.WorkspaceConfig:
    return (await installation.publish())[f"workspace.{workspace_id}"]


async def test_a_new_workspace_is_published_without_limits(installation: Installation, owner: Person) -> None:
    expected = config_pb2.WorkspaceConfig(workspace_id=owner.workspace_id)
    assert await published(installation, owner.workspace_id) == expected
    assert (await owner.workspace()).config == config_pb2.WorkspaceConfig()


async def test_what_is_set_is_shown_and_published(installation: Installation, owner: Person) -> None:
    changed = await owner.update_workspace(CONFIG, *FIELDS)
    assert changed.config == (await owner.workspace()).config == CONFIG
    expected = config_pb2.WorkspaceConfig(workspace_id=owner.workspace_id)
    expected.MergeFrom(CONFIG)
    assert await published(installation, owner.workspace_id) == expected


async def test_an_update_changes_what_it_names_and_takes_away_what_is_left_out(
    installation: Installation, owner: Person
) -> None:
    await owner.update_workspace(CONFIG, *FIELDS)
    await owner.update_workspace(config_pb2.WorkspaceConfig(egress_deny=["b.example"]), "egress_deny", "limits")
    config = await published(installation, owner.workspace_id)
    assert not config.HasField("limits")
    assert list(config.egress_deny) == ["b.example"]
    assert (config.concurrency, list(config.egress_allow)) == (CONFIG.concurrency, list(CONFIG.egress_allow))
    await owner.update_workspace(config_pb2.WorkspaceConfig(), *FIELDS)
    emptied = await published(installation, owner.workspace_id)
    assert emptied == config_pb2.WorkspaceConfig(workspace_id=owner.workspace_id)


@pytest.mark.parametrize(
    ("fields", "field", "word"),
    [
        ({"egress_allow": ["a.example", "http://b.example"]}, "config.egress_allow[1]", "http://b.example"),
        ({"egress_deny": ["10.0.0.1/8"]}, "config.egress_deny[0]", "host bits"),
        ({"egress_deny": ["127.1"]}, "config.egress_deny[0]", "write the address as 127.0.0.1"),
        ({"egress_deny": ["a.example:0"]}, "config.egress_deny[0]", "port"),
        ({"egress_deny": ["\0"]}, "config.egress_deny[0]", "neither"),
        ({"egress_deny": ["a" * 301]}, "config.egress_deny[0]", "300"),
        ({"egress_allow": ["a.example"] * 101}, "config.egress_allow", "100"),
        ({"limits": config_pb2.Limits(fuel=999_999)}, "config.limits.fuel", "1,000,000"),
        ({"limits": config_pb2.Limits(fuel=2**63)}, "config.limits.fuel", "less than"),
        ({"limits": config_pb2.Limits(memory_bytes=1024)}, "config.limits.memory_bytes", "16,777,216"),
        ({"limits": config_pb2.Limits(wall=Duration())}, "config.limits.wall", "leave it out"),
        ({"limits": config_pb2.Limits(wall=Duration(seconds=-1))}, "config.limits.wall", "at least 0.01 s"),
        ({"monthly_compute": Duration()}, "config.monthly_compute", "at least 1 s"),
        ({"monthly_execution": Duration(nanos=5)}, "config.monthly_execution", "at least 1 s"),
        ({"audit_source_id": "src_\0"}, "config.audit_source_id", "pattern"),
        ({"monthly_compute": Duration(seconds=2**60)}, "config.monthly_compute", "out of range"),
        ({"monthly_compute": Duration(seconds=1, nanos=-1)}, "config.monthly_compute", "out of range"),
    ],
)
async def test_what_is_wrong_is_named(
    installation: Installation, owner: Person, fields: dict[str, Any], field: str, word: str
) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await owner.update_workspace(config_pb2.WorkspaceConfig(**fields), *fields)
    (violation,) = caught.value.violations
    assert violation.field == field
    assert word in violation.description
    assert "Value error" not in violation.description
    assert (await owner.workspace()).config == config_pb2.WorkspaceConfig()


@pytest.mark.parametrize("paths", [(), ("limits.fuel",), ("workspace_id",), ("*",)])
async def test_paths_that_cannot_be_changed_are_named(owner: Person, paths: tuple[str, ...]) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await owner.update_workspace(CONFIG, *paths)
    assert {violation.field for violation in caught.value.violations} == {"update_mask"}


async def test_only_an_owner_changes_it(installation: Installation, owner: Person) -> None:
    reader = await installation.person(access_pb2.ROLE_FUNCTIONS_ADMIN, workspace_id=owner.workspace_id)
    with pytest.raises(PermissionDenied):
        await reader.update_workspace(CONFIG, *FIELDS)
    assert (await reader.workspace()).workspace_id == owner.workspace_id
