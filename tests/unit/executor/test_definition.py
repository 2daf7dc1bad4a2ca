"""What an author's text may do while it is compiled: nothing. Whatever it is, it is compiled or refused."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.executor import script
from services.executor.canned import CannedOutside
from services.executor.conversion import code_error
from services.executor.definition import define
from services.executor.guest import Guest, GuestFaultError, TrappedError
from services.executor.image_directory import ImageDirectory
from services.executor.images import CodeFaultError, ImageBuilder
from services.executor.local import make_executor
from services.executor.pool import SandboxPool
from services.executor.wire import LOAD
from tests.fuzz import fuzz
from tests.images import cache_dir

__all__ = ["cache_dir"]

ESCAPE = "globalThis.escaped = 1"
FUEL = 100_000_000


@pytest.fixture(scope="module")
def builder(cache_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> ImageBuilder:
    """A builder that keeps none of what it builds."""
    executor = make_executor(cache_dir=cache_dir, outside=CannedOutside({}), pool=SandboxPool())
    return ImageBuilder(
        engine=executor._builder._engine,
        bases=executor._builder.bases,
        directory=ImageDirectory(tmp_path_factory.mktemp("fuzz") / "images", max_bytes=1),
        host_call=lambda _request: (b"{}", 0),
    )


@pytest.fixture
def guest(builder: ImageBuilder) -> Generator[Guest]:
    made = builder._guest(builder._read(""))
    made.set_fuel(FUEL)
    yield made
    made.close()


def escaped(guest: Guest) -> bool:
    """Whether any of the author's code has run."""
    return script.text_of(guest, script.evaluate(guest, "typeof escaped", "test.js")) != "undefined"


BREAKOUTS = [
    f"}}); {ESCAPE}; (function () {{",
    f"}}, {ESCAPE}, function () {{",
    f"}}); {ESCAPE}; (() => {{",
    f"}}); {ESCAPE}; (async function () {{",
    f"}})({ESCAPE}); (function () {{",
    f"}}[{ESCAPE}], function () {{",
    f"}}`${{{ESCAPE}}}`, function () {{",
    f"}} / ({ESCAPE}), function () {{",
    f"}} || ({ESCAPE}), function () {{",
    f"}}); class A {{ static {{ {ESCAPE} }} }} (function () {{",
    f"}}); {ESCAPE}; ({{ onTrack() {{}} }}, function () {{",
    f"}}); {ESCAPE}; Function.prototype.toString = () => ''; (function () {{",
    f"}}); {ESCAPE}; Function.prototype.call = () => ''; (function () {{",
    f"'use strict'; }}); {ESCAPE}; (function () {{",
    f"}});\n-->\n{ESCAPE}; (function () {{",
    "}); (function () {",
    "}, function () {",
    "}) => {}, (function () {",
    "}); ({ a() {",
    "}); [function () {",
    "}); throw null; (function () {",
    "}); throw { name: {}, message: [], stack: 'function.js:9999999999:1' }; (function () {",
    "}); throw new Proxy({}, { get() { throw 1 } }); (function () {",
    "}); throw { get name() { for (;;); } }; (function () {",
    "}); for (;;); (function () {",
    "}); (function f() { f(); })(); (function () {",
    "}}; {{",
    "}})(); ((function () {{",
    "*/ }); (function () { /*",
    "});\0(function () {",
    "}); /*",
    "}); //",
    "}) <!--",
]


@pytest.mark.parametrize("code", BREAKOUTS)
def test_code_that_closes_its_wrapper_is_refused(guest: Guest, code: str) -> None:
    with pytest.raises((CodeFaultError, TrappedError)):
        define(guest, code)


def test_who_closes_the_wrapper_is_told(builder: ImageBuilder) -> None:
    with pytest.raises(CodeFaultError, match=r"there is a } too many"):
        builder.build(BREAKOUTS[0])


@pytest.mark.parametrize(
    "code",
    [
        "",
        ESCAPE,
        "// })",
        "/* }) */",
        "<!-- })",
        "'})'",
        "`}) ${'})'}`",
        r"/}\)/",
        "'\\u007d)'",
        "'\0'",
        "'\ud800'",
        "'\ud83d\ude00 \U0001f600'",
        "'\u2028'",
        "\ufeff'use strict'; let a",
        "\r\nlet a\r",
        "return",
        "function onTrack() {} //",
        "const s = '</script>'",
        "function toString() {}",
        "var toString = 1, call = 2",
    ],
)
def test_other_code_waits_to_be_run(guest: Guest, code: str) -> None:
    define(guest, code)
    assert not escaped(guest)


def test_the_same_code_runs_when_it_is_loaded(guest: Guest) -> None:
    define(guest, ESCAPE)
    guest.enter(LOAD, max_output_bytes=1000)
    assert escaped(guest)


PIECES = [
    *(
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        ";",
        ",",
        "`",
        "${",
        "'",
        '"',
        "/",
        "\\",
        "\n",
        " ",
        "=",
        "=>",
        ":",
        "?",
        "...",
        "#",
    ),
    *("//", "/*", "*/", "<!--", "-->", "#!", "</script>", "\u2028", "\0", "\ud800", "\udc00", "\ufeff", "\\u007d"),
    *(
        "})",
        "});",
        "}};",
        "}})",
        "(function(){",
        "({",
        "function f(){",
        "async ",
        "await ",
        "yield ",
        "return ",
        "class A{",
    ),
    *(
        "static{",
        "get ",
        "if(1)",
        "for(;;)",
        "try{",
        "}catch{",
        "throw ",
        "new ",
        "delete ",
        "with(f)",
        "switch(1){case 1:",
    ),
    *(
        "import('x')",
        "export ",
        "let a",
        "var a",
        "a",
        "1",
        "0x",
        "1n",
        ".5e",
        "/x/",
        "/[/]/v",
        "'use strict';",
        "eval('')",
    ),
    *(
        "arguments[9](()=>({}));",
        "function onTrack(e){return e}",
        "this",
        "super()",
        "debugger;",
        ESCAPE,
        f"({ESCAPE})",
    ),
]
SNIPPETS = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)
# As above, with what closes the wrapper and what its end needs around it.
BREAKING = st.tuples(
    st.sampled_from(["})", "},", "}", "}}", "})();", "'use strict'})"]),
    SNIPPETS,
    st.sampled_from(["(function(){", "function(){", "(()=>{", "{(function(){", "({a(){", "(class{static{"]),
).map("".join)
TEXT = st.text(st.characters(codec=None, categories=None), max_size=30)


@fuzz(400)
@given(SNIPPETS | BREAKING | TEXT)
def test_nothing_runs_before_its_time(builder: ImageBuilder, code: str) -> None:
    guest = builder._guest(builder._read(""))
    guest.set_fuel(FUEL)
    try:
        define(guest, code)
        assert not escaped(guest)
    except CodeFaultError as error:
        code_error(error.fault).SerializeToString()
    except (TrappedError, GuestFaultError):
        pass
    finally:
        guest.close()


@fuzz(40)
@given(SNIPPETS | TEXT)
def test_any_text_becomes_an_image_or_is_refused(builder: ImageBuilder, code: str) -> None:
    try:
        _module, top_level = builder.build(code.replace("for(;;)", "for(;0;)"))
    except CodeFaultError as error:
        code_error(error.fault).SerializeToString()
    else:
        if top_level.fault:
            code_error(top_level.fault).SerializeToString()


LARGE = {
    "nested arrays": "[" * 100_000,
    "nested blocks": "{" * 100_000,
    "nested functions": "()=>" * 50_000,
    "nested templates": "`${" * 50_000,
    "long chain": "a" + "+a" * 200_000,
    "long text": "'" + "x" * 1_000_000,
    "many functions": "x = [" + "()=>0," * 150_000 + "]",
    "comments": "/**/" * 250_000,
    "openings of comments": "/*" * 500_000,
    "word": "a" * 500_000 + "+" + "b" * 400_000 + "+",
}


@pytest.mark.parametrize("code", LARGE.values(), ids=LARGE)
def test_large_code_is_compiled_or_refused(builder: ImageBuilder, code: str) -> None:
    try:
        builder.build(code)
    except CodeFaultError as error:
        message = code_error(error.fault)
    else:
        return
    assert 0 < message.ByteSize() < 10_000


POISON = {
    "JSON of everything": "Object.prototype.toJSON = () => 7",
    "names of handlers": "Array.prototype.filter = () => [1, 'a', {}]",
    "deep names": "Array.prototype.filter = () => { let a = []; for (let i = 0; i < 5000; i++) a = [a]; return a }",
    "no filter": "Array.prototype.filter = null",
    "place far away": "throw new Error('\\n    at function.js:99999999999:1')",
    "place of many digits": f"throw new Error('\\n    at function.js:{'9' * 5000}:1')",
    "half a pair": "throw new Error('\\ud800')",
    "long message": "throw new Error('x'.repeat(100000))",
    "longer message": "throw new Error('x'.repeat(10000000))",
    "getters": "throw { get name() { throw 1 }, get message() { return Symbol() }, get stack() { return {} } }",
    "nothing": "throw undefined",
    "all fuel": "for (;;);",
    "all memory": "const a = []; for (;;) a.push(new ArrayBuffer(1e7))",
    "no stack": "(function f() { f() })()",
}


@pytest.mark.parametrize("code", POISON.values(), ids=POISON)
def test_whatever_the_top_level_does_it_is_told(builder: ImageBuilder, code: str) -> None:
    _module, top_level = builder.build(code + "; function onTrack() {}")
    if top_level.fault is not None:
        message = code_error(top_level.fault)
        assert len(message.SerializeToString()) < 10_000
        assert message.line < 10**9
    assert set(top_level.handlers) <= {"onTrack"}
