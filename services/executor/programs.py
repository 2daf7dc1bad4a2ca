"""What to run for an instance: its code and settings, as CONFIG and the secrets service have them now."""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol, cast

from penstock.config.v1 import config_pb2
from penstock.executor.v1 import executor_service_pb2
from services.executor.conversion import KINDS, LANGUAGES
from services.executor.executor import Program, digest_of
from services.executor.masking import Masker
from services.executor.pool import SandboxPool
from services.executor.results import LEAST_MEMORY_BYTES, FunctionKind, Limits
from shared.errors import InvalidArgument, NotFound

# Plaintext of sensitive settings is held no longer.
HELD_S = 300.0
MAX_HELD = 512
MAX_CODE_BYTES = 1024 * 1024


class Deployments(Protocol):
    """Where deployed instances are known, by id."""

    def instance(self, instance_id: str) -> config_pb2.InstanceConfig | None:
        """Give the instance as it is now."""
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
    program: Program
    until_s: float


class Programs:
    """Programs of deployed instances, held while nothing of them changes and at most 5 minutes."""

    def __init__(self, *, deployments: Deployments, pool: SandboxPool, limits: Limits) -> None:
        self._deployments = deployments
        self._pool = pool
        self._limits = limits
        self._held: OrderedDict[str, _Held] = OrderedDict()

    async def deployed(self, instance_id: str) -> Program:
        """Give an instance's program. Raises NotFound, and Unavailable while code or secrets cannot be had."""
        config = self._deployments.instance(instance_id)
        if config is None:
            raise NotFound(f"There is no instance {instance_id}.", metadata={"instance": instance_id})
        held = self._held.get(instance_id)
        if held is not None and held.config is config and time.monotonic() < held.until_s:
            return held.program
        program = await self._load(config)
        if held is not None and held.program.key != program.key:
            self._pool.end(held.program.key)
        self._held[instance_id] = _Held(config, program, time.monotonic() + HELD_S)
        while len(self._held) > MAX_HELD:
            self._held.popitem(last=False)
        return program

    def inline(self, function: executor_service_pb2.InlineFunction) -> Program:
        """Give the program of a test run: a sandbox for each event. Raises InvalidArgument."""
        return Program(
            key=object(),
            code=checked_code(function.code),
            digest=digest_of(function.code),
            kind=checked_kind(function.kind, function.language),
            settings=_checked_settings(function.settings),
            limits=self._limits,
            once=True,
            workspace_id=function.workspace_id,
        )

    def forget_expired(self) -> None:
        """Drop what was held too long, and the sandboxes that have not been used since."""
        now_s = time.monotonic()
        self._held = OrderedDict((key, held) for key, held in self._held.items() if now_s < held.until_s)
        self._pool.end_unused_since(now_s - HELD_S)

    async def _load(self, config: config_pb2.InstanceConfig) -> Program:
        code = await self._deployments.code(config.code_digest)
        sensitive: Mapping[str, bytes] = {}
        if config.sensitive_settings:
            sensitive = await self._deployments.sensitive_settings(config)
        values = {name: json.loads(value) for name, value in sensitive.items()}
        return Program(
            key=(config.instance_id, config.code_digest, config.settings_revision),
            code=code.decode(errors="surrogatepass"),
            digest=config.code_digest,
            kind=checked_kind(config.kind, config.language),
            settings=json.dumps({**json.loads(config.settings or b"{}"), **values}).encode(),
            limits=lowered(self._limits, config.limits),
            fresh=config.isolation == config_pb2.ISOLATION_INVOCATION,
            workspace_id=config.workspace_id,
            masker=Masker(_texts(values)),
        )


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
        raise InvalidArgument(f"Code may have {MAX_CODE_BYTES:,} bytes.")
    return code


def lowered(limits: Limits, own: config_pb2.Limits) -> Limits:
    """Give the installation's limits, lowered to an instance's own where it has such."""
    return replace(
        limits,
        fuel=min(limits.fuel, own.fuel or limits.fuel),
        memory_bytes=min(limits.memory_bytes, max(own.memory_bytes or limits.memory_bytes, LEAST_MEMORY_BYTES)),
        wall_s=min(limits.wall_s, own.wall.ToTimedelta().total_seconds() or limits.wall_s),
    )


def _checked_settings(settings: bytes) -> bytes:
    try:
        values = json.loads(settings or b"{}")
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise InvalidArgument("The settings are not a JSON object.")
    return json.dumps(values).encode()


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in cast("dict[str, Any]", value).values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in cast("list[Any]", value):
            yield from _texts(each)
