"""Insert functions in use, as Segment's own clients manage them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.client import Answer, Client
from tests.e2e.functions_api import API_KEY, NOBODY, REGION, Things, create, own_id, refused

pytestmark = pytest.mark.slow


def insert(client: Client, things: Things) -> tuple[dict[str, Any], dict[str, Any]]:
    """An insert function, and what to send to put it before a new destination."""
    made = create(client, "INSERT_DESTINATION", settings=[API_KEY, REGION])
    integration = things.destination(own_id(create(client, "DESTINATION")))
    settings = {"apiKey": "canary", "region": "eu"}
    body = {"functionId": made["catalogId"], "integrationId": integration, "name": "Gate", "settings": settings}
    return made, body


def test_an_insert_function_is_put_to_use_changed_and_taken_away(client: Client, things: Things) -> None:
    made, body = insert(client, things)
    answer = client.call("createInsertFunctionInstance", body=body)["insertFunctionInstance"]
    assert {name: answer[name] for name in ("name", "classId", "integrationId", "enabled")} == {
        "name": "Gate", "classId": made["catalogId"], "integrationId": body["integrationId"], "enabled": True,
    }  # fmt: skip
    # Sensitive ones are never shown again.
    assert (answer["settings"], answer["encryptedSettings"]) == ({"region": "eu"}, {"apiKey": "********"})
    assert client.call("getInsertFunctionInstance", instanceId=answer["id"])["insertFunctionInstance"] == answer

    sent = {"settings": {"region": "us", "apiKey": "********"}, "enabled": False}
    changed = client.call("updateInsertFunctionInstance", instanceId=answer["id"], body=sent)["insertFunctionInstance"]
    assert (changed["settings"], changed["enabled"], changed["name"]) == ({"region": "us"}, False, "Gate")
    assert changed["encryptedSettings"] == {"apiKey": "********"}

    listed = client.call("listInsertFunctionInstances", functionId=made["id"])
    assert listed["instances"] == [changed]
    assert client.call("deleteInsertFunctionInstance", instanceId=answer["id"])["status"] == "SUCCESS"
    assert client.call("listInsertFunctionInstances", functionId=made["id"])["instances"] == []


def test_an_insert_function_that_cannot_be_put_to_use(client: Client, things: Things) -> None:
    made, body = insert(client, things)
    other = create(client, "DESTINATION")

    def tried(**fields: Any) -> Answer:
        return client.call("createInsertFunctionInstance", body=body | fields)

    for wrong in (other["id"], other["catalogId"], f"ifnd_{NOBODY}", "nonsense"):
        message = refused(tried(functionId=wrong), 400, "bad-request", "functionId")
        assert message == f"Insert function {wrong} not found."
    refused(tried(integrationId=f"dst_{NOBODY}"), 404, "not-found")
    refused(tried(settings={"apiKey": "canary", "region": True}), 422, "input-validation", "settings.region")
    refused(tried(settings={"region": "eu"}), 422, "input-validation", "settings.apiKey")
    assert tried(functionId=made["id"]).status == 200
    refused(tried(), 409, "conflict")


def test_an_insert_instance_that_is_not_there(client: Client) -> None:
    for sent in (f"ins_{NOBODY}", "a/b"):
        for operation in ("getInsertFunctionInstance", "deleteInsertFunctionInstance"):
            refused(client.call(operation, instanceId=sent), 404, "not-found")
        answer = client.call("updateInsertFunctionInstance", instanceId=sent, body={"settings": {}})
        refused(answer, 404, "not-found")
    refused(client.call("listInsertFunctionInstances", functionId=f"ifnd_{NOBODY}"), 404, "not-found")


def test_an_insert_instance_is_not_changed_without_settings(client: Client) -> None:
    answer = client.call("updateInsertFunctionInstance", instanceId=f"ins_{NOBODY}", body={"enabled": False})
    refused(answer, 422, "input-validation", "settings")


def test_lists_of_insert_instances_want_a_function(clients: dict[str, Client]) -> None:
    refused(clients["python"].call("listInsertFunctionInstances"), 422, "input-validation", "functionId")
