"""An executor over gRPC, alone on the first core, for benches: `--code` gives an instance of each name, in a workspace
of its own.

Prints its port. Everything is the service's own but where instances come from: no log and no secrets service run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import grpc
import uvloop

from penstock.config.v1 import config_pb2
from penstock.executor.v1 import executor_service_pb2_grpc
from services.executor.app import SERVICE
from services.executor.canned import CannedOutside
from services.executor.local import make_executor
from services.executor.pool import SandboxPool
from services.executor.programs import Programs
from services.executor.results import Limits
from services.executor.service import ExecutorServicer
from services.executor.turns import Turns
from services.executor.usage import UsageMeter
from shared.bus import Ack, Publication
from shared.process import tune_process
from shared.rpc.access import ServiceAuthenticator
from shared.rpc.identity import digest
from shared.rpc.server import RpcServer
from tests.bench.deployed import Deployed

TOKEN = "bench"


async def serve(code: Mapping[str, str], cache_dir: Path) -> None:
    """Serve for ever; prints the port."""
    usage = UsageMeter(publish=_forget, limit_s=lambda _workspace: None)
    pool = SandboxPool()
    executor = make_executor(cache_dir=cache_dir, outside=CannedOutside({}), pool=pool, turns=Turns(spend=usage.spend))
    deployed = Deployed()
    for name, text in code.items():
        kind = config_pb2.FUNCTION_KIND_INSERT_DESTINATION
        deployed.deploy(name, text, workspace_id=f"ws_{name}", kind=kind)
    programs = Programs(deployments=deployed, pool=pool, limits=Limits())
    servicer = ExecutorServicer(executor=executor, programs=programs, usage=usage, waiting_events=4000)

    def add(server: grpc.aio.Server) -> None:
        executor_service_pb2_grpc.add_ExecutorServiceServicer_to_server(servicer, server)

    server = RpcServer(
        address="127.0.0.1:0",
        names=[SERVICE],
        add=add,
        authenticate=ServiceAuthenticator({digest(TOKEN): "delivery"}),
    )
    await server.start()
    print(server.port, flush=True)
    await asyncio.Event().wait()


async def _forget(publications: Sequence[Publication]) -> Sequence[Ack]:
    return [Ack(sequence=0, duplicate=False) for _ in publications]


def main() -> None:
    """Read `{name: code}` as JSON from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--code", type=json.loads, required=True, help="JSON object of source texts by instance")
    arguments = parser.parse_args()
    # The load has the others, also where it is this process's parent.
    os.sched_setaffinity(0, {0})
    tune_process()
    with tempfile.TemporaryDirectory() as folder:
        uvloop.run(serve(arguments.code, Path(folder)))


if __name__ == "__main__":
    main()
