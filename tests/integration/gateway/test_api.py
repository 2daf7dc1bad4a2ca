"""The management API over HTTP: what is the same for all of its operations."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from shared.bus import Bus
from shared.telemetry.tracing import Tracing
from tests.integration.gateway.gateway import Gateway, gateway_running, registry_running
from tests.nats import NatsServer
from tests.spans import CollectedSpans, span_id, trace_id

OWNER = {"authorization": "Bearer owner"}


@pytest.fixture
async def gateway(bus: Bus, nats_server: NatsServer, identities: Any) -> AsyncIterator[Gateway]:
    token = (identities / "gateway.token").read_text()
    async with (
        registry_running(identities) as address,
        gateway_running(
            bus, nats_server, registry_address=address, service_token=token,
            api_token_points=40, api_address_points=200, api_body_bytes=1024, api_in_flight_bytes=16 * 1024,
        ) as gateway,
    ):  # fmt: skip
        yield gateway


def only_error(response: httpx2.Response) -> dict[str, Any]:
    (error,) = response.json()["errors"]
    return error


async def test_an_answer_is_an_envelope_under_the_name_that_was_asked_for(gateway: Gateway) -> None:
    for path in ("/api", "/api/"):
        response = await gateway.http.get(path, headers=OWNER)
        # The name is the address that registry is told, for the audit trail.
        assert response.json() == {"data": {"workspace": {"id": "ws_1", "slug": "127-0-0-1", "name": "127.0.0.1"}}}
        assert response.headers["content-type"] == "application/json"
    for version in ("v1", "v1beta", "v1alpha", "stable", "beta", "alpha"):
        name = f"application/vnd.segment.{version}+json"
        response = await gateway.http.get("/api/", headers=OWNER | {"accept": name})
        assert (response.status_code, response.headers["content-type"]) == (200, name)
    refused = await gateway.http.get("/api/", headers=OWNER | {"accept": "text/html"})
    assert (refused.status_code, only_error(refused)["type"]) == (406, "not-acceptable")


@pytest.mark.parametrize(
    ("headers", "kind", "challenge"),
    [
        ({}, "unauthorized", "Bearer"),
        ({"authorization": "Bearer wrong"}, "unauthorized", "Bearer"),
        ({"authorization": "Basic owner"}, "unauthorized", "Bearer"),
        ({"authorization": "Bearer key"}, "unauthorized", "Bearer"),
        ({"authorization": "Bearer nobody"}, "forbidden", 'Bearer error="insufficient_scope"'),
    ],
)
async def test_a_token_that_does_not_do_is_401(
    gateway: Gateway, headers: dict[str, str], kind: str, challenge: str
) -> None:
    response = await gateway.http.get("/api/", headers=headers)
    assert (response.status_code, only_error(response)["type"]) == (401, kind)
    assert response.headers["www-authenticate"] == challenge


async def test_what_a_service_raises_comes_in_the_envelope(gateway: Gateway) -> None:
    response = await gateway.http.get("/api/", headers={"authorization": "Bearer missing"})
    assert response.status_code == 404
    assert only_error(response) == {
        "type": "not-found", "message": "no workspace", "data": {"reason": "NOT_FOUND", "workspace": "ws_2"},
    }  # fmt: skip


async def test_methods_are_those_of_the_path(gateway: Gateway) -> None:
    head = await gateway.http.head("/api/", headers=OWNER)
    assert (head.status_code, head.content) == (200, b"")
    options = await gateway.http.options("/api/functions/fn_1/deploy")
    assert (options.status_code, options.headers["allow"]) == (204, "POST, OPTIONS")
    other = await gateway.http.post("/api/echo", headers=OWNER, json={})
    assert (other.status_code, other.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    nothing = await gateway.http.get("/api/nothing", headers=OWNER)
    assert (nothing.status_code, only_error(nothing)["type"]) == (404, "not-found")
    assert (await gateway.http.get("/apiary")).status_code == 404


async def test_heads_alone_are_answered_on_other_paths_too(gateway: Gateway) -> None:
    assert (await gateway.http.head("/healthz")).status_code == 200


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"{", {}, 400),
        (b"[]", {}, 400),
        (b'{"code": NaN}', {}, 400),
        (b'{"code": "\\ud800"}', {}, 400),
        (b"\xff", {}, 400),
        (b"[" * 1000, {}, 400),
        (b'{"code": "%s"}' % (b"x" * 1100), {}, 413),
        (b"code=1", {"content-type": "application/x-www-form-urlencoded"}, 415),
        (b"{}", {"content-encoding": "gzip"}, 415),
        (b"{}", {"content-type": "application/vnd.segment.v1alpha+json; charset=utf-8"}, 422),
        (b"", {}, 422),
        (b"{}", {"idempotency-key": "x" * 129}, 422),
    ],
)
async def test_a_body_must_be_json_of_a_bounded_size(
    gateway: Gateway, content: bytes, headers: dict[str, str], status: int
) -> None:
    response = await gateway.http.post("/api/functions", headers=OWNER | headers, content=content)
    assert response.status_code == status, response.text
    assert response.json()["errors"]


async def test_fields_are_checked_strictly(gateway: Gateway) -> None:
    body = {"code": 1, "displayName": "a", "resourceType": "SINK", "settings": [{"name": "a", "colour": 1}], "more": 1}
    response = await gateway.http.post("/api/functions", headers=OWNER, json=body)
    found = {error["field"]: error["message"] for error in response.json()["errors"]}
    assert response.status_code == 422
    assert found["code"] == '"code" should be a valid string'
    assert found["more"] == '"more" is not allowed'
    assert found["settings.0.colour"] == '"settings.0.colour" is not allowed'
    assert found["settings.0.type"] == '"settings.0.type" is required'
    assert found["resourceType"].startswith('"resourceType" should be ')


async def test_echo_answers_as_it_is_told(gateway: Gateway) -> None:
    async def echo(**query: Any) -> httpx2.Response:
        return await gateway.http.get(
            "/api/echo", headers=OWNER | {"x-colour": "red"}, params={"message": "a b"} | query
        )

    plain = await echo(delay=1)
    assert (plain.status_code, plain.json()["data"]["message"], plain.json()["data"]["method"]) == (200, "a b", "get")
    assert plain.json()["data"]["headers"]["x-colour"] == "red"
    assert "authorization" not in plain.json()["data"]["headers"]
    assert (await echo(statusCode=201)).status_code == 201
    failed = await echo(triggerError="true")
    assert (failed.status_code, only_error(failed)["message"]) == (400, "a b")
    several = await echo(triggerMultipleErrors="true")
    assert (several.status_code, [each["message"] for each in several.json()["errors"]]) == (422, ["a", "b"])
    unexpected = await echo(triggerUnexpectedError="true")
    assert (unexpected.status_code, only_error(unexpected)["type"]) == (500, "unexpected-error")
    for wrong in ({"statusCode": 99}, {"statusCode": 204}, {"delay": 10001}, {"colour": "red"}, {"triggerError": "?"}):
        assert (await echo(**wrong)).status_code == 422


async def test_each_token_has_its_limit_and_each_answer_tells_of_it(gateway: Gateway) -> None:
    answers = await asyncio.gather(*(gateway.http.get("/api/", headers=OWNER) for _ in range(45)))
    assert sorted({answer.status_code for answer in answers}) == [200, 429]
    assert all("x-ratelimit-remaining" in answer.headers for answer in answers)
    refused = next(answer for answer in answers if answer.status_code == 429)
    error = only_error(refused)
    assert (error["type"], error["message"]) == ("RequestError", "Too many requests")
    assert error["data"].keys() == {"remainingPoints", "msBeforeNext", "consumedPoints"}
    assert int(refused.headers["retry-after"]) >= 1
    another = await gateway.http.get("/api/", headers={"authorization": "Bearer missing"})
    assert another.status_code == 404


async def test_wrong_tokens_are_limited_by_their_address(gateway: Gateway) -> None:
    answers = [await gateway.http.get("/api/", headers={"authorization": f"Bearer {n}"}) for n in range(25)]
    statuses = [answer.status_code for answer in answers]
    assert statuses == sorted(statuses)
    assert set(statuses) == {401, 429}


async def test_a_proxy_on_this_machine_tells_the_address(gateway: Gateway) -> None:
    def guess(address: str) -> Any:
        headers = {"authorization": "Bearer wrong", "x-forwarded-for": address}
        return gateway.http.get("/api/", headers=headers)

    assert [(await guess("203.0.113.7")).status_code for _ in range(25)][-1] == 429
    assert (await guess("203.0.113.8")).status_code == 401


async def test_the_document_is_for_everybody(gateway: Gateway) -> None:
    response = await gateway.http.get("/api/openapi.json")
    assert response.headers["content-type"] == "application/json"
    assert response.json()["openapi"] == "3.1.0"


async def test_a_service_that_is_away_is_503(bus: Bus, nats_server: NatsServer) -> None:
    async with gateway_running(bus, nats_server, registry_address="127.0.0.1:1", service_token="none") as gateway:
        response = await gateway.http.get("/api/", headers=OWNER)
        assert (response.status_code, only_error(response)["type"]) == (503, "unavailable")
        assert int(response.headers["retry-after"]) >= 1


async def test_a_call_has_a_span_with_the_rpc_below(bus: Bus, nats_server: NatsServer, identities: Any) -> None:
    spans, token = CollectedSpans(), (identities / "gateway.token").read_text()
    tracing = Tracing(service="penstock-gateway", sink=spans)
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    async with (
        registry_running(identities) as address,
        gateway_running(bus, nats_server, tracing=tracing, registry_address=address, service_token=token) as gateway,
    ):
        response = await gateway.http.get("/api/", headers=OWNER | {"traceparent": trace})
    (server,) = spans.named("GET /api/")
    assert dict(server.attributes or {}) == {
        "http.request.method": "GET", "http.route": "/api/", "http.response.status_code": 200,
        "penstock.workspace.id": "ws_1",
    }  # fmt: skip
    (rpc,) = spans.named("penstock.registry.v1.WorkspaceService/GetWorkspace")
    assert server.parent
    assert rpc.parent
    assert f"{server.parent.span_id:016x}" == "b7ad6b7169203331"
    assert f"{rpc.parent.span_id:016x}" == span_id(server)
    assert response.headers["x-request-id"] == trace_id(server) == "0af7651916cd43dd8448eb211c80319c"
