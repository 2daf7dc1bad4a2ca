from __future__ import annotations

import re
from pathlib import Path

from shared.telemetry.metrics import REGISTRY
from tests.metrics_reference import MODULES, PAGE, instruments, page

ROOT = Path(__file__).parents[3]
MAKES = re.compile(r"^[A-Z_]+ = (?:counter|gauge|histogram|observed_counter)\(", re.MULTILINE)


def test_the_page_tells_all_metrics_as_they_are() -> None:
    assert PAGE.read_text() == page(), "run `python -m tests.metrics_reference`"


def test_no_module_that_measures_is_left_out() -> None:
    sources = [path for folder in ("services", "shared") for path in (ROOT / folder).rglob("*.py")]
    measuring = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts) for path in sources if MAKES.search(path.read_text())
    }
    assert measuring == set(MODULES.values())
    known = [each.about.name for module in MODULES.values() for each in instruments(module)]
    assert len(known) == len(set(known)) <= len(REGISTRY.instruments)
