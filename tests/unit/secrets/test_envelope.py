"""Envelopes open at their place alone, and keysets are for their owner's eyes."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
import tink
from hypothesis import given, settings
from hypothesis import strategies as st
from tink import secret_key_access

from services.secrets.envelope import Binding, Envelope
from services.secrets.keyset import KeysetError, load_key
from shared.errors import DataLoss

PLACE = Binding("ws_1", "ins_1", "key")


@pytest.fixture
def keyset(tmp_path: Path) -> Path:
    return tmp_path / "deeper" / "keyset.json"


@pytest.fixture
def envelope(keyset: Path) -> Envelope:
    return Envelope(load_key(keyset, may_create=True))


@pytest.mark.parametrize("value", [b"", b'"hush"', bytes(range(256)) * 256])
def test_what_is_sealed_opens_at_its_place(envelope: Envelope, value: bytes) -> None:
    sealed = envelope.seal(value, PLACE)
    assert envelope.open(sealed, PLACE) == value
    assert len(value) < 10 or value not in sealed
    assert envelope.seal(value, PLACE) != sealed


@pytest.mark.parametrize(
    "other", [Binding("ws_2", "ins_1", "key"), Binding("ws_1", "ins_2", "key"), Binding("ws_1", "ins_1", "kez")]
)
def test_nothing_opens_elsewhere(envelope: Envelope, other: Binding) -> None:
    with pytest.raises(DataLoss) as caught:
        envelope.open(envelope.seal(b"hush", PLACE), other)
    assert caught.value.reason == "SECRET_UNREADABLE"


def test_no_changed_byte_goes_unnoticed(envelope: Envelope) -> None:
    sealed = envelope.seal(b"hush", PLACE)
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(DataLoss):
            envelope.open(bytes(changed), PLACE)


def test_foreign_bytes_do_not_open(envelope: Envelope, tmp_path: Path) -> None:
    foreign = Envelope(load_key(tmp_path / "other.json", may_create=True)).seal(b"hush", PLACE)
    for ciphertext in (b"", b"hush", bytes(300), b"\xff" * 300, foreign):
        with pytest.raises(DataLoss):
            envelope.open(ciphertext, PLACE)


@settings(deadline=None)
@given(st.tuples(st.text(), st.text(), st.text()), st.tuples(st.text(), st.text(), st.text()))
def test_two_places_never_have_the_same_binding(a: tuple[str, str, str], b: tuple[str, str, str]) -> None:
    assert (Binding(*a).associated_data() == Binding(*b).associated_data()) == (a == b)


def test_the_keyset_is_made_once_and_for_its_owner(keyset: Path) -> None:
    sealed = Envelope(load_key(keyset, may_create=True)).seal(b"hush", PLACE)
    assert keyset.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in keyset.parent.iterdir()] == [keyset.name]
    assert Envelope(load_key(keyset, may_create=False)).open(sealed, PLACE) == b"hush"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601])
def test_a_keyset_that_others_can_read_is_refused(keyset: Path, mode: int) -> None:
    load_key(keyset, may_create=True)
    keyset.chmod(mode)
    with pytest.raises(KeysetError, match="chmod 600"):
        load_key(keyset, may_create=True)


def test_a_lost_keyset_is_not_replaced_while_secrets_need_it(keyset: Path) -> None:
    with pytest.raises(KeysetError, match="restore it"):
        load_key(keyset, may_create=False)
    assert not keyset.exists()


@pytest.mark.parametrize("content", ["", "{}", "hush", '{"key": "hush"}'])
def test_other_files_are_no_keyset(tmp_path: Path, content: str) -> None:
    file = tmp_path / "keyset.json"
    file.write_text(content)
    file.chmod(0o600)
    with pytest.raises(KeysetError, match="no Tink keyset") as caught:
        load_key(file, may_create=True)
    assert "hush" not in str(caught.value)


def test_processes_that_start_at_once_agree_on_a_key(keyset: Path) -> None:
    envelopes: list[Envelope] = []
    threads = [
        threading.Thread(target=lambda: envelopes.append(Envelope(load_key(keyset, may_create=True)))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sealed = envelopes[0].seal(b"hush", PLACE)
    assert [each.open(sealed, PLACE) for each in envelopes] == [b"hush"] * 8


def test_a_rotated_keyset_opens_what_the_old_key_sealed(keyset: Path, tmp_path: Path) -> None:
    old = Envelope(load_key(keyset, may_create=True))
    load_key(tmp_path / "new.json", may_create=True)
    both: dict[str, Any] = json.loads(keyset.read_text())
    new: dict[str, Any] = json.loads((tmp_path / "new.json").read_text())
    rotated = {"primaryKeyId": new["primaryKeyId"], "key": [*both["key"], *new["key"]]}
    tink.json_proto_keyset_format.parse(json.dumps(rotated), secret_key_access.TOKEN)
    keyset.write_text(json.dumps(rotated))
    envelope = Envelope(load_key(keyset, may_create=False))
    assert envelope.open(old.seal(b"hush", PLACE), PLACE) == b"hush"
    fresh = envelope.seal(b"hush", PLACE)
    with pytest.raises(DataLoss):
        old.open(fresh, PLACE)
    assert Envelope(load_key(tmp_path / "new.json", may_create=False)).open(fresh, PLACE) == b"hush"
