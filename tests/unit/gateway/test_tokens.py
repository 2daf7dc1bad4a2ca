"""Tokens as the gateway sees them, and where their holders call from."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from google.protobuf.message import Message

from penstock.access.v1 import access_pb2
from penstock.config.v1 import config_pb2
from services.gateway.peers import address_of_peer, plain_address
from services.gateway.tokens import Tokens
from shared.errors import Unauthenticated, Unavailable
from shared.rpc.conventions import ACTOR_METADATA
from shared.rpc.identity import digest

GRANT = access_pb2.Grant(role=access_pb2.ROLE_SOURCE_ADMIN, resource_ids=["src_1"])


@dataclass
class Config:
    values: dict[str, Message] = field(default_factory=dict[str, Message])
    is_ready: bool = True

    def get(self, _kind: type[Message], key: str) -> Message | None:
        return self.values.get(key)


def known(**tokens: config_pb2.TokenConfig) -> Config:
    source = config_pb2.SourceConfig(source_id="src_1", workspace_id="ws_1")
    return Config({"src_1": source, **{digest(name): token for name, token in tokens.items()}})


def expiring(at: int, nanos: int = 0, **fields: str) -> config_pb2.TokenConfig:
    token = config_pb2.TokenConfig(workspace_id="ws_1", **fields)  # type: ignore[arg-type]
    token.expires_at.seconds, token.expires_at.nanos = at, nanos
    if not token.source_id:
        token.roles.roles.append(access_pb2.ROLE_OWNER)
    return token


@pytest.mark.parametrize(("now", "opens"), [(99.4, True), (99.5, False), (100.0, False)])
async def test_a_token_opens_until_it_expires(now: float, opens: bool) -> None:
    config = known(api=expiring(99, 500_000_000), key=expiring(99, 500_000_000, source_id="src_1"))
    tokens = Tokens(config, clock=lambda: now)  # type: ignore[arg-type]
    assert (tokens.find("api") is not None) is opens
    assert (tokens.source_of("key") is not None) is opens
    assert (tokens.source_of_digest(digest("key")) is not None) is opens
    if opens:
        assert (await tokens.authenticate({"authorization": "Bearer api"})).actor
        return
    for name in ("api", "key"):
        with pytest.raises(Unauthenticated, match="no valid token"):
            await tokens.authenticate({"authorization": f"Bearer {name}"})
    with pytest.raises(Unauthenticated):
        tokens.actor_of("api")


async def test_an_actor_is_what_the_token_says_and_nothing_else() -> None:
    roles = config_pb2.RoleGrant(roles=[access_pb2.ROLE_FUNCTIONS_READ_ONLY], grants=[GRANT])
    token = config_pb2.TokenConfig(token_id="tok_1", workspace_id="ws_1", member_id="mem_1", roles=roles)
    tokens = Tokens(known(api=token))  # type: ignore[arg-type]
    claim = access_pb2.Actor(workspace_id="ws_2", roles=[access_pb2.ROLE_OWNER]).SerializeToString()
    found = await tokens.authenticate({"authorization": "Bearer api", ACTOR_METADATA: claim})
    expected = access_pb2.Actor(
        workspace_id="ws_1", token_id="tok_1", member_id="mem_1", roles=roles.roles, grants=[GRANT]
    )
    assert found.actor == expected
    expected.remote_address = "192.0.2.1"
    assert tokens.actor_of("api", remote_address="192.0.2.1") == expected


def test_nothing_opens_before_config_is_known_nor_what_it_does_not_say() -> None:
    tokens = Tokens(Config(is_ready=False))  # type: ignore[arg-type]
    with pytest.raises(Unavailable):
        tokens.find("api")
    tokens = Tokens(known(neither=config_pb2.TokenConfig(workspace_id="ws_1")))  # type: ignore[arg-type]
    for token in ("", "unknown", "neither"):
        with pytest.raises(Unauthenticated):
            tokens.actor_of(token)


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("ipv4:192.0.2.1:443", "192.0.2.1"),
        ("ipv6:%5B2001:db8::1%5D:443", "2001:db8::1"),
        ("ipv6:[::ffff:192.0.2.1]:443", "192.0.2.1"),
        ("ipv6:[fe80::1%25eth0]:443", "fe80::1"),
        ("unix:/run/penstock.sock", ""),
        ("ipv4:a lie:443", ""),
        ("", ""),
    ],
)
def test_where_a_call_comes_from(peer: str, address: str) -> None:
    assert address_of_peer(peer) == address
    assert plain_address(address) == address
