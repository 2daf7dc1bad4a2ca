"""What each service with tables keeps in a database that is recorded, and how it reads that again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from penstock.access.v1 import access_pb2
from penstock.config.v1 import config_pb2
from penstock.event.v1 import outcome_pb2
from penstock.registry.v1 import destination_pb2, function_pb2, source_pb2
from services.delivery.outcomes import id_of
from services.delivery.settings import ReadModelLimits
from services.delivery.store import Filter, Store
from services.secrets.data_keys import DataKeys
from services.secrets.envelope import Envelope
from services.secrets.keys.keyring import Keyring
from services.secrets.keys.keyset import KeysetKey
from services.secrets.store.secrets import SecretStore
from shared.database import Database
from tests.integration.delivery.test_projector import EXHAUSTED, RETRYING, outcome
from tests.integration.registry.installation import SOURCE_CODE, running

HISTORY = Path(__file__).parent / "history"
SERVICES = Path(__file__).parents[3] / "services"
_KEYSET = HISTORY / "secrets" / "keyset.json"


@dataclass(frozen=True, slots=True)
class Service:
    """A service; `fill` and `check` get a database, and a folder for whatever else they need."""

    name: str
    fill: Callable[[Database, Path], Awaitable[None]]
    check: Callable[[Database, Path], Awaitable[None]]

    @property
    def migrations(self) -> Path:
        """Its migrations."""
        return SERVICES / self.name / "migrations"

    def versions(self) -> list[str]:
        """Versions of its tables, the oldest first: `0001`, …"""
        return sorted(file.name[1:5] for file in self.migrations.glob("v[0-9][0-9][0-9][0-9]_*.py"))

    def record(self, version: str, engine: str) -> Path:
        """Where the database of a version is, as SQL; `engine` is `sqlite` or `postgresql`."""
        return HISTORY / self.name / f"{version}.{engine}.sql"


async def _fill_registry(database: Database, folder: Path) -> None:
    key = function_pb2.SettingDefinition(name="key", type=function_pb2.SETTING_TYPE_STRING, sensitive=True)
    place = function_pb2.SettingDefinition(name="place", type=function_pb2.SETTING_TYPE_STRING)
    url = database.url.set(drivername=database.url.get_backend_name()).render_as_string(hide_password=False)
    async with running(url, folder) as installation:
        owner = installation.owner
        gate = await owner.create_function(settings=[key, place])
        gate.code += "\n// opened"
        await owner.update_function(gate, "code", message="Opened")
        await owner.create_function("Well", kind=1, code=SOURCE_CODE)
        await owner.create_source(function_id="Well")
        settings = b'{"key": "hidden", "place": "the valley"}'
        await owner.create_destination(function_id="Gate", settings=settings)
        await installation.publish()
        await owner.connect("Spring", "Turbine")  # left in the outbox
    async with database.write() as session:
        await session.execute(text("UPDATE workspaces SET name = 'recorded'"))
        await session.execute(text("UPDATE tokens SET digest = 'recorded' || substr(digest, 9)"))


async def _check_registry(database: Database, folder: Path) -> None:
    async with database.read() as session:
        query = text("SELECT id FROM workspaces WHERE name = 'recorded'")
        [workspace_id] = (await session.scalars(query)).all()
    url = database.url.set(drivername=database.url.get_backend_name()).render_as_string(hide_password=False)
    async with running(url, folder) as installation:
        owner = await installation.person(access_pb2.ROLE_OWNER, workspace_id=workspace_id)
        functions = await owner.call(owner.functions.ListFunctions, function_pb2.ListFunctionsRequest())
        assert sorted(each.display_name for each in functions.functions) == ["Gate", "Well"]
        versions = await owner.call(
            owner.functions.ListFunctionVersions, function_pb2.ListFunctionVersionsRequest(function_id="Gate")
        )
        assert sorted((each.number, each.message) for each in versions.versions) == [(1, ""), (2, "Opened")]
        found = await owner.call(
            owner.destinations.GetDestination, destination_pb2.GetDestinationRequest(destination_id="Turbine")
        )
        assert b"the valley" in found.destination.settings
        assert list(found.destination.sensitive_settings) == ["key"]
        source = await owner.call(owner.sources.GetSource, source_pb2.GetSourceRequest(source_id="Spring"))
        assert list(found.destination.source_ids) == [source.source.source_id]
        config = await installation.publish()
        published = config[f"source.{source.source.source_id}"]
        assert list(published.destination_ids) == [found.destination.destination_id]
        # And it can be changed.
        await owner.create_destination("Other", function_id="Gate", settings=b'{"key": "another"}')
        assert len(source.source.write_keys) == 1
        added = await owner.add_filter("Turbine")
        await owner.create_function("Sieve", kind=config_pb2.FUNCTION_KIND_INSERT_SOURCE)
        insert = await owner.insert("Sieve", "Spring")
        config = await installation.publish()
        assert config[f"source.{source.source.source_id}"].insert_function.instance_id == insert.instance_id
        filters = config[f"destination.{found.destination.destination_id}"].filters
        assert added.filter_id in [each.filter_id for each in filters]
        assert (await owner.workspace()).name == "recorded"


def _secrets(database: Database) -> SecretStore:
    _KEYSET.chmod(0o600)  # git does not keep it, and a file that others can read is refused
    keyring = Keyring(KeysetKey(_KEYSET, may_create=False))
    return SecretStore(database=database, envelope=Envelope(DataKeys(keyring)))


async def _fill_secrets(database: Database, _folder: Path) -> None:
    store = _secrets(database)
    values = {"key": b'"hidden"', "pin": b"1234"}
    await store.put(workspace_id="ws_recorded", instance_id="ins_recorded", values=values, cleared=[])
    await store.get(workspace_id="ws_recorded", instance_id="ins_recorded", service="executor")


async def _check_secrets(database: Database, _folder: Path) -> None:
    found = await _secrets(database).get(workspace_id="ws_recorded", instance_id="ins_recorded", service="executor")
    assert found == {"key": b'"hidden"', "pin": b"1234"}
    async with database.read() as session:
        assert await session.scalar(text("SELECT count(*) FROM access_log")) == 2


def _outcomes() -> list[outcome_pb2.Outcome]:
    return [*(outcome(n) for n in range(20)), outcome(20, RETRYING), outcome(21, EXHAUSTED, attempt=2), outcome(3)]


async def _fill_delivery(database: Database, _folder: Path) -> None:
    await Store(database, ReadModelLimits()).fold(_outcomes(), after=0, upto=23)


async def _check_delivery(database: Database, _folder: Path) -> None:
    store = Store(database, ReadModelLimits())
    assert await store.sequence() == 23
    # What was folded before the upgrade is known after it.
    await store.fold([outcome(3), outcome(20, attempt=2)], after=23, upto=24)
    rows = await store.stats("ws_1", Filter(), from_minute=None, to_minute=None)
    counts = {row.status: (int(row[-2]), int(row[-1])) for row in rows}
    assert counts == {outcome_pb2.STATUS_SUCCEEDED: (21, 2), RETRYING: (1, 0), EXHAUSTED: (1, 0)}
    found = await store.delivery("ws_1", id_of(outcome(21)))
    assert found
    shown, evidence = found
    row = shown.row
    assert (row.status, row.attempts, row.trace_id) == (EXHAUSTED, 2, outcome(21).trace_id)
    assert outcome_pb2.Evidence.FromString(evidence or b"").error.message == "failure 2"


ALL = [
    Service("registry", _fill_registry, _check_registry),
    Service("secrets", _fill_secrets, _check_secrets),
    Service("delivery", _fill_delivery, _check_delivery),
]
