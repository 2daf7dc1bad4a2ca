"""A registry with two workspaces, and folders that are applied to them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from penstock.access.v1 import access_pb2
from shared.rpc.client import acting_for, connect
from tests.integration.cli.apply.workspaces import Applied
from tests.integration.registry.installation import Installation, Person, running


class _Acting(grpc.aio.UnaryUnaryClientInterceptor):  # type: ignore[misc]
    """What the gateway does for a person who has shown a token."""

    def __init__(self, person: Person) -> None:
        self._person = person

    async def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        metadata = grpc.aio.Metadata(*(client_call_details.metadata or ()), *acting_for(self._person.actor))
        return await continuation(client_call_details._replace(metadata=metadata), request)


def _channel(installation: Installation, person: Person) -> grpc.aio.Channel:
    return connect(
        f"127.0.0.1:{installation.registry.port}",
        token=installation.tokens["gateway"],
        interceptors=[_Acting(person)],
    )


@pytest.fixture
async def installation(tmp_path: Path) -> AsyncIterator[Installation]:
    async with running(f"sqlite:///{tmp_path / 'registry.db'}", tmp_path) as installation:
        yield installation


@pytest.fixture
async def first(installation: Installation) -> AsyncIterator[Applied]:
    async with _channel(installation, installation.owner) as channel:
        yield Applied(channel, installation.owner)


@pytest.fixture
async def other(installation: Installation) -> AsyncIterator[Applied]:
    person = await installation.person(access_pb2.ROLE_OWNER)
    async with _channel(installation, person) as channel:
        yield Applied(channel, person)
