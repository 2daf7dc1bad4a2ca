"""Tokens, usage and test runs in the management API, which Segment's clients do not know."""

from __future__ import annotations

import json
import uuid
from collections.abc import Generator
from typing import Any

import httpx2
import pytest

from tests.e2e.penstock import Penstock, eventually

pytestmark = pytest.mark.slow

DESTINATION = """async function onTrack(event, settings) {
  console.log('with', settings.key);
  return await (await fetch('https://partner.test/' + event.event)).json();
}
function onBatch(events) { return events.map((_, i) => ({status: i ? 400 : 200, errormessage: i ? 'no' : ''})); }"""
SOURCE = """async function onRequest(request) {
  Segment.track({event: request.json().name, userId: request.headers.get('x-user'), properties: {
    room: request.url.searchParams.get('room')}});
}"""
TRACK = {"type": "track", "event": "Order", "userId": "u1"}
KEY = {
    "name": "key", "label": "Key", "description": "", "type": "STRING", "required": False, "sensitive": True,
}  # fmt: skip


@pytest.fixture(scope="module")
def http(running: Penstock) -> Generator[httpx2.Client]:
    headers = dict(running.as_owner)
    with httpx2.Client(base_url=f"{running.http}/api", headers=headers, trust_env=False, timeout=30) as http:
        yield http


def done(response: httpx2.Response) -> dict[str, Any]:
    assert response.is_success, response.text
    return response.json()["data"]


def preview(http: httpx2.Client, **body: Any) -> dict[str, Any]:
    return done(http.post("/functions/preview", json=body))["preview"]


def test_code_is_tried_with_answers_that_are_given(http: httpx2.Client) -> None:
    run = preview(
        http,
        code=DESTINATION,
        resourceType="DESTINATION",
        event=TRACK,
        settings=[KEY],
        settingValues={"key": "canary-of-a-trial"},
        responses={"GET https://partner.test/*": {"status": 201, "body": {"ok": True}}},
    )
    assert (run["returned"], run["error"]) == ({"ok": True}, None)
    assert [(line["level"], line["text"]) for line in run["logs"]] == [("info", "with ••••••")]
    (exchange,) = run["requests"]
    assert (exchange["method"], exchange["url"], exchange["status"]) == ("GET", "https://partner.test/Order", 201)
    assert run["usage"]["fuel"] > 0


def test_the_newest_code_of_a_function_is_tried_with_a_batch(http: httpx2.Client) -> None:
    body = {"code": DESTINATION, "displayName": uuid.uuid4().hex, "resourceType": "DESTINATION", "settings": [KEY]}
    made = done(http.post("/functions", json=body))["function"]
    run = preview(http, functionId=made["id"], event=[TRACK, TRACK])
    assert run["batch"] == [{"status": 200, "message": ""}, {"status": 400, "message": "no"}]
    other = preview(http, functionId=made["id"], code="function onTrack() { throw new RetryError('x') }", event=TRACK)
    assert (other["error"]["kind"], other["error"]["line"]) == ("RETRY", 1)


def test_a_source_function_is_tried_with_a_webhook(http: httpx2.Client) -> None:
    request = {"query": {"room": "7"}, "headers": {"X-User": "u2"}, "body": {"name": "Opened"}}
    run = preview(http, code=SOURCE, resourceType="SOURCE", request=request)
    (message,) = run["messages"]
    assert message["event"] == "Opened"
    assert (message["userId"], message["properties"]) == ("u2", {"room": "7"})


def test_the_form_of_the_config_api_is_taken_and_answered(http: httpx2.Client) -> None:
    webhook = {"body": {"name": "Opened"}, "headers": {"X-User": ["u3"]}, "queryParameters": {"room": ["8"]}}
    function = {"code": SOURCE, "settings": [], "displayName": "ignored", "id": "ignored"}
    body = {"function": function, "type": "SOURCE", "payload": json.dumps({"payload": webhook})}
    answer = done(http.post("/functions/preview", json=body))
    output = json.loads(answer["invoke"]["output"])
    assert answer["invoke"]["success"]
    assert (output["events"][0]["userId"], output["objects"]) == ("u3", [])
    assert answer["invoke"]["trace"]["type"] == "com.segment.event.ack"
    code = "function onTrack() { console.log('hm'); throw new Error('no') }"
    body = {"function": {"code": code}, "type": "DESTINATION", "payload": json.dumps(TRACK)}
    answer = done(http.post("/functions/preview", json=body))
    assert not answer["invoke"]["success"]
    assert [line["message"].splitlines()[0] for line in answer["logs"]] == ["hm", "Error: no"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "code"),
        ({"code": ""}, "resourceType"),
        ({"code": "", "resourceType": "SOURCE", "event": TRACK}, "request"),
        ({"code": "", "resourceType": "DESTINATION"}, "event"),
        ({"code": "", "resourceType": "DESTINATION", "event": []}, "batch"),
        ({"code": "x" * 6_000_000, "resourceType": "DESTINATION", "event": TRACK}, "code"),
        ({"function": {"code": ""}, "type": "DESTINATION", "payload": "{"}, "payload"),
        ({"function": {"code": ""}, "type": "SOURCE", "payload": "{}"}, "payload"),
    ],
)
def test_a_trial_that_cannot_be(http: httpx2.Client, body: dict[str, Any], field: str) -> None:
    response = http.post("/functions/preview", json=body)
    assert (response.status_code, response.json()["errors"][0].get("field")) == (422, field), response.text[:400]


def test_endless_code_ends(http: httpx2.Client) -> None:
    run = preview(http, code="for (;;);", resourceType="DESTINATION", event=TRACK)
    assert run["error"]["kind"] == "OUT_OF_FUEL"


def test_tokens_are_made_once_shown_listed_and_revoked(http: httpx2.Client, running: Penstock) -> None:
    body = {
        "name": "Reader",
        "permissions": [{"roleId": "functions-read-only", "resources": []}],
        "expiresAt": "2099-01-01T00:00:00Z",
    }
    response = http.post("/tokens", json=body)
    made = done(response)
    token, secret = made["token"], made["secret"]
    assert (response.status_code, token["expiresAt"]) == (201, "2099-01-01T00:00:00.000Z")
    assert done(http.get(f"/tokens/{token['id']}"))["token"] == token
    listed = http.get("/tokens", params={"pagination[count]": 1000})
    assert token in done(listed)["tokens"]
    assert secret not in listed.text
    holder = {"authorization": f"Bearer {secret}"}
    eventually(lambda: http.get("/usage/functions", headers=holder).is_success, what="the token opens the API")
    trial = {"code": "", "resourceType": "DESTINATION", "event": TRACK}
    refused = http.post("/functions/preview", json=trial, headers=holder)
    assert (refused.status_code, refused.json()["errors"][0]["type"]) == (401, "forbidden")
    assert http.get("/tokens", headers=holder).status_code == 401
    assert done(http.delete(f"/tokens/{token['id']}"))["status"] == "SUCCESS"
    eventually(lambda: http.get("/usage/functions", headers=holder).status_code == 401, what="the token is revoked")
    assert http.delete(f"/tokens/{token['id']}").status_code == 404
    assert http.post("/tokens", json={"name": "Nobody's"}).json()["errors"][0]["field"] == "permissions"


def test_usage_is_told_by_month(http: httpx2.Client) -> None:
    usage = done(http.get("/usage/functions", params={"period": "2020-02-01"}))["functionsUsage"]
    assert (usage["period"], usage["executionTimeMs"], usage["functions"]) == ("2020-02", 0, [])
    assert http.get("/usage/functions", params={"period": "soon"}).status_code == 422


def test_sources_are_connected_and_disconnected(http: httpx2.Client) -> None:
    body = {"code": DESTINATION, "displayName": uuid.uuid4().hex, "resourceType": "DESTINATION"}
    made = done(http.post("/functions", json=body))["function"]
    sources = [
        done(http.post("/sources", json={"slug": uuid.uuid4().hex, "enabled": True, "metadataId": "http-api"}))[
            "source"
        ]
        for _ in range(2)
    ]
    sent = {"sourceId": sources[0]["id"], "metadataId": made["catalogId"], "settings": {}}
    destination = done(http.post("/destinations", json=sent))["destination"]
    place = f"/sources/{sources[1]['id']}/connected-destinations"
    connected = done(http.post(place, json={"destinationId": destination["id"]}))["destination"]
    assert set(connected["sourceIds"]) == {each["id"] for each in sources}
    assert [each["id"] for each in done(http.get(place))["destinations"]] == [destination["id"]]
    assert done(http.delete(f"{place}/{destination['id']}"))["status"] == "SUCCESS"
    assert done(http.get(place))["destinations"] == []
    assert http.post(place, json={"destinationId": "dst_none"}).status_code == 404


def test_who_may_not_see_functions_is_told_their_ids(http: httpx2.Client) -> None:
    body = {"code": SOURCE, "displayName": uuid.uuid4().hex, "resourceType": "SOURCE"}
    made = done(http.post("/functions", json=body))["function"]
    sent = {"slug": uuid.uuid4().hex, "enabled": False, "metadataId": made["id"]}
    source = done(http.post("/sources", json=sent))["source"]
    token = {"name": "Plumber", "permissions": [{"roleId": "source-admin", "resources": []}]}
    holder = {"authorization": f"Bearer {done(http.post('/tokens', json=token))['secret']}"}
    place = f"/sources/{source['id']}"
    eventually(lambda: http.get(place, headers=holder).is_success, what="the token opens the API")
    seen = done(http.get(place, headers=holder))["source"]
    assert (seen["metadata"]["id"], seen["metadata"]["name"]) == (made["catalogId"], "")
    assert seen["metadata"] | {"name": "", "slug": ""} == source["metadata"] | {"name": "", "slug": ""}
