"""What filters and insert functions make of messages on their way, and what is told of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from penstock.config.v1 import config_pb2
from penstock.event.v1 import outcome_pb2
from penstock.executor.v1 import executor_service_pb2, result_pb2
from shared.telemetry import attributes as names
from shared.telemetry.tracing import Tracing
from tests.executor import Result, Script, passed_on, returned, threw
from tests.integration.delivery.dead_letters import IDS
from tests.integration.delivery.harness import Harness, insert_function, track
from tests.integration.delivery.read_side import ReadSide
from tests.spans import CollectedSpans, edges

SOURCE, DESTINATION = outcome_pb2.STAGE_SOURCE, outcome_pb2.STAGE_DESTINATION
Invocation = executor_service_pb2.Invocation
RETRY = result_pb2.ERROR_KIND_RETRY


def changing(change: Callable[[dict[str, Any]], object]) -> Script:
    """An insert function that changes the event, and returns it."""

    def script(invocation: Invocation) -> Result:
        event = json.loads(invocation.event)
        change(event)
        return passed_on(event)

    return script


def failing_for(name: str, kind: result_pb2.ErrorKind.ValueType) -> Script:
    """An insert function that passes on all events but those of one name."""
    good = changing(lambda event: event.update(seen=True))
    return lambda each: threw(kind) if f'"{name}"'.encode() in each.event else good(each)


def collecting(harness: Harness, *destinations: str) -> dict[str, list[dict[str, Any]]]:
    """Let destinations collect what they get."""
    got: dict[str, list[dict[str, Any]]] = {name: [] for name in destinations}

    def script(name: str) -> Script:
        def collect(invocation: Invocation) -> Result:
            got[name].append(json.loads(invocation.event))
            return returned()

        return collect

    harness.executor.scripts |= {f"ins_{name}": script(name) for name in destinations}
    return got


def a_filter(
    condition: str, kind: config_pb2.FilterActionType.ValueType, *, source_id: str = "", **more: Any
) -> config_pb2.FilterConfig:
    action = config_pb2.FilterAction(type=kind, **more)
    return config_pb2.FilterConfig(filter_id="fil_1", condition=condition, source_id=source_id, actions=[action])


def counted(outcomes: Sequence[outcome_pb2.Outcome]) -> Counter[str]:
    """Count outcomes by status and reason."""
    return Counter(
        f"{outcome_pb2.Status.Name(each.status).removeprefix('STATUS_')} {each.reason}".strip() for each in outcomes
    )


DROP, SAMPLE = config_pb2.FILTER_ACTION_TYPE_DROP, config_pb2.FILTER_ACTION_TYPE_SAMPLE


# --- filters ----------------------------------------------------------------------------------------------------------
async def test_each_destination_has_its_own_filters_and_message(harness: Harness) -> None:
    without = a_filter("all", config_pb2.FILTER_ACTION_TYPE_DROP_PROPERTIES)
    without.actions[0].fields["properties"].names.append("email")
    for name, filters in {
        "all": [],
        "masked": [without],
        "dropped": [a_filter("type = 'track'", DROP)],
        "others": [a_filter("type = 'track'", DROP, source_id="src_other")],
        "sampled": [a_filter("all", SAMPLE, percent=0, path="userId")],
        "undecidable": [a_filter("length(properties) = 1", DROP)],
        "unreadable": [a_filter("length(", DROP)],
    }.items():
        await harness.destination(name, filters=filters)
    got = collecting(harness, "all", "masked", "others")
    await harness.source(to=["all", "masked", "dropped", "others", "sampled", "undecidable", "unreadable"])
    async with harness.workers():
        await harness.send([track(1, properties={"email": "a@b.example", "total": 1})])
        await harness.drained()
    assert [event["properties"] for event in got["masked"]] == [{"total": 1}]
    assert got["all"] == got["others"]
    assert got["all"][0]["properties"] == {"email": "a@b.example", "total": 1}
    assert await harness.statuses(DESTINATION) == {
        "SUCCEEDED": 3,
        "FILTERED FILTER_DROP": 1,
        "FILTERED FILTER_SAMPLE": 1,
        "FILTERED FILTER_UNDECIDABLE": 2,
    }


async def test_a_changed_filter_acts_on_what_comes_next_and_chance_on_a_message_always_alike(harness: Harness) -> None:
    await harness.destination("a", filters=[a_filter("all", DROP)])
    await harness.destination("b", filters=[a_filter("all", SAMPLE, percent=0.5)])
    await harness.destination("c", filters=[a_filter("all", SAMPLE, percent=0.5)])
    got = collecting(harness, "a", "b", "c")
    await harness.source(to=["a", "b", "c"])
    async with harness.workers():
        await harness.send([track(1)])
        await harness.drained()
        await harness.destination("a")
        await harness.send([track(number) for number in range(2, 30)])
        await harness.drained()
    assert len(got["a"]) in range(27, 29)
    ids = {name: {event["messageId"] for event in events} for name, events in got.items()}
    # The filter's id and the message's decide.
    assert ids["b"] == ids["c"]
    assert 0 < len(ids["b"]) < 29


# --- insert functions of destinations ---------------------------------------------------------------------------------
async def test_a_destination_gets_what_its_insert_function_returns(harness: Harness) -> None:
    await harness.destination("a", insert_function=insert_function("a"))
    await harness.destination("b")
    got = collecting(harness, "a", "b")
    await harness.source(to=["a", "b"])
    harness.executor.scripts["ins_a_insert"] = changing(lambda event: event.update(event="Changed"))
    async with harness.workers():
        await harness.send([track(1)])
        await harness.drained()
    assert [got["a"][0]["event"], got["b"][0]["event"]] == ["Changed", "Tested"]
    (outcome,) = [each for each in await harness.outcomes() if each.destination_id == "dst_a"]
    assert outcome.function.instance_id == "ins_a"
    assert [each.instance_id for each in outcome.insert_functions] == ["ins_a_insert"]


async def test_what_becomes_of_what_an_insert_function_does_not_pass_on(harness: Harness) -> None:
    results = {
        "dropped": (threw(result_pb2.ERROR_KIND_DROPPED), {"FILTERED FILTERED_AT_INSERT_FUNCTION": 1}),
        "nothing": (Result(), {"FILTERED FILTERED_AT_INSERT_FUNCTION": 1}),
        "failed": (threw(result_pb2.ERROR_KIND_BAD_REQUEST), {"DISCARDED BAD_REQUEST": 1}),
        "none": (threw(result_pb2.ERROR_KIND_UNSUPPORTED_EVENT_TYPE), {"DISCARDED UNSUPPORTED_EVENT_TYPE": 1}),
        "retried": (threw(RETRY), {"RETRYING RETRY": 2, "EXHAUSTED RETRY": 1}),
        "slow": (threw(result_pb2.ERROR_KIND_TIMEOUT), {"RETRYING TIMEOUT": 2, "EXHAUSTED TIMEOUT": 1}),
    }
    for name, (result, _) in results.items():
        await harness.destination(name, insert_function=insert_function(name))
        harness.executor.scripts[f"ins_{name}_insert"] = lambda _, result=result: result
    await harness.source(to=list(results))
    async with harness.workers():
        await harness.send([track(1)])
        await harness.drained()
    outcomes = await harness.outcomes()
    for name, (_, statuses) in results.items():
        own = [each for each in outcomes if each.destination_id == f"dst_{name}"]
        assert counted(own) == statuses
        assert not own[-1].HasField("function")
        assert [each.instance_id for each in own[-1].insert_functions] == [f"ins_{name}_insert"]
        assert json.loads(own[-1].evidence.delivery.message)["messageId"] == "m1"
    assert {instance_id for instance_id, _ in harness.executor.runs} == {f"ins_{name}_insert" for name in results}


async def test_others_of_a_group_are_delivered_beside_those_that_fail(harness: Harness) -> None:
    await harness.destination("a", insert_function=insert_function("a"))
    got = collecting(harness, "a")
    await harness.source(to=["a"])
    harness.executor.scripts["ins_a_insert"] = failing_for("Bad", result_pb2.ERROR_KIND_BAD_REQUEST)
    async with harness.workers():
        await harness.send([track(number, event="Bad" if number % 3 else "Good") for number in range(30)])
        await harness.drained()
    assert await harness.statuses(DESTINATION) == {"SUCCEEDED": 10, "DISCARDED BAD_REQUEST": 20}
    assert sorted(event["messageId"] for event in got["a"]) == sorted(f"m{number}" for number in range(0, 30, 3))


# --- insert functions of sources --------------------------------------------------------------------------------------
async def test_messages_are_routed_as_the_sources_insert_function_returns_them(harness: Harness) -> None:
    await harness.destination("a", filters=[a_filter("seen", DROP)])
    await harness.destination("b")
    got = collecting(harness, "b")
    await harness.source(to=["a", "b"], insert=True)
    harness.executor.scripts["ins_s_insert"] = changing(lambda event: (event.update(seen=True), event.pop("messageId")))
    async with harness.workers():
        await harness.send([track(1)])
        await harness.drained()
    assert [(event["seen"], event["messageId"]) for event in got["b"]] == [(True, "m1")]
    assert await harness.statuses(DESTINATION) == {"SUCCEEDED": 1, "FILTERED FILTER_DROP": 1}
    (run,) = [each for each in await harness.outcomes() if each.stage == SOURCE]
    assert not run.HasField("function")
    assert [each.instance_id for each in run.insert_functions] == ["ins_s_insert"]


async def three_messages(harness: Harness, script: Script, *bodies: bytes) -> tuple[list[str], list[str]]:
    """Send webhooks whose runs make three messages without ids; give the events' ids and those of what arrives."""
    await harness.destination("a")
    got = collecting(harness, "a")
    await harness.source(to=["a"], function=True, insert=True)

    def messages(invocation: Invocation) -> Result:
        first = invocation.request.body.decode()
        return returned(*({"type": "track", "event": name, "userId": "u"} for name in (first, "Second", "Third")))

    harness.executor.scripts |= {"ins_s": messages, "ins_s_insert": script}
    async with harness.workers():
        event_ids = await harness.send_webhooks(bodies)
        await harness.drained()
    return event_ids, [event["messageId"] for event in got["a"]]


async def test_the_other_messages_of_a_run_keep_their_ids(harness: Harness) -> None:
    kinds = {"DROPPED": "FILTERED_AT_INSERT_FUNCTION", "BAD_REQUEST": "BAD_REQUEST", "TIMEOUT": "TIMEOUT"}

    def script(invocation: Invocation) -> Result:
        event = json.loads(invocation.event)
        kind = event["event"]
        return threw(result_pb2.ErrorKind.Value(f"ERROR_KIND_{kind}")) if kind in kinds else passed_on(event)

    event_ids, ids = await three_messages(harness, script, *(kind.encode() for kind in kinds))
    assert sorted(ids) == sorted(f"{event_id}-{number}" for event_id in event_ids for number in (1, 2))
    for event_id, (kind, reason) in zip(event_ids, kinds.items(), strict=True):
        own = [each for each in await harness.outcomes() if each.stage == SOURCE and each.event_id == event_id]
        status = "FILTERED" if kind == "DROPPED" else "DISCARDED"
        assert counted(own) == {"SUCCEEDED": 1, f"{status} {reason}": 1}
        kept_back, run = own
        assert (kept_back.message_id, kept_back.event_name) == (f"{event_id}-0", kind)
        # A replay goes on with this message alone.
        assert kept_back.evidence.inbound.event_id == event_id
        assert json.loads(kept_back.evidence.inbound.message)["messageId"] == f"{event_id}-0"
        assert (run.messages_sent, len(run.insert_functions), len(kept_back.insert_functions)) == (2, 3, 0)


async def test_a_run_whose_insert_function_asks_for_it_is_tried_again_as_a_whole(harness: Harness) -> None:
    tries: Counter[bytes] = Counter()

    def script(invocation: Invocation) -> Result:
        tries[invocation.event] += 1
        again = b"Second" in invocation.event and tries[invocation.event] < 3
        return threw(RETRY) if again else passed_on(json.loads(invocation.event))

    (event_id,), ids = await three_messages(harness, script, b"First")
    assert sorted(ids) == [f"{event_id}-{number}" for number in range(3)]
    assert await harness.statuses(SOURCE) == {"RETRYING RETRY": 2, "SUCCEEDED": 1}
    assert (await harness.statuses(DESTINATION)) == {"SUCCEEDED": 3}


async def test_a_message_is_given_up_after_five_tries_and_the_others_go_on(harness: Harness) -> None:
    (event_id,), ids = await three_messages(harness, failing_for("Second", RETRY), b"First")
    assert sorted(ids) == [f"{event_id}-0", f"{event_id}-2"]
    assert await harness.statuses(SOURCE) == {"RETRYING RETRY": 4, "EXHAUSTED RETRY": 1, "SUCCEEDED": 1}


# --- traces -----------------------------------------------------------------------------------------------------------
async def test_runs_of_insert_functions_are_spans_of_their_hops(harness: Harness) -> None:
    await harness.destination("a", insert_function=insert_function("a"))
    collecting(harness, "a")
    await harness.source(to=["a"], insert=True)
    passing = changing(lambda event: event.update(seen=True))
    harness.executor.scripts |= {"ins_a_insert": passing, "ins_s_insert": passing}
    spans = CollectedSpans()
    async with harness.workers(tracing=Tracing(service="penstock-delivery", sink=spans, slow_s=1000)):
        await harness.send([track(1)])
        await harness.drained()
    assert edges(spans.all) == [
        ("?", "source run"),
        ("deliver", "function run"),
        ("deliver", "function run"),
        ("source run", "deliver"),
        ("source run", "function run"),
    ]
    runs = {str((span.attributes or {})[names.FAAS_INSTANCE]) for span in spans.named("function run")}
    assert runs == {"ins_a", "ins_a_insert", "ins_s_insert"}
    told = {invocation.span_id for invocation in harness.executor.invocations}
    assert told == {f"{span.context.span_id:016x}" for span in spans.named("function run") if span.context}


async def test_a_later_failure_brings_the_insert_functions_run_before_it(harness: Harness) -> None:
    await harness.destination("a")
    await harness.source(to=["a"], insert=True)
    harness.executor.scripts |= {
        "ins_s_insert": changing(lambda event: event.update(seen=True)),
        "ins_a": lambda _: threw(result_pb2.ERROR_KIND_BAD_REQUEST),
    }
    spans = CollectedSpans()
    tracing = Tracing(service="penstock-delivery", sink=spans, traces_per_second=0, slow_s=1000)
    async with harness.workers(tracing=tracing):
        await harness.send([track(1)], sampled=False)
        await harness.drained()
    assert [edge for edge in edges(spans.all) if "function run" in edge] == [
        ("deliver", "function run"),
        ("source run", "function run"),
    ]


async def test_a_replay_sends_a_message_that_was_refused_at_the_source_and_no_other(
    harness: Harness, reads: ReadSide
) -> None:
    (event_id,), ids = await three_messages(harness, failing_for("First", result_pb2.ERROR_KIND_BAD_REQUEST), b"First")
    assert sorted(ids) == [f"{event_id}-1", f"{event_id}-2"]
    (refused,) = [each for each in await reads.list() if each.reason == "BAD_REQUEST"]
    got = collecting(harness, "a")
    harness.executor.scripts["ins_s_insert"] = changing(lambda event: event.update(seen=True))
    async with reads.replaying(), harness.workers():
        ended = await reads.ended(await reads.replay(ids=IDS(delivery_ids=[refused.delivery_id])))
        await harness.drained()
    assert ended.published == 1
    assert [(event["messageId"], event["seen"]) for event in got["a"]] == [(f"{event_id}-0", True)]
