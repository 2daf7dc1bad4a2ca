"""The examples of `docs/reference/fql.md` are true."""

from __future__ import annotations

import json
import re
from pathlib import Path

from shared.fql import Undecidable, parse

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "fql.md").read_text()
MESSAGE = json.loads(re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)[0])
EXAMPLES = re.findall(r"^\| `(.+?)` \| (true|false|undecidable) \|", PAGE, re.MULTILINE)


def test_every_example_comes_to_what_the_page_says() -> None:
    assert len(EXAMPLES) > 45
    assert [(text, outcome(text)) for text, _ in EXAMPLES] == EXAMPLES


def outcome(text: str) -> str:
    try:
        return str(parse(text).matches(MESSAGE)).lower()
    except Undecidable:
        return "undecidable"
