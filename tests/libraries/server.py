"""A server that stands for all hosts: what is sent to `https://host/path` comes to it as `/host/path`."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.test_utils import TestServer

from services.executor.network import NetworkOutside
from services.executor.outside import Answer as HostAnswer
from services.executor.outside import OutgoingRequest
from shared.egress import EgressClient, EgressPolicy
from tests.libraries.case import JSON, Answer, Case


@dataclass(frozen=True)
class Received:
    """A request as it came."""

    target: str
    headers: dict[str, str]
    body: bytes


class Hosts:
    """Answers as a case says, and keeps what came."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Answer]] = {}
        self.received: list[Received] = []

    def play(self, case: Case) -> None:
        """Begin a case."""
        self.answers = {
            target: [*answers] if isinstance(answers, list) else [answers] for target, answers in case.answers.items()
        }
        self.received = []

    async def handle(self, request: web.Request) -> web.Response:
        target = f"{request.method} {request.path.removeprefix('/')}"
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.received.append(Received(target, headers, await request.read()))
        if not self.answers.get(target):
            return web.Response(status=404, text=f"no answer is written for {target}")
        answer = self.answers[target].pop(0)
        is_text = isinstance(answer.body, str)
        return web.Response(
            status=answer.status,
            body=answer.body if is_text else json.dumps(answer.body, separators=(",", ":")),
            headers={**({} if is_text else {"content-type": JSON}), **answer.headers},
        )


class AllHosts(NetworkOutside):
    """Sends to the test's server what is for any host of the world, and to loopback what is for loopback."""

    def __init__(self, client: EgressClient, origin: str) -> None:
        super().__init__(client)
        self._origin = origin

    async def fetch(self, request: OutgoingRequest) -> HostAnswer:
        parts = urlsplit(request.url)
        if parts.hostname == "127.0.0.1":
            return await super().fetch(request)
        query = f"?{parts.query}" if parts.query else ""
        answer = await super().fetch(replace(request, url=f"{self._origin}/{parts.hostname}{parts.path}{query}"))
        return replace(answer, url=request.url)


@asynccontextmanager
async def serving(hosts: Hosts) -> AsyncGenerator[AllHosts]:
    """Serve while the block runs."""
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", hosts.handle)
    async with (
        TestServer(application, host="127.0.0.1") as server,
        EgressClient(policy=EgressPolicy.parse("127.0.0.1/32")) as client,
    ):
        yield AllHosts(client, f"http://127.0.0.1:{server.port}")
