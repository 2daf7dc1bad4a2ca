"""The versions of a function, as Segment's own clients ask for them."""

from __future__ import annotations

import httpx2
import pytest

from tests.api.client import Client
from tests.e2e.functions_api import NOBODY, SOURCE, create, refused

pytestmark = pytest.mark.slow


def test_an_old_version_comes_back_on_top(client: Client) -> None:
    made = create(client)
    client.call("updateFunction", functionId=made["id"], body={"code": SOURCE + "// 2"})
    client.call("createFunctionDeployment", functionId=made["id"])
    second, first = client.call("listFunctionVersions", functionId=made["id"])["versions"]
    assert (first["isDeployed"], second["isDeployed"]) == (False, True)
    assert second["deployedAt"]
    restored = client.call("restoreFunctionVersion", functionId=made["id"], body={"versionId": first["id"]})["version"]
    assert (restored["code"], restored["isDeployed"]) == (SOURCE, False)
    assert restored["id"] not in (first["id"], second["id"])
    answer = client.call("getFunctionVersion", functionId=made["id"], versionId=restored["id"])
    assert answer["version"] == restored
    assert client.call("getFunction", functionId=made["id"])["function"]["isLatestVersion"] is False


def test_versions_go_page_by_page(client: Client) -> None:
    made = create(client)
    client.call("updateFunction", functionId=made["id"], body={"code": SOURCE + "// 2"})
    page = client.call("listFunctionVersions", functionId=made["id"], pagination={"count": 1})
    cursor = page["pagination"]["next"]
    last = client.call("listFunctionVersions", functionId=made["id"], pagination={"count": 1, "cursor": cursor})
    assert [len(each["versions"]) for each in (page, last)] == [1, 1]
    assert "next" not in last["pagination"]


def test_a_version_that_is_not_there(client: Client) -> None:
    made = create(client)
    version = f"ver_{NOBODY}"
    refused(client.call("getFunctionVersion", functionId=made["id"], versionId=version), 404, "not-found")
    answer = client.call("restoreFunctionVersion", functionId=made["id"], body={"versionId": version})
    refused(answer, 404, "not-found")
    answer = client.call("restoreFunctionVersion", functionId=made["id"], body={})
    refused(answer, 422, "input-validation", "versionId")


def test_a_version_is_restored_at_the_documented_path_too(clients: dict[str, Client], owner: httpx2.Client) -> None:
    function_id = create(clients["python"])["id"]
    restored = owner.post(f"/functions/{function_id}/restore", json={"versionId": "1"}).json()["data"]["version"]
    versions = owner.get(f"/functions/{function_id}/versions").json()["data"]["versions"]
    assert versions[0]["id"] == restored["id"]
