"""The functions group of the management API, as Segment's own clients call it: each operation, done and refused."""

from __future__ import annotations

import uuid
from typing import Any

import httpx2
import pytest

from penstock.config.v1 import config_pb2
from penstock.registry.v1 import function_pb2, function_pb2_grpc
from tests.api.client import Client
from tests.e2e.functions_api import API_KEY, DESTINATION, NOBODY, REGION, SOURCE, Things, create, own_id, refused
from tests.e2e.penstock import Penstock

pytestmark = pytest.mark.slow


def test_the_workspace_of_a_token_is_told(client: Client) -> None:
    workspace = client.call("getWorkspace")["workspace"]
    assert (workspace["name"], workspace["slug"], workspace["id"][:3]) == ("default", "default", "ws_")


@pytest.mark.parametrize("token", ["", "ptk_wrong"])
def test_a_wrong_token_opens_nothing(client: Client, token: str) -> None:
    refused(client.call("getWorkspace", token=token), 401, "unauthorized")


def test_a_created_function_is_given_back_whole(client: Client) -> None:
    made = create(client, description="Says a", logoUrl="https://pictures.test/a.png", settings=[API_KEY, REGION])
    assert made == client.call("getFunction", functionId=made["id"])["function"]
    assert made["id"] == f"sfnc_{made['catalogId']}"
    assert {name: made[name] for name in ("code", "description", "logoUrl", "settings", "deployedAt")} == {
        "code": SOURCE, "description": "Says a", "logoUrl": "https://pictures.test/a.png",
        "settings": [API_KEY, REGION], "deployedAt": None,
    }  # fmt: skip
    assert made["createdAt"].endswith("Z")
    assert len(made["createdAt"]) == len("2023-11-01T18:38:01.349Z")
    constant = {"previewWebhookUrl": "", "batchMaxCount": 0, "isLatestVersion": False}
    assert constant == {name: made[name] for name in constant}


@pytest.mark.parametrize(
    ("kind", "prefix"), [("DESTINATION", "dfn_"), ("INSERT_DESTINATION", "ifnd_"), ("INSERT_SOURCE", "ifns_")]
)
def test_names_of_other_kinds_have_the_workspace_behind_them(client: Client, kind: str, prefix: str) -> None:
    name = uuid.uuid4().hex
    made = create(client, kind, displayName=name)
    assert (made["displayName"], made["id"]) == (f"{name} (default)", prefix + made["catalogId"])
    # What was shown can be sent back.
    again = client.call("updateFunction", functionId=made["id"], body={"displayName": f"{name} (default)"})
    assert again["function"]["displayName"] == f"{name} (default)"


@pytest.mark.parametrize("prefix", ["sfnc_", "fn_", ""])
def test_a_function_is_found_by_every_form_of_its_id(client: Client, prefix: str) -> None:
    made = create(client)
    found = client.call("getFunction", functionId=prefix + made["catalogId"])["function"]
    assert found["id"] == made["id"]


@pytest.mark.parametrize("sent", [f"sfnc_{NOBODY}", "a name", "../functions", "sfn_" + NOBODY])
def test_a_function_that_is_not_there(client: Client, sent: str) -> None:
    for operation in ("getFunction", "deleteFunction", "listFunctionVersions"):
        refused(client.call(operation, functionId=sent), 404, "not-found")
    refused(client.call("updateFunction", functionId=sent, body={"description": "?"}), 404, "not-found")
    refused(client.call("restoreFunctionVersion", functionId=sent, body={"versionId": "1"}), 404, "not-found")
    refused(client.call("getFunctionVersion", functionId=sent, versionId="1"), 404, "not-found")


def test_each_missing_field_is_named(clients: dict[str, Client]) -> None:
    message = refused(
        clients["typescript"].call("createFunction", body={"code": SOURCE}), 422, "input-validation", "displayName"
    )
    assert message == '"displayName" is required'


def test_code_that_does_not_run_tells_where(client: Client) -> None:
    body = {
        "code": "async function onRequest() {\n  let a = ;\n}",
        "displayName": uuid.uuid4().hex,
        "resourceType": "SOURCE",
    }
    answer = client.call("createFunction", body=body)
    assert "line 2, column 11" in refused(answer, 422, "input-validation", "code")
    assert answer.error["data"] == {"line": 2, "column": 11, "name": "SyntaxError"}


def test_a_name_is_taken_once(client: Client) -> None:
    made = create(client)
    body = {"code": SOURCE, "displayName": made["displayName"], "resourceType": "SOURCE"}
    refused(client.call("createFunction", body=body), 409, "conflict")


def test_lists_go_page_by_page(client: Client) -> None:
    made = [create(client, "INSERT_SOURCE")["id"] for _ in range(3)]
    seen: list[str] = []
    cursor: str | None = "MA=="
    while cursor:
        answer = client.call("listFunctions", resourceType="INSERT_SOURCE", pagination={"cursor": cursor, "count": 2})
        assert answer["pagination"]["current"] == cursor
        assert len(answer["functions"]) <= 2
        assert not any("code" in function for function in answer["functions"])
        seen += [function["id"] for function in answer["functions"]]
        cursor = answer["pagination"].get("next")
    assert seen[-3:] == made


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"resourceType": "SINK"}, "resourceType"),
        ({"resourceType": "SOURCE", "pagination": {"count": 0}}, "pagination.count"),
        ({"resourceType": "SOURCE", "pagination": {"count": 1001}}, "pagination.count"),
        ({"resourceType": "SOURCE", "pagination": {"cursor": "nonsense"}}, "pagination.cursor"),
    ],
)
def test_a_wrong_list_is_refused(client: Client, fields: dict[str, Any], field: str) -> None:
    refused(client.call("listFunctions", **fields), 422, "input-validation", field)


def test_an_update_changes_what_it_names(client: Client) -> None:
    made = create(client, "DESTINATION", settings=[API_KEY], description="Before")
    body = {"code": DESTINATION + "// more", "settings": [REGION]}
    changed = client.call("updateFunction", functionId=made["id"], body=body)["function"]
    assert (changed["code"], changed["settings"]) == (body["code"], [REGION])
    assert (changed["description"], changed["displayName"]) == ("Before", made["displayName"])


def test_an_update_with_wrong_code_changes_nothing(client: Client) -> None:
    made = create(client)
    answer = client.call("updateFunction", functionId=made["id"], body={"code": "}"})
    refused(answer, 422, "input-validation", "code")
    assert client.call("getFunction", functionId=made["id"])["function"] == made


def test_a_function_is_removed_when_nothing_uses_it(client: Client, things: Things) -> None:
    made, used = create(client), create(client)
    things.source(own_id(used))
    assert client.call("deleteFunction", functionId=made["id"])["status"] == "SUCCESS"
    refused(client.call("getFunction", functionId=made["id"]), 404, "not-found")
    refused(client.call("deleteFunction", functionId=used["id"]), 409, "conflict")


def test_a_source_instance_is_deployed_alone_and_a_function_everywhere(client: Client, things: Things) -> None:
    made = create(client)
    source_id = things.source(own_id(made))
    client.call("updateFunction", functionId=made["id"], body={"code": SOURCE + "\n"})
    for instance in (f"sfn_{source_id}", f"sfn_{source_id.removeprefix('src_')}", made["id"]):
        answer = client.call("createFunctionDeployment", functionId=instance)
        assert answer["functionDeployment"] == {"status": "SUCCESS"}
    deployed = client.call("getFunction", functionId=made["id"])["function"]
    assert deployed["isLatestVersion"]
    assert deployed["deployedAt"]


def test_what_is_no_instance_is_not_deployed(client: Client, things: Things) -> None:
    source_id = things.source()
    for sent in (source_id, f"sfn_{source_id}", f"sfn_{NOBODY}", "nonsense"):
        answer = client.call("createFunctionDeployment", functionId=sent)
        assert "valid Source function instance ID" in refused(answer, 400, "bad-request")
    refused(client.call("createFunctionDeployment", functionId=f"sfnc_{NOBODY}"), 404, "not-found")


def test_a_repeated_request_gets_the_first_answer(owner: httpx2.Client) -> None:
    body = {"code": SOURCE, "displayName": uuid.uuid4().hex, "resourceType": "SOURCE"}
    key = {"Idempotency-Key": uuid.uuid4().hex}
    first, again = (owner.post("/functions", json=body, headers=key) for _ in range(2))
    assert first.json() == again.json()
    other = owner.post("/functions", json=body | {"description": "other"}, headers=key)
    assert (other.status_code, other.json()["errors"][0]["field"]) == (422, "Idempotency-Key")


def test_defaults_of_settings_outlive_an_update(running: Penstock, owner: httpx2.Client) -> None:
    setting = function_pb2.SettingDefinition(
        name="region", type=function_pb2.SETTING_TYPE_STRING, default_value=b'"eu"'
    )
    function = function_pb2.Function(
        display_name=uuid.uuid4().hex, kind=config_pb2.FUNCTION_KIND_SOURCE, code=SOURCE, settings=[setting]
    )
    with running.channel() as channel:
        stub = function_pb2_grpc.FunctionServiceStub(channel)
        made = stub.CreateFunction(
            function_pb2.CreateFunctionRequest(function=function), metadata=running.as_owner, timeout=20
        ).function
        found = owner.get(f"/functions/{made.function_id}").json()["data"]["function"]
        owner.patch(f"/functions/{made.function_id}", json={"settings": found["settings"]}).raise_for_status()
        request = function_pb2.GetFunctionRequest(function_id=made.function_id)
        kept = stub.GetFunction(request, metadata=running.as_owner, timeout=20).function
    assert [each.default_value for each in kept.settings] == [b'"eu"']
