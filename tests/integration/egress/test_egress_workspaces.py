"""Rules of two workspaces over one client, against real servers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from shared.egress import EgressClient, EgressPolicy, EgressRules
from shared.egress.connections import Connections
from tests.egress import answers, client_for, failure, get, server
from tests.http_server import Server, http, serve

__all__ = ["server"]

DENIED = "the workspace's rules deny it"
NOT_ALLOWED = "the workspace's rules do not allow it"


@pytest.fixture
async def kept() -> AsyncIterator[Server]:
    """A server that keeps its connections."""
    async with serve() as server:
        server.keeps_alive = True
        server.answer("/", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        yield server


def denying(*rules: str) -> EgressRules:
    return EgressRules.parse(deny=rules)


def allowing(*rules: str) -> EgressRules:
    return EgressRules.parse(allow=rules)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "%31%32%37.1", "①②⑦.1", "127.0.0.1."])
@pytest.mark.parametrize(
    ("rules", "reason"),
    [(denying("127.0.0.0/8"), DENIED), (allowing("10.0.0.0/8", "a.example"), NOT_ALLOWED)],
)
async def test_literal_addresses(server: Server, host: str, rules: EgressRules, reason: str) -> None:
    async with client_for(server) as client:
        error = await failure(client, server.url("/", host=host), rules=rules)
    assert (error.code, error.message) == ("EGRESS_DENIED", f"127.0.0.1:{server.port} is refused: {reason}")
    assert not server.requests


async def test_resolved_addresses(server: Server) -> None:
    async with client_for(server, lookup=answers("127.0.0.1")) as client:
        url = server.url("/", host="a.example")
        denied = await failure(client, url, rules=denying("127.0.0.1"))
        other_port = await failure(client, url, rules=allowing("127.0.0.1:1"))
        assert (await get(client, url, rules=allowing(f"127.0.0.1:{server.port}"))).status == 200
        assert (await get(client, url, rules=allowing("*.test", "127.0.0.0/8"))).status == 200
    assert denied.message == f"a.example:{server.port} is refused: {DENIED}"
    assert other_port.message == f"a.example:{server.port} is refused: {NOT_ALLOWED}"


async def test_each_address_of_an_answer_is_judged(server: Server) -> None:
    """Of a mixed answer only what the rules leave is dialled: here the one address that a server listens on."""
    lookup = answers("127.0.0.2", "127.0.0.1")
    policy = EgressPolicy.parse("127.0.0.0/8")
    async with EgressClient(policy=policy, lookup=lookup) as client:
        url = server.url("/", host="mixed.example")
        assert (await get(client, url, rules=denying("127.0.0.2"))).status == 200
        assert (await get(client, url, rules=allowing("127.0.0.1"))).status == 200
        left = await failure(client, url, rules=denying("127.0.0.1"))
        none = await failure(client, url, rules=denying("127.0.0.0/8"))
    assert left.code == "ECONNREFUSED"
    assert none.message.endswith(DENIED)
    assert len(server.requests) == 2


async def test_hosts(server: Server) -> None:
    async with client_for(server, lookup=answers("127.0.0.1")) as client:
        rules = EgressRules.parse(allow=["*.example"], deny=["b.example"])
        assert (await get(client, server.url("/", host="a.example"), rules=rules)).status == 200
        assert (await failure(client, server.url("/", host="B.example."), rules=rules)).message.endswith(DENIED)
        assert (await failure(client, server.url("/", host="a.test"), rules=rules)).message.endswith(NOT_ALLOWED)


async def test_a_refused_name_is_not_even_looked_up(server: Server) -> None:
    """A name server would learn what the function put into the name."""
    asked: list[str] = []

    async def lookup(host: str) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    async with client_for(server, lookup=lookup) as client:
        await failure(client, server.url("/", host="stolen.evil.test"), rules=allowing("*.example"))
        await failure(client, server.url("/", host="stolen.evil.test"), rules=denying("*.evil.test"))
    assert asked == []


async def test_rules_widen_nothing(server: Server) -> None:
    rules = allowing("127.0.0.0/8", "a.example")
    async with EgressClient(policy=EgressPolicy(), lookup=answers("127.0.0.1")) as client:
        literal = await failure(client, server.url("/"), rules=rules)
        resolved = await failure(client, server.url("/", host="a.example"), rules=rules)
    assert "it is a loopback address" in literal.message
    assert "it resolves to a loopback address" in resolved.message
    assert not server.requests


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_held_to_the_rules(server: Server, status: int) -> None:
    async def lookup(host: str) -> list[str]:
        return ["127.0.0.1"]

    rules = EgressRules.parse(allow=["a.example", "b.example"], deny=["b.example", "127.0.0.1:1"])
    async with EgressClient(policy=EgressPolicy.parse("127.0.0.0/8"), lookup=lookup) as client:
        for place in ("b.example", "c.example", "127.0.0.1"):
            redirect = http(status=f"{status} Moved", Location=server.url("/", host=place))
            server.answer("/away", redirect)
            error = await failure(client, server.url("/away", host="a.example"), rules=rules)
            assert error.message.startswith(f"{place}:{server.port} is refused: the workspace's rules")
    assert {request.split()[1] for request in server.requests} == {b"/away"}


async def test_a_connection_is_used_again_under_the_same_rules(kept: Server) -> None:
    async with client_for(kept) as client:
        for _ in range(3):
            assert (await get(client, kept.url("/"), rules=allowing("127.0.0.1"))).body == b"ok"
        assert kept.connections == 1


@pytest.mark.parametrize("rules", [denying("127.0.0.1"), allowing("127.0.0.1:1", "10.0.0.0/8")])
async def test_a_connection_of_one_workspace_is_not_anothers(kept: Server, rules: EgressRules) -> None:
    """One leaves an idle connection and a resolved name; by its own rules another may use neither."""
    async with client_for(kept, lookup=answers("127.0.0.1")) as client:
        url = kept.url("/", host="a.example")
        for first in (EgressRules(), allowing("a.example")):
            assert (await get(client, url, rules=first)).body == b"ok"
        error = await failure(client, url, rules=rules)
        assert error.message.startswith(f"a.example:{kept.port} is refused: the workspace's rules")
        assert (len(kept.requests), kept.connections) == (2, 2)
        # And the other way round: what was refused to the one stays open to the other.
        assert (await get(client, url)).body == b"ok"
        assert (len(kept.requests), kept.connections) == (3, 2)


async def test_idle_connections_are_bounded_and_the_busy_ones_stay(kept: Server) -> None:
    """However many hosts a function asks: its neighbour's connection is used again all the while."""
    async with client_for(kept, lookup=answers("127.0.0.1")) as client:
        for number in range(300):
            await get(client, kept.url("/", host=f"{number}.hostile.example"))
            await get(client, kept.url("/", host="neighbour.example"))
        assert kept.connections == 301
        await get(client, kept.url("/", host="299.hostile.example"))
        assert kept.connections == 301, "one of the latest is still there"
        await get(client, kept.url("/", host="0.hostile.example"))
        assert kept.connections == 302, "the oldest is not"


async def test_idle_connections_of_old_rules_are_closed(kept: Server) -> None:
    async with client_for(kept, lookup=answers("127.0.0.1")) as client:
        for number in range(70):
            await get(client, kept.url("/"), rules=denying(f"10.0.0.{number}"))
        assert client._connections
        assert len(client._connections._pools) == 64


async def test_requests_in_flight_keep_their_connections(kept: Server) -> None:
    """However many sets of rules come along meanwhile."""
    hold, reached = asyncio.Event(), asyncio.Event()

    async def slow(_: bytes, writer: asyncio.StreamWriter) -> None:
        reached.set()
        await hold.wait()
        writer.write(http(b"slow"))

    kept.scripts["/slow"] = slow
    async with client_for(kept) as client, asyncio.TaskGroup() as group:
        waiting = group.create_task(get(client, kept.url("/slow"), rules=denying("10.0.0.0/8")))
        await reached.wait()
        for number in range(70):
            await get(client, kept.url("/"), rules=denying(f"10.0.0.{number}"))
        hold.set()
        assert (await waiting).body == b"slow"


async def test_a_slow_host_takes_no_place_from_others(kept: Server) -> None:
    """Of ten requests to it two go on and eight wait, beside three places in all; another host's go through."""
    hold = asyncio.Event()

    async def slow(_: bytes, writer: asyncio.StreamWriter) -> None:
        await hold.wait()
        writer.write(http(b"slow"))

    kept.scripts["/slow"] = slow
    bounds = {"max_connections": 3, "max_connections_per_host": 2}
    async with client_for(kept, lookup=answers("127.0.0.1"), **bounds) as client, asyncio.TaskGroup() as group:
        slow_ones = [group.create_task(get(client, kept.url("/slow"))) for _ in range(10)]
        for _ in range(5):
            assert (await get(client, kept.url("/", host="other.example"))).body == b"ok"
        hold.set()
        assert {(await each).body for each in slow_ones} == {b"slow"}


async def test_turns_are_given_back_whatever_happens(server: Server) -> None:
    connections = Connections(policy=EgressPolicy(), lookup=answers(), limit=1, limit_per_host=1)
    for _ in range(3):
        with pytest.raises(ValueError, match="thrown"):
            async with connections.lend(EgressRules(), host="a", port=80):
                raise ValueError("thrown")
    assert connections._turns == {}
    await connections.close()
