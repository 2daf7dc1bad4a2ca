"""An author's source text: how it is wrapped for evaluation, and where its faults are."""

from __future__ import annotations

import re
from dataclasses import dataclass

from shared.code import split_source_map

AUTHOR_FILE = "function.js"
HANDLERS = (
    "onRequest",
    "onIdentify",
    "onTrack",
    "onPage",
    "onScreen",
    "onGroup",
    "onAlias",
    "onDelete",
    "onBatch",
)
# One sloppy function body, as Segment evaluates it. Handlers are its parameters, so that `function onTrack`, `var` and
# plain assignment all set them and `const onTrack` is an error; they are read through a closure made before the
# author's code runs, so that a top-level `return` loses none. All of it stands before the author's first line, on the
# same line: lines stay exact.
_PARAMETERS = ",".join(HANDLERS)
_HEAD = f"(function({_PARAMETERS}){{"
_CASES = "".join(f"case'{name}':return {name};" for name in HANDLERS)
_REGISTER = f"arguments[{len(HANDLERS)}]((name)=>{{switch(name){{{_CASES}}}}});"
_TAIL = "\n})"
# What an author wrote must take no longer to read than it is long: nothing here is tried in two ways.
_STRICT = re.compile(r"""(?>[\s\ufeff]++|//[^\n\r\u2028\u2029]*+|/\*.*?\*/)*+(['"])use strict\1""", re.DOTALL)
_HANDLER_CLASS = re.compile(rf"\bclass\s++({'|'.join(HANDLERS)})\b")
_WORD = re.compile(r"[\w$]*+")
# The engine's frames, not what an author's message says; a longer number is no place in a text.
_FRAME = re.compile(rf"^ *+at (?:[^\n]*\()?{re.escape(AUTHOR_FILE)}:(\d{{1,9}}):(\d{{1,9}})\)?$", re.MULTILINE)
MAX_NAME = 256
MAX_MESSAGE = 4096


@dataclass(frozen=True, slots=True)
class CodeFault:
    """What is wrong with an author's code; line and column count from 1 and are 0 when unknown.

    `file` is the author's own, and `source_line` what stands there, where that is known.
    """

    name: str
    message: str
    line: int = 0
    column: int = 0
    file: str = ""
    source_line: str = ""


class CodeFaultError(Exception):
    """The code does not compile."""

    def __init__(self, fault: CodeFault) -> None:
        super().__init__(f"{fault.name}: {fault.message}")
        self.fault = fault


def wrapped(code: str) -> tuple[str, int]:
    """Give the code as the engine evaluates it, and how many columns the wrapper takes on its first line.

    A source map stays outside: images would hold it for nothing.
    """
    code, _map = split_source_map(code)
    head = _HEAD + ('"use strict";' if _STRICT.match(code) else "") + _REGISTER
    return head + code + _TAIL, len(head)


def fault_of(name: str, message: str, stack: str, *, columns: int = 0) -> CodeFault:
    """Give the fault that an error tells of; `columns` is what the wrapper still takes on the first line."""
    name, message = name[:MAX_NAME] or "Error", message[:MAX_MESSAGE]
    place = _FRAME.search(stack)
    if place is None:
        return CodeFault(name, message)
    line, column = int(place[1]), int(place[2])
    return CodeFault(name, message, line, max(column - columns, 1) if line == 1 else column)


def compile_fault_of(code: str, name: str, message: str, stack: str, *, columns: int) -> CodeFault:
    """Give the fault for which code does not compile, in V8's words where the engine's own say too little."""
    fault = fault_of(name, message, stack, columns=columns)
    lines = code.split("\n")
    before = lines[fault.line - 1][: fault.column - 1].rstrip() if 0 < fault.line <= len(lines) else ""
    word = _last_word(before)
    column = len(before) - len(word) + 1
    if word and message.startswith("invalid redefinition of"):
        return CodeFault(name, f"Identifier '{word[:MAX_NAME]}' has already been declared", fault.line, column)
    if message.startswith("invalid redefinition of") and (declared := _HANDLER_CLASS.search(code)):
        # The engine tells where the class ends.
        line = code.count("\n", 0, declared.start(1)) + 1
        column = declared.start(1) - code.rfind("\n", 0, declared.start(1))
        return CodeFault(name, f"Identifier '{declared[1]}' has already been declared", line, column)
    if word == "await":
        return CodeFault(name, "await is only valid in async functions", fault.line, column)
    return fault


def _last_word(text: str) -> str:
    word = _WORD.match(text[::-1])
    return word[0][::-1] if word else ""
