"""Whether functions of an installation run in this release: what runs there or is the newest is tried here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import grpc
from rich.console import Group, RenderableType
from rich.text import Text

from cli.code_errors import source_excerpt
from cli.commands.function_test.bench import make_bench
from cli.functions.instances import Instance, all_instances
from cli.functions.listing import all_functions, all_versions
from cli.functions.versions import DEPLOYED, marks
from penstock.registry.v1 import function_pb2
from services.executor.canned import CannedOutside
from services.executor.executor import Executor
from services.executor.source import AUTHOR_FILE, CodeFault, CodeFaultError


@dataclass(frozen=True, slots=True)
class Examined:
    """A version that was tried; `places` are where it runs. Without a fault it runs here as it does there."""

    function: function_pb2.Function
    version: function_pb2.FunctionVersion
    places: list[str]
    fault: CodeFault | None

    @property
    def marks(self) -> list[str]:
        return marks(self.function, self.version.version_id).split()

    @property
    def is_deployed(self) -> bool:
        return bool(self.places) or DEPLOYED in self.marks

    def data(self) -> dict[str, object]:
        """Give it as `--json` prints it."""
        fault = self.fault
        return {
            "function": self.function.display_name,
            "function_id": self.function.function_id,
            "version_id": self.version.version_id,
            "number": self.version.number,
            "marks": self.marks,
            "deployed": self.is_deployed,
            "runs_for": self.places,
            "error": fault
            and {
                "name": fault.name,
                "message": fault.message,
                "file": fault.file or AUTHOR_FILE,
                "line": fault.line,
                "column": fault.column,
            },
        }


async def examine(channel: grpc.aio.Channel) -> list[Examined]:
    """Try the newest and all running versions of all functions, in a sandbox of this process.

    Raises FileNotFoundError where the engine is not built.
    """
    executor = make_bench(CannedOutside({}))
    instances = await all_instances(channel)
    return [
        Examined(function, version, _places(instances, version), await _fault(executor, version))
        async for function in all_functions(channel)
        async for version in _versions(channel, function, {each.version_id for each in instances})
    ]


def examined_text(examined: list[Examined]) -> RenderableType:
    """Show what would not survive, what runs first."""
    lost = sorted((each for each in examined if each.fault), key=lambda each: not each.is_deployed)
    functions = len({each.function.function_id for each in examined})
    if not lost:
        return Text(f"✓ All {len(examined)} versions of {functions} functions run in this release.", style="green")
    deployed = sum(each.is_deployed for each in lost)
    count = f"\n{len(lost)} of {len(examined)} versions would not run in this release, {deployed} of them deployed."
    return Group(*(part for each in lost for part in _shown(each)), Text(count, style="bold red"))


def _shown(examined: Examined) -> Iterator[RenderableType]:
    fault, words = examined.fault, ", ".join([f"version {examined.version.number}", *examined.marks])
    if fault is None:
        return
    place = f"{fault.file or AUTHOR_FILE}:{fault.line}:{fault.column}: " if fault.line else ""
    style = "bold red" if examined.is_deployed else "yellow"
    yield Text(f"✗ {examined.function.display_name}  {words}", style=style)
    yield Text(f"  {place}{fault.name}: {fault.message}")
    yield from source_excerpt(fault.line, fault.column, fault.source_line)
    yield Text(f"  runs for: {', '.join(examined.places) or 'nothing yet'}", style="dim")


async def _versions(
    channel: grpc.aio.Channel, function: function_pb2.Function, running: set[str]
) -> AsyncIterator[function_pb2.FunctionVersion]:
    # Listed, not asked for one by one: releases before this one know no other way.
    wanted = {function.latest_version_id, *([function.deployed_version_id] if function.deployed_version_id else [])}
    async for version in all_versions(channel, function.function_id):
        if version.version_id in wanted | running:
            yield version


def _places(instances: list[Instance], version: function_pb2.FunctionVersion) -> list[str]:
    return [each.place for each in instances if each.version_id == version.version_id]


async def _fault(executor: Executor, version: function_pb2.FunctionVersion) -> CodeFault | None:
    try:
        found = await executor.check(version.code)
    except CodeFaultError as error:
        return error.fault
    if found.fault:
        return found.fault
    lost = sorted({*version.handlers} - {*found.handlers})
    return CodeFault("Error", f"it has no {', '.join(lost)} any more") if lost else None
