from __future__ import annotations

import json

import pytest
from google.protobuf.json_format import MessageToDict

from cli.output import Output, as_dict
from penstock.delivery.v1 import delivery_service_pb2
from penstock.event.v1 import delivery_pb2, outcome_pb2
from penstock.registry.v1 import source_pb2
from shared.errors import FieldViolation, InvalidArgument


def test_json_in_bytes_is_shown_as_json() -> None:
    source = source_pb2.Source(name="shop", settings=b'{"region":"eu"}')
    assert as_dict(source) == {"name": "shop", "settings": {"region": "eu"}}


def test_json_in_nested_messages_is_shown_as_json() -> None:
    evidence = outcome_pb2.Evidence(delivery=delivery_pb2.Delivery(message=b'{"type":"track"}'))
    answer = delivery_service_pb2.GetDeliveryResponse(evidence=evidence)
    assert as_dict(answer)["evidence"]["delivery"]["message"] == {"type": "track"}
    assert as_dict(answer) != MessageToDict(answer)


def test_an_error_names_its_fields(capsys: pytest.CaptureFixture[str]) -> None:
    error = InvalidArgument("The source is not valid.", violations=[FieldViolation("settings.apiKey", "is required")])
    Output(as_json=False).fail(error)
    shown = capsys.readouterr().err
    assert "The source is not valid." in shown
    assert "settings.apiKey: is required" in shown
    Output(as_json=True).fail(error)
    assert json.loads(capsys.readouterr().err)["error"]["violations"] == [
        {"field": "settings.apiKey", "description": "is required"}
    ]
