"""An engine that does whatever a test wants: it exports what the real one does, and lies about every number.

A `Deed` tells what one entry into it does. Deeds and the bytes that its outputs may point to lie in its image.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from enum import IntEnum
from pathlib import Path

from wasmtime import Module, wat2wasm

from services.executor.engine import Engine
from services.executor.guest import Guest, Input, Output
from services.executor.image_directory import ImageDirectory
from services.executor.wasm import image_module

PAGE = 65536
PAGES = 2
CELLS, BUFFER, BUFFER_BYTES, OUTPUT, NEXT, DEEDS, DATA = 1024, 4096, 8192, 12288, 16380, 16384, 32768
DEED_BYTES = 64

HOSTILE = f"""(module
  (import "penstock" "host" (func $host (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") {PAGES})
  (table 1 funcref)
  (global (export "penstock_cells") i32 (i32.const {CELLS}))
  (global (export "penstock_buffer") i32 (i32.const {BUFFER}))
  (global (export "penstock_buffer_bytes") i32 (i32.const {BUFFER_BYTES}))
  (global (export "penstock_output") i32 (i32.const {OUTPUT}))

  (func $deed (result i32) (i32.load (i32.const {NEXT})))
  (func $recurse (call $recurse) (call $recurse))
  (func $act (param $action i32)
    (if (i32.eq (local.get $action) (i32.const 1)) (then unreachable))
    (if (i32.eq (local.get $action) (i32.const 2)) (then (i32.store (i32.const -4) (i32.const 1))))
    (if (i32.eq (local.get $action) (i32.const 3)) (then (drop (i32.div_s (i32.const 1) (i32.const 0)))))
    (if (i32.eq (local.get $action) (i32.const 4)) (then (loop $for_ever (br $for_ever))))
    (if (i32.eq (local.get $action) (i32.const 5)) (then (call $recurse)))
    (if (i32.eq (local.get $action) (i32.const 6)) (then (call_indirect (i32.const 9)))))

  (func (export "wasm_malloc") (param i32) (result i32)
    (call $act (i32.load offset=44 (call $deed)))
    (drop (memory.grow (i32.load offset=4 (call $deed))))
    (i32.load offset=40 (call $deed)))

  (func (export "penstock_run") (param i32 i32 i32) (result i32)
    (local $deed i32) (local $calls i32)
    (local.set $deed (call $deed))
    (i32.store (i32.const {NEXT}) (i32.add (local.get $deed) (i32.const {DEED_BYTES})))
    (drop (memory.grow (i32.load offset=4 (local.get $deed))))
    (local.set $calls (i32.load offset=8 (local.get $deed)))
    (loop $again
      (if (local.get $calls)
        (then
          (i32.store offset=60 (local.get $deed)
            (call $host
              (i32.load offset=12 (local.get $deed)) (i32.load offset=16 (local.get $deed))
              (i32.load offset=20 (local.get $deed)) (i32.load offset=24 (local.get $deed))))
          (local.set $calls (i32.sub (local.get $calls) (i32.const 1)))
          (br $again))))
    (call $act (i32.load (local.get $deed)))
    (i32.store (i32.const {CELLS + 24}) (i32.load offset=32 (local.get $deed)))
    (i32.store (i32.const {CELLS + 28}) (i32.load offset=36 (local.get $deed)))
    (i32.store (i32.const {CELLS + 32}) (i32.load offset=48 (local.get $deed)))
    (i32.load offset=28 (local.get $deed))))"""


class Action(IntEnum):
    """Ways to end."""

    NONE = 0
    UNREACHABLE = 1
    OUT_OF_BOUNDS = 2
    DIVIDE_BY_ZERO = 3
    LOOP = 4
    RECURSE = 5
    BAD_INDIRECT_CALL = 6


@dataclass(frozen=True)
class Deed:
    """What one entry does: grow, call the host, act, and name an output. All numbers are 32 bits."""

    action: Action = Action.NONE
    grow_pages: int = 0
    host_calls: int = 0
    text: int = 0
    text_bytes: int = 0
    into: int = 0
    room: int = 0
    output: int = DATA
    output_bytes: int = 0
    kind: int = 0
    malloc: int = BUFFER
    malloc_action: Action = Action.NONE
    returned_bytes: int = 0


def hostile_engine(directory: Path) -> Engine:
    return Engine(wasm=bytes(wat2wasm(HOSTILE)), directory=ImageDirectory(directory))


def hostile_image(engine: Engine, deeds: Sequence[Deed], data: bytes = b"") -> Module:
    """An image whose entries do these deeds one after the other; the data lies at `DATA`."""
    memory = bytearray(PAGE * PAGES)
    struct.pack_into("<I", memory, NEXT, DEEDS)
    for number, deed in enumerate(deeds):
        struct.pack_into("<13I", memory, DEEDS + DEED_BYTES * number, *(field % 2**32 for field in astuple(deed)))
    memory[DATA : DATA + len(data)] = data
    return Module(engine.wasmtime, image_module(bytes(memory)))


def says(*outputs: bytes) -> tuple[list[Deed], bytes]:
    """Deeds of an engine that gives these outputs, and the data for them."""
    deeds: list[Deed] = []
    data = b""
    for output in outputs:
        deeds.append(Deed(output=DATA + len(data), output_bytes=len(output)))
        data += output
    return deeds, data


def entered(guest: Guest, text: bytes, *, max_output_bytes: int = 1_000_000) -> Output:
    """Enter the guest: the one place where these tests do."""
    return guest.enter(Input(text, b"s"), max_output_bytes=max_output_bytes)
