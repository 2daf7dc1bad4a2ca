"""What hostile servers answer to a function: redirects, answers without end, bombs."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import brotli
import pytest

from tests.egress import server
from tests.http_server import (
    Script,
    Server,
    endless_body,
    endless_chunks,
    endless_header,
    endless_headers,
    endless_informational,
    http,
    reset,
    silence,
    slow_body,
    slow_header,
)
from tests.images import cache_dir
from tests.integration.executor.fetching import from_servers, other

__all__ = ["cache_dir", "other", "server"]


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("http://127.0.0.1:1/", "127.0.0.1:1 is refused: it is a loopback address"),
        ("http://0x7f000001:1/", "127.0.0.1:1 is refused: it is a loopback address"),
        ("http://%31%32%37.1:1/", "127.0.0.1:1 is refused: it is a loopback address"),
        ("//169.254.169.254/latest", "169.254.169.254 is refused: it is a link-local address"),
        ("http://[::ffff:10.0.0.1]/", "[::ffff:a00:1] is refused: it is a private address"),
        ("http://[64:ff9b::7f00:1]/", "[64:ff9b::7f00:1] is refused: it is a loopback address"),
        ("http://[fe80::1%25eth0]/", "IPv6 zones are refused"),
        ("http://metadata.example/", "metadata.example:80 is refused: it resolves to a link-local address"),
        ("http://user:pass@public.example/", "credentials in URLs are refused: send an Authorization header"),
        ("ftp://public.example/", "Only HTTP(S) protocols are supported"),
        ("file:///etc/passwd", "Only HTTP(S) protocols are supported"),
        ("gopher://public.example:70/_", "Only HTTP(S) protocols are supported"),
    ],
)
async def test_redirects(cache_dir: Path, server: Server, other: Server, location: str, words: str) -> None:
    server.answer("/away", http(status="302 Found", Location=location))
    told = await from_servers(cache_dir, "fetch(server + '/away')", server, other)
    assert (told["name"], told["code"]) == ("FetchError", "EGRESS_DENIED")
    assert told["message"] == f"request to {server.url('/away')} failed, reason: {words}"
    assert len(server.requests) == 1


async def test_a_redirect_loop(cache_dir: Path, server: Server, other: Server) -> None:
    server.answer("/a", http(status="302 Found", Location=other.url("/b")))
    other.answer("/b", http(status="307 Temporary", Location=server.url("/a")))
    told = await from_servers(cache_dir, "fetch(server + '/a')", server, other)
    assert (told["name"], told["type"]) == ("FetchError", "max-redirect")
    assert told["message"] == f"maximum redirect reached at: {server.url('/a')}"


async def test_a_name_that_changes_between_two_requests(cache_dir: Path, server: Server, other: Server) -> None:
    """The first answer is allowed and used; the second, asked for after a redirect to another port, is not."""
    said = [["127.0.0.1"], ["10.0.0.1"]]

    async def rebinding(_: str) -> list[str]:
        return said.pop(0)

    server.answer("/away", http(status="302 Found", Location=other.url("/", host="rebind.example")))
    expression = f"fetch('{server.url('/away', host='rebind.example')}')"
    told = await from_servers(cache_dir, expression, server, other, lookup=rebinding)
    assert told["code"] == "EGRESS_DENIED"
    assert f"rebind.example:{other.port} is refused: it resolves to a private address" in told["message"]
    assert (len(server.requests), len(other.requests)) == (1, 0)


@pytest.mark.parametrize(
    ("script", "type_", "words"),
    [
        (silence, "request-timeout", "network timeout at: {url}"),
        (slow_header, "request-timeout", "network timeout at: {url}"),
        (slow_body, "request-timeout", "network timeout at: {url}"),
        (endless_informational, "request-timeout", "network timeout at: {url}"),
        (endless_body, "max-size", "content size at {url} over limit: 100000"),
        (endless_chunks, "max-size", "content size at {url} over limit: 100000"),
        (endless_headers, "system", "request to {url} failed, reason: Parse Error: the server's answer is not valid"),
        (endless_header, "system", "request to {url} failed, reason: Parse Error: the server's answer is not valid"),
        (reset, "system", "request to {url} failed, reason: "),
    ],
)
async def test_hostile_servers(
    cache_dir: Path, server: Server, other: Server, script: Script, type_: str, words: str
) -> None:
    server.scripts["/x"] = script
    told = await from_servers(cache_dir, "fetch(server + '/x')", server, other)
    assert (told["name"], told["type"]) == ("FetchError", type_)
    assert told["message"].startswith(words.format(url=server.url("/x")))


def brotlied(data: bytes) -> bytes:
    return cast("Any", brotli).compress(data, quality=1)


ZEROS = bytes(20_000_000)


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress), ("br", brotlied)])
async def test_bombs(
    cache_dir: Path, server: Server, other: Server, encoding: str, pack: Callable[[bytes], bytes]
) -> None:
    packed = pack(ZEROS)
    assert len(packed) < 100_000
    server.answer("/bomb", http(packed, Content_Encoding=encoding))
    told = await from_servers(cache_dir, "fetch(server + '/bomb')", server, other)
    assert (told["type"], told["message"]) == ("max-size", f"content size at {server.url('/bomb')} over limit: 100000")


async def test_a_bomb_in_a_bomb_stays_packed(cache_dir: Path, server: Server, other: Server) -> None:
    packed = gzip.compress(gzip.compress(ZEROS))
    server.answer("/twice", http(packed, Content_Encoding="gzip, gzip"))
    assert (await from_servers(cache_dir, "fetch(server + '/twice')", server, other))["bytes"] == len(packed)
