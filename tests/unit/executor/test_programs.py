from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration

from penstock.config.v1 import config_pb2
from penstock.executor.v1 import executor_service_pb2
from services.executor.masking import MASK
from services.executor.pool import SandboxPool
from services.executor.programs import Programs, lowered
from services.executor.results import LEAST_MEMORY_BYTES, Limits
from shared.code import MAX_CODE_BYTES
from shared.egress import EgressRules
from shared.errors import InvalidArgument, NotFound, Unavailable

KIND = config_pb2.FUNCTION_KIND_DESTINATION


@dataclass
class Deployed:
    """Deployments in memory, with what was asked of them."""

    instances: dict[str, config_pb2.InstanceConfig] = field(default_factory=dict[str, config_pb2.InstanceConfig])
    workspaces: dict[str, config_pb2.WorkspaceConfig] = field(default_factory=dict[str, config_pb2.WorkspaceConfig])
    secrets: dict[str, bytes] = field(default_factory=dict[str, bytes])
    asked: int = 0

    def instance(self, instance_id: str) -> config_pb2.InstanceConfig | None:
        return self.instances.get(instance_id)

    def workspace(self, workspace_id: str) -> config_pb2.WorkspaceConfig | None:
        return self.workspaces.get(workspace_id)

    async def code(self, digest: str) -> bytes:
        self.asked += 1
        return digest.encode()

    async def sensitive_settings(self, instance: config_pb2.InstanceConfig) -> Mapping[str, bytes]:
        return self.secrets


@pytest.fixture
def deployed() -> Deployed:
    return Deployed()


@pytest.fixture
def programs(deployed: Deployed) -> Programs:
    return Programs(deployments=deployed, pool=SandboxPool(), limits=Limits())


async def test_an_unchanged_instance_is_asked_for_once(deployed: Deployed, programs: Programs) -> None:
    deployed.instances["ins_1"] = config_pb2.InstanceConfig(instance_id="ins_1", kind=KIND, code_digest="a")
    assert await programs.deployed("ins_1") is await programs.deployed("ins_1")
    assert deployed.asked == 1
    deployed.instances["ins_1"] = config_pb2.InstanceConfig(instance_id="ins_1", kind=KIND, code_digest="b")
    assert (await programs.deployed("ins_1")).code == "b"


async def test_code_of_then_runs_with_settings_of_now_beside_the_deployed_code(
    deployed: Deployed, programs: Programs
) -> None:
    deployed.instances["ins_1"] = config_pb2.InstanceConfig(
        instance_id="ins_1", kind=KIND, code_digest="new", settings=b'{"a": 1}'
    )
    now, then = await programs.deployed("ins_1"), await programs.deployed("ins_1", "old")
    assert (then.code, then.digest, then.settings) == ("old", "old", now.settings)
    assert now.code == "new"
    # They share neither sandboxes nor images, and each is held.
    assert now.key != then.key
    assert await programs.deployed("ins_1", "old") is then
    assert await programs.deployed("ins_1") is now


async def test_a_removed_instance_is_gone(deployed: Deployed, programs: Programs) -> None:
    deployed.instances["ins_1"] = config_pb2.InstanceConfig(instance_id="ins_1", kind=KIND)
    await programs.deployed("ins_1")
    del deployed.instances["ins_1"]
    with pytest.raises(NotFound):
        await programs.deployed("ins_1")


async def test_secrets_join_the_settings_and_are_masked_wherever_they_stand(
    deployed: Deployed, programs: Programs
) -> None:
    deployed.secrets = {"key": b'"first-secret"', "map": b'{"a": ["second-secret"]}'}
    deployed.instances["ins_1"] = config_pb2.InstanceConfig(
        kind=KIND, settings=b'{"plain": 1, "key": "old"}', sensitive_settings=["key", "map"]
    )
    program = await programs.deployed("ins_1")
    assert json.loads(program.settings) == {"plain": 1, "key": "first-secret", "map": {"a": ["second-secret"]}}
    assert program.masker
    assert program.masker.text("first-secret, second-secret") == f"{MASK}, {MASK}"


def test_an_instance_lowers_limits_and_raises_none() -> None:
    own = config_pb2.Limits(fuel=5, memory_bytes=1)
    own.wall.FromSeconds(60)
    limits = lowered(Limits(), own)
    assert (limits.fuel, limits.memory_bytes, limits.wall_s) == (5, LEAST_MEMORY_BYTES, Limits().wall_s)
    assert lowered(Limits(), config_pb2.Limits()) == Limits()


def of_workspace(**fields: Any) -> config_pb2.WorkspaceConfig:
    return config_pb2.WorkspaceConfig(workspace_id="ws_1", **fields)


async def test_limits_are_the_least_of_installation_workspace_and_instance(
    deployed: Deployed, programs: Programs
) -> None:
    workspace = config_pb2.Limits(fuel=100, memory_bytes=64 * 1024**2, wall=Duration(seconds=60))
    instance = config_pb2.Limits(fuel=200, memory_bytes=32 * 1024**2)
    deployed.workspaces["ws_1"] = of_workspace(limits=workspace)
    deployed.instances["ins_1"] = config_pb2.InstanceConfig(workspace_id="ws_1", kind=KIND, limits=instance)
    limits = (await programs.deployed("ins_1")).limits
    assert (limits.fuel, limits.memory_bytes, limits.wall_s) == (100, 32 * 1024**2, Limits().wall_s)


async def test_a_change_of_the_workspace_holds_from_the_next_event(deployed: Deployed, programs: Programs) -> None:
    deployed.instances["ins_1"] = config_pb2.InstanceConfig(instance_id="ins_1", workspace_id="ws_1", kind=KIND)
    before = await programs.deployed("ins_1")
    assert (before.workspace_id, before.egress, before.limits) == ("ws_1", None, Limits())
    deployed.workspaces["ws_1"] = of_workspace(egress_deny=["b.example"])
    ruled = await programs.deployed("ins_1")
    assert ruled.egress == EgressRules.parse(deny=["b.example"])
    assert ruled.key == before.key, "rules alone leave warm sandboxes as they are"
    deployed.workspaces["ws_1"] = of_workspace(limits=config_pb2.Limits(fuel=5), concurrency=3)
    limited = await programs.deployed("ins_1")
    assert (limited.egress, limited.limits.fuel, limited.concurrency) == (None, 5, 3)
    assert limited.key != before.key, "a warm sandbox has the limits that it was started under"
    del deployed.workspaces["ws_1"]
    assert (await programs.deployed("ins_1")).limits == Limits()


async def test_of_two_workspaces_each_has_its_own_rules(deployed: Deployed, programs: Programs) -> None:
    for number in (1, 2):
        deployed.instances[f"ins_{number}"] = config_pb2.InstanceConfig(workspace_id=f"ws_{number}", kind=KIND)
        deployed.workspaces[f"ws_{number}"] = of_workspace(egress_allow=[f"{number}.example"])
    assert (await programs.deployed("ins_1")).egress == EgressRules.parse(allow=["1.example"])
    assert (await programs.deployed("ins_2")).egress == EgressRules.parse(allow=["2.example"])


async def test_events_wait_while_rules_cannot_be_read(deployed: Deployed, programs: Programs) -> None:
    deployed.instances["ins_1"] = config_pb2.InstanceConfig(workspace_id="ws_1", kind=KIND)
    deployed.workspaces["ws_1"] = of_workspace(egress_allow=["of a later release"])
    with pytest.raises(Unavailable, match="of a later release"):
        await programs.deployed("ins_1")


def test_a_test_run_is_held_to_its_workspace(deployed: Deployed, programs: Programs) -> None:
    deployed.workspaces["ws_1"] = of_workspace(egress_deny=["b.example"], limits=config_pb2.Limits(fuel=5))
    function = executor_service_pb2.InlineFunction(workspace_id="ws_1", kind=KIND, code="x")
    program = programs.inline(function)
    assert (program.workspace_id, program.limits.fuel) == ("ws_1", 5)
    assert program.egress == EgressRules.parse(deny=["b.example"])


@pytest.mark.parametrize(
    "function",
    [
        executor_service_pb2.InlineFunction(kind=KIND, code="x" * (MAX_CODE_BYTES + 1)),
        executor_service_pb2.InlineFunction(kind=KIND, settings=b"[1]"),
        executor_service_pb2.InlineFunction(kind=KIND, settings=b"{"),
        executor_service_pb2.InlineFunction(code="x"),
    ],
)
def test_a_test_run_that_cannot_be_is_refused(
    programs: Programs, function: executor_service_pb2.InlineFunction
) -> None:
    with pytest.raises(InvalidArgument):
        programs.inline(function)


def test_two_test_runs_share_nothing(programs: Programs) -> None:
    function = executor_service_pb2.InlineFunction(kind=KIND, code="x")
    first, second = (programs.inline(function) for _ in range(2))
    assert first.key != second.key
    assert first.once
