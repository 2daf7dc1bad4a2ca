"""Who may call what: each caller makes each call of each service, and `docs/reference/access.md` tells what happens.

The page is what is promised; nothing here is derived from the contracts but the calls that there are, and where their
requests name resources.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass

import penstock
from penstock.access.v1 import access_pb2
from penstock.config.v1 import config_pb2
from services.gateway.tokens import Tokens
from shared.errors import PenstockError, from_rpc_error
from shared.rpc.access import Authenticate, ServiceAuthenticator
from shared.rpc.client import acting_for
from shared.rpc.identity import SERVICES, digest, load_identities, make_tokens
from shared.rpc.server import RpcServer

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "access.md"
ROLES = {
    "Owner": access_pb2.ROLE_OWNER,
    "Functions Admin": access_pb2.ROLE_FUNCTIONS_ADMIN,
    "Functions Read-only": access_pb2.ROLE_FUNCTIONS_READ_ONLY,
    "Source Admin": access_pb2.ROLE_SOURCE_ADMIN,
    "Operator": access_pb2.ROLE_OPERATOR,
}
# Those that can be granted for a list.
SCOPED = ("Functions Admin", "Functions Read-only", "Source Admin")
LISTED, OTHER = f"src_{'1' * 26}", f"src_{'2' * 26}"
ALLOWED, DENIED = "allowed", "PERMISSION_DENIED"


def _methods() -> Iterator[MethodDescriptor]:
    """Every method of every contract."""
    for module in walk_packages(penstock.__path__, "penstock."):
        if module.name.endswith("_pb2"):
            services: dict[str, Any] = import_module(module.name).DESCRIPTOR.services_by_name
            for service in services.values():
                yield from service.methods


def _page() -> dict[str, dict[str, str]]:
    """Read the tables: what stands in the cells of each method's row."""
    found: dict[str, dict[str, str]] = {}
    service, columns = "", list[str]()
    for line in PAGE.read_text().splitlines():
        heading = re.fullmatch(r"### (penstock\.\S+)", line)
        service = heading.group(1) if heading else service
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if cells[:1] == ["call"]:
            columns = cells
        elif service and cells and not cells[0].startswith("---"):
            found[f"{service}.{cells[0].strip('`')}"] = dict(zip(columns[1:], cells[1:], strict=True))
    return found


METHODS = {method.full_name: method for method in _methods()}
TABLE = _page()


class EveryMethod(grpc.GenericRpcHandler):
    """Answers each call that gets so far; as an owner with parsed requests, or as the gateway with their bytes."""

    def __init__(self, *, parses: bool) -> None:
        self._parses = parses

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        method = METHODS[handler_call_details.method.strip("/").replace("/", ".")]
        parse = GetMessageClass(method.input_type).FromString if self._parses else None

        async def one(_request: object, _context: object) -> bytes:
            return b""

        async def many(request: Any, _context: object) -> AsyncIterator[bytes]:
            if method.client_streaming:
                async for _ in request:
                    yield b""
            else:
                yield b""

        name = "_".join("stream" if each else "unary" for each in (method.client_streaming, method.server_streaming))
        make: Any = getattr(grpc, f"{name}_rpc_method_handler")
        return make(many if method.server_streaming else one, request_deserializer=parse)


@dataclass
class Config:
    """CONFIG as the gateway sees it."""

    values: dict[str, config_pb2.TokenConfig] = field(default_factory=dict[str, config_pb2.TokenConfig])
    is_ready: bool = True

    def get(self, _kind: object, key: str) -> config_pb2.TokenConfig | None:
        return self.values.get(key)


@dataclass(frozen=True)
class Calling:
    """How somebody calls: `expected` gives what the row of a method makes of it."""

    name: str
    metadata: grpc.aio.Metadata
    column: str = ""
    names: str = LISTED
    is_scoped: bool = False

    def request(self, method: MethodDescriptor) -> bytes:
        """Name `names` wherever the method's requests name resources."""
        made = GetMessageClass(method.input_type)()
        for path in method.GetOptions().Extensions[access_pb2.access].resources:
            _set(made, path, self.names)
        return made.SerializeToString()

    def expected(self, row: dict[str, str]) -> str:
        if self.column not in ROLES:
            others = [each.strip("` ") for each in row["others"].split(",")]
            return ALLOWED if self.column in others else DENIED
        allowing = {"yes", "listed", "filtered", "any"}
        if self.is_scoped:
            allowing = {"filtered", "any"} | ({"listed"} if self.names == LISTED else set())
        return ALLOWED if row[self.column] in allowing else DENIED


def _set(message: Any, path: str, value: str) -> None:
    *parents, last = path.split(".")
    for parent in parents:
        message = getattr(message, parent)
    if isinstance(getattr(message, last), str):
        setattr(message, last, value)
    elif value:
        getattr(message, last).append(value)


def _people() -> Iterator[tuple[str, access_pb2.Actor, dict[str, Any]]]:
    """Everybody with roles, and what they call with."""
    yield "without a role", access_pb2.Actor(), {"column": "nobody"}
    unknown = access_pb2.Actor(roles=[access_pb2.ROLE_UNSPECIFIED, 99])  # type: ignore[list-item]
    yield "with unknown roles", unknown, {"column": "nobody"}
    empty = access_pb2.Actor(grants=[access_pb2.Grant(role=role) for role in ROLES.values()])
    yield "with lists that are empty", empty, {"column": "nobody"}
    for name, role in ROLES.items():
        yield name, access_pb2.Actor(roles=[role]), {"column": name, "names": "a name"}
    for name in SCOPED:
        actor = access_pb2.Actor(grants=[access_pb2.Grant(role=ROLES[name], resource_ids=[LISTED])])
        for named in (LISTED, OTHER, "a name", ""):
            yield f"{name} for {LISTED} names {named!r}", actor, {"column": name, "names": named, "is_scoped": True}


def test_each_call_has_its_row() -> None:
    assert sorted(TABLE) == sorted(METHODS), "docs/reference/access.md tells who may call what: give each call its row"


def test_where_requests_name_resources_there_are_ids() -> None:
    for method in METHODS.values():
        for path in method.GetOptions().Extensions[access_pb2.access].resources:
            made = GetMessageClass(method.input_type)()
            _set(made, path, LISTED)
            assert LISTED.encode() in made.SerializeToString(), method.full_name


@asynccontextmanager
async def _serving(authenticate: Authenticate, *, parses: bool) -> AsyncGenerator[grpc.aio.Channel]:
    def add(server: grpc.aio.Server) -> None:
        server.add_generic_rpc_handlers((EveryMethod(parses=parses),))

    server = RpcServer(address="127.0.0.1:0", names=[], add=add, authenticate=authenticate)
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        yield channel
    await server.stop()


async def _outcome(channel: grpc.aio.Channel, method: MethodDescriptor, calling: Calling) -> str:
    path, request = f"/{method.containing_service.full_name}/{method.name}", calling.request(method)
    name = "_".join("stream" if each else "unary" for each in (method.client_streaming, method.server_streaming))
    sent: Any = iter([request]) if method.client_streaming else request
    call: Any = getattr(channel, name)(path)(sent, metadata=calling.metadata)
    try:
        if method.server_streaming:
            assert [_ async for _ in call]
        else:
            await call
    except grpc.aio.AioRpcError as error:
        return _told(from_rpc_error(error))
    return ALLOWED


def _told(error: PenstockError) -> str:
    assert error.message
    return error.code.name


async def _surprises(channel: grpc.aio.Channel, callers: list[Calling]) -> list[str]:
    found: list[str] = []
    for name, method in METHODS.items():
        outcomes = await asyncio.gather(*(_outcome(channel, method, calling) for calling in callers))
        for calling, outcome in zip(callers, outcomes, strict=True):
            if outcome != calling.expected(TABLE[name]):
                found.append(f"{name} by {calling.name}: {outcome}")
    return found


async def test_the_owner_of_a_method_lets_in_whom_the_page_names(tmp_path: Path) -> None:
    tokens = make_tokens(tmp_path)
    bearer = {service: ("authorization", f"Bearer {tokens[service]}") for service in SERVICES}
    callers = [Calling(f"service {each}", grpc.aio.Metadata(bearer[each]), column=each) for each in SERVICES]
    for name, actor, options in _people():
        actor.workspace_id = "ws_1"
        callers.append(Calling(name, grpc.aio.Metadata(bearer["gateway"], *acting_for(actor)), **options))
    async with _serving(ServiceAuthenticator(load_identities(tmp_path / "identities.json")), parses=True) as channel:
        assert await _surprises(channel, callers) == []


async def test_the_gateway_lets_in_whom_the_page_names() -> None:
    config, callers = Config(), list[Calling]()
    for number, (name, actor, options) in enumerate(_people()):
        roles = config_pb2.RoleGrant(roles=actor.roles, grants=actor.grants)
        config.values[digest(str(number))] = config_pb2.TokenConfig(workspace_id="ws_1", roles=roles)
        callers.append(Calling(name, grpc.aio.Metadata(("authorization", f"Bearer {number}")), **options))
    config.values[digest("key")] = config_pb2.TokenConfig(workspace_id="ws_1", source_id="src_1")
    key = grpc.aio.Metadata(("authorization", "Bearer key"))
    callers.append(Calling("write key", key, column="write key"))
    async with _serving(Tokens(config).authenticate, parses=False) as channel:  # type: ignore[arg-type]
        assert await _surprises(channel, callers) == []


async def test_nobody_comes_in_without_a_token(tmp_path: Path) -> None:
    make_tokens(tmp_path)
    owner = access_pb2.Actor(workspace_id="ws_1", roles=[access_pb2.ROLE_OWNER])
    callers = [
        Calling("nobody", grpc.aio.Metadata()),
        Calling("an empty token", grpc.aio.Metadata(("authorization", "Bearer "))),
        Calling("a wrong token", grpc.aio.Metadata(("authorization", "Bearer ptk_0"))),
        Calling("who says to be the owner", acting_for(owner)),
    ]
    identities = ServiceAuthenticator(load_identities(tmp_path / "identities.json"))
    for authenticate, parses in ((identities, True), (Tokens(Config()).authenticate, False)):  # type: ignore[arg-type]
        async with _serving(authenticate, parses=parses) as channel:
            for method in METHODS.values():
                outcomes = await asyncio.gather(*(_outcome(channel, method, calling) for calling in callers))
                assert set(outcomes) == {"UNAUTHENTICATED"}, method.full_name
