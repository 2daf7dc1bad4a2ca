"""`/metrics` of a real installation."""

from __future__ import annotations

import re
from pathlib import Path

import httpx2
import pytest

from tests.e2e.outside import Outside
from tests.e2e.penstock import Penstock, eventually, post

pytestmark = pytest.mark.slow
FUNCTIONS = Path(__file__).parent / "functions"


def test_the_gateway_shows_the_metrics_of_all_processes(running: Penstock, outside: Outside) -> None:
    url = running.connect(FUNCTIONS / "source.js", FUNCTIONS / "destination.js", endpoint=outside.url, name="measured")
    post(url, {"id": "m1"})
    eventually(lambda: outside.arrived)

    def page() -> str:
        text = httpx2.get(f"{running.http}/metrics", trust_env=False).text
        return text if re.search(r'^penstock_delivery_tries_total{.*status="SUCCEEDED"} \d', text, re.MULTILINE) else ""

    text = eventually(page, what="a delivery counted")
    services = set(re.findall(r'^process_cpu_time_seconds_total{service_name="([a-z-]+)"', text, re.MULTILINE))
    names = ("gateway", "delivery", "executor", "registry", "secrets")
    assert services == {f"penstock-{name}" for name in names}
    assert re.search(r"^penstock_function_runs_total{.*} \d", text, re.MULTILINE)
    assert text.count("# TYPE process_uptime_seconds gauge") == 1
