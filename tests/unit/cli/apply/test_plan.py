from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from cli.apply.plan import Action, Change, Plan, Verb, make_plan
from cli.apply.state import Destination, Filter, Function, Insert, Kind, Source, State, Values
from tests.unit.cli.apply.states import after, states

DESIRED, ACTUAL = states(declared=True), states(declared=False)
SHOP = State(
    functions={("crm",): Function("destination", "1"), ("mask",): Function("insert", "1")},
    sources={("shop",): Source()},
    destinations={("crm",): Destination("crm", values=Values({"endpoint": "a"}, frozenset({"key"})))},
    inserts={("destination", "crm"): Insert("mask")},
    filters={("crm", "", "paid", "1"): Filter("all", ('{"type":"drop"}',))},
    connections=frozenset({("shop", "crm")}),
)


def done(plan: Plan, desired: State, actual: State) -> State:
    assert not plan.conflicts
    for action in plan.actions:
        actual = after(actual, action, desired)
    return actual


@settings(max_examples=60, deadline=None)
@given(DESIRED, ACTUAL, st.booleans())
def test_what_is_planned_makes_equal_and_nothing_is_to_do_then(desired: State, actual: State, prune: bool) -> None:
    came = done(make_plan(desired, actual, prune=prune), desired, actual)
    again = make_plan(desired, came, prune=prune)
    assert again.actions == ()
    for kind in Kind:
        wanted, found = desired.of(kind), came.of(kind)
        assert wanted.keys() == found.keys() if prune else wanted.keys() <= found.keys()
        same = {
            key: replace(found[key], runs=each.runs) if kind == "function" else found[key]
            for key, each in wanted.items()
        }
        assert same == wanted
    assert all(came.functions[key].runs for key, each in desired.functions.items() if each.runs)


@settings(max_examples=40, deadline=None)
@given(DESIRED, ACTUAL, st.data())
def test_an_end_in_the_middle_is_made_good_by_another_run(desired: State, actual: State, data: st.DataObject) -> None:
    plan = make_plan(desired, actual, prune=True)
    steps = data.draw(st.integers(0, len(plan.actions)))
    halfway = done(replace(plan, actions=plan.actions[:steps]), desired, actual)
    rest = make_plan(desired, halfway, prune=True)
    assert make_plan(desired, done(rest, desired, halfway), prune=True).actions == ()


@settings(max_examples=30, deadline=None)
@given(DESIRED, ACTUAL)
def test_nothing_is_deleted_unless_asked_for(desired: State, actual: State) -> None:
    plan = make_plan(desired, actual)
    assert all(action.verb is not Verb.DELETE for action in plan.actions)
    assert {kind for kind, _key in plan.kept} == {k for k in Kind if actual.of(k).keys() - desired.of(k).keys()}


def test_events_flow_only_when_all_is_in_place() -> None:
    steps = [(action.verb, action.kind) for action in make_plan(SHOP, State()).actions]
    assert steps[-1] == (Verb.CREATE, Kind.CONNECTION)
    assert steps.index((Verb.CREATE, Kind.DESTINATION)) < steps.index((Verb.CREATE, Kind.INSERT))


def test_new_code_is_deployed_after_its_settings_are_there() -> None:
    function = Function("destination", "2")
    crm = Destination("crm", values=Values({"endpoint": "b"}, frozenset({"key"})))
    desired = replace(SHOP, functions={**SHOP.functions, ("crm",): function}, destinations={("crm",): crm})
    assert [(each.verb, each.kind) for each in make_plan(desired, SHOP).actions] == [
        (Verb.CHANGE, Kind.FUNCTION),
        (Verb.CHANGE, Kind.DESTINATION),
        (Verb.DEPLOY, Kind.FUNCTION),
    ]


def test_a_function_that_is_not_to_be_deployed_is_saved_alone() -> None:
    desired = replace(SHOP, functions={**SHOP.functions, ("crm",): Function("destination", "2", runs=None)})
    assert [each.verb for each in make_plan(desired, SHOP).actions] == [Verb.CHANGE]


def test_secrets_are_set_where_they_are_not_and_again_when_asked() -> None:
    bare = replace(SHOP, destinations={("crm",): Destination("crm", values=Values({"endpoint": "a"}))})
    [action] = make_plan(SHOP, bare).actions
    assert action.changes == (Change("settings.key", "not set", "set"),)
    [action] = make_plan(SHOP, SHOP, renew=True).actions
    assert action.changes == (Change("settings.key", "set", "set"),)
    [action] = make_plan(bare, SHOP).actions
    assert action.changes == (Change("settings.key", "set", None),)


def test_a_connection_is_not_taken_apart_beside_its_end() -> None:
    left = replace(SHOP, destinations={}, inserts={}, filters={}, connections=frozenset())
    assert make_plan(left, SHOP, prune=True).actions == (Action(Verb.DELETE, Kind.DESTINATION, ("crm",)),)


def test_what_is_fixed_is_a_conflict() -> None:
    desired = replace(SHOP, sources={("shop",): Source("orders")}, functions=dict(SHOP.functions))
    [conflict] = make_plan(desired, SHOP).conflicts
    assert "source shop" in conflict
    assert "penstock sources delete shop" in conflict
