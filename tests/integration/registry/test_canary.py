"""A secret is looked for wherever registry and secrets write: no table and no log line may have it in any form."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import pytest
import structlog
from sqlalchemy import MetaData, select

from penstock.registry.v1 import destination_pb2 as dst
from penstock.registry.v1 import function_pb2 as fn
from services.registry.store.tables import Row as RegistryRow
from services.secrets.store.tables import Row as SecretsRow
from shared.database import Database
from shared.errors import PenstockError
from shared.telemetry.logs import configure_logs
from tests.integration.registry.installation import Installation, Person

CANARY = 'canary-"7d1f"/ü-9c44e2'
LIBRARIES = ("sqlalchemy.engine", "alembic", "grpc", "aiosqlite")
KEY = fn.SettingDefinition(name="key", type=fn.SETTING_TYPE_STRING, sensitive=True)
WORD = fn.SettingDefinition(name="word", type=fn.SETTING_TYPE_STRING, required=True)


def _forms(secret: str) -> list[bytes]:
    plain = secret.encode()
    texts = [
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        quote(secret),
        quote(secret, safe=""),
        repr(plain)[2:-1],
        plain.hex(),
        plain.hex().upper(),
    ]
    # Inside of a longer text, base64 has one of three forms; the ends depend on the neighbours.
    shifted = [base64.b64encode(b"x" * shift + plain)[4:-4] for shift in range(3)]
    return [*(text.encode() for text in texts), *shifted, *(base64.urlsafe_b64encode(plain)[:-4],)]


def _found(haystack: bytes) -> list[bytes]:
    return [form for form in _forms(CANARY) if form in haystack]


async def _dump(database: Database, metadata: MetaData) -> bytes:
    parts: list[bytes] = []
    async with database.read() as session:
        for table in metadata.sorted_tables:
            for row in (await session.execute(select(table))).all():
                parts.extend(_bytes(value) for value in row)
    return b"\n".join(parts)


def _bytes(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    return (value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)).encode()


async def _put_everywhere(owner: Person) -> list[str]:
    """Send the secret on every way in, also on those that fail; give the errors' texts."""
    settings = json.dumps({"key": CANARY, "word": "w"}).encode()
    await owner.create_function(settings=[KEY, WORD])
    request = dst.CreateDestinationRequest(
        destination=dst.Destination(name="Turbine", function_id="Gate", settings=settings), request_id="r1"
    )
    made = (await owner.call(owner.destinations.CreateDestination, request)).destination
    made.settings = settings
    changed = await owner.update_destination(made, "settings")
    assert list(changed.sensitive_settings) == ["key"]
    errors: list[str] = []
    for wrong in ({"key": [CANARY], "word": "w"}, {"key": CANARY}, {"key": CANARY, "word": "w", "other": CANARY}):
        with pytest.raises(PenstockError) as caught:
            await owner.create_destination("x", function_id="Gate", settings=json.dumps(wrong).encode())
        errors.append(f"{caught.value.message} {caught.value.metadata} {caught.value.violations}")
    return errors


@contextmanager
def _all_logged(log_format: Any) -> Generator[None]:
    """Log everything as a service does; leave the logs as they were."""
    root = logging.getLogger()
    handlers, levels = root.handlers[:], {name: logging.getLogger(name).level for name in ("", *LIBRARIES)}
    configure_logs(service="test", log_format=log_format, level="debug")
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield
    root.handlers[:] = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize("log_format", ["json", "console"])
async def test_no_table_and_no_log_has_the_secret(
    installation: Installation, owner: Person, log_format: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    with _all_logged(log_format):
        errors = await _put_everywhere(owner)
        token = (await owner.create_source()).token.removeprefix("psk_").encode()
        await installation.publish()
        made = next(key for key in installation.config.values if key.startswith("instance."))
        stored = await installation.secrets_of(owner.workspace_id, made.removeprefix("instance."))
    assert json.loads(stored["key"]) == CANARY

    out, err = capfd.readouterr()
    assert "INSERT INTO" in out + err  # the statements are logged, without their values
    tables = await _dump(installation.database, RegistryRow.metadata)
    ciphertext = await _dump(installation.secrets_database, SecretsRow.metadata)
    assert b"Turbine" in tables
    assert _found(tables) == _found(ciphertext) == _found((out + err).encode()) == []
    assert _found("".join(errors).encode()) == []
    published = b"".join(value.SerializeToString() for value in installation.config.values.values())
    assert _found(published) == []
    for form in (token, bytes.fromhex(token.decode()), base64.b64encode(token)[:-4]):
        assert form not in tables + published + (out + err).encode()


def test_the_search_would_find_it() -> None:
    for text in (CANARY, json.dumps({"a": CANARY}), repr(CANARY.encode()), CANARY.encode().hex()):
        assert _found(text.encode())
    for shift in range(3):
        assert _found(base64.b64encode(b"y" * shift + CANARY.encode() + b"zzz"))
