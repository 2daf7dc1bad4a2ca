"""What to run for an instance: its code and settings, as CONFIG and the secrets service have them now."""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from penstock.config.v1 import config_pb2
from penstock.executor.v1 import executor_service_pb2
from services.executor.conversion import KINDS, LANGUAGES
from services.executor.executor import Program, digest_of
from services.executor.masking import Masker, texts_of
from services.executor.pool import SandboxPool
from services.executor.results import LEAST_MEMORY_BYTES, FunctionKind, Limits
from shared.code import MAX_CODE_BYTES
from shared.egress import EgressRules
from shared.errors import FieldViolation, InvalidArgument, NotFound, Unavailable

# Plaintext of sensitive settings is held no longer.
HELD_S = 300.0
MAX_HELD = 512
MAX_HELD_CHARACTERS = 256 * 1024 * 1024


class Deployments(Protocol):
    """Where deployed instances are known, by id."""

    def instance(self, instance_id: str) -> config_pb2.InstanceConfig | None:
        """Give the instance as it is now."""
        ...

    def workspace(self, workspace_id: str) -> config_pb2.WorkspaceConfig | None:
        """Give a workspace as it is now; None where nothing was ever set for it."""
        ...

    async def code(self, digest: str) -> bytes:
        """Give source text by its digest. Raises PenstockError."""
        ...

    async def sensitive_settings(self, instance: config_pb2.InstanceConfig) -> Mapping[str, bytes]:
        """Give JSON values by name. Raises PenstockError."""
        ...


@dataclass(frozen=True, slots=True)
class _Held:
    config: config_pb2.InstanceConfig
    workspace: config_pb2.WorkspaceConfig | None
    program: Program
    until_s: float


class Programs:
    """Programs of deployed instances, held while nothing of them changes and at most 5 minutes.

    `limits` and `concurrency` are the installation's own, which workspaces and instances lower.
    """

    def __init__(self, *, deployments: Deployments, pool: SandboxPool, limits: Limits, concurrency: int = 0) -> None:
        self._deployments = deployments
        self._pool = pool
        self._limits = limits
        self._concurrency = concurrency
        self._held: OrderedDict[str, _Held] = OrderedDict()

    async def deployed(self, instance_id: str, code_digest: str = "") -> Program:
        """Give an instance's program, with the deployed code or another that CODE holds.

        Raises NotFound, and Unavailable while what belongs to it cannot be had.
        """
        config = self._deployments.instance(instance_id)
        if config is None:
            raise NotFound(f"There is no instance {instance_id}.", metadata={"instance": instance_id})
        workspace = self._deployments.workspace(config.workspace_id)
        name = f"{instance_id} {code_digest}"
        held = self._held.get(name)
        if held and held.config is config and held.workspace is workspace and time.monotonic() < held.until_s:
            return held.program
        program = await self._load(config, workspace, code_digest or config.code_digest)
        if held is not None and held.program.key != program.key:
            self._pool.end(held.program.key)
        self._held[name] = _Held(config, workspace, program, time.monotonic() + HELD_S)
        while len(self._held) > MAX_HELD or (len(self._held) > 1 and self._characters() > MAX_HELD_CHARACTERS):
            self._held.popitem(last=False)
        return program

    def _characters(self) -> int:
        return sum(len(held.program.code) for held in self._held.values())

    def inline(self, function: executor_service_pb2.InlineFunction) -> Program:
        """Give the program of a test run: a sandbox for each event. Raises InvalidArgument, Unavailable."""
        workspace = self._deployments.workspace(function.workspace_id)
        return Program(
            key=object(),
            code=checked_code(function.code),
            digest=digest_of(function.code),
            kind=checked_kind(function.kind, function.language),
            settings=_checked_settings(function.settings),
            limits=self._of_workspace(workspace),
            once=True,
            workspace_id=function.workspace_id,
            concurrency=self._concurrency_of(workspace),
            egress=_rules(workspace),
        )

    def forget_expired(self) -> None:
        """Drop what was held too long, and the sandboxes that have not been used since."""
        now_s = time.monotonic()
        self._held = OrderedDict((key, held) for key, held in self._held.items() if now_s < held.until_s)
        self._pool.end_unused_since(now_s - HELD_S)

    async def _load(
        self, config: config_pb2.InstanceConfig, workspace: config_pb2.WorkspaceConfig | None, code_digest: str
    ) -> Program:
        code = await self._deployments.code(code_digest)
        sensitive: Mapping[str, bytes] = {}
        if config.sensitive_settings:
            sensitive = await self._deployments.sensitive_settings(config)
        values = {name: json.loads(value) for name, value in sensitive.items()}
        limits = lowered(self._of_workspace(workspace), config.limits)
        return Program(
            # Sandboxes are started under their limits. A text, since it is hashed for each event.
            key=f"{config.instance_id} {code_digest} {config.settings_revision} {limits}",
            code=code.decode(errors="surrogatepass"),
            digest=code_digest,
            kind=checked_kind(config.kind, config.language),
            settings=json.dumps({**json.loads(config.settings or b"{}"), **values}).encode(),
            limits=limits,
            fresh=config.isolation == config_pb2.ISOLATION_INVOCATION,
            workspace_id=config.workspace_id,
            function_id=config.function_id,
            concurrency=self._concurrency_of(workspace),
            egress=_rules(workspace),
            masker=Masker(texts_of(values)),
        )

    def _concurrency_of(self, workspace: config_pb2.WorkspaceConfig | None) -> int:
        bounds = [self._concurrency, workspace.concurrency if workspace else 0]
        return min((bound for bound in bounds if bound), default=0)

    def _of_workspace(self, workspace: config_pb2.WorkspaceConfig | None) -> Limits:
        return lowered(self._limits, workspace.limits) if workspace else self._limits


def checked_kind(kind: config_pb2.FunctionKind.ValueType, language: config_pb2.Language.ValueType) -> FunctionKind:
    """Give the kind if this executor runs it in this language. Raises InvalidArgument."""
    if kind not in KINDS:
        raise InvalidArgument(f"Functions of kind {kind} are unknown here.")
    if language not in LANGUAGES:
        raise InvalidArgument(f"Language {language} is unknown here.")
    return KINDS[kind]


def checked_code(code: str) -> str:
    """Give the code if it is no longer than allowed. Raises InvalidArgument."""
    if len(code.encode(errors="surrogatepass")) > MAX_CODE_BYTES:
        wrong = FieldViolation("code", f"may have {MAX_CODE_BYTES:,} bytes")
        raise InvalidArgument(f"Code may have {MAX_CODE_BYTES:,} bytes.", violations=[wrong])
    return code


def lowered(limits: Limits, own: config_pb2.Limits) -> Limits:
    """Give limits lowered to the own ones of a workspace or an instance, where it has such."""
    return replace(
        limits,
        fuel=min(limits.fuel, own.fuel or limits.fuel),
        memory_bytes=min(limits.memory_bytes, max(own.memory_bytes or limits.memory_bytes, LEAST_MEMORY_BYTES)),
        wall_s=min(limits.wall_s, own.wall.ToTimedelta().total_seconds() or limits.wall_s),
    )


def _rules(workspace: config_pb2.WorkspaceConfig | None) -> EgressRules | None:
    """Read a workspace's rules. Raises Unavailable: its events wait rather than go where they must not."""
    if workspace is None or not (workspace.egress_allow or workspace.egress_deny):
        return None
    try:
        return EgressRules.parse(allow=workspace.egress_allow, deny=workspace.egress_deny)
    except ValueError as error:
        raise Unavailable(f"The workspace's egress rules cannot be read here: {error}") from None


def _checked_settings(settings: bytes) -> bytes:
    try:
        values = json.loads(settings or b"{}")
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise InvalidArgument("The settings are not a JSON object.")
    return json.dumps(values).encode()
