from __future__ import annotations

import tomllib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cli.toml_writing import Inline, to_toml

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SCALARS = TEXTS | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
ARRAYS = st.lists(SCALARS, max_size=4)
INLINE = st.dictionaries(TEXTS, SCALARS | ARRAYS, max_size=3).map(Inline)
TABLES = st.recursive(
    st.dictionaries(TEXTS, SCALARS | ARRAYS | INLINE, max_size=4),
    lambda below: st.dictionaries(TEXTS, SCALARS | below | st.lists(below, max_size=3) | INLINE, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(TABLES)
def test_what_is_written_is_read_again(table: dict[str, Any]) -> None:
    assert tomllib.loads(to_toml(table)) == table


def test_it_reads_as_a_person_would_write_it() -> None:
    table = {
        "crm": {
            "function": "crm",
            "left": None,
            "rate": 20.0,
            "settings": {"key": Inline(env="KEY")},
            "filters": [{"condition": 'event = "x"', "actions": ["drop"]}],
        }
    }
    assert to_toml(table) == (
        '[crm]\nfunction = "crm"\nrate = 20\n\n[crm.settings]\nkey = { env = "KEY" }\n\n'
        '[[crm.filters]]\ncondition = \'event = "x"\'\nactions = ["drop"]\n'
    )
