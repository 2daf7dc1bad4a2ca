"""`penstock functions test`, in this process: the real sandbox, what it prints, how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.main import app

SHOP = Path(__file__).parents[3] / "examples" / "shop"


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["functions", "test", *(str(each) for each in arguments)])


def written(folder: Path, name: str, content: Any) -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


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
    assert shown["requests"][0].keys() == {"method", "url", "headers", "body", "status"}
    assert shown["usage"].keys() == {"wall_ms", "fuel", "memory_bytes"}


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
