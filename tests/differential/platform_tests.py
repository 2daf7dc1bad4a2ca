"""The URL tests of web-platform-tests, run in one sandbox."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.differential.runtimes import SandboxRuntime, suite

DATA = Path(__file__).parent / "wpt"
FILES = {"urltestdata.json": "parse", "setters_tests.json": "set", "percent-encoding.json": "encode"}
# The rule is newer than the engine's URL parser.
REFUSED = "A host whose name begins with `xn--` and is no punycode is refused, as in Node 20."

Case = tuple[str, dict[str, Any]]


def cases(file: str) -> list[Case]:
    """Read the cases of a file."""
    return [(FILES[file], each) for each in _tests(json.loads((DATA / file).read_text()))]


def _tests(data: Any) -> Iterator[dict[str, Any]]:
    if isinstance(data, dict):
        for attribute, tests in data.items():
            yield from ({**each, "attribute": attribute} for each in tests if isinstance(each, dict))
    else:
        # Texts between the tests are comments. Other encodings than UTF-8 exist only in documents.
        yield from (each for each in data if isinstance(each, dict))


def failures(sandbox: SandboxRuntime, file: str) -> list[tuple[dict[str, Any], Any]]:
    """Give the cases that fail, with what came instead."""
    asked = cases(file)
    outcomes = sandbox.outcomes(suite("wpt"), asked)
    pairs = zip(asked, outcomes, strict=True)
    return [(test, outcome) for (_kind, test), outcome in pairs if outcome != {"value": "pass"}]


def is_known(test: dict[str, Any]) -> bool:
    """Tell whether a failing case is of the known kind."""
    return "xn--" in str(test.get("input", test.get("new_value"))).lower()
