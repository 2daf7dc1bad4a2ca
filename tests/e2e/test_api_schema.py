"""The management API keeps to its own OpenAPI document, whatever it is sent: schemathesis tries each operation."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from services.gateway.api.app import PREFIX
from services.gateway.api.openapi import document
from services.gateway.api.operations import OPERATIONS
from tests.e2e.penstock import Penstock
from tests.fuzz import FACTOR

pytestmark = pytest.mark.slow

# Of each kind, for each operation: an example takes about a twentieth of a second, most of it to make it up.
EXAMPLES = 4 * FACTOR
ALWAYS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
# What is more than valid, as code that compiles, no schema tells; so valid data may be refused.
CHECKS = {GenerationMode.POSITIVE: ALWAYS, GenerationMode.NEGATIVE: [*ALWAYS, checks.negative_data_rejection]}
HEADERS_TOO_LARGE = 431
DOCUMENT = document(OPERATIONS, prefix=PREFIX)
# Answers as it is told, after as long as it is told.
LABELS = [f"{each.method} {each.path}" for each in OPERATIONS if each.path != "/echo"]


@dataclass(frozen=True, slots=True)
class Api:
    """The API of an installation, with things that exist in it."""

    url: str
    headers: dict[str, str]
    ids: Mapping[str, str]


@pytest.fixture(scope="module")
def api(running: Penstock) -> Api:
    url, token = f"{running.http}{PREFIX}", (running.data_dir / "owner-token").read_text().strip()
    headers = {"Authorization": f"Bearer {token}"}
    with httpx2.Client(base_url=url, headers=headers, trust_env=False, timeout=30) as http:
        assert http.get("/openapi.json").json() == DOCUMENT

        def make(path: str, kind: str, **body: Any) -> dict[str, Any]:
            return http.post(path, json=body).raise_for_status().json()["data"][kind]

        function = make(
            "/functions", "function", code="function onTrack() {}", displayName="Tried", resourceType="DESTINATION"
        )
        source = make("/sources", "source", slug="tried", enabled=True, metadataId="http-api")
        destination = make(
            "/destinations", "destination", sourceId=source["id"], metadataId=function["catalogId"], settings={}
        )
        matching = {"if": "all", "actions": [{"type": "DROP"}], "title": "Tried", "enabled": True}
        kept = make(f"/destination/{destination['id']}/filters", "filter", **matching)
    ids = {"functionId": function["id"], "sourceId": source["id"], "destinationId": destination["id"]}
    return Api(url, headers, {**ids, "filterId": kept["id"]})


@pytest.fixture(scope="module")
def schema() -> schemathesis.BaseSchema:
    # Who may is tried elsewhere; here all calls are the owner's.
    open_to_all = {name: part for name, part in DOCUMENT.items() if name != "security"}
    return schemathesis.openapi.from_dict(open_to_all)


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("mode", CHECKS, ids=lambda mode: mode.value)
def test_answers_are_those_of_the_document(
    api: Api, schema: schemathesis.BaseSchema, label: str, mode: GenerationMode
) -> None:
    operation = schema.find_operation_by_label(label)
    assert operation is not None
    if mode is GenerationMode.NEGATIVE and not (operation.query or operation.body):
        return  # almost any text may stand in a path
    numbers = itertools.count()

    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def try_one(case: Case[Any]) -> None:
        # What exists every other time, and is never removed.
        if next(numbers) % 2 and not label.startswith("DELETE"):
            case.path_parameters.update({name: api.ids[name] for name in case.path_parameters if name in api.ids})
        response = case.call(base_url=api.url, headers=api.headers)
        if response.status_code != HEADERS_TOO_LARGE:
            case.validate_response(response, checks=CHECKS[mode])

    try_one()
