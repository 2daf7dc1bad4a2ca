"""Which code loads Node's modules: that which uses them, not all that says `url`, `events` or `https://`."""

from __future__ import annotations

import pytest

from services.executor.libraries import Libraries
from services.executor.local import DIST

USES = [
    "https.get('https://a.example/', done)",
    "const { request } = https",
    "retry(http)",
    "zlib = zlib.zlib",
    "querystring.stringify(a)",
    "util.promisify(f)",
    "const { pipeline } = stream",
    "new stream.PassThrough()",
    "class A extends events {}",
    "new events.EventEmitter()",
    "url.parse(a)",
    "path.join(a, b)",
    "assert(a)",
    "assert.equal(a, b)",
    "response.body.pipe(to)",
    "globalThis[Symbol.for('penstock.node')]('net')",
]
USES_NOT = [
    "await fetch('https://a.example/http://b')",
    "async function onBatch(events, settings) { return events.map((event) => event.url) }",
    "const url = `${settings.path}/a`; const stream = events; for (const each of events) url.length",
    "console.assert(a); const { https: secure } = b; path.push(a)",
    "request.url.searchParams.get('path')",
]


@pytest.fixture(scope="module")
def libraries() -> Libraries:
    return Libraries.read(DIST / "libraries")


@pytest.mark.parametrize("code", USES)
def test_loads(libraries: Libraries, code: str) -> None:
    assert "node" in libraries.of(code)


@pytest.mark.parametrize("code", USES_NOT)
def test_loads_not(libraries: Libraries, code: str) -> None:
    assert "node" not in libraries.of(code)
