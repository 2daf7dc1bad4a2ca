"""Keys in a KMS: AWS as moto plays it, Vault's transit as our stand-in does. The service moves to them and back."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from services.secrets.keys import kms
from services.secrets.settings import SecretsSettings
from services.secrets.store.tables import SecretRow
from shared.errors import DataLoss, FailedPrecondition, Unavailable
from tests.integration.secrets.running import running_secrets, settings_of
from tests.nats import free_port
from tests.polling import until
from tests.vault import Vault, running_vault

VALUES = {f"key{n}": b'"hush%d"' % n for n in range(20)}


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch) -> Iterator[Vault]:
    with running_vault() as vault:
        monkeypatch.setenv("VAULT_TOKEN", vault.token)
        yield vault


@pytest.fixture
def aws_uri(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A key in AWS KMS; boto3 finds the server and credentials as it does for everybody."""
    port = free_port()
    for name, value in (("ACCESS_KEY_ID", "test"), ("SECRET_ACCESS_KEY", "test"), ("DEFAULT_REGION", "eu-west-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", f"http://127.0.0.1:{port}")
    server = ThreadedMotoServer("127.0.0.1", port, verbose=False)
    server.start()
    kms: Any = boto3.client("kms")  # type: ignore[no-untyped-call]
    yield f"aws-kms://{kms.create_key()['KeyMetadata']['Arn']}"
    kms.close()
    server.stop()


def with_kms(settings: SecretsSettings, uri: str, **others: Any) -> SecretsSettings:
    return settings.model_copy(update={"kms_uri": uri, **others})


async def test_it_moves_to_aws_and_back(tmp_path: Path, aws_uri: str) -> None:
    settings = settings_of(tmp_path)
    async with running_secrets(settings) as running:
        await running.put(VALUES)
        [local] = await running.values_by_key()
    async with running_secrets(with_kms(settings, aws_uri)) as running:
        assert await running.get() == VALUES
        await until(running.is_settled)
        assert await running.values_by_key() == {aws_uri: len(VALUES), local: 0}
        assert await running.rotate() == aws_uri
        assert await running.get() == VALUES
    async with running_secrets(settings) as running:
        with pytest.raises(Unavailable) as caught:
            await running.get()
        assert caught.value.reason == "KEY_NOT_CONFIGURED"
        [key] = [key for key in (await running.status()).keys if key.key_id == aws_uri]
        assert not key.configured
    async with running_secrets(settings.model_copy(update={"former_kms_uris": [aws_uri]})) as running:
        await until(running.is_settled)
        assert await running.values_by_key() == {local: len(VALUES)}
    async with running_secrets(settings) as running:
        assert await running.get() == VALUES


async def test_a_new_version_in_vault_encrypts_all_anew(tmp_path: Path, vault: Vault) -> None:
    settings = with_kms(settings_of(tmp_path), vault.uri)
    async with running_secrets(settings) as running:
        await running.put(VALUES)
        assert await running.values_by_key() == {f"{vault.uri}#v1": len(VALUES)}
        vault.rotate()
        await running.put({"key0": VALUES["key0"]})
        assert await running.values_by_key() == {f"{vault.uri}#v1": len(VALUES) - 1, f"{vault.uri}#v2": 1}
        assert await running.get() == VALUES
        await running.rotate()
        assert await running.values_by_key() == {f"{vault.uri}#v2": len(VALUES)}
        assert await running.get() == VALUES
    assert not settings.keyset_path.exists()


async def test_one_call_serves_all_values_that_were_stored_together(tmp_path: Path, vault: Vault) -> None:
    settings = with_kms(settings_of(tmp_path), vault.uri)
    async with running_secrets(settings) as running:
        await running.put(VALUES)
        for _ in range(3):
            assert await running.get() == VALUES
    assert [path.split("/")[3] for path in vault.calls] == ["encrypt", "decrypt"]
    async with running_secrets(settings.model_copy(update={"data_key_held_s": 0.0})) as running:
        await running.get()
        await until(lambda: _asks_again(running, vault))


async def _asks_again(running: Any, vault: Vault) -> bool:
    before = len(vault.calls)
    await running.get()
    return len(vault.calls) > before


@pytest.mark.parametrize("trouble", ["sealed", "forbidden", "gone"])
async def test_a_kms_that_is_away_is_waited_for(tmp_path: Path, vault: Vault, trouble: str) -> None:
    token_file = tmp_path / "vault-token"
    token_file.write_text(vault.token + "\n")
    settings = with_kms(settings_of(tmp_path), vault.uri, vault_token_file=token_file)
    async with running_secrets(settings) as running:
        await running.put({"a": b"1"})
    if trouble == "sealed":
        vault.sealed = True
    elif trouble == "forbidden":
        vault.token = "hvs.renewed"
    else:
        settings = with_kms(settings, f"hcvault+http://127.0.0.1:{free_port()}/transit/keys/penstock")
    async with running_secrets(settings.model_copy(update={"former_kms_uris": [vault.uri]})) as running:
        with pytest.raises(Unavailable) as caught:
            await running.put({"b": b"2"})
        assert caught.value.reason == "KMS_UNAVAILABLE"
        assert caught.value.retry_delay_s
        if trouble == "gone":
            assert await running.get() == {"a": b"1"}
            return
        with pytest.raises(Unavailable):
            await running.get()
        vault.sealed = False
        token_file.write_text(vault.token)

        async def is_back() -> bool:
            try:
                return await running.get() == {"a": b"1"}
            except Unavailable:
                return False

        await until(is_back)


async def test_a_kms_that_says_nothing_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kms, "_LIMIT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        uri = f"hcvault+http://127.0.0.1:{silent.getsockname()[1]}/transit/keys/penstock"
        async with running_secrets(with_kms(settings_of(tmp_path), uri)) as running:
            with pytest.raises(Unavailable) as caught:
                await running.put({"a": b"1"})
            assert caught.value.reason == "KMS_UNAVAILABLE"


async def test_what_the_kms_refuses_is_data_loss(tmp_path: Path, vault: Vault, aws_uri: str) -> None:
    for number, uri in enumerate((vault.uri, aws_uri)):
        (tmp_path / str(number)).mkdir()
        settings = with_kms(settings_of(tmp_path / str(number)), uri)
        async with running_secrets(settings) as running:
            await running.put({"a": b"1"})
            vault.versions.clear()
            vault.rotate()
            async with running.database.write() as session:
                row = await session.get_one(SecretRow, ("ws_1", "ins_1", "a"))
                row.ciphertext = row.ciphertext[:4] + row.ciphertext[4:].replace(row.ciphertext[40:50], b"0" * 10)
            with pytest.raises(DataLoss):
                await running.get()


@pytest.mark.parametrize(
    ("uri", "told"),
    [
        ("aws-kms://arn:aws:s3:::bucket", "aws-kms://arn:aws:kms:<region>"),
        ("hcvault://127.0.0.1:1/transit/penstock", "<mount>/keys/<name>"),
        ("hcvault+http://vault.example.com/transit/keys/penstock", "elsewhere it is hcvault://"),
        ("gcp-kms://projects/p", "known are"),
    ],
)
async def test_a_uri_that_names_no_key_ends_the_start(tmp_path: Path, uri: str, told: str) -> None:
    with pytest.raises(FailedPrecondition, match=told) as caught:
        async with running_secrets(with_kms(settings_of(tmp_path), uri)):
            pass
    assert caught.value.reason == "KMS_URI_UNUSABLE"
