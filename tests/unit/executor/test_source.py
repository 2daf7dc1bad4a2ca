"""Reading an author's text takes time in step with its length: a text made to be slow would stop the process."""

from __future__ import annotations

import pytest

from services.executor.source import compile_fault_of, fault_of, wrapped


@pytest.mark.parametrize(
    ("code", "is_strict"),
    [
        ("'use strict'", True),
        ('/* a */ // b\n/* c\n */ "use strict"; let a', True),
        ("/*/ 'use strict' /*/", False),
        ("// 'use strict'", False),
        ("/* 'use strict'", False),
        ("'use strict\"", False),
        ("let a; 'use strict'", False),
        ("/**/" * 100_000, False),
        ("/*" * 100_000, False),
    ],
)
def test_strict_code_is_known_by_its_beginning(code: str, is_strict: bool) -> None:
    assert ('"use strict";' in wrapped(code)[0].partition("arguments")[0]) is is_strict


def test_a_place_is_read_from_frames_alone() -> None:
    stack = "Error: see function.js:7:7\n    at onTrack (function.js:3:5)\n    at function.js:9:1"
    fault = fault_of("Error", "see function.js:7:7", stack)
    assert (fault.line, fault.column) == (3, 5)


def test_a_fault_behind_a_long_word_is_found() -> None:
    code = "a" * 500_000 + "+" + "b" * 400_000 + "+"
    fault = compile_fault_of(code, "SyntaxError", "no", f"    at function.js:1:{len(code) + 1}", columns=0)
    assert fault.column == len(code) + 1
