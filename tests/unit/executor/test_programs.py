from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from penstock.config.v1 import config_pb2
from penstock.executor.v1 import executor_service_pb2
from services.executor.masking import MASK
from services.executor.pool import SandboxPool
from services.executor.programs import MAX_CODE_BYTES, Programs, lowered
from services.executor.results import LEAST_MEMORY_BYTES, Limits
from shared.errors import InvalidArgument, NotFound

KIND = config_pb2.FUNCTION_KIND_DESTINATION


@dataclass
class Deployed:
    """Deployments in memory, with what was asked of them."""

    instances: dict[str, config_pb2.InstanceConfig] = field(default_factory=dict[str, config_pb2.InstanceConfig])
    secrets: dict[str, bytes] = field(default_factory=dict[str, bytes])
    asked: int = 0

    def instance(self, instance_id: str) -> config_pb2.InstanceConfig | None:
        return self.instances.get(instance_id)

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
