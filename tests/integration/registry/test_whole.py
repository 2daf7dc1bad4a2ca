"""What CONFIG says is always whole: random histories of a function, against a model of which version runs where."""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from google.protobuf.field_mask_pb2 import FieldMask
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from penstock.access.v1 import access_pb2
from penstock.config.v1 import config_pb2
from penstock.registry.v1 import function_pb2 as fn
from penstock.registry.v1 import insert_function_instance_pb2 as ins
from services.registry.store.workspaces import WorkspaceStore
from shared.rpc.identity import digest
from tests.fuzz import fuzz
from tests.integration.registry.installation import Installation, Person, running

T = TypeVar("T")

HANDLERS = {"function onTrack() {}": ["onTrack"], "function onBatch() {}": ["onBatch"], "// nothing": list[str]()}
CODES = sorted(HANDLERS)
PLACE = fn.SettingDefinition(name="place", type=fn.SETTING_TYPE_STRING)
MOST = 3
# Which of what there is, however many that are.
CHOICE = st.integers(0, 11)


@dataclass(slots=True)
class Use:
    """An instance as it should be."""

    instance_id: str
    destination_id: str
    version_id: str
    enabled: bool = True
    place: str = ""


class History(RuleBasedStateMachine):
    """Saves, restores and deploys an insert function, and puts it to use, in any order."""

    def __init__(self, runner: asyncio.Runner, installation: Installation) -> None:
        super().__init__()
        self.runner = runner
        self.installation = installation
        self.uses: list[Use] = []
        self.versions: list[tuple[str, str]] = []
        self.deployed = ""
        self.name = "Sieve"

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    @initialize()
    def begin(self) -> None:
        self.person = self.run(self._person())
        self.run(self.person.create_function("Gate"))
        kind = config_pb2.FUNCTION_KIND_INSERT_DESTINATION
        made = self.run(self.person.create_function("Sieve", kind=kind, code=CODES[0], settings=[PLACE]))
        self.function_id = made.function_id
        self.versions.append((made.latest_version_id, CODES[0]))
        for code in CODES[1:]:
            self._save(code)
        for _ in range(2):
            self._put_to_use(enabled=True)

    async def _person(self) -> Person:
        roles = [access_pb2.ROLE_OWNER]
        store = WorkspaceStore(self.installation.database)
        workspace_id = await store.create("town", token_digest=digest(secrets.token_hex()), roles=roles)
        return await self.installation.person(*roles, workspace_id=workspace_id)

    @rule(code=st.sampled_from(CODES))
    def save(self, code: str) -> None:
        self._save(code)

    def _save(self, code: str) -> None:
        changed = fn.Function(function_id=self.function_id, code=code)
        saved = self.run(self.person.update_function(changed, "code"))
        if code != self.versions[-1][1]:
            self.versions.append((saved.latest_version_id, code))

    @rule(which=CHOICE)
    def restore(self, which: int) -> None:
        number = which % len(self.versions) + 1
        request = fn.RestoreFunctionVersionRequest(function_id=self.function_id, version_id=str(number))
        restored = self.run(self.person.call(self.person.functions.RestoreFunctionVersion, request))
        assert restored.version.number == len(self.versions) + 1
        self.versions.append((restored.version.version_id, self.versions[number - 1][1]))

    @rule(version=st.none() | CHOICE, chosen=st.sets(CHOICE, max_size=2), by_owner=st.booleans())
    def deploy(self, version: int | None, chosen: set[int], *, by_owner: bool) -> None:
        index = len(self.versions) - 1 if version is None else version % len(self.versions)
        named = "" if version is None else str(index + 1)
        uses = [self.uses[each % len(self.uses)] for each in chosen] if self.uses else []
        targets = [use.destination_id if by_owner else use.instance_id for use in uses]
        self.run(self.person.deploy(self.function_id, version=named, instances=targets))
        self.deployed = self.versions[index][0]
        for use in uses or self.uses:
            use.version_id = self.deployed

    @precondition(lambda self: len(self.uses) < MOST)
    @rule(enabled=st.booleans())
    def put_to_use(self, *, enabled: bool) -> None:
        self._put_to_use(enabled=enabled)

    def _put_to_use(self, *, enabled: bool) -> None:
        destination = self.run(self.person.create_destination(secrets.token_hex(4), function_id="Gate"))
        made = self.run(self.person.insert(self.name, destination.destination_id, enabled=enabled))
        version_id = self.deployed or self.versions[-1][0]
        self.uses.append(Use(made.instance_id, destination.destination_id, version_id, enabled))

    @precondition(lambda self: bool(self.uses))
    @rule(which=CHOICE, enabled=st.booleans(), place=st.sampled_from(["dam", "mill"]))
    def change(self, which: int, place: str, *, enabled: bool) -> None:
        use = self.uses[which % len(self.uses)]
        use.enabled, use.place = enabled, place
        changed = ins.InsertFunctionInstance(
            instance_id=use.instance_id, enabled=enabled, settings=json.dumps({"place": place}).encode()
        )
        mask = FieldMask(paths=["enabled", "settings"])
        request = ins.UpdateInsertFunctionInstanceRequest(insert_function_instance=changed, update_mask=mask)
        self.run(self.person.call(self.person.inserts.UpdateInsertFunctionInstance, request))

    @precondition(lambda self: bool(self.uses))
    @rule(which=CHOICE)
    def remove(self, which: int) -> None:
        use = self.uses.pop(which % len(self.uses))
        self.run(self.person.delete_destination(use.destination_id))

    @rule(name=st.sampled_from(["Sieve", "Strainer"]))
    def rename(self, name: str) -> None:
        changed = fn.Function(function_id=self.function_id, display_name=name)
        self.run(self.person.update_function(changed, "display_name"))
        self.name = name

    @invariant()
    def config_is_whole(self) -> None:
        if not self.versions:
            return
        config = self.run(self.installation.publish())
        mine = {key for key, value in config.items() if getattr(value, "function_id", "") == self.function_id}
        assert mine == {f"instance.{use.instance_id}" for use in self.uses}
        codes = dict(self.versions)
        for use in self.uses:
            instance = config[f"instance.{use.instance_id}"]
            code = codes[use.version_id]
            sha = hashlib.sha256(code.encode()).hexdigest()
            assert (instance.version_id, instance.code_digest) == (use.version_id, sha)
            assert self.installation.config.code[sha] == code.encode()
            assert list(instance.handlers) == HANDLERS[code]
            assert json.loads(instance.settings) == ({"place": use.place} if use.place else {})
            assert instance.function_name == self.name
            destination = config[f"destination.{use.destination_id}"]
            assert destination.HasField("insert_function") == use.enabled
            assert not use.enabled or destination.insert_function == instance

    def teardown(self) -> None:
        request = fn.GetFunctionRequest(function_id=self.function_id)
        found = self.run(self.person.call(self.person.functions.GetFunction, request)).function
        assert (found.latest_version_id, found.code) == self.versions[-1]
        assert found.deployed_version_id == self.deployed


def test_what_config_says_is_whole_after_every_step(tmp_path: Path) -> None:
    with asyncio.Runner() as runner:
        opened = running(f"sqlite:///{tmp_path / 'test.db'}", tmp_path)
        installation = runner.run(opened.__aenter__())
        # Steps are slow, and histories short: none is made shorter.
        bound = settings(fuzz(8), stateful_step_count=12, phases=[Phase.generate])
        run_state_machine_as_test(lambda: History(runner, installation), settings=bound)  # pyright: ignore[reportArgumentType] any factory will do
        runner.run(opened.__aexit__(None, None, None))
