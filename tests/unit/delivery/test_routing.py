"""The integrations object."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.config.v1 import config_pb2
from services.delivery.routing import is_selected

CRM = config_pb2.DestinationConfig(name="CRM", function=config_pb2.InstanceConfig(function_name="crm-function"))


@pytest.mark.parametrize(
    ("integrations", "selected"),
    [
        (None, True),
        ({}, True),
        ([], True),
        ("CRM", True),
        ({"All": True}, True),
        ({"All": False}, False),
        ({"CRM": False}, False),
        ({"CRM": True}, True),
        ({"CRM": {"option": 1}}, True),
        ({"CRM": {}}, True),
        ({"All": False, "CRM": True}, True),
        ({"All": False, "CRM": {"option": 1}}, True),
        ({"All": False, "crm": True}, False),
        ({"All": False, "CRM (Acme)": True}, True),
        ({"CRM (Acme)": False}, False),
        ({"All": False, "crm-function (Acme)": True}, True),
        ({"All": False, "CRM2 (Acme)": True}, False),
        ({"All": False, "CRM (Acme": True}, False),
        ({"Other": False}, True),
        ({"All": False, "Other": True}, False),
    ],
)
def test_integrations(integrations: Any, selected: bool) -> None:
    assert is_selected(CRM, integrations) == selected


json_values = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda c: st.lists(c), max_leaves=5)


@given(st.dictionaries(st.sampled_from(["All", "CRM", "CRM (x)", "Other"]), json_values))
def test_only_false_switches_off(integrations: dict[str, Any]) -> None:
    if not any(value is False for value in integrations.values()):
        assert is_selected(CRM, integrations)
