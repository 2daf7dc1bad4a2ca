"""Limits and rules of a workspace, checked before anything else looks at them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Annotated, Any, Literal

from google.protobuf.duration_pb2 import Duration
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from penstock.config.v1 import config_pb2
from services.registry.validation import refuse, validated
from shared.egress.rules import parse_rule
from shared.errors import FieldViolation

MAX_RULES = 100
# What a handler needs that does nothing but a request, and its sandbox.
_LEAST_FUEL = 1_000_000
_LEAST_MEMORY_BYTES = 16 * 1024 * 1024
_LEAST_WALL = timedelta(milliseconds=10)
# Of a signed 64-bit number.
_MOST = 2**63 - 1


def _rule(text: str) -> str:
    parse_rule(text)
    return text


def _at_least(least: int) -> AfterValidator:
    def check(value: int) -> int:
        if 0 < value < least:
            raise ValueError(f"must be at least {least:,}, or 0 for the installation's own")
        return value

    return AfterValidator(check)


def _longer_than(least: timedelta) -> AfterValidator:
    def check(value: timedelta | None) -> timedelta | None:
        if value is not None and value < least:
            raise ValueError(f"must be at least {least.total_seconds():g} s; leave it out for the installation's own")
        return value

    return AfterValidator(check)


Rules = Annotated[
    list[Annotated[str, StringConstraints(max_length=300), AfterValidator(_rule)]], Field(max_length=MAX_RULES)
]


class LimitsInput(BaseModel):
    """Limits of each event; 0 and None stand for the installation's own."""

    model_config = ConfigDict(frozen=True)

    fuel: Annotated[int, Field(le=_MOST), _at_least(_LEAST_FUEL)] = 0
    memory_bytes: Annotated[int, Field(le=_MOST), _at_least(_LEAST_MEMORY_BYTES)] = 0
    wall: Annotated[timedelta | None, _longer_than(_LEAST_WALL)] = None


class WorkspaceInput(BaseModel):
    """Fields of a workspace's config that were sent; an update sends some of them."""

    model_config = ConfigDict(frozen=True)

    limits: LimitsInput = LimitsInput()
    concurrency: int = 0
    monthly_compute: Annotated[timedelta | None, _longer_than(timedelta(seconds=1))] = None
    egress_allow: Rules = []
    egress_deny: Rules = []
    monthly_execution: Annotated[timedelta | None, _longer_than(timedelta(seconds=1))] = None
    lock_out: bool = False
    audit_source_id: Annotated[str, StringConstraints(max_length=32, pattern="^[^\0]*$")] = ""

    def config(self) -> config_pb2.WorkspaceConfig:
        """Give these fields as the contract has them; what says nothing is absent."""
        config = config_pb2.WorkspaceConfig(
            concurrency=self.concurrency,
            monthly_compute=_duration(self.monthly_compute),
            egress_allow=self.egress_allow,
            egress_deny=self.egress_deny,
            monthly_execution=_duration(self.monthly_execution),
            lock_out=self.lock_out,
            audit_source_id=self.audit_source_id,
        )
        if self.limits != LimitsInput():
            limits = self.limits
            config.limits.CopyFrom(
                config_pb2.Limits(fuel=limits.fuel, memory_bytes=limits.memory_bytes, wall=_duration(limits.wall))
            )
        return config


def workspace_input(config: config_pb2.WorkspaceConfig, fields: Collection[str]) -> WorkspaceInput:
    """Check these fields of a workspace's config. Raises InvalidArgument."""
    limits = config.limits
    sent: dict[str, Any] = {
        "limits": {
            "fuel": limits.fuel,
            "memory_bytes": limits.memory_bytes,
            "wall": _timedelta(limits.wall, "config.limits.wall") if limits.HasField("wall") else None,
        },
        "concurrency": config.concurrency,
        "monthly_compute": _span(config, "monthly_compute"),
        "monthly_execution": _span(config, "monthly_execution"),
        "lock_out": config.lock_out,
        "audit_source_id": config.audit_source_id,
        "egress_allow": list(config.egress_allow),
        "egress_deny": list(config.egress_deny),
    }
    return validated(WorkspaceInput, {field: sent[field] for field in fields}, root="config")


def _span(config: config_pb2.WorkspaceConfig, field: Literal["monthly_compute", "monthly_execution"]) -> Any:
    return _timedelta(getattr(config, field), f"config.{field}") if config.HasField(field) else None


def _timedelta(duration: Duration, field: str) -> timedelta:
    try:
        duration.ToJsonString()  # refuses what is out of the range of a Duration
        return duration.ToTimedelta()
    except (ValueError, OverflowError):
        refuse(FieldViolation(field, "is out of range"))


def _duration(span: timedelta | None) -> Duration | None:
    if span is None:
        return None
    duration = Duration()
    duration.FromTimedelta(span)
    return duration
