"""What lies around functions in the management API, as Segment's own client calls it: done and refused."""

from __future__ import annotations

import uuid
from collections.abc import Generator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from tests.api.client import Answer, Client
from tests.api.typescript import typescript_client
from tests.e2e.penstock import Penstock, eventually, post

pytestmark = pytest.mark.slow

SOURCE = "async function onRequest(request) { Segment.track({event: request.json().name, userId: 'u'}) }"
DESTINATION = "async function onTrack(event, settings) { if (event.event === 'Bad') throw new Error('bad') }"
KEY = {"name": "key", "label": "Key", "description": "", "type": "STRING", "required": False, "sensitive": True}
REGION = KEY | {"name": "region", "label": "Region", "sensitive": False}
NOBODY = "0" * 26
TRACKS = {"if": 'type = "track"', "actions": [{"type": "DROP"}], "title": "No tracks", "enabled": True}


@pytest.fixture(scope="module")
def client(running: Penstock) -> Generator[Client]:
    token = (running.data_dir / "owner-token").read_text().strip()
    with typescript_client(f"{running.http}/api", token) as client:
        yield client


@dataclass(frozen=True)
class Things:
    """What a workspace has, as the API gave it."""

    source_function: dict[str, Any]
    destination_function: dict[str, Any]
    source: dict[str, Any]
    destination: dict[str, Any]


def name() -> str:
    return f"n-{uuid.uuid4().hex}"


def function(client: Client, kind: str, code: str) -> dict[str, Any]:
    settings = [KEY, REGION] if kind == "DESTINATION" else []
    body = {"code": code, "displayName": name(), "resourceType": kind, "settings": settings}
    return client.call("createFunction", body=body)["function"]


def source(client: Client, metadata_id: str = "http-api", **fields: Any) -> dict[str, Any]:
    body = {"slug": name(), "enabled": True, "metadataId": metadata_id} | fields
    return client.call("createSource", body=body)["source"]


@pytest.fixture(scope="module")
def things(client: Client) -> Things:
    made, sink = function(client, "SOURCE", SOURCE), function(client, "DESTINATION", DESTINATION)
    origin = source(client, made["catalogId"])
    body = {
        "sourceId": origin["id"],
        "metadataId": sink["catalogId"],
        "name": name(),
        "settings": {"key": "canary", "region": "eu"},
    }
    return Things(made, sink, origin, client.call("createDestination", body=body)["destination"])


def refused(answer: Answer, status: int, kind: str, field: str = "") -> None:
    assert (answer.status, answer.error.get("type"), answer.error.get("field", "")) == (status, kind, field), answer


def test_a_source_is_made_of_a_function(client: Client, things: Things) -> None:
    made = things.source
    assert made["metadata"]["id"] == things.source_function["catalogId"]
    assert made["metadata"]["name"] == things.source_function["displayName"]
    assert made["name"] == made["slug"]
    assert len(made["writeKeys"]) == 1
    given = client.call("getSource", sourceId=made["id"])
    assert given["trackingPlanId"] is None
    # Its key was told once.
    assert given["source"] == made | {"writeKeys": given["source"]["writeKeys"]}
    assert made["writeKeys"] != given["source"]["writeKeys"]


def test_sources_are_listed_changed_and_removed(client: Client) -> None:
    made = source(client, enabled=False)
    assert (made["enabled"], made["metadata"]["id"]) == (False, "http-api")
    listed = client.call("listSources", pagination={"count": 1})
    assert (len(listed["sources"]), bool(listed["pagination"]["next"])) == (1, True)
    changed = client.call("updateSource", sourceId=made["id"], body={"name": "Front  Door!", "enabled": True})["source"]
    assert (changed["name"], changed["slug"], changed["enabled"]) == ("Front  Door!", "front-door", True)
    assert client.call("updateSource", sourceId=made["id"], body={})["source"] == changed
    assert client.call("deleteSource", sourceId=made["id"])["status"] == "SUCCESS"
    refused(client.call("getSource", sourceId=made["id"]), 404, "not-found")


def test_write_keys_come_and_go(client: Client, running: Penstock) -> None:
    made = source(client)
    first, second = client.call("createWriteKeyForSource", sourceId=made["id"])["source"]["writeKeys"]
    for key in (first, second):
        answer = client.call("removeWriteKeyFromSource", sourceId=made["id"], writeKey=key)
        assert answer["status"] == "SUCCESS"
    assert client.call("getSource", sourceId=made["id"])["source"]["writeKeys"] == []
    refused(client.call("removeWriteKeyFromSource", sourceId=made["id"], writeKey=first), 404, "not-found")
    url = f"{running.http}/hooks/{second}"
    eventually(lambda: httpx2.post(url, trust_env=False).status_code == 404, what="the key opens nothing")


def test_a_source_that_cannot_be(client: Client, things: Things) -> None:
    body = {"slug": name(), "enabled": True, "metadataId": NOBODY}
    refused(client.call("createSource", body=body), 404, "not-found")
    refused(
        client.call("createSource", body=body | {"metadataId": "http-api", "slug": ""}), 422, "input-validation", "slug"
    )
    taken = body | {"metadataId": "http-api", "slug": things.source["slug"]}
    refused(client.call("createSource", body=taken), 409, "conflict")
    missing = f"src_{NOBODY}"
    refused(client.call("updateSource", sourceId=missing, body={"enabled": True}), 404, "not-found")
    for operation in ("deleteSource", "createWriteKeyForSource", "listConnectedDestinationsFromSource"):
        refused(client.call(operation, sourceId=missing), 404, "not-found")


def test_a_destination_is_made_for_a_source(client: Client, things: Things) -> None:
    made = things.destination
    assert made["metadata"]["id"] == things.destination_function["catalogId"]
    assert made["metadata"]["supportedMethods"]["track"]
    assert [each["name"] for each in made["metadata"]["options"]] == ["key", "region"]
    assert (made["sourceId"], made["enabled"]) == (things.source["id"], True)
    # Sensitive values are never shown again.
    assert made["settings"] == {"region": "eu"}
    assert client.call("getDestination", destinationId=made["id"])["destination"] == made
    connected = client.call("listConnectedDestinationsFromSource", sourceId=things.source["id"])
    assert connected["destinations"] == [made]
    assert made in client.call("listDestinations", pagination={"count": 1000})["destinations"]


def test_a_destination_is_changed_and_removed(client: Client, things: Things) -> None:
    body = {"sourceId": things.source["id"], "metadataId": things.destination_function["catalogId"], "settings": {}}
    made = client.call("createDestination", body=body | {"enabled": False})["destination"]
    assert (made["enabled"], made["name"]) == (False, things.destination_function["displayName"].rpartition(" (")[0])
    sent = {"settings": {"region": "us", "key": "hush"}, "enabled": True, "name": None}
    changed = client.call("updateDestination", destinationId=made["id"], body=sent)["destination"]
    assert (changed["settings"], changed["enabled"], changed["name"]) == ({"region": "us"}, True, made["name"])
    assert client.call("updateDestination", destinationId=made["id"], body={})["destination"] == changed
    assert client.call("deleteDestination", destinationId=made["id"])["status"] == "SUCCESS"
    refused(client.call("getDestination", destinationId=made["id"]), 404, "not-found")


def test_a_destination_that_cannot_be(client: Client, things: Things) -> None:
    body = {"sourceId": things.source["id"], "metadataId": things.destination_function["catalogId"], "settings": {}}

    def tried(**fields: Any) -> Answer:
        return client.call("createDestination", body=body | {"name": name()} | fields)

    refused(tried(sourceId=f"src_{NOBODY}"), 404, "not-found")
    for wrong in (NOBODY, "http-api"):
        refused(tried(metadataId=wrong), 404, "not-found")
    refused(tried(settings={"region": 1}), 422, "input-validation", "settings.region")
    refused(tried(name=things.destination["name"]), 409, "conflict")
    missing = f"dst_{NOBODY}"
    refused(client.call("updateDestination", destinationId=missing, body={"enabled": True}), 404, "not-found")
    refused(client.call("deleteDestination", destinationId=missing), 404, "not-found")


def test_filters_are_kept_and_tried(client: Client, things: Things) -> None:
    place = {"destinationId": things.destination["id"]}
    actions = [
        {"type": "DROP_PROPERTIES", "fields": {"context": {"fields": ["ip"]}}},
        {"type": "SAMPLE", "percent": 0.5},
    ]
    body = TRACKS | {"sourceId": things.source["id"], "actions": actions, "enabled": False}
    made = client.call("createFilterForDestination", **place, body=body)["filter"]
    shown = [{"type": "DROP_PROPERTIES", "fields": {"context": ["ip"]}}, {"type": "SAMPLE", "percent": 0.5}]
    assert (made["if"], made["actions"], made["sourceId"]) == (TRACKS["if"], shown, things.source["id"])
    assert client.call("getFilterInDestination", **place, filterId=made["id"])["filter"] == made
    assert client.call("listFiltersFromDestination", **place)["filters"] == [made]
    sent = {"title": "Fewer", "description": None}
    changed = client.call("updateFilterForDestination", **place, filterId=made["id"], body=sent)["filter"]
    assert (changed["title"], changed["if"]) == ("Fewer", TRACKS["if"])
    assert client.call("removeFilterFromDestination", **place, filterId=made["id"])["status"] == "SUCCESS"
    refused(client.call("getFilterInDestination", **place, filterId=made["id"]), 404, "not-found")


def test_filters_that_cannot_be(client: Client, things: Things) -> None:
    place, body = {"destinationId": things.destination["id"]}, TRACKS | {"sourceId": things.source["id"]}
    wrong = client.call("createFilterForDestination", **place, body=body | {"if": "type ="})
    refused(wrong, 422, "input-validation", "if")
    refused(
        client.call("createFilterForDestination", **place, body=body | {"actions": []}),
        422,
        "input-validation",
        "actions",
    )
    refused(client.call("createFilterForDestination", destinationId=f"dst_{NOBODY}", body=body), 404, "not-found")
    missing = f"fil_{NOBODY}"
    refused(client.call("updateFilterForDestination", **place, filterId=missing, body={"title": "x"}), 404, "not-found")
    refused(client.call("removeFilterFromDestination", **place, filterId=missing), 404, "not-found")
    refused(client.call("listFiltersFromDestination", destinationId=f"dst_{NOBODY}"), 404, "not-found")


def test_a_filter_is_previewed(client: Client) -> None:
    payload = {"type": "track", "event": "Order", "properties": {"a": 1, "b": {"c": 2}}}
    keeping = [{"type": "ALLOW_PROPERTIES", "fields": {"properties": ["b"]}}]
    tried = {"filter": {"if": TRACKS["if"], "actions": keeping}, "payload": payload}
    answer = client.call("previewDestinationFilter", body=tried)
    assert answer["inputPayload"] == payload
    assert answer["result"] == payload | {"properties": {"b": {"c": 2}}}
    dropped = {"filter": {"if": "all", "actions": [{"type": "DROP"}]}, "payload": payload}
    assert client.call("previewDestinationFilter", body=dropped)["result"] is None
    refused(client.call("previewDestinationFilter", body={"payload": {}}), 422, "input-validation", "filter")


def test_the_catalog_is_the_workspaces_functions(client: Client, things: Things) -> None:
    sources = client.call("getSourcesCatalog", pagination={"count": 1000})["sourcesCatalog"]
    assert sources[0]["id"] == "http-api"
    assert things.source["metadata"] in sources
    page = client.call("getSourcesCatalog", pagination={"count": 1})
    rest = client.call("getSourcesCatalog", pagination={"count": 1000, "cursor": page["pagination"]["next"]})
    assert [*page["sourcesCatalog"], *rest["sourcesCatalog"]] == sources
    destinations = client.call("getDestinationsCatalog", pagination={"count": 1000})["destinationsCatalog"]
    assert things.destination["metadata"] in destinations
    entry = things.source_function["catalogId"]
    assert client.call("getSourceMetadata", sourceMetadataId=entry)["sourceMetadata"] == things.source["metadata"]
    refused(client.call("getDestinationMetadata", destinationMetadataId=entry), 404, "not-found")
    entry = things.destination_function["catalogId"]
    known = client.call("getDestinationMetadata", destinationMetadataId=entry)["destinationMetadata"]
    assert known == things.destination["metadata"]
    refused(client.call("getSourceMetadata", sourceMetadataId=entry), 404, "not-found")
    refused(client.call("getSourcesCatalog", pagination={"cursor": "?"}), 422, "input-validation", "pagination.cursor")


def test_delivery_is_measured(client: Client, things: Things, running: Penstock) -> None:
    url = f"{running.http}/hooks/{things.source['writeKeys'][0]}"
    eventually(lambda: post(url, {"name": "Good"}).status_code == 202, what="the gateway knows the source")
    assert post(url, {"name": "Bad"}).status_code == 202
    between = {"destinationId": things.destination["id"], "sourceId": things.source["id"]}

    def measured() -> dict[str, Any] | None:
        answer = client.call("listDeliveryMetricsSummaryFromDestination", **between)["deliveryMetricsSummary"]
        totals = {each["metricName"]: each["total"] for each in answer["metrics"]}
        return answer if totals["delivered"] and totals["not_delivered"] else None

    summary = eventually(measured, what="the metrics of two deliveries")
    metrics = {each["metricName"]: each for each in summary["metrics"]}
    assert summary["destinationMetadataId"] == things.destination_function["catalogId"]
    assert metrics["delivered"]["breakdown"] == [{"metricName": "first_try", "value": 1}]
    assert metrics["not_delivered"]["breakdown"] == [{"metricName": "BAD_REQUEST", "value": 1}]

    now = datetime.now(UTC)
    window = {
        "sourceId": things.source["id"],
        "startTime": (now - timedelta(hours=1)).isoformat(),
        "endTime": (now + timedelta(minutes=2)).isoformat(),
        "granularity": "minute",
    }
    by_name = {"groupBy": ["eventName"], "filter": {"eventName": ["Bad"]}}
    failed = client.call(
        "getEgressFailedMetricsFromDeliveryOverview",
        **window, **by_name, destinationConfigId=things.destination["id"],
    )  # fmt: skip
    (dataset,) = failed["dataset"]
    assert (failed["total"], dataset["eventName"], dataset["total"]) == (1, "Bad", 1)
    assert sum(point["count"] for point in dataset["series"]) == 1
    for operation, total in {
        "getIngressSuccessMetricsFromDeliveryOverview": 2,
        "getIngressFailedMetricsFromDeliveryOverview": 0,
        "getFilteredAtSourceMetricsFromDeliveryOverview": 0,
        "getFilteredAtDestinationMetricsFromDeliveryOverview": 0,
        "getEgressSuccessMetricsFromDeliveryOverview": 1,
    }.items():
        assert client.call(operation, **window, destinationConfigId="")["total"] == total, operation
    refused(
        client.call("getIngressSuccessMetricsFromDeliveryOverview", **window | {"endTime": window["startTime"]}),
        422, "input-validation", "endTime",
    )  # fmt: skip
    refused(
        client.call("listDeliveryMetricsSummaryFromDestination", **between | {"destinationId": f"dst_{NOBODY}"}),
        404, "not-found",
    )  # fmt: skip


def test_users_are_invited_given_roles_and_removed(client: Client, things: Things) -> None:
    email = f"{name()}@people.test"
    listed = {"roleId": "functions-admin", "resources": [{"id": things.source_function["id"], "type": "FUNCTION"}]}
    invited = {"invites": [{"email": email, "permissions": [listed]}]}
    assert client.call("createInvites", body=invited)["emails"] == [email]
    assert client.call("listInvites")["invites"] == []
    (user,) = [each for each in client.call("listUsers", pagination={"count": 1000})["users"] if each["email"] == email]
    (permission,) = user["permissions"]
    assert (permission["roleName"], permission["resources"][0]["type"]) == ("Functions Admin", "FUNCTION")
    whole = {"roleId": "source-admin", "resources": []}
    added = client.call("addPermissionsToUser", userId=user["id"], body={"permissions": [whole]})["permissions"]
    assert [each["roleId"] for each in added] == ["functions-admin", "source-admin"]
    kept = client.call("replacePermissionsForUser", userId=user["id"], body={"permissions": [whole]})["permissions"]
    assert [each["resources"][0]["type"] for each in kept] == ["WORKSPACE"]
    assert client.call("getUser", userId=email)["user"] == user | {"permissions": kept}
    refused(client.call("createInvites", body=invited), 409, "conflict")
    assert client.call("deleteUsers", userIds=[user["id"]])["status"] == "SUCCESS"
    refused(client.call("getUser", userId=user["id"]), 404, "not-found")
    refused(client.call("deleteUsers", userIds=[user["id"]]), 404, "not-found")
    refused(client.call("addPermissionsToUser", userId=user["id"], body={"permissions": [whole]}), 404, "not-found")
    elsewhere = {"roleId": "owner", "resources": [{"id": "ws_other", "type": "WORKSPACE"}]}
    answer = client.call("replacePermissionsForUser", userId=email, body={"permissions": [elsewhere]})
    refused(answer, 422, "input-validation", "permissions.0.resources")


def test_roles_are_told(client: Client) -> None:
    names = {each["id"]: each["name"] for each in client.call("listRoles")["roles"]}
    assert names["owner"] == "Workspace Owner"
    assert names["functions-read-only"] == "Functions Read-only"


def test_changes_are_in_the_audit_trail(client: Client, things: Things) -> None:
    changed = source(client)
    client.call("updateSource", sourceId=changed["id"], body={"enabled": False})
    about = client.call("listAuditEvents", resourceId=changed["id"])["events"]
    # Its write key belongs to it.
    events = [each for each in about if each["resourceType"] == "SOURCE"]
    assert [each["resourceType"] for each in about if each not in events] == ["TOKEN"]
    assert [each["type"] for each in events] == ["Source Disabled", "Source Created"]
    assert {(each["resourceType"], each["resourceId"]) for each in events} == {("SOURCE", changed["id"])}
    assert events[0]["actor"].startswith("tok_")
    page = client.call("listAuditEvents", pagination={"count": 1}, resourceType="SOURCE")
    assert page["events"] == events[:1]
    assert page["pagination"]["next"]
    long_ago = {"startTime": "2020-01-01T00:00:00Z", "endTime": "2020-01-02T00:00:00Z"}
    assert client.call("listAuditEvents", **long_ago)["events"] == []
    refused(client.call("listAuditEvents", startTime="yesterday"), 422, "input-validation", "startTime")
