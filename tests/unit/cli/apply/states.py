"""Any workspace, and what an action makes of one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from cli.apply.plan import Action, Verb
from cli.apply.state import Destination, Filter, Function, Insert, Key, Kind, Source, State, Values

_NAMES = st.sampled_from(["a", "b", "c"])
_KINDS = {"s": "source", "d": "destination", "i": "insert", "j": "insert-source"}
_VALUES = st.builds(
    Values,
    plain=st.dictionaries(st.sampled_from("xy"), st.sampled_from(["1", "2"]), max_size=2),
    secrets=st.frozensets(st.sampled_from("kl"), max_size=2),
)


@st.composite
def states(draw: st.DrawFn, *, declared: bool) -> State:
    """Give a consistent workspace: what is referred to is there. Functions' kinds follow from their names."""
    runs = st.sampled_from([True, None]) if declared else st.booleans()
    function = st.builds(Function, kind=st.none(), code=st.sampled_from("12"), description=_NAMES, runs=runs)
    functions: dict[Key, Function] = {
        (name,): replace(draw(function), kind=_KINDS[name[0]])
        for name in draw(st.sets(st.sampled_from(["s1", "d1", "d2", "i1", "i2", "j1", "j2"])))
    }

    def those(kind: str) -> list[str]:
        return sorted(name for (name,) in functions if name[0] == kind)

    def some(of: list[Any]) -> set[Any]:
        return draw(st.sets(st.sampled_from(of), max_size=3)) if of else set()

    # A source or destination of a name always has the same function: another one is a conflict, tested by itself.
    sources = {
        (name,): Source(function="s1" * ("s1" in those("s") and name != "c"), values=draw(_VALUES))
        for name in some(["a", "b", "c"] if "s1" in those("s") else ["c"])
    }
    destinations = {
        (name,): Destination(
            function="d1", enabled=draw(st.booleans()), max_per_second=draw(st.integers(0, 2)), values=draw(_VALUES)
        )
        for name in some(["a", "b", "c"] if "d1" in those("d") else [])
    }
    inserts = {
        (kind.value, name): Insert(draw(st.sampled_from(those(letter))), values=draw(_VALUES))
        for kind, letter, owners in ((Kind.SOURCE, "j", sources), (Kind.DESTINATION, "i", destinations))
        for (name,) in (some(sorted(owners)) if those(letter) else [])
    }
    filters = {
        (name, draw(st.sampled_from(["", *(source for (source,) in sources)])), draw(_NAMES), "1"): Filter(
            condition=draw(_NAMES), actions=('{"type":"drop"}',)
        )
        for (name,) in some(sorted(destinations))
    }
    pairs = [(source, name) for (source,) in sorted(sources) for (name,) in sorted(destinations)]
    return State(functions, sources, destinations, inserts, filters, frozenset(some(pairs)))


def after(state: State, action: Action, desired: State) -> State:
    """Give the workspace in which an action has been done, as the registry does it."""
    if action.kind is Kind.CONNECTION:
        made = action.verb is Verb.CREATE
        connections = state.connections | {action.key} if made else state.connections - {action.key}
        assert connections != state.connections
        return replace(state, connections=connections)
    things = dict(state.of(action.kind))
    match action.verb:
        case Verb.CREATE:
            assert action.key not in things
            things[action.key] = _started(desired.of(action.kind)[action.key])
        case Verb.CHANGE:
            things[action.key] = _changed(things[action.key], desired.of(action.kind)[action.key], action)
        case Verb.DEPLOY:
            things[action.key] = replace(things[action.key], runs=True)
        case Verb.DELETE:
            del things[action.key]
    changed = replace(state, **{f"{action.kind}s": things})
    return _without_what_went(changed) if action.verb is Verb.DELETE else changed


def _started(thing: Any) -> Any:
    return replace(thing, runs=True) if isinstance(thing, Function) else thing


def _changed(old: Any, new: Any, action: Action) -> Any:
    if isinstance(new, Function):
        return replace(new, runs=old.runs and not action.changed("code"))
    if isinstance(new, Insert) and action.changed("function"):
        old = replace(old, values=Values())
    names = {change.field: change.after for change in action.changes}
    fields = {name: getattr(new, name) for name in names if not name.startswith("settings.")}
    if not hasattr(new, "values"):
        return replace(old, **fields)
    plain, secrets = dict(old.values.plain), set(old.values.secrets)
    for field in names:
        if field.startswith("settings."):
            name = field.removeprefix("settings.")
            plain.pop(name, None)
            secrets.discard(name)
            if name in new.values.plain:
                plain[name] = new.values.plain[name]
            if name in new.values.secrets:
                secrets.add(name)
    return replace(old, **fields, values=Values(plain, frozenset(secrets)))


def _without_what_went(state: State) -> State:
    """Take away what belonged to a source or destination that is gone; nothing may refer to a function that is gone."""
    for thing in (*state.sources.values(), *state.destinations.values(), *state.inserts.values()):
        assert not thing.function or (thing.function,) in state.functions
    owners = {Kind.SOURCE.value: state.sources, Kind.DESTINATION.value: state.destinations}
    return replace(
        state,
        connections=frozenset(c for c in state.connections if c[:1] in state.sources and c[1:] in state.destinations),
        filters={key: each for key, each in state.filters.items() if key[:1] in state.destinations},
        inserts={key: each for key, each in state.inserts.items() if key[1:] in owners[key[0]]},
    )
