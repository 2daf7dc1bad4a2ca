"""Unit tests of functions: folders of cases, what they compare, what they say, `--update`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.cli.function_test import run, written

pytestmark = pytest.mark.usefixtures("own_cache")

CRM = """let seen = 0;
async function onTrack(event, settings) {
  console.log('got %s at', event.event, new Date());
  if (!event.userId) throw new InvalidEventPayload('no userId');
  const headers = { Authorization: `Bearer ${settings.key}` };
  const answer = await fetch('https://crm.example/people', { method: 'POST', headers, body: JSON.stringify(event) });
  await new Promise((resolve) => setTimeout(resolve, 3000));
  return { status: answer.status, at: Date.now(), random: Math.random(), id: crypto.randomUUID(), seen: ++seen };
}"""
EVENT = {"type": "track", "event": "Paid", "userId": "u1"}
BASE = {"event": EVENT, "settings": {"key": "k1"}, "responses": {"*": {"status": 202}}, "now": 0, "seed": 7}


def suite(folder: Path, **cases: Any) -> Path:
    for name, case in cases.items():
        written(folder, f"tests/{name}.json", case)
    return written(folder, "crm.js", CRM)


def results(done: Any) -> dict[str, bool]:
    assert done.exit_code in (0, 1), done.output
    return {each["name"]: each["passed"] for each in json.loads(done.stdout)["cases"]}


def test_cases_pass_and_fail_by_what_they_name(tmp_path: Path) -> None:
    request = {"method": "POST", "headers": {"authorization": "Bearer k1"}, "body": EVENT, "status": 202}
    log = "got Paid at 1970-01-01T00:00:00.000Z"
    file = suite(
        tmp_path,
        a1_names_nothing={**BASE, "expected": {}},
        a2_request={**BASE, "expected": {"requests": [request]}},
        a3_text_body={**BASE, "expected": {"requests": [{"body": json.dumps(EVENT, separators=(",", ":"))}]}},
        a4_log={**BASE, "expected": {"logs": [log]}},
        a5_log_pattern={**BASE, "expected": {"logs": [{"pattern": "^got .* at", "level": "info"}]}},
        a6_error={**BASE, "event": {"type": "track"}, "expected": {"error": {"name": "InvalidEventPayload"}}},
        a7_no_messages={**BASE, "name": "seven", "expected": {"messages": [], "objects": [], "error": None}},
        b1_request={**BASE, "expected": {"requests": [{**request, "method": "PUT"}]}},
        b2_one_more={**BASE, "expected": {"requests": [request, request]}},
        b3_log={**BASE, "expected": {"logs": []}},
        b4_pattern={**BASE, "expected": {"logs": [{"pattern": "lost"}]}},
        b5_unexpected_error={**BASE, "event": {"type": "track"}, "expected": {}},
        b6_error={**BASE, "expected": {"error": {"kind": "RETRY"}}},
        b7_returned={**BASE, "expected": {"returned": {"status": 202}}},
        b8_no_response={**BASE, "responses": {}, "expected": {}},
    )
    done = run(file, "--json")
    assert done.exit_code == 1
    assert results(done) == {
        ("seven" if name.startswith("a7") else name): name.startswith("a")
        for name in (path.stem for path in (tmp_path / "tests").iterdir())
    }
    shown = run(file).stdout
    assert "✓ a2_request" in shown
    assert "✗ b1_request" in shown
    assert '-      "method": "PUT"' in shown
    assert '+      "method": "POST"' in shown
    assert "InvalidEventPayload: no userId" in shown
    assert '"name": "InvalidEventPayload"' not in shown
    assert "info  got Paid at 1970" in shown
    assert "7 passed, 8 failed" in shown


def test_update_writes_what_came_and_then_all_pass(tmp_path: Path) -> None:
    pattern = {"pattern": "^got"}
    events = [EVENT, {**EVENT, "event": "Sent"}]
    several = {key: value for key, value in BASE.items() if key != "event"}
    file = suite(
        tmp_path,
        everything=BASE,
        some={**BASE, "expected": {"logs": [pattern], "returned": 5}},
        several={**several, "events": events, "expected": [{"returned": None}, {}]},
    )
    assert run(file, "--update").exit_code == 0
    assert run(file).exit_code == 0
    read = {path.stem: json.loads(path.read_text()) for path in (tmp_path / "tests").iterdir()}
    everything = read["everything"]["expected"]
    assert everything.keys() == {"returned", "logs", "requests"}
    assert everything["returned"]["at"] == 3000
    assert everything["requests"] == [{"method": "POST", "url": "https://crm.example/people", "body": EVENT}]
    assert read["some"]["expected"]["logs"] == [pattern]
    assert [each.get("returned", {}).get("seen") for each in read["several"]["expected"]] == [1, 2]
    assert {key: read["some"][key] for key in BASE} == BASE


def test_the_seed_and_the_time_make_all_that_is_random(tmp_path: Path) -> None:
    file = suite(tmp_path, a=BASE, b=BASE, c={**BASE, "seed": "other"}, d={**BASE, "now": "1970-01-01T01:00:01+01:00"})
    runs = [each["runs"][0]["returned"] for each in json.loads(run(file, "--json").stdout)["cases"]]
    assert runs[0] == runs[1]
    assert runs[0]["random"] != runs[2]["random"]
    assert runs[0]["id"] != runs[2]["id"]
    assert runs[3] == {**runs[0], "at": 4000}


def test_a_slow_answer_times_out_without_anybody_waiting(tmp_path: Path) -> None:
    file = suite(
        tmp_path,
        late={
            **BASE,
            "responses": {"*": {"delay_ms": 60000}},
            "expected": {"error": {"kind": "TIMEOUT"}, "requests": [{"status": 0}]},
        },
        third={**BASE, "responses": {"*": {"delay_ms": 1500}}, "expected": {"error": None}},
    )
    assert results(run(file, "--json")) == {"late": True, "third": True}


def test_sources_are_tried_with_requests(tmp_path: Path) -> None:
    code = "async function onRequest(r) { Segment.track({ userId: r.json().id, event: 'e' }) }"
    case = {
        "request": {"body": {"id": "u1"}},
        "expected": {"messages": [{"type": "track", "userId": "u1", "event": "e"}]},
    }
    written(tmp_path, "hook.tests/a.json", {**case, "expected": {}})
    written(tmp_path, "tests/never-read.json", "{")
    assert run(written(tmp_path, "hook.js", code), "--update").exit_code == 0
    message = json.loads((tmp_path / "hook.tests" / "a.json").read_text())["expected"]["messages"][0]
    assert message["userId"] == "u1"


def test_an_event_is_run_alone_though_there_are_cases(tmp_path: Path) -> None:
    file = suite(tmp_path, a={**BASE, "expected": {"returned": "never"}})
    event, answers = written(tmp_path, "event.json", {"type": "track"}), written(tmp_path, "responses.json", {"*": {}})
    done = run(file, "--event", event, "--responses", answers, "--json")
    assert json.loads(done.stdout)["error"]["name"] == "InvalidEventPayload"


def test_settings_and_responses_of_the_command_are_those_of_all_cases(tmp_path: Path) -> None:
    bare = {"event": EVENT, "expected": {"requests": [{"headers": {"authorization": "Bearer all"}, "status": 203}]}}
    own: dict[str, Any] = {"event": EVENT, "settings": {"key": "own"}, "responses": {"*": {"status": 204}}}
    own["expected"] = {"requests": [{"headers": {"authorization": "Bearer own"}, "status": 204}]}
    file = suite(tmp_path, bare=bare, own=own)
    settings = written(tmp_path, "settings.json", {"key": "all"})
    answers = written(tmp_path, "responses.json", {"*": {"status": 203}})
    done = run(file, "--settings", settings, "--responses", answers, "--json")
    assert results(done) == {"bare": True, "own": True}


def test_cases_share_values_of_settings_that_lie_beside_them(tmp_path: Path) -> None:
    case = {
        "event": EVENT,
        "responses": {"*": {}},
        "expected": {"requests": [{"headers": {"authorization": "Bearer all"}}]},
    }
    file = suite(tmp_path, a=case)
    written(tmp_path, "tests/settings.json", {"key": "all"})
    assert results(run(file, "--json")) == {"a": True}
    given = written(tmp_path, "given.json", {"key": "given"})
    assert results(run(file, "--json", "--settings", given)) == {"a": False}


def test_an_update_leaves_what_passes_as_it_was_written(tmp_path: Path) -> None:
    code = "function onTrack() { return { a: 1, b: 2 } }"
    passes = '{ "event": {"type": "track"}, "expected": {"returned": {"b": 2, "a": 1}} }'
    fails = '{ "event": {"type": "track"}, "expected": {"returned": {"b": 3, "a": 1}} }'
    kept, changed = written(tmp_path, "tests/kept.json", passes), written(tmp_path, "tests/changed.json", fails)
    done = run(written(tmp_path, "f.js", code), "--update")
    # Another order of names is no difference.
    assert [line.split() for line in done.output.splitlines() if line.strip()[:1] in ("+", "-")] == [
        ["-", '"b":', "3,"],
        ["+", '"b":', "2,"],
    ]
    assert (kept.read_text(), json.loads(changed.read_text())["expected"]) == (passes, {"returned": {"b": 2, "a": 1}})
    assert "Written: changed.json" in done.output


def test_a_type_that_nothing_handles_is_told(tmp_path: Path) -> None:
    event = written(tmp_path, "event.json", {"type": "trakc"})
    file = written(tmp_path, "f.js", "function onTrack() { throw new Error() }")
    assert 'no handler runs for the type "trakc"' in run(file, "--event", event).output
    written(tmp_path, "tests/a.json", {"event": {}, "expected": {"returned": None}})
    done = run(file)
    assert (done.exit_code, done.output.count("no handler runs for the type null")) == (0, 1)


@pytest.mark.parametrize(
    ("case", "told"),
    [
        ("{", "line 1 column 2"),
        ("[]", "is not a JSON object"),
        ({**BASE, "expects": {}}, "expects: there is no such name"),
        ({**BASE, "expected": {"logs": [5]}}, "expected → logs → 0"),
        ({**BASE, "expected": {"logs": [{"pattern": "("}]}}, "no regular expression"),
        ({**BASE, "responses": {"*": {"status": 5}}}, "responses"),
        ({**BASE, "now": "today"}, "now"),
        ({**BASE, "kind": "sink"}, "none of source"),
        ({**BASE, "events": [EVENT]}, "given is event and events"),
        ({**BASE, "event": None}, "given is nothing"),
        ({**BASE, "event": None, "request": {}}, "given is request"),
        ({**BASE, "event": None, "events": []}, "events"),
        ({**BASE, "event": None, "events": [EVENT, EVENT], "expected": [{}]}, "a list of as many"),
        ({**BASE, "expected": [{}]}, "a list of as many"),
    ],
)
def test_a_bad_case_is_named_with_its_place(tmp_path: Path, case: Any, told: str) -> None:
    done = run(suite(tmp_path, bad=case))
    assert done.exit_code == 2
    output = " ".join(done.output.replace("│", " ").split())
    assert "bad.json" in output.replace(" ", "")
    assert told in output


def test_contradictions_are_refused(tmp_path: Path) -> None:
    file = suite(tmp_path, a=BASE)
    event = written(tmp_path, "event.json", EVENT)
    alone = written(tmp_path, "alone/crm.js", CRM)
    empty = tmp_path / "empty"
    empty.mkdir()
    for arguments in (
        (file, "--cases", tmp_path / "tests", "--event", event),
        (file, "--cases", empty),
        (alone, "--update"),
        (alone,),
        (file, "--record", tmp_path / "record.json"),
        (file, "--replay", event, "--event", event),
    ):
        assert run(*arguments).exit_code == 2, arguments
