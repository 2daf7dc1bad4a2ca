"""Folders applied to a real registry, and workspaces exported from it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cli.apply.plan import Verb, make_plan
from cli.apply.state import Kind
from cli.apply.workspace import Workspace
from cli.functions.survival import examine
from penstock.config.v1 import config_pb2
from penstock.registry.v1 import destination_pb2
from shared.errors import Aborted, InvalidArgument
from tests.integration.cli.apply.workspaces import Applied, read
from tests.integration.registry.installation import Installation

EXAMPLE = Path(__file__).parents[4] / "examples" / "workspace"
ODD = {
    "functions/a/function.toml": """
name = "In “quotes” & [brackets]"
kind = "destination"
description = '''two
"lines"'''
logo_url = "https://logo.example/a.png"
isolation = "invocation"

[[settings]]
name = "map"
type = "TEXT_MAP"
default = { env = "a default that looks like a reference" }

[[settings]]
name = "list"
type = "ARRAY"
sensitive = true

[[settings]]
name = "on"
type = "BOOLEAN"
""",
    "functions/a/function.js": "async function onTrack() {}\r\n// \\u2028 \u2028 'both' \"quotes\"\r\n",
    "functions/b/function.toml": 'name = "b"\nkind = "insert-source"\n[[settings]]\nname = "key"\nsensitive = true\n',
    "functions/b/index.js": "async function onTrack(event) { return event }",
    "sources.toml": """
["a source. with dots"]
enabled = false
backlog_limit = 7
insert = { function = "b", name = "called so", enabled = false, settings = { key = { env = "KEY" } } }

[plain]
""",
    "destinations.toml": """
["In “quotes” & [brackets]"]
function = "In “quotes” & [brackets]"
sources = ["a source. with dots"]
enabled = false
max_per_second = 0.5
concurrency = 3
backlog_limit = 1_000
settings = { map = { env = "no reference" }, list = { file = "/run/secrets/list" }, on = false }

[["In “quotes” & [brackets]".filters]]
title = "twice"
source = "plain"
condition = 'type = "track"'
actions = [
  { type = "sample", percent = 1, path = "userId" },
  { type = "drop_properties", fields = { "" = ["b", "a"] } },
]

[["In “quotes” & [brackets]".filters]]
title = "twice"
source = "plain"
condition = "all"
actions = ["drop"]
description = "off"
enabled = false
""",
}


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """The example, to be changed."""
    return Path(shutil.copytree(EXAMPLE, tmp_path / "example"))


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text.encode())
    return folder


def edited(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


async def test_an_empty_workspace_becomes_the_example_and_then_nothing_is_to_do(
    installation: Installation, first: Applied
) -> None:
    plan = await first.apply(EXAMPLE)
    assert {action.verb for action in plan.actions} == {Verb.CREATE}
    assert first.tokens.keys() == {"shop", "website"}
    again = await first.plan(EXAMPLE)
    assert (again.actions, again.kept) == ((), ())
    crm = (await Workspace.read(first.channel)).destinations[("crm",)]
    assert b"secret" not in crm.settings
    secrets = await installation.secrets_of(first.person.workspace_id, crm.instance_id)
    assert secrets == {"apiKey": b'"secret-apiKey"'}


@pytest.mark.parametrize("files", [{}, ODD], ids=["example", "odd"])
async def test_what_is_exported_makes_another_workspace_equal(
    tmp_path: Path, first: Applied, other: Applied, files: dict[str, str]
) -> None:
    await first.apply(written(tmp_path / "odd", files) if files else EXAMPLE)
    exported = await first.export(tmp_path / "exported")
    assert (await first.plan(tmp_path / "exported", prune=True)).actions == ()
    assert len(exported.variables) == 2
    assert "secret-" not in "".join(exported.files().values())
    await other.apply(tmp_path / "exported")
    assert await other.state() == await first.state()


async def test_changes_are_made_in_place_and_deployed(example: Path, first: Applied) -> None:
    await first.apply(example)
    before = await Workspace.read(first.channel)
    edited(example / "functions/crm/function.js", "'POST'", "'PUT'")
    edited(example / "functions/no-addresses/function.js", "an order to test with", "no real order")
    edited(example / "functions/no-addresses/function.toml", 'default = ["email"]', 'default = ["email", "phone"]')
    edited(example / "destinations.toml", "max_per_second = 20", "enabled = false")
    edited(example / "destinations.toml", ">= 1000", ">= 500")
    edited(example / "destinations.toml", 'function = "no-addresses"', 'function = "no-addresses"\nname = "mask"')
    edited(example / "sources.toml", 'settings = { currency = "EUR" }', "backlog_limit = 9")
    plan = await first.apply(example)
    assert {action.verb for action in plan.actions} == {Verb.CHANGE, Verb.DEPLOY}
    assert (await first.plan(example, prune=True)).actions == ()
    after = await Workspace.read(first.channel)
    crm = after.destinations[("crm",)]
    assert crm.destination_id == before.destinations[("crm",)].destination_id
    assert crm.version_id == after.functions[("crm",)].latest_version_id
    assert crm.version_id != before.functions[("crm",)].latest_version_id


async def test_another_insert_function_takes_the_place_of_one(example: Path, first: Applied) -> None:
    await first.apply(example)
    shutil.copytree(example / "functions/no-addresses", example / "functions/other")
    edited(example / "functions/other/function.toml", '"no-addresses"', '"other"')
    edited(example / "destinations.toml", 'function = "no-addresses"', 'function = "other"')
    await first.apply(example)
    assert (await first.plan(example)).actions == ()
    assert [each.function for each in (await first.state()).inserts.values()] == ["other"]


async def test_what_somebody_else_changed_meanwhile_is_noticed(example: Path, first: Applied) -> None:
    await first.apply(example)
    edited(example / "destinations.toml", "max_per_second = 20", "max_per_second = 5")
    declared, there = read(example), await Workspace.read(first.channel)
    plan = make_plan(declared.state, there.state())
    id_ = there.destinations[("crm",)].destination_id
    await first.person.update_destination(destination_pb2.Destination(destination_id=id_, concurrency=3), "concurrency")
    with pytest.raises(Aborted):
        await first.do(plan, declared, there)
    await first.apply(example)
    assert (await first.plan(example)).actions == ()


async def test_after_a_failure_it_goes_on_when_it_is_run_again(example: Path, first: Applied) -> None:
    edited(example / "functions/order-alerts/function.ts", "interface Order {", "const fault = 1;\ninterface Order {")
    with pytest.raises(InvalidArgument):
        await first.apply(example)
    made = await first.state()
    assert 0 < len(made.functions) < 4
    edited(example / "functions/order-alerts/function.ts", "const fault = 1;", "")
    await first.apply(example)
    assert (await first.plan(example, prune=True)).actions == ()


async def test_what_is_not_declared_goes_with_prune_alone(tmp_path: Path, example: Path, first: Applied) -> None:
    await first.apply(example)
    left = written(tmp_path / "left", {"sources.toml": "[website]\n"})
    assert (await first.apply(left)).actions == ()
    await first.apply(left, prune=True)
    state = await first.state()
    assert [list(state.of(kind)) for kind in Kind] == [[], [("website",)], [], [], [], []]


async def test_an_older_version_that_runs_stays_so(tmp_path: Path, first: Applied, example: Path) -> None:
    await first.apply(example)
    crm = (await Workspace.read(first.channel)).functions[("crm",)]
    crm.code += "// newer"
    await first.person.update_function(crm, "code")
    exported = await first.export(tmp_path / "exported")
    assert exported.undeployed == ["crm"]
    assert (await first.plan(tmp_path / "exported")).actions == ()
    assert [each.verb for each in (await first.plan(example)).actions] == [Verb.CHANGE, Verb.DEPLOY]


@pytest.mark.usefixtures("own_cache")
async def test_versions_that_this_release_does_not_run_are_found(first: Applied) -> None:
    """The registry here takes what an older release has taken."""
    old = await first.person.create_function("old", code="async function onTrack() {\n  let x = ;\n}")
    await first.person.create_destination("runs it", function_id=old.function_id)
    old.code = "async function onTrack() {}"
    await first.person.update_function(old, "code")
    await first.person.create_function("lost", code="// onRequest goes: async", kind=config_pb2.FUNCTION_KIND_SOURCE)
    fine, broken, lost = await examine(first.channel)
    assert (fine.version.number, fine.fault, fine.is_deployed) == (2, None, False)
    assert broken.fault
    assert (broken.fault.name, broken.fault.line, broken.fault.column) == ("SyntaxError", 2, 11)
    assert (broken.places, broken.is_deployed) == (["destination runs it"], True)
    assert lost.fault
    assert lost.fault.message == "it has no onRequest any more"
