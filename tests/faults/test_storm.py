"""A short storm; `python -m tests.faults` and `make soak` are the long ones."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.faults.faults import all_faults
from tests.faults.report import table, wrong
from tests.faults.storm import Plan, rage

_FAULTS = {
    "kill gateway",
    "kill nats-server",
    "kill delivery",
    "kill executor",
    "cut connections of nats-server",
    "move the clock of gateway",
    "fill the inbox",
}


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_accepted_event_is_delivered_or_a_dead_letter(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    plan = Plan(
        events=1000,
        rate=80,
        seed=seed,
        faults=[fault for fault in all_faults(previous=False) if fault.name in _FAULTS],
        pause_s=(0.5, 1.5),
    )
    report = rage(plan, tmp_path)
    print(table(report))
    assert {each.fault.name for each in report.struck} == _FAULTS
    assert wrong(report.account) == []
