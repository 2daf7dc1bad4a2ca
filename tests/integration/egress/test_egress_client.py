"""The client against real servers on loopback, most of them hostile."""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any, cast
from urllib.parse import quote

import brotli
import pytest

from shared.egress import EgressClient, EgressError, EgressPolicy
from shared.egress.connections import Connections
from tests.egress import answers, client_for, failure, get
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
    serve,
    silence,
    slow_body,
    slow_header,
    trickle,
)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serve() as server:
        yield server


@pytest.fixture
async def other() -> AsyncIterator[Server]:
    async with serve() as server:
        yield server


@asynccontextmanager
async def tcp_server(
    handle: Callable[[asyncio.StreamReader, asyncio.StreamWriter], None], **options: Any
) -> AsyncGenerator[int]:
    async with await asyncio.start_server(handle, "127.0.0.1", 0, **options) as listener:
        yield listener.sockets[0].getsockname()[1]


async def test_a_request_and_its_answer(server: Server) -> None:
    url = server.answer("/x?a=%2F", http(b"body", status="201 Made", X_A="1"))
    async with client_for(server) as client:
        answer = await get(client, url, method="post", headers=[("X-B", "1"), ("X-B", "2")], body=b"hello")
    assert (answer.status, answer.reason, answer.url, answer.redirected, answer.body) == (
        201,
        "Made",
        url,
        False,
        b"body",
    )
    assert ("X-A", "1") in answer.headers
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /x?a=%2F HTTP/1.1\r\n")
    assert body == b"hello"
    lines = head.split(b"\r\n")
    assert lines.count(b"X-B: 1") == lines.count(b"X-B: 2") == 1
    assert any(line.startswith(b"User-Agent: Penstock/") for line in lines)
    assert b"content-type" not in head.lower()


async def test_the_callers_headers_win(server: Server) -> None:
    url = server.answer("/", http())
    async with client_for(server) as client:
        await get(client, url, headers=[("user-agent", "mine"), ("accept-encoding", "identity")])
    head = server.requests[0].lower()
    assert head.count(b"user-agent:") == head.count(b"accept-encoding:") == 1
    assert b"user-agent: mine" in head


LITERALS = [
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "017700000001",
    "0x7f.1",
    "0177.0.0.1",
    "127.0.0.1.",
    "%31%32%37.1",
    "①②⑦.⓪.⓪.①",
    "0",
    "0.0.0.0",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001::1]",
    "[fe80::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[ff02::1]",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "240.0.0.1",
    "[2001:db8::1]",
    "[fec0::1]",
]


@pytest.mark.parametrize("host", LITERALS)
async def test_literal_addresses_are_refused(server: Server, host: str) -> None:
    async with EgressClient(policy=EgressPolicy()) as client:
        error = await failure(client, server.url("/", host=host))
    assert (error.code, error.type) == ("EGRESS_DENIED", "system")
    assert "address" in error.message
    assert not server.requests


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "ff02::1",
    ],
)
async def test_resolved_addresses_are_refused_and_not_named(server: Server, address: str) -> None:
    async with EgressClient(policy=EgressPolicy(), lookup=answers(address)) as client:
        error = await failure(client, server.url("/", host="innocent.example"))
    assert error.code == "EGRESS_DENIED"
    assert "innocent.example" in error.message
    assert address not in error.message
    assert not server.requests


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST", "localhost.", "\uff2c\uff2f\uff23\uff21\uff2c\uff28\uff2f\uff33\uff34"]
)
async def test_the_machines_own_names_are_refused(server: Server, host: str) -> None:
    async with EgressClient(policy=EgressPolicy()) as client:
        # Some resolvers know no "localhost.": not found is as good.
        assert (await failure(client, server.url("/", host=host))).code in {"EGRESS_DENIED", "ENOTFOUND"}


async def test_a_name_is_dialled_where_it_was_checked(server: Server) -> None:
    """A name server that answers differently the second time is asked only once, and its first answer is dialled."""
    asked: list[str] = []

    async def rebinding(host: str) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    server.answer("/", http())
    async with client_for(server, lookup=rebinding) as client:
        answer = await get(client, server.url("/", host="rebind.example"))
    assert answer.body == b"ok"
    assert asked == ["rebind.example"]
    assert f"Host: rebind.example:{server.port}\r\n".encode() in server.requests[0]


async def test_only_the_allowed_addresses_of_a_name_are_dialled(server: Server) -> None:
    server.answer("/", http())
    async with client_for(server, lookup=answers("10.0.0.1", "127.0.0.1", "::1")) as client:
        assert (await get(client, server.url("/", host="mixed.example"))).status == 200


async def test_the_socket_is_the_last_check(server: Server) -> None:
    """Even what got past URL and resolver is refused when it is dialled."""
    connections = Connections(policy=EgressPolicy(), lookup=answers(), limit=1, limit_per_host=1)
    info = (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", server.port))
    with pytest.raises(PermissionError, match="loopback"):
        connections._open_socket(info)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "0x7f.1", "[::ffff:127.0.0.1]", "[64:ff9b::127.0.0.1]", "a.example"]
)
async def test_the_installations_own_ports_are_refused_on_allowed_networks(server: Server, host: str) -> None:
    policy = EgressPolicy.parse("127.0.0.0/8", deny_ports=[server.port])
    async with EgressClient(policy=policy, lookup=answers("127.0.0.1")) as client:
        error = await failure(client, server.url("/", host=host))
    assert "a port of this installation" in error.message
    assert not server.requests


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:1/",
        "http://2130706433:1/",
        "http://[::1]:1/",
        "//169.254.169.254/latest",
        "http://localhost:1/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "http://u:p@127.0.0.1/",
        "http://10.0.0.1/",
    ],
)
async def test_redirects_are_checked_like_requests(server: Server, location: str) -> None:
    url = server.answer("/", http(status="302 Found", Location=location))
    async with client_for(server) as client:
        assert (await failure(client, url)).code == "EGRESS_DENIED"


@pytest.mark.parametrize("host", LITERALS)
async def test_redirects_to_literal_addresses_are_refused(server: Server, host: str) -> None:
    url = server.answer("/", http(status="302 Found", Location=f"http://{quote(host, safe='[]:%')}:1/"))
    async with client_for(server) as client:
        error = await failure(client, url)
    assert (error.code, error.type) == ("EGRESS_DENIED", "system")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "method", "then", "keeps_body"),
    [
        (301, "POST", "GET", False),
        (302, "POST", "GET", False),
        (303, "POST", "GET", False),
        (303, "PUT", "GET", False),
        (301, "PUT", "PUT", True),
        (307, "POST", "POST", True),
        (308, "POST", "POST", True),
        (303, "HEAD", "HEAD", False),
    ],
)
async def test_methods_after_redirects(
    server: Server, status: int, method: str, then: str, *, keeps_body: bool
) -> None:
    url = server.answer("/", http(b"" if method == "HEAD" else b"moved", status=f"{status} Moved", Location="/to"))
    server.answer("/to", http(b""))
    body = None if method == "HEAD" else b"data"
    async with client_for(server) as client:
        answer = await get(client, url, method=method, body=body, headers=[("Content-Type", "text/x"), ("Cookie", "c")])
    last = server.requests[-1]
    assert (answer.url, answer.redirected) == (server.url("/to"), True)
    assert last.split()[0] == then.encode()
    assert last.endswith(b"data") == (b"Content-Length: 4" in last) == keeps_body
    assert b"Cookie: c" in last


async def test_credentials_stay_with_their_origin(server: Server, other: Server) -> None:
    url = server.answer("/", http(status="307 Moved", Location=other.url("/to")))
    other.answer("/to", http(Set_Cookie="a=b"))
    async with client_for(server, other) as client:
        await get(client, url, headers=[("Authorization", "secret"), ("Cookie", "secret"), ("X-A", "b")])
        await get(client, other.url("/to"))
    assert b"secret" in server.requests[0]
    assert b"secret" not in other.requests[0]
    assert b"X-A: b" in other.requests[0]
    assert b"cookie" not in other.requests[1].lower()


async def test_redirect_modes(server: Server) -> None:
    url = server.answer("/a/", http(b"look", status="302 Found", Location="b"))
    async with client_for(server) as client:
        manual = await get(client, url, redirect="manual")
        error = await failure(client, url, redirect="error")
    assert (manual.status, manual.body, manual.redirected) == (302, b"look", False)
    assert ("Location", server.url("/a/b")) in manual.headers
    assert error.type == "no-redirect"
    assert error.message == f"uri requested responds with a redirect, redirect mode is set to error: {url}"


async def test_an_impossible_location_is_the_callers_to_see(server: Server) -> None:
    url = server.answer("/", http(status="302 Found", Location="myapp://callback?code=1"))
    async with client_for(server) as client:
        manual = await get(client, url, redirect="manual")
    assert ("Location", "myapp://callback?code=1") in manual.headers


async def test_headers_that_are_no_text_come_byte_by_byte(server: Server) -> None:
    url = server.answer("/", b"HTTP/1.1 200 \xffine\r\nX-A: \xe9\xff\r\nX-B: \xc3\xa9\r\nContent-Length: 0\r\n\r\n")
    async with client_for(server) as client:
        answer = await get(client, url)
    assert ("X-A", "\xe9\xff") in answer.headers
    assert ("X-B", "\xc3\xa9") in answer.headers
    assert answer.reason == "\xffine"


async def test_large_bodies_are_sent(server: Server) -> None:
    url = server.answer("/", http())
    async with client_for(server) as client:
        await get(client, url, method="PUT", body=bytes(3_000_000))
    assert len(server.requests[0]) > 3_000_000


async def test_redirect_loops_end(server: Server) -> None:
    url = server.answer("/", http(status="302 Found", Location="/"))
    async with client_for(server) as client:
        error = await failure(client, url, max_redirects=3)
    assert (error.type, error.message) == ("max-redirect", f"maximum redirect reached at: {url}")
    assert len(server.requests) == 4


async def test_a_redirect_without_location_is_an_answer(server: Server) -> None:
    url = server.answer("/", http(status="302 Found"))
    async with client_for(server) as client:
        assert (await get(client, url)).status == 302


@pytest.mark.parametrize(
    ("script", "type_", "code"),
    [
        (trickle, "request-timeout", "ETIMEDOUT"),
        (silence, "request-timeout", "ETIMEDOUT"),
        (slow_header, "request-timeout", "ETIMEDOUT"),
        (slow_body, "request-timeout", "ETIMEDOUT"),
        (endless_informational, "request-timeout", "ETIMEDOUT"),
        (endless_body, "max-size", "ERR_BODY_TOO_LARGE"),
        (endless_chunks, "max-size", "ERR_BODY_TOO_LARGE"),
        (endless_headers, "system", "HPE_INVALID_RESPONSE"),
        (endless_header, "system", "HPE_INVALID_RESPONSE"),
        (reset, "system", "ECONNRESET"),
    ],
)
async def test_hostile_servers_end_in_time(server: Server, script: Script, type_: str, code: str) -> None:
    server.scripts["/"] = script
    async with client_for(server) as client:
        # What ends by itself must not end by time on a busy machine.
        error = await failure(client, server.url("/"), timeout_s=0.5 if type_ == "request-timeout" else 30)
    assert (error.type, error.code) == (type_, code)


ZEROS = bytes(50_000_000)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "ECONNRESET"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "ECONNRESET"),
        (
            b"HTTP/1.1 200 OK\r\n" + b"".join(b"X: " + b"y" * 8000 + b"\r\n" for _ in range(10)) + b"\r\n",
            "HPE_HEADER_OVERFLOW",
        ),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 201 + b"\r\n", "HPE_INVALID_RESPONSE"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 17_000 + b"\r\n\r\n", "HPE_INVALID_RESPONSE"),
        (b"HTTP/1.1 200 OK\r\nX\0Y: z\r\n\r\n", "HPE_INVALID_RESPONSE"),
        (b"HTTP/1.1 200 OK\r\nX: y\0z\r\n\r\n", "HPE_INVALID_RESPONSE"),
        (b"SSH-2.0-OpenSSH\r\n", "HPE_INVALID_RESPONSE"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc", "HPE_INVALID_RESPONSE"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HPE_INVALID_RESPONSE"),
        (http(b"no gzip", Content_Encoding="gzip"), "Z_DATA_ERROR"),
        (http(gzip.compress(ZEROS), Content_Encoding="gzip"), "ERR_BODY_TOO_LARGE"),
        (http(zlib.compress(ZEROS), Content_Encoding="deflate"), "ERR_BODY_TOO_LARGE"),
        (http(cast("Any", brotli).compress(ZEROS, quality=1), Content_Encoding="br"), "ERR_BODY_TOO_LARGE"),
        (http(gzip.compress(bytes(50)) * 200, Content_Encoding="gzip"), "Z_DATA_ERROR"),
        (http(status="302 Found", Location="http://a b\x7f/"), "ERR_INVALID_URL"),
    ],
)
async def test_wrong_answers(server: Server, raw: bytes, code: str) -> None:
    url = server.answer("/", raw)
    async with client_for(server) as client:
        assert (await failure(client, url)).code == code


@pytest.mark.parametrize(
    ("encoding", "layers"), [("gzip", 1), ("gzip, gzip", 0), ("gzip, br", 0), ("br\r\nContent-Encoding: gzip", 0)]
)
async def test_one_layer_of_packing_is_taken_off_at_most(server: Server, encoding: str, layers: int) -> None:
    inner = gzip.compress(ZEROS)
    packed = gzip.compress(inner)
    url = server.answer("/", http(packed, Content_Encoding=encoding))
    async with client_for(server) as client:
        assert (await get(client, url)).body == (inner if layers else packed)


async def test_damaged_answers_are_answers_or_egress_errors(server: Server) -> None:
    whole = http(gzip.compress(b"plain"), status="302 Found", Location="/next", Content_Encoding="gzip", X_A="b")
    pieces = [
        b"\r\n",
        b"\0",
        b"\xff",
        b"Transfer-Encoding: chunked\r\n",
        b"Content-Length: -1\r\n",
        b" ",
        b":",
        b"%",
        b"//",
    ]
    outcomes: list[str] = []
    server.answer("/next", http())
    async with client_for(server) as client:
        for seed in range(300):
            random = Random(seed)
            cut, skipped = random.randrange(len(whole)), random.randrange(8)
            url = server.answer("/", whole[:cut] + random.choice(pieces) + whole[cut + skipped :])
            try:
                answer = await get(client, url, redirect=random.choice(["follow", "manual", "error"]), timeout_s=2)
            except EgressError as error:
                outcomes.append(error.code)
            else:
                outcomes.append(str(answer.status))
    assert "ETIMEDOUT" not in outcomes
    assert len(set(outcomes)) > 3


async def test_packed_answers_are_inflated(server: Server) -> None:
    url = server.answer("/", http(gzip.compress(b"plain"), Content_Encoding="gzip"))
    async with client_for(server) as client:
        assert (await get(client, url)).body == b"plain"
    assert b"Accept-Encoding: gzip, deflate, br\r\n" in server.requests[0]


async def test_the_words_of_node_fetch(server: Server, other: Server) -> None:
    async def missing(_: str) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    policy = EgressPolicy.parse("127.0.0.0/8")
    async with EgressClient(policy=policy, lookup=missing) as client:
        unknown = await failure(client, "https://foo/")
        refused = await failure(client, f"http://127.0.0.1:{port}/")
        server.scripts["/"] = silence
        late = await failure(client, server.url("/"), timeout_s=0.05)
        big = await failure(client, other.answer("/", http(b"12345")), max_body_bytes=4)
        scheme = await failure(client, "ftp://foo/")
    assert (unknown.code, unknown.message) == ("ENOTFOUND", "getaddrinfo ENOTFOUND foo foo:443")
    assert (refused.code, refused.message) == ("ECONNREFUSED", f"connect ECONNREFUSED 127.0.0.1:{port}")
    assert (late.type, late.message) == ("request-timeout", f"network timeout at: {server.url('/')}")
    assert (big.type, big.message) == ("max-size", f"content size at {other.url('/')} over limit: 4")
    assert (scheme.code, scheme.message) == ("EGRESS_DENIED", "Only HTTP(S) protocols are supported")


@pytest.mark.parametrize("host", ["127.0.0.1", "self-signed.example"])
async def test_certificates_are_verified(host: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Path(__file__).with_name("self_signed.pem"))
    async with tcp_server(lambda _, writer: writer.close(), ssl=context) as port:
        policy = EgressPolicy.parse("127.0.0.1")
        async with EgressClient(policy=policy, lookup=answers("127.0.0.1")) as client:
            error = await failure(client, f"https://{host}:{port}/")
    assert error.code == "DEPTH_ZERO_SELF_SIGNED_CERT"


async def test_ipv6_literals_are_dialled_where_they_are_allowed() -> None:
    heads: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(http())
        writer.close()

    try:
        listener = await asyncio.start_server(answer, "::1", 0)
    except OSError:
        pytest.skip("no IPv6 here")
    port = listener.sockets[0].getsockname()[1]
    async with listener, EgressClient(policy=EgressPolicy.parse(f"[::1]:{port}")) as client:
        response = await get(client, f"http://[0::1]:{port}/x")
    assert (response.body, response.url) == (b"ok", f"http://[::1]:{port}/x")
    assert f"Host: [::1]:{port}\r\n".encode() in heads[0]


async def test_tls_with_a_server_that_speaks_none() -> None:
    def speak_plainly(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad\r\n\r\n")
        writer.close()

    policy = EgressPolicy.parse("127.0.0.1")
    async with tcp_server(speak_plainly) as port, EgressClient(policy=policy) as client:
        assert (await failure(client, f"https://127.0.0.1:{port}/")).code == "EPROTO"


async def test_the_environments_proxy_and_netrc_are_ignored(
    server: Server, other: Server, tmp_path: Any, monkeypatch: Any
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("http_proxy", other.url(""))
    url = server.answer("/", http())
    async with client_for(server, other) as client:
        await get(client, url)
    assert not other.requests
    assert b"authorization" not in server.requests[0].lower()


async def test_a_cancelled_request_leaves_the_client_usable(server: Server) -> None:
    reached = asyncio.Event()

    async def slow_script(_: bytes, writer: asyncio.StreamWriter) -> None:
        reached.set()
        await asyncio.Event().wait()

    server.scripts["/slow"] = slow_script
    server.answer("/", http())
    async with client_for(server) as client:
        async with asyncio.timeout(5), asyncio.TaskGroup() as group:
            slow = group.create_task(get(client, server.url("/slow")))
            await reached.wait()
            slow.cancel()
        assert (await get(client, server.url("/"))).status == 200
