from __future__ import annotations

import base64
import json

from cli.functions.diffing import counted, diff_of_code, files_of_code
from shared.code import MAP_MARK

LABELS = ("version 1", "version 2")


def bundle(code: str, **files: str) -> str:
    source_map = {"sources": list(files), "sourcesContent": list(files.values())}
    return f"{code}\n{MAP_MARK}{base64.b64encode(json.dumps(source_map).encode()).decode()}\n"


def test_plain_code_differs_by_its_lines() -> None:
    lines = diff_of_code("a\nb\n", "a\nc\n", labels=LABELS)
    assert lines[:2] == ["--- function.js (version 1)", "+++ function.js (version 2)"]
    assert lines[-3:] == [" a", "-b", "+c"]
    assert counted(lines) == (1, 1)
    assert diff_of_code("a", "a", labels=LABELS) == []


def test_of_bundles_the_files_of_their_author_are_compared() -> None:
    before = bundle("1", **{"a.ts": "old", "b.ts": "same", "node_modules/p/p.js": "1"})
    after = bundle("2", **{"a.ts": "new", "b.ts": "same", "node_modules/p/p.js": "2"})
    assert files_of_code(before) == {"a.ts": "old", "b.ts": "same"}
    assert diff_of_code(before, after, labels=LABELS)[2:] == ["@@ -1 +1 @@", "-old", "+new"]


def test_bundles_that_differ_in_their_packages_alone_say_so() -> None:
    [line] = diff_of_code(bundle("1", a="same"), bundle("22", a="same"), labels=LABELS)
    assert "what is bundled with them differs: 2 bytes and 3 bytes" in line


def test_code_that_became_a_bundle_is_compared_with_its_file() -> None:
    lines = diff_of_code("old", bundle("x", **{"crm.ts": "new"}), labels=LABELS)
    assert lines[0] == "--- crm.ts (version 1)"
