"""Operations: their routes, and the document that describes them."""

from __future__ import annotations

import pytest
from openapi_spec_validator import validate

from services.gateway.api.call import Call
from services.gateway.api.errors import ApiError
from services.gateway.api.media_types import answered_as
from services.gateway.api.models import SUCCESS, Done, Input, PagedInput
from services.gateway.api.openapi import document
from services.gateway.api.operation import Group, Operation
from services.gateway.api.operations import OPERATIONS
from services.gateway.api.routing import Router

GATES = Group("Gates")


class GatePath(Input):
    """A gate."""

    gate_id: str


class NewGate(GatePath):
    """A gate to build."""

    width: int
    height: int = 1


@GATES.on("GET", "/gates/{gateId}")
async def get_gate(_call: Call, _sent: GatePath) -> Done:
    """Give a gate. It may be open."""
    return SUCCESS


@GATES.on("POST", "/gates/{gateId}", aliases=["/weirs/{gateId}"], since="v1alpha", errors=(409,))
async def build_gate(_call: Call, _sent: NewGate) -> Done:
    """Build a gate."""
    return SUCCESS


@GATES.on("GET", "/gates/preview")
async def preview_gates(_call: Call, _sent: PagedInput) -> Done:
    """Preview."""
    return SUCCESS


@pytest.fixture
def router() -> Router:
    return Router(GATES.operations)


def named(router: Router, path: str, method: str = "GET") -> Operation:
    return router.find(path)[0].operation(method)


def test_a_path_leads_to_its_operation(router: Router) -> None:
    route, in_path = router.find("/gates/a%2Fb%20%C3%A9")
    assert in_path == {"gateId": "a/b é"}
    assert (route.template, route.allow) == ("/gates/{gateId}", "GET, POST, HEAD, OPTIONS")
    assert named(router, "/gates/preview").name == "previewGates"
    assert named(router, "/weirs/1", "POST").name == "buildGate"
    assert named(router, "/gates/1", "HEAD").name == "getGate"


@pytest.mark.parametrize("path", ["/", "/gates", "/gates/1/", "/gates/1/2", "/Gates/1", "//gates/1"])
def test_other_paths_lead_nowhere(router: Router, path: str) -> None:
    with pytest.raises(ApiError) as refused:
        router.find(path)
    assert refused.value.status == 404


def test_another_method_is_told_which_there_are(router: Router) -> None:
    with pytest.raises(ApiError) as refused:
        router.find("/gates/1")[0].operation("DELETE")
    assert (refused.value.status, refused.value.headers["allow"]) == (405, "GET, POST, HEAD, OPTIONS")


def test_an_operation_is_stated_once() -> None:
    with pytest.raises(ValueError, match="stated twice"):
        Router([*GATES.operations, GATES.operations[0]])


def test_the_document_says_what_goes_where() -> None:
    made = document(GATES.operations, prefix="/api")
    validate(made)
    build = made["paths"]["/gates/{gateId}"]["post"]
    assert [(each["name"], each["in"], each["required"]) for each in build["parameters"]] == [("gateId", "path", True)]
    body = build["requestBody"]["content"]["application/json"]["schema"]
    assert (list(body["properties"]), body["required"]) == (["width", "height"], ["width"])
    assert {"404", "409", "413", "422"} <= build["responses"].keys()
    assert made["paths"]["/weirs/{gateId}"]["post"]["operationId"] == "buildGate_1"
    (page,) = made["paths"]["/gates/preview"]["get"]["parameters"]
    assert (page["name"], page["in"], page["style"]) == ("pagination", "query", "deepObject")


def test_the_document_of_the_api_is_valid_and_has_every_operation() -> None:
    made = document(OPERATIONS, prefix="/api")
    validate(made)
    stated = {operation["operationId"] for path in made["paths"].values() for operation in path.values()}
    assert {operation.name for operation in OPERATIONS} <= stated
    assert all(operation.description for operation in OPERATIONS)


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/vnd.segment.v1alpha+json", "application/vnd.segment.v1alpha+json"),
        ("application/vnd.segment.stable+json; charset=utf-8", "application/vnd.segment.stable+json"),
        (
            "text/html, application/json;q=0.5, application/vnd.segment.beta+json;q=0.8",
            "application/vnd.segment.beta+json",
        ),
        ("Application/JSON", "application/json"),
    ],
)
def test_an_answer_is_called_what_was_asked_for(accept: str, answered: str) -> None:
    assert answered_as(accept) == answered


@pytest.mark.parametrize(
    "accept", ["text/html", "application/vnd.segment.v9+json", "application/json;q=0", "application/json;q=x"]
)
def test_what_cannot_be_taken_is_not_sent(accept: str) -> None:
    with pytest.raises(ApiError) as refused:
        answered_as(accept)
    assert refused.value.status == 406
