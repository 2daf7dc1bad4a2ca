"""Who holds a token: looked up by its SHA-256 in CONFIG, so that a read of CONFIG gives no token away."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from penstock.access.v1 import access_pb2
from penstock.config.v1 import config_pb2
from shared.bus import ConfigView
from shared.errors import Unauthenticated, Unavailable
from shared.rpc.access import Caller, bearer
from shared.rpc.identity import digest


class Tokens:
    """The tokens of sources and of the management API.

    A revoked token opens nothing as soon as CONFIG's watch tells of it; one that expires, at that moment of `clock`
    (Unix seconds).
    """

    def __init__(self, config: ConfigView, *, clock: Callable[[], float] = time.time) -> None:
        self._config = config
        self._clock = clock

    def find(self, token: str) -> config_pb2.TokenConfig | None:
        """Give what the token opens. Raises Unavailable while CONFIG has not been read yet."""
        return self._find_digest(digest(token) if token else "")

    def source_of(self, token: str) -> config_pb2.SourceConfig | None:
        """Give the source that the token opens, enabled or not. Raises as `find`."""
        return self.source_of_digest(digest(token) if token else "")

    def source_of_digest(self, token_digest: str) -> config_pb2.SourceConfig | None:
        """Give the source that the token with this digest opens now. Raises as `find`."""
        found = self._find_digest(token_digest)
        return self._config.get(config_pb2.SourceConfig, found.source_id) if found and found.source_id else None

    def actor_of(self, token: str, *, remote_address: str = "") -> access_pb2.Actor:
        """Tell in whose name the holder of an API token calls. Raises Unauthenticated, and as `find`."""
        found = self.find(token)
        if found is None or found.WhichOneof("grant") != "roles":
            raise Unauthenticated("The call carries no valid token.", reason="TOKEN_INVALID")
        return _actor(found, remote_address)

    async def authenticate(self, metadata: Mapping[str, str | bytes]) -> Caller:
        """Tell who makes an rpc: the holder of a write key, or a person. Raises Unauthenticated, Unavailable.

        What the call itself says of an actor counts for nothing: a person is who the token says.
        """
        token = bearer(metadata)
        found = self.find(token)
        if found is None:
            raise Unauthenticated("The call carries no valid token.", reason="TOKEN_INVALID")
        if found.WhichOneof("grant") == "source_id":
            return Caller(source=found, token_digest=digest(token))
        return Caller(actor=_actor(found, ""), token_digest=digest(token))

    def _find_digest(self, token_digest: str) -> config_pb2.TokenConfig | None:
        if not self._config.is_ready:
            raise Unavailable("The gateway is starting.", reason="STARTING", retry_delay_s=1)
        found = self._config.get(config_pb2.TokenConfig, token_digest) if token_digest else None
        return found if found and not self._is_expired(found) else None

    def _is_expired(self, found: config_pb2.TokenConfig) -> bool:
        if not found.HasField("expires_at"):
            return False
        return self._clock() >= found.expires_at.seconds + found.expires_at.nanos / 1e9


def _actor(found: config_pb2.TokenConfig, remote_address: str) -> access_pb2.Actor:
    return access_pb2.Actor(
        workspace_id=found.workspace_id,
        token_id=found.token_id,
        roles=found.roles.roles,
        grants=found.roles.grants,
        member_id=found.member_id,
        remote_address=remote_address,
    )
