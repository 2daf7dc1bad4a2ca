"""Writes the table of `docs/reference/libraries.md` from the tests' cases: `python -m tests.libraries_reference`."""

from __future__ import annotations

import json
import re
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from services.executor import script
from services.executor.base_images import BaseImages
from services.executor.canned import CannedOutside
from services.executor.local import DIST, make_executor
from services.executor.pool import SandboxPool
from tests.libraries.case import Case
from tests.libraries.cases import CASES

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reference" / "libraries.md"
# What stands above this line of the page is written by hand.
_MARK = "*Made from the cases of the tests by `python -m tests.libraries_reference`.*\n"
_HEAD = f"\n| name | package | licence | size | what the tests show | what differs |\n{'| --- ' * 6}|\n"
_PACKAGES = ROOT / "services" / "executor" / "libraries" / "node_modules"
# Sizes and times differ from machine to machine.
_MEASURED = re.compile(r"\d[\d.,]* (?:KB|ms|MB)")


def page(measured: Mapping[str, str]) -> str:
    """Give the page's text, with what was measured of each library."""
    by_hand = PAGE.read_text().partition(_MARK)[0]
    return by_hand + _MARK + _HEAD + "".join(_rows(measured))


def without_measures(text: str) -> str:
    """Give the text with its measures made equal."""
    return _MEASURED.sub("0", text)


def measure() -> dict[str, str]:
    """Give size, time of loading and memory of each library."""
    with tempfile.TemporaryDirectory() as folder:
        executor = make_executor(cache_dir=Path(folder) / "images", outside=CannedOutside({}), pool=SandboxPool())
        names = dict.fromkeys(case.library for case in CASES)
        return {name: _measures(executor._builder.bases, name) for name in names}


def _measures(bases: BaseImages, name: str) -> str:
    names = bases._libraries._closed([name])
    memory_mb = bases.get(names).library_bytes / 2**20
    size_kb = (DIST / "libraries" / f"{name}.js").stat().st_size / 1000
    return f"{size_kb:,.0f} KB, {_load_ms(bases, names):.0f} ms, {memory_mb:.1f} MB"


def _load_ms(bases: BaseImages, names: tuple[str, ...]) -> float:
    guest, took_s = bases._booted(), 0.0
    bases._evaluate_prelude(guest)
    for name in names:
        bytecode = bases._bytecode(bases._libraries.source(name), f"penstock:{name}", bases._libraries.digest_of(name))
        start = time.perf_counter()
        script.evaluate_bytecode(guest, bytecode)
        took_s = time.perf_counter() - start
    guest.close()
    return took_s * 1000


def _rows(measured: Mapping[str, str]) -> Iterator[str]:
    for name in dict.fromkeys(case.library for case in CASES):
        cases = [case for case in CASES if case.library == name]
        yield _row(cases, measured.get(name, "0 KB, 0 ms, 0 MB"))


def _row(cases: list[Case], measures: str) -> str:
    package = json.loads((_PACKAGES / cases[0].package / "package.json").read_text())
    proven = "; ".join(case.proven for case in cases)
    differences = "; ".join(case.differences for case in cases if case.differences)
    version, licence = f"{cases[0].package} {package['version']}", str(package.get("license", ""))
    cells = (f"`{cases[0].offered}`", version, licence, measures, proven, differences)
    return f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(measure()))
