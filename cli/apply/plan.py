"""What makes a workspace equal to what is declared: a list of actions, found without looking at anything else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields
from enum import StrEnum
from typing import Any

from cli.apply.state import Function, Key, Kind, State, Values

# What people see of a secret.
SET, NOT_SET = "set", "not set"
# What cannot be changed of a thing: to have it otherwise is to have another.
_FIXED = {Kind.FUNCTION: "kind", Kind.SOURCE: "function", Kind.DESTINATION: "function"}


class Verb(StrEnum):
    """What is done to a thing."""

    CREATE = "create"
    CHANGE = "change"
    DEPLOY = "deploy"
    DELETE = "delete"


# The order in which things are done. Functions are saved before anything runs them. Values that new code needs are
# there before it is deployed. Events flow to a destination only when its filters and its insert function are in place.
_ORDER: list[tuple[Verb, Kind]] = [
    (Verb.CREATE, Kind.FUNCTION),
    (Verb.CHANGE, Kind.FUNCTION),
    (Verb.CHANGE, Kind.SOURCE),
    (Verb.CHANGE, Kind.DESTINATION),
    (Verb.CHANGE, Kind.FILTER),
    (Verb.CHANGE, Kind.INSERT),
    (Verb.DEPLOY, Kind.FUNCTION),
    (Verb.CREATE, Kind.SOURCE),
    (Verb.CREATE, Kind.DESTINATION),
    (Verb.CREATE, Kind.INSERT),
    (Verb.CREATE, Kind.FILTER),
    (Verb.CREATE, Kind.CONNECTION),
    (Verb.DELETE, Kind.CONNECTION),
    (Verb.DELETE, Kind.FILTER),
    (Verb.DELETE, Kind.INSERT),
    (Verb.DELETE, Kind.DESTINATION),
    (Verb.DELETE, Kind.SOURCE),
    (Verb.DELETE, Kind.FUNCTION),
]


@dataclass(frozen=True, slots=True)
class Change:
    """A field that becomes another; of settings `settings.<name>`, of secrets only whether they are set."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Action:
    """One step. Of what is created or changed, `changes` are the fields: what they were and become."""

    verb: Verb
    kind: Kind
    key: Key
    changes: tuple[Change, ...] = ()

    def changed(self, field: str) -> bool:
        """Tell whether a field is among the changes."""
        return any(change.field == field for change in self.changes)


@dataclass(frozen=True, slots=True)
class Plan:
    """All steps in order; `kept` is what is there and not declared, `conflicts` what no step leads to."""

    actions: tuple[Action, ...]
    kept: tuple[tuple[Kind, Key], ...] = ()
    conflicts: tuple[str, ...] = ()


def make_plan(desired: State, actual: State, *, prune: bool = False, renew: bool = False) -> Plan:
    """Find what makes the workspace equal to what is declared.

    With `prune` what is not declared is deleted. With `renew` all declared secrets are set again: whether one is
    another than before cannot be seen.
    """
    actions = [action for kind in Kind for action in _towards(kind, desired, actual, renew=renew)]
    surplus = [(kind, key) for kind in Kind for key in actual.of(kind) if key not in desired.of(kind)]
    if prune:
        actions += [Action(Verb.DELETE, *each) for each in surplus if not _goes_with_another(*each, desired)]
    return Plan(
        actions=tuple(sorted(actions, key=_rank)),
        kept=() if prune else tuple(surplus),
        conflicts=tuple(_conflicts(desired, actual)),
    )


def _rank(action: Action) -> tuple[int, Key]:
    # Another insert function in the place of one may be a new function, or run for something new: it comes as created.
    created = action.kind is Kind.INSERT and action.changed("function")
    return _ORDER.index((Verb.CREATE if created else action.verb, action.kind)), action.key


def _towards(kind: Kind, desired: State, actual: State, *, renew: bool) -> Iterator[Action]:
    for key, wanted in desired.of(kind).items():
        found = actual.of(kind).get(key)
        if found is None:
            yield Action(Verb.CREATE, kind, key, _created(wanted))
            continue
        # Another insert function is another instance, which has nothing of the old one's values.
        replaced = kind is Kind.INSERT and wanted.function != found.function
        changes = tuple(_changes(wanted, found, renew=renew or replaced))
        if changes:
            yield Action(Verb.CHANGE, kind, key, changes)
        if isinstance(wanted, Function) and _needs_deployment(wanted, found, changes):
            yield Action(Verb.DEPLOY, kind, key)


def _needs_deployment(wanted: Function, found: Function, changes: tuple[Change, ...]) -> bool:
    if wanted.runs is None:
        return False
    return not found.runs or any(change.field == "code" for change in changes)


def _created(wanted: Any) -> tuple[Change, ...]:
    if wanted is True:
        return ()
    usual = {each.name: each.default for each in fields(wanted)}
    changes = _field_changes(wanted, None, renew=True)
    return tuple(change for change in changes if change.after != usual.get(change.field, MISSING))


def _changes(wanted: Any, found: Any, *, renew: bool) -> Iterator[Change]:
    if wanted is not True:
        yield from _field_changes(wanted, found, renew=renew)


def _field_changes(wanted: Any, found: Any, *, renew: bool) -> Iterator[Change]:
    for name in (each.name for each in fields(wanted) if each.name != "runs"):
        after, before = getattr(wanted, name), getattr(found, name, None)
        if isinstance(after, Values):
            yield from _value_changes(after, before or Values(), renew=renew)
        elif after != before:
            yield Change(name, before, after)


def _value_changes(after: Values, before: Values, *, renew: bool) -> Iterator[Change]:
    for name in sorted({*after.plain, *before.plain} - after.secrets):
        if after.plain.get(name) != before.plain.get(name):
            yield Change(f"settings.{name}", before.plain.get(name), after.plain.get(name))
    for name in sorted({*after.secrets, *before.secrets} - {*after.plain}):
        was, is_ = name in before.secrets, name in after.secrets
        if was != is_ or (is_ and renew):
            yield Change(f"settings.{name}", SET if was else NOT_SET, SET if is_ else None)


def _goes_with_another(kind: Kind, key: Key, desired: State) -> bool:
    """Tell whether a thing goes when another is deleted that it belongs to."""
    if kind is Kind.CONNECTION:
        return key[:1] not in desired.sources or key[1:] not in desired.destinations
    if kind is Kind.FILTER:
        return key[:1] not in desired.destinations
    if kind is Kind.INSERT:
        return key[1:] not in (desired.sources if key[0] == Kind.SOURCE else desired.destinations)
    return False


def _conflicts(desired: State, actual: State) -> Iterator[str]:
    for kind, name in _FIXED.items():
        for key, wanted in desired.of(kind).items():
            found = actual.of(kind).get(key)
            was, is_ = getattr(found, name, None), getattr(wanted, name)
            if found is not None and was != is_:
                yield (
                    f"{kind} {key[0]}: its {name} is {was or 'none'}, and declared is {is_ or 'none'}; that is fixed "
                    f"at creation. Declare it under another name, or delete it first: penstock {kind}s delete {key[0]}"
                )
