"""Destination filters: what becomes of a message on its way to a destination.

All filters of the destination that are for the message's source look at the message as it came. What those do whose
conditions it meets is done in Segment's order, whatever the order of the filters: sample, drop, drop properties, allow
properties. A filter that cannot be read or decided keeps the message from the destination.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

from penstock.config.v1 import config_pb2
from shared.fql import Condition, FqlError, Undecidable, parse
from shared.fql.evaluation import at_path
from shared.fql.values import json_text
from shared.fql.work import Work

Message: TypeAlias = Mapping[str, Any]
# Gives a number from 0 to 1 for a filter's id; what is not above a sample's percent passes.
Chance: TypeAlias = Callable[[str], float]

# Stable reasons of what is kept back.
SAMPLED = "FILTER_SAMPLE"
DROPPED = "FILTER_DROP"
UNDECIDABLE = "FILTER_UNDECIDABLE"

_NAME = re.compile(r"(?:[^.\\]|\\.|\\$)+", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What filters make of a message: `message` as it goes on, or None with the reason, and the filter that it was."""

    message: Message | None
    reason: str = ""
    filter_id: str = ""
    detail: str = ""


class Filters:
    """The filters of a destination, made ready once for many messages."""

    def __init__(self, configs: Iterable[config_pb2.FilterConfig]) -> None:
        self._filters = [_Filter.of(config) for config in configs]

    def apply(self, message: Message, source_id: str, *, chance: Chance = lambda _: random.random()) -> Verdict:  # noqa: S311
        """Tell what becomes of a source's message, which stays as it is. Never raises, whatever the message."""
        filter_id = ""
        try:
            met: list[_Filter] = []
            for each in self._filters:
                filter_id = each.filter_id
                if each.source_id in ("", source_id) and each.is_met_by(message):
                    met.append(each)
            return _done(met, message, chance) if met else Verdict(message)
        except Undecidable as error:
            return Verdict(None, UNDECIDABLE, filter_id, str(error))
        except RecursionError:
            return Verdict(None, UNDECIDABLE, filter_id, "the message nests too deep")


def apply(filters: Iterable[config_pb2.FilterConfig], message: Message, source_id: str) -> Message | None:
    """Give a source's message as filters let it go on, None when they keep it back."""
    return Filters(filters).apply(message, source_id).message


def fraction(text: str) -> float:
    """Give a number from 0 to 1 that is always the same for a text: the first 64 bits of its MD5."""
    digest = hashlib.md5(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


@dataclass(frozen=True, slots=True)
class _Sample:
    percent: float
    path: tuple[str, ...]

    def passes(self, message: Message, filter_id: str, chance: Chance) -> bool:
        if not 0 < self.percent < 1:
            return self.percent >= 1
        if self.path:
            return fraction(json_text(at_path(message, self.path), Work())) < self.percent
        return chance(filter_id) <= self.percent


@dataclass(frozen=True, slots=True)
class _Properties:
    path: tuple[str, ...]
    names: frozenset[str]

    def dropped_from(self, message: Any) -> Any:
        return _changed(message, self.path, lambda key: key not in self.names)

    def allowed_in(self, message: Any) -> Any:
        return _changed(message, self.path, lambda key: key in self.names)


@dataclass(slots=True)
class _Filter:
    filter_id: str
    source_id: str
    condition: Condition | None
    samples: list[_Sample] = field(default_factory=list[_Sample])
    drops: bool = False
    dropped: list[_Properties] = field(default_factory=list[_Properties])
    allowed: list[_Properties] = field(default_factory=list[_Properties])

    @classmethod
    def of(cls, config: config_pb2.FilterConfig) -> _Filter:
        made = cls(config.filter_id, config.source_id, _condition(config))
        for action in config.actions:
            made._add(action)
        return made

    def _add(self, action: config_pb2.FilterAction) -> None:
        match action.type:
            case config_pb2.FILTER_ACTION_TYPE_SAMPLE:
                self.samples.append(_Sample(action.percent, names_of(action.path)))
            case config_pb2.FILTER_ACTION_TYPE_DROP:
                self.drops = True
            case config_pb2.FILTER_ACTION_TYPE_DROP_PROPERTIES:
                self.dropped += _properties(action)
            case config_pb2.FILTER_ACTION_TYPE_ALLOW_PROPERTIES:
                self.allowed += _properties(action)
            case _:
                # Written by a later release: what it would keep back is not known.
                self.condition = None

    def is_met_by(self, message: Message) -> bool:
        if self.condition is None:
            raise Undecidable("the filter cannot be read")
        return self.condition.matches(message)


def _condition(config: config_pb2.FilterConfig) -> Condition | None:
    try:
        return parse(config.condition)
    except FqlError:
        return None


def _properties(action: config_pb2.FilterAction) -> list[_Properties]:
    return [_Properties(names_of(path), frozenset(keys.names)) for path, keys in action.fields.items()]


def names_of(path: str) -> tuple[str, ...]:
    r"""Split the path of a field into names; `\.` is a dot within one, and an empty path the message itself."""
    return tuple(_ESCAPE.sub(r"\1", name) for name in _NAME.findall(path))


def _done(met: Sequence[_Filter], message: Message, chance: Chance) -> Verdict:
    for each in met:
        if not all(sample.passes(message, each.filter_id, chance) for sample in each.samples):
            return Verdict(None, SAMPLED, each.filter_id)
    dropping = next((each for each in met if each.drops), None)
    if dropping is not None:
        return Verdict(None, DROPPED, dropping.filter_id)
    for each in met:
        for properties in each.dropped:
            message = properties.dropped_from(message)
    for each in met:
        for properties in each.allowed:
            message = properties.allowed_in(message)
    return Verdict(message)


def _changed(value: Any, path: tuple[str, ...], keeps: Callable[[str], bool]) -> Any:
    """Give a value without some keys of the objects at a path, in all elements of lists; the rest is shared."""
    if isinstance(value, list):
        return [_changed(item, path, keeps) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    found = cast("dict[str, Any]", value)
    if not path:
        return {key: item for key, item in found.items() if keeps(key)}
    if path[0] not in found:
        return found
    return {**found, path[0]: _changed(found[path[0]], path[1:], keeps)}
