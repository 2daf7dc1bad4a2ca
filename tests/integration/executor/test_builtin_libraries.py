"""Each library that functions find built in does its main job, in the real engine over real sockets."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest
from moto.server import ThreadedMotoServer

from services.executor.executor import Executor, Program, digest_of
from services.executor.local import make_executor
from services.executor.pool import SandboxPool
from services.executor.results import FunctionKind, Invocation, InvocationResult, Limits
from tests.images import cache_dir
from tests.libraries.case import Case, Sent
from tests.libraries.cases import CASES
from tests.libraries.keys import PRIVATE_PEM, PUBLIC_PEM
from tests.libraries.server import Hosts, Received, serving
from tests.libraries_reference import ROOT

__all__ = ["cache_dir"]

CATALOGUE = ROOT / "services" / "executor" / "libraries" / "catalogue.json"


@pytest.fixture
def hosts() -> Hosts:
    return Hosts()


@pytest.fixture
async def executor(cache_dir: Path, hosts: Hosts) -> AsyncIterator[Executor]:
    async with serving(hosts) as outside:
        executor = make_executor(cache_dir=cache_dir, outside=outside, pool=SandboxPool())
        yield executor
        executor.pool.close()


async def run(executor: Executor, case: Case, settings: dict[str, str]) -> InvocationResult:
    code = f"async function onTrack(event, settings) {{ {case.code} }}"
    program = Program(
        key=case.library,
        code=code,
        digest=digest_of(code),
        kind=FunctionKind.DESTINATION,
        settings=json.dumps(settings).encode(),
        once=True,
        masker=None,
        limits=Limits(wall_s=60, request_s=30),
    )
    return await executor.run(program, Invocation(payload=b'{"type":"track"}'))


def has_come(sent: Sent, received: list[Received]) -> bool:
    return any(
        each.target == sent.target
        and all(text in each.headers.get(name, "") for name, text in sent.headers.items())
        and all(text in each.body.decode(errors="replace") for text in sent.body)
        for each in received
    )


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    """The address of a server that is many of AWS's services."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    with httpx2.Client(base_url=url, trust_env=False) as client:
        # Without Docker a Lambda function is not run, but invoked and answered all the same. It wants a role.
        client.post("/moto-api/config", json={"lambda": {"use_docker": False}}).raise_for_status()
        role = {"Action": "CreateRole", "Version": "2010-05-08", "RoleName": "r", "AssumeRolePolicyDocument": "{}"}
        signed = {"authorization": "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/iam/aws4_request"}
        client.post("/", data=role, headers=signed).raise_for_status()
    yield url
    server.stop()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.library)
async def test_a_library_does_its_main_job(
    executor: Executor, hosts: Hosts, request: pytest.FixtureRequest, case: Case
) -> None:
    hosts.play(case)
    endpoint = {"endpoint": request.getfixturevalue("moto")} if case.aws else {}
    result = await run(executor, case, {"key": PRIVATE_PEM, "public_key": PUBLIC_PEM, **endpoint})
    assert result.error is None, (result.error, hosts.received)
    assert json.loads(result.returned) == case.returned
    assert tuple(line.text for line in result.logs) == case.logs
    for sent in case.sent:
        assert has_come(sent, hosts.received), (sent, hosts.received)
    assert len(hosts.received) == len(case.sent)


def test_each_package_has_its_case() -> None:
    packages = [entry["name"] for entry in json.loads(CATALOGUE.read_text()) if entry["entry"].startswith("npm/")]
    assert sorted({case.library for case in CASES}) == sorted(packages)
