from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wasmtime import Engine, Instance, Memory, Module, Store, wat2wasm

from services.executor import wasm

ENGINE = bytes(
    wat2wasm("""(module
      (import "penstock" "host" (func $host (result i32)))
      (memory (export "memory") 2)
      (global (export "g") i32 (i32.const 7))
      (func (export "read") (param i32) (result i32) (i32.load8_u (local.get 0)))
      (func (export "ask") (result i32) (call $host))
      (data (i32.const 70000) "hello"))""")
)


def memory_of(image: bytes) -> tuple[Store, Memory]:
    store = Store(Engine())
    memory = Instance(store, Module(store.engine, image), []).exports(store)["memory"]
    assert isinstance(memory, Memory)
    return store, memory


@settings(deadline=None)
@given(st.integers(0, 2**63 - 1))
def test_unsigned_numbers_come_back(number: int) -> None:
    data = wasm.encode_unsigned(number)
    assert wasm.decode_unsigned(data + b"rest", 0) == (number, len(data))


@settings(deadline=None)
@given(st.integers(-(2**31), 2**31 - 1))
def test_signed_numbers_are_what_wasm_reads(number: int) -> None:
    body = b"\x01\x7f\x00\x41" + wasm.encode_signed(number) + b"\x0b"
    module = wasm.HEADER + wasm.section(6, body) + wasm.section(7, b"\x01\x01g\x03\x00")
    store = Store(Engine())
    found: object = Instance(store, Module(store.engine, module), []).exports(store)["g"]
    assert found.value(store) == number


@settings(deadline=None)
@given(st.binary(max_size=64))
def test_junk_is_refused_and_nothing_else_happens(junk: bytes) -> None:
    with suppress(wasm.MalformedModuleError):
        assert all(body in junk for _kind, body in wasm.sections(wasm.HEADER + junk))


@settings(deadline=None)
@given(st.dictionaries(st.integers(0, 3 * 65536 - 1), st.integers(1, 255), max_size=20))
def test_an_image_holds_its_memory_byte_for_byte(places: dict[int, int]) -> None:
    content = bytearray(3 * 65536)
    for place, value in places.items():
        content[place] = value
    image = wasm.image_module(bytes(content))
    store, memory = memory_of(image)
    assert memory.data_len(store) == len(content)
    assert memory.read(store) == content
    assert len(image) < 100 + len(places) * (wasm.RUN_BYTES + 20)


def test_a_memory_is_whole_pages() -> None:
    with pytest.raises(wasm.MalformedModuleError):
        wasm.image_module(bytes(100))


def test_code_and_image_together_are_the_engine() -> None:
    store, memory = memory_of(wasm.blank_image(ENGINE))
    code = Module(store.engine, wasm.code_module(ENGINE))
    assert [(each.module, each.name) for each in code.imports] == [("penstock", "host"), ("image", "memory")]
    assert memory.data_len(store) == 2 * 65536
    assert memory.read(store, 70000, 70005) == b"hello"
