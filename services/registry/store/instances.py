"""Instances of functions and the values of their settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.registry.secret_values import SecretValues
from services.registry.settings_schema import (
    MAX_SETTINGS_BYTES,
    SettingChanges,
    SettingDefinition,
    check_complete,
    parse_changes,
)
from services.registry.store import outbox
from services.registry.store.messages import definitions_of, json_bytes
from services.registry.store.tables import FunctionRow, InstanceRow
from services.registry.validation import refuse
from shared.errors import FieldViolation
from shared.ids import new_id


class Instances:
    """Makes, changes and removes instances, within a transaction that its caller has opened.

    Sensitive values are handed to `secrets` inside of the transaction and before its commit: what CONFIG tells of a
    value is then always there to be fetched. A transaction that fails later leaves a value that nothing refers to.
    """

    def __init__(self, secrets: SecretValues) -> None:
        self._secrets = secrets

    async def create(self, session: AsyncSession, function: FunctionRow, settings: bytes, *, field: str) -> InstanceRow:
        """Make an instance that runs the deployed version, or the newest. Raises InvalidArgument for its settings."""
        row = InstanceRow(
            id=new_id("ins"),
            workspace_id=function.workspace_id,
            function_id=function.id,
            version_id=function.deployed_version_id or function.latest_version_id,
            settings={},
            sensitive_settings=[],
        )
        definitions = definitions_of(function)
        changes = parse_changes(settings, definitions, field=field)
        _apply(row, changes, definitions, field=field)
        session.add(row)
        await session.flush()
        await self._hand_over(row, changes)
        return row

    async def change_settings(self, session: AsyncSession, row: InstanceRow, settings: bytes, *, field: str) -> None:
        """Replace and clear the values that are named. Raises InvalidArgument for them."""
        definitions = definitions_of(await session.get_one(FunctionRow, row.function_id))
        stored = {*row.settings, *row.sensitive_settings}
        changes = parse_changes(settings, definitions, field=field, clearable=stored)
        cleared_secrets = changes.cleared.intersection(row.sensitive_settings)
        _apply(row, changes, definitions, field=field)
        row.settings_revision += 1
        await self._hand_over(row, changes, cleared=cleared_secrets)

    async def adopt_definitions(
        self, session: AsyncSession, function: FunctionRow, definitions: list[SettingDefinition]
    ) -> None:
        """Fit the values of all instances to new definitions of their function.

        Values of settings that are sensitive from now on move to `secrets`. Raises InvalidArgument for a setting that
        is no longer sensitive while instances have a value, since no value ever comes back.
        """
        for row in await instances_of(session, function.id):
            _refuse_disclosure(row, definitions)
            row.settings_revision += 1
            moving = {d.name: row.settings[d.name] for d in definitions if d.sensitive and d.name in row.settings}
            if moving:
                row.settings = {name: value for name, value in row.settings.items() if name not in moving}
                row.sensitive_settings = sorted({*row.sensitive_settings, *moving})
                values = {name: json_bytes(value) for name, value in moving.items()}
                await self._secrets.put(workspace_id=row.workspace_id, instance_id=row.id, values=values)

    async def delete(self, session: AsyncSession, row: InstanceRow) -> None:
        """Remove an instance that nothing refers to any more, and its secrets."""
        function = await session.get_one(FunctionRow, row.function_id)
        await session.delete(row)
        await session.flush()
        outbox.put_delete(session, outbox.Action.INSTANCE, row.id)
        if row.sensitive_settings or any(definition.sensitive for definition in definitions_of(function)):
            await self._secrets.delete(workspace_id=row.workspace_id, instance_id=row.id)

    async def _hand_over(self, row: InstanceRow, changes: SettingChanges, *, cleared: Iterable[str] = ()) -> None:
        cleared = sorted(cleared)
        if changes.sensitive or cleared:
            await self._secrets.put(
                workspace_id=row.workspace_id, instance_id=row.id, values=changes.sensitive, cleared=cleared
            )


async def instances_of(session: AsyncSession, function_id: str) -> list[InstanceRow]:
    """Give all instances of a function, the oldest first."""
    query = select(InstanceRow).where(InstanceRow.function_id == function_id).order_by(InstanceRow.id)
    return list(await session.scalars(query))


async def instances_by_id(session: AsyncSession, ids: Iterable[str | None]) -> Mapping[str | None, InstanceRow]:
    """Give the instances of these ids."""
    rows = await session.scalars(select(InstanceRow).where(col(InstanceRow.id).in_([each for each in ids if each])))
    return {row.id: row for row in rows}


def _apply(row: InstanceRow, changes: SettingChanges, definitions: list[SettingDefinition], *, field: str) -> None:
    plain = {**row.settings, **changes.plain}
    row.settings = {name: value for name, value in plain.items() if name not in changes.cleared}
    row.sensitive_settings = sorted({*row.sensitive_settings, *changes.sensitive} - changes.cleared)
    check_complete(definitions, row.settings, row.sensitive_settings, field=field)
    if len(json_bytes(row.settings)) > MAX_SETTINGS_BYTES:
        refuse(FieldViolation(field, f"all values together are longer than {MAX_SETTINGS_BYTES} bytes"))


def _refuse_disclosure(row: InstanceRow, definitions: list[SettingDefinition]) -> None:
    wrong = [
        FieldViolation(f"function.settings[{index}].sensitive", f"clear the value that {row.id} has first")
        for index, definition in enumerate(definitions)
        if not definition.sensitive and definition.name in row.sensitive_settings
    ]
    if wrong:
        refuse(*wrong)
