"""`penstock functions test`, in this process: the real sandbox, what it prints, how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.cli.function_test import run, written

SHOP = Path(__file__).parents[3] / "examples" / "shop"


pytestmark = pytest.mark.usefixtures("own_cache")


def test_the_examples_do_what_they_say() -> None:
    source = run(SHOP / "shop-orders.js", "--request", SHOP / "order.json", "--json")
    assert source.exit_code == 0
    assert [message["type"] for message in json.loads(source.stdout)["messages"]] == ["identify", "track"]
    destination = run(
        SHOP / "crm.js", "--event", SHOP / "order-completed.json", "--settings", SHOP / "settings.json",
        "--responses", SHOP / "responses.json", "--json",
    )  # fmt: skip
    shown = json.loads(destination.stdout)
    assert shown["returned"] == {"ok": True}
    assert shown["requests"][0]["headers"]["authorization"] == "Bearer a key to test with"
    assert shown.keys() == {"returned", "messages", "objects", "logs", "requests", "error", "usage"}
    assert shown["requests"][0].keys() >= {"method", "url", "headers", "body", "status"}
    assert shown["usage"].keys() == {"wall_ms", "fuel", "memory_bytes"}


def test_the_example_in_typescript_passes_its_tests() -> None:
    done = run(SHOP.parent / "typescript" / "trial-alerts.ts")
    assert done.exit_code == 0, done.stdout
    assert "4 passed, 0 failed" in done.stdout


def test_the_example_to_mend_fails_and_is_mended() -> None:
    folder = SHOP.parent / "mending"
    failed = run(folder / "plans.js", "--event", folder / "signed-up.json", "--json")
    assert (failed.exit_code, json.loads(failed.stdout)["error"]["kind"]) == (1, "BAD_REQUEST")
    mended = run(folder / "plans-mended.js", "--event", folder / "signed-up.json", "--json")
    assert mended.exit_code == 0
    assert "u1 chose FREE" in mended.stdout


def test_a_handler_that_throws_ends_with_1(tmp_path: Path) -> None:
    code = written(tmp_path, "f.js", "async function onTrack() {\n  null.x;\n}\n")
    done = run(code, "--event", written(tmp_path, "event.json", {"type": "track"}), "--json")
    error = json.loads(done.stdout)["error"]
    assert (done.exit_code, error["kind"], error["name"]) == (1, "BAD_REQUEST", "TypeError")
    assert "function.js:2:" in error["stack"]


@pytest.mark.parametrize(
    ("request_file", "body"),
    [
        ({"body": {"a": 1}}, {"a": 1}),
        ({"body": "a=1&b=2", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}, {"a": "1", "b": "2"}),
        ({"body": {"a": "x y"}, "headers": {"content-type": "application/x-www-form-urlencoded"}}, {"a": "x y"}),
    ],
)
def test_a_body_is_sent_as_its_type_says(tmp_path: Path, request_file: Any, body: Any) -> None:
    code = written(tmp_path, "f.js", "async function onRequest(request) { return request.json() }")
    done = run(code, "--request", written(tmp_path, "request.json", request_file), "--json")
    assert json.loads(done.stdout)["returned"] == body


@pytest.mark.parametrize("query", [{"q": ["a", "b"]}, "q=a&q=b"])
def test_a_query_may_be_an_object_or_a_text(tmp_path: Path, query: Any) -> None:
    code = written(tmp_path, "f.js", "async function onRequest(r) { return r.url.searchParams.getAll('q') }")
    done = run(code, "--request", written(tmp_path, "request.json", {"query": query}), "--json")
    assert json.loads(done.stdout)["returned"] == ["a", "b"]


@pytest.mark.parametrize(
    "request_file", [{"query": 5}, {"headers": [["a", "b"]]}, {"url": 5}, {"bogus": 1}, [], "no JSON"]
)
def test_a_request_file_of_another_form_ends_with_2(tmp_path: Path, request_file: Any) -> None:
    code = written(tmp_path, "f.js", "async function onRequest(request) {}")
    assert run(code, "--request", written(tmp_path, "request.json", request_file)).exit_code == 2


@pytest.mark.parametrize("settings", [{}, {"endpoint": 5, "apiKey": "k"}, {"endpoint": "e", "apiKey": "k", "more": 1}])
def test_settings_are_held_against_their_definitions(tmp_path: Path, settings: Any) -> None:
    event = SHOP / "order-completed.json"
    done = run(SHOP / "crm.js", "--event", event, "--settings", written(tmp_path, "settings.json", settings))
    assert done.exit_code == 2


def test_what_is_told_of_each_event_of_a_batch_is_shown(tmp_path: Path) -> None:
    events = written(tmp_path, "events.json", [{"type": "track", "n": 0}, {"type": "track", "n": 1}])
    code = written(
        tmp_path,
        "f.js",
        "const onlyFirst = [{ status: 503 }];\nasync function onBatch() { return [...onlyFirst, null]; }\n",
    )
    told = run(code, "--event", events, "--json")
    statuses = [{"status": 503, "message": ""}, {"status": 200, "message": ""}]
    assert (told.exit_code, json.loads(told.stdout)["batch"]) == (0, statuses)
    code = written(tmp_path, "insert.js", "function onBatch(events) { return [null, events[1]]; }\n")
    passed = run(code, "--kind", "insert", "--event", events)
    assert '{"event": null}' in passed.stdout
    assert '{"event": {"type": "track", "n": 1}}' in passed.stdout


def test_insert_functions_of_sources_are_tried_as_such(tmp_path: Path) -> None:
    code = written(
        tmp_path, "f.js", "function onTrack(event) { if (event.n) throw new DropEvent('no'); return event; }\n"
    )
    passed = run(code, "--kind", "insert-source", "--event", written(tmp_path, "0.json", {"type": "track"}), "--json")
    assert (passed.exit_code, json.loads(passed.stdout)["returned"]) == (0, {"type": "track"})
    event = written(tmp_path, "1.json", {"type": "track", "n": 1})
    dropped = run(code, "--kind", "insert-source", "--event", event, "--json")
    assert (dropped.exit_code, json.loads(dropped.stdout)["error"]["kind"]) == (1, "DROPPED")


def test_the_oldest_form_of_a_source_function_is_known(tmp_path: Path) -> None:
    code = written(
        tmp_path,
        "f.js",
        """exports.processEvents = async ({ payload }) => ({
          events: [{ type: 'track', event: payload.body.e, userId: 'u' }],
        });""",
    )
    sent = run(code, "--request", written(tmp_path, "request.json", {"body": {"e": "Old"}}), "--json")
    assert sent.exit_code == 0
    assert json.loads(sent.stdout)["messages"] == [{"type": "track", "event": "Old", "userId": "u"}]
