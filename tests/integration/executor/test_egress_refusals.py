"""Where hostile functions try to send requests, and what they try to send; each gets a FetchError that says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.egress import EgressPolicy
from tests.egress import server
from tests.http_server import Server
from tests.images import cache_dir
from tests.integration.executor.fetching import NAMES, fetched, from_servers, other

__all__ = ["cache_dir", "other", "server"]


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("127.0.0.1", "127.0.0.1 is refused: it is a loopback address"),
        ("127.1", "127.0.0.1 is refused: it is a loopback address"),
        ("2130706433", "127.0.0.1 is refused: it is a loopback address"),
        ("017700000001", "127.0.0.1 is refused: it is a loopback address"),
        ("0x7f.0.0.1", "127.0.0.1 is refused: it is a loopback address"),
        ("%31%32%37.0.0.1", "127.0.0.1 is refused: it is a loopback address"),
        ("\uff11\uff12\uff17.\u2460", "127.0.0.1 is refused: it is a loopback address"),
        ("127\u30020\u30020\u30021", "127.0.0.1 is refused: it is a loopback address"),
        ("127.0.0.1.", "127.0.0.1 is refused: it is a loopback address"),
        ("0", "0.0.0.0 is refused: it is an unspecified address"),
        ("10.1.2.3", "10.1.2.3 is refused: it is a private address"),
        ("169.254.169.254", "169.254.169.254 is refused: it is a link-local address"),
        ("0xa9fea9fe", "169.254.169.254 is refused: it is a link-local address"),
        ("100.64.0.1", "100.64.0.1 is refused: it is a carrier-grade NAT address"),
        ("224.0.0.1", "224.0.0.1 is refused: it is a multicast address"),
        ("[::]", "[::] is refused: it is an unspecified address"),
        ("[::1]", "[::1] is refused: it is a loopback address"),
        ("[::ffff:127.0.0.1]", "[::ffff:7f00:1] is refused: it is a loopback address"),
        ("[64:ff9b::10.0.0.1]", "[64:ff9b::a00:1] is refused: it is a private address"),
        ("[fe80::1]", "[fe80::1] is refused: it is a link-local address"),
        ("[fd00:ec2::254]", "[fd00:ec2::254] is refused: it is a private address"),
        ("[ff02::1]", "[ff02::1] is refused: it is a multicast address"),
        ("loopback.example", "loopback.example:80 is refused: it resolves to a loopback address"),
        ("LOOPBACK.example.", "loopback.example.:80 is refused: it resolves to a loopback address"),
        ("loopback6.example", "loopback6.example:80 is refused: it resolves to a loopback address"),
        ("private.example", "private.example:80 is refused: it resolves to a private address"),
        ("metadata.example", "metadata.example:80 is refused: it resolves to a link-local address"),
        ("shared.example", "shared.example:80 is refused: it resolves to a carrier-grade NAT address"),
        ("multicast.example", "multicast.example:80 is refused: it resolves to a multicast address"),
        ("nowhere.example", "nowhere.example:80 is refused: it resolves to an unspecified address"),
        ("mapped.example", "mapped.example:80 is refused: it resolves to a private address"),
        ("translated.example", "translated.example:80 is refused: it resolves to a private address"),
    ],
)
async def test_addresses_that_are_not_public(cache_dir: Path, host: str, words: str) -> None:
    names = {**NAMES, "loopback.example.": ["127.0.0.1"]}

    async def lookup(name: str) -> list[str]:
        return names[name]

    told = await fetched(cache_dir, f"fetch('http://{host}/x')", lookup=lookup)
    assert (told["name"], told["type"], told["code"]) == ("FetchError", "system", "EGRESS_DENIED")
    assert told["message"].startswith("request to http://")
    assert told["message"].endswith(f" failed, reason: {words}")


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        ("{ headers: { Host: 'b.example' } }", "EGRESS_DENIED", "the header host is refused: it differs"),
        ("{ headers: { Connection: 'upgrade' } }", "EGRESS_DENIED", "the header connection is refused: it differs"),
        ("{ method: 'POST', body: 'abc', headers: { 'Content-Length': '1' } }", "EGRESS_DENIED",
         "the header content-length is refused: it differs"),
        ("{ headers: { 'Transfer-Encoding': 'chunked' } }", "EGRESS_DENIED", "it belongs to the connection"),
        ("{ headers: { TE: 'trailers' } }", "EGRESS_DENIED", "it belongs to the connection"),
        ("{ headers: { Upgrade: 'websocket' } }", "EGRESS_DENIED", "it belongs to the connection"),
        ("{ headers: { 'Keep-Alive': 'timeout=9' } }", "EGRESS_DENIED", "it belongs to the connection"),
        ("{ headers: { 'Proxy-Authorization': 'x' } }", "EGRESS_DENIED", "it belongs to the connection"),
        ("{ headers: { Expect: '100-continue' } }", "EGRESS_DENIED", "it belongs to the connection"),
        ("{ headers: Object.fromEntries(Array.from({ length: 101 }, (_, n) => ['x-' + n, 'y'])) }", "EGRESS_DENIED",
         "more than 100 headers or 65536 bytes of them are refused"),
        ("{ headers: { 'X-A': 'y'.repeat(70000) } }", "EGRESS_DENIED", "more than 100 headers or 65536 bytes"),
        ("{ method: 'CONNECT' }", "EGRESS_DENIED", "the method CONNECT is refused"),
        ("{ method: 'TRACE' }", "EGRESS_DENIED", "the method TRACE is refused"),
        (r"{ method: 'GET / HTTP/1.1\r\nHost: b' }", "ERR_INVALID_HTTP_TOKEN", "Method must be a valid HTTP token"),
    ],
)  # fmt: skip
async def test_what_would_change_the_connection(
    cache_dir: Path, server: Server, other: Server, options: str, code: str, words: str
) -> None:
    told = await from_servers(cache_dir, f"fetch(server + '/', {options})", server, other)
    assert (told["name"], told["code"]) == ("FetchError", code)
    assert words in told["message"]
    assert not server.requests


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (
            r"fetch(server, { headers: { 'X-A': 'b\r\nHost: evil' } })",
            "b\r\nHost: evil is not a legal HTTP header value",
        ),
        (r"fetch(server, { headers: { 'X-A': 'b\r\n folded' } })", "b\r\n folded is not a legal HTTP header value"),
        (r"fetch(server, { headers: { 'X-A': 'b\nc' } })", "b\nc is not a legal HTTP header value"),
        (r"fetch(server, { headers: { 'X-A': 'b\0' } })", "b\0 is not a legal HTTP header value"),
        (r"fetch(server, { headers: { 'X-A\r\nHost': 'evil' } })", "X-A\r\nHost is not a legal HTTP header name"),
        ("fetch(server, { headers: { 'X A': 'evil' } })", "X A is not a legal HTTP header name"),
        ("fetch(server, { headers: { 'X-A': '\u2192' } })", "\u2192 is not a legal HTTP header value"),
        ("fetch('ftp://public.example/')", "Only HTTP(S) protocols are supported"),
        ("fetch('file:///etc/passwd')", "Only HTTP(S) protocols are supported"),
        ("fetch('data:text/plain,x')", "Only HTTP(S) protocols are supported"),
        ("fetch('http://[fe80::1%25eth0]/')", "Invalid URL"),
    ],
)
async def test_what_no_request_can_be_made_of(
    cache_dir: Path, server: Server, other: Server, expression: str, message: str
) -> None:
    """As in node-fetch 2, these are TypeErrors, before anything leaves the sandbox."""
    told = await from_servers(cache_dir, expression, server, other)
    assert (told["name"], told["message"]) == ("TypeError", message)
    assert not server.requests


async def test_of_a_mixed_answer_only_what_is_allowed_is_dialled(
    cache_dir: Path, server: Server, other: Server
) -> None:
    expression = f"fetch('{server.url('/', host='mixed.example')}')"
    assert (await from_servers(cache_dir, expression, server, other))["status"] == 200


async def test_the_installations_own_ports(cache_dir: Path, server: Server, other: Server) -> None:
    policy = EgressPolicy.parse("127.0.0.0/8", deny_ports=[server.port])
    told = await from_servers(cache_dir, "fetch(server + '/')", server, other, policy=policy)
    assert told["message"].endswith(f"127.0.0.1:{server.port} is refused: it is a port of this installation")
    assert (await from_servers(cache_dir, "fetch(other + '/')", server, other, policy=policy))["status"] == 200
    assert not server.requests
