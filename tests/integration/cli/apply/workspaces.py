"""Applying folders to a workspace, and exporting it, as the commands do."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc

from cli.apply.execute import Executor
from cli.apply.folder import Folder, read_folder
from cli.apply.plan import Plan, make_plan
from cli.apply.state import State
from cli.apply.workspace import Workspace
from cli.apply.writing import Export
from cli.output import Output
from tests.integration.registry.installation import Person


def read(folder: Path) -> Folder:
    return read_folder(folder, Output(as_json=False))


@dataclass
class Applied:
    """A workspace that folders are applied to; `tokens` are those of the sources that were made."""

    channel: grpc.aio.Channel
    person: Person
    tokens: dict[str, str] = field(default_factory=dict)

    async def state(self) -> State:
        return (await Workspace.read(self.channel)).state()

    async def plan(self, folder: Path, **options: Any) -> Plan:
        return make_plan(read(folder).state, await self.state(), **options)

    async def apply(self, folder: Path, **options: Any) -> Plan:
        """Do all of the plan, and give it."""
        declared, there = read(folder), await Workspace.read(self.channel)
        plan = make_plan(declared.state, there.state(), **options)
        assert not plan.conflicts
        await self.do(plan, declared, there)
        return plan

    async def do(self, plan: Plan, declared: Folder, there: Workspace) -> None:
        secrets = {place: f"secret-{place[2]}" for place in declared.references}
        executor = Executor(self.channel, declared, there, secrets=secrets, on_token=self.tokens.__setitem__)
        for action in plan.actions:
            await executor.do(action)

    async def export(self, folder: Path) -> Export:
        exported = Export(await Workspace.read(self.channel))
        for path, text in exported.files().items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(text.encode())
        return exported
