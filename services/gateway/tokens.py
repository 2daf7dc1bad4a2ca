"""Who holds a token: looked up by its SHA-256 in CONFIG, so that a read of CONFIG gives no token away."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.access.v1 import access_pb2
from penstock.config.v1 import config_pb2
from shared.bus import ConfigView
from shared.errors import Unauthenticated, Unavailable
from shared.rpc.access import Caller, bearer
from shared.rpc.identity import digest


class Tokens:
    """The tokens of sources and of the management API."""

    def __init__(self, config: ConfigView) -> None:
        self._config = config

    def find(self, token: str) -> config_pb2.TokenConfig | None:
        """Give what the token opens. Raises Unavailable while CONFIG has not been read yet."""
        if not self._config.is_ready:
            raise Unavailable("The gateway is starting.", reason="STARTING", retry_delay_s=1)
        return self._config.get(config_pb2.TokenConfig, digest(token)) if token else None

    def source_of(self, token: str) -> config_pb2.SourceConfig | None:
        """Give the source that the token opens, enabled or not. Raises as `find`."""
        found = self.find(token)
        return self._config.get(config_pb2.SourceConfig, found.source_id) if found and found.source_id else None

    async def authenticate(self, metadata: Mapping[str, str | bytes]) -> Caller:
        """Tell who makes an rpc: the holder of a write key, or a person. Raises Unauthenticated, Unavailable."""
        found = self.find(bearer(metadata))
        if found is None:
            raise Unauthenticated("The call carries no valid token.", reason="TOKEN_INVALID")
        if found.WhichOneof("grant") == "source_id":
            return Caller(source=found)
        actor = access_pb2.Actor(workspace_id=found.workspace_id, token_id=found.token_id, roles=found.roles.roles)
        return Caller(actor=actor)
