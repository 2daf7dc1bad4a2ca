"""What the tables promise: as Node 20 does, but for the differences that the reference lists."""

from __future__ import annotations

import json

import pytest

from tests.differential.reference import PAGE, compared_tables, failed_platform_tests, page
from tests.differential.runtimes import Node, Pair
from tests.differential.tables import RECORDED, TITLES, Compared, outcomes, rows

Tables = dict[str, list[Compared]]


@pytest.fixture(scope="module")
def tables(pair: Pair) -> Tables:
    return compared_tables(pair.sandbox)


@pytest.mark.parametrize("name", TITLES)
def test_as_node_20(tables: Tables, name: str) -> None:
    assert [each for each in tables[name] if not each.is_same and not each.row.reason] == []
    # What is as in Node by now shall be listed no longer.
    assert [each.row for each in tables[name] if each.is_same and each.row.reason] == []


def test_what_is_recorded_is_what_node_does() -> None:
    recorded = json.loads(RECORDED.read_text())
    # One of its own: what OpenSSL has refused before shows in later errors.
    with Node() as node:
        version = node.version()
        if version != recorded["version"]:
            pytest.skip(f"Node is {version}, and {recorded['version']} is what was recorded")
        for name in TITLES:
            table = rows(name)
            assert outcomes(node, table) == [recorded["outcomes"][row.expression] for row in table], name


def test_the_page_is_up_to_date(pair: Pair, tables: Tables) -> None:
    text = page(tables, failed_platform_tests(pair.sandbox))
    assert PAGE.read_text() == text, "run `python -m tests.differential.reference`"
