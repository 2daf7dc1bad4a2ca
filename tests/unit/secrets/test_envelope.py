"""Envelopes open at their place alone, and are bytes that Tink's own class reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tink import aead

from services.secrets.data_keys import DataKeys
from services.secrets.envelope import Binding, Envelope, Sealed
from services.secrets.keys.keyring import Keyring
from services.secrets.keys.keyset import KeysetKey
from services.secrets.keys.keyset_file import load_keyset
from shared.errors import DataLoss, Unavailable

PLACE = Binding("ws_1", "ins_1", "key")


def envelope_of(keyset: Path) -> Envelope:
    return Envelope(DataKeys(Keyring(KeysetKey(keyset, may_create=True))))


async def sealed(envelope: Envelope, value: bytes) -> Sealed:
    return (await envelope.seal({PLACE: value}))[PLACE]


@pytest.fixture
def keyset(tmp_path: Path) -> Path:
    return tmp_path / "keyset.json"


@pytest.fixture
def envelope(keyset: Path) -> Envelope:
    return envelope_of(keyset)


@pytest.mark.parametrize("value", [b"", b'"hush"', bytes(range(256)) * 256])
async def test_what_is_sealed_opens_at_its_place(envelope: Envelope, value: bytes) -> None:
    hidden = await sealed(envelope, value)
    assert await envelope.open(hidden, PLACE) == value
    assert len(value) < 10 or value not in hidden.ciphertext
    assert await sealed(envelope, value) != hidden


async def test_tink_reads_and_writes_the_same_bytes(envelope: Envelope, keyset: Path) -> None:
    """Values of before data keys were shared, and those that a release of then may still meet."""
    key = load_keyset(keyset, may_create=False).aead
    theirs = aead.KmsEnvelopeAead(cast("Any", aead.aead_key_templates).AES256_GCM, key)
    assert theirs.decrypt((await sealed(envelope, b"hush")).ciphertext, PLACE.associated_data()) == b"hush"
    old = Sealed("", theirs.encrypt(b"hush", PLACE.associated_data()))
    assert await envelope.open(old, PLACE) == b"hush"


@pytest.mark.parametrize(
    "other", [Binding("ws_2", "ins_1", "key"), Binding("ws_1", "ins_2", "key"), Binding("ws_1", "ins_1", "kez")]
)
async def test_nothing_opens_elsewhere(envelope: Envelope, other: Binding) -> None:
    both = await envelope.seal({PLACE: b"hush", other: b"hush"})
    for at, value in ((other, both[PLACE]), (PLACE, both[other])):
        with pytest.raises(DataLoss) as caught:
            await envelope.open(value, at)
        assert caught.value.reason == "SECRET_UNREADABLE"


async def test_no_changed_byte_goes_unnoticed(envelope: Envelope) -> None:
    hidden = await sealed(envelope, b"hush")
    for position in range(len(hidden.ciphertext)):
        changed = bytearray(hidden.ciphertext)
        changed[position] ^= 1
        with pytest.raises(DataLoss):
            await envelope.open(Sealed(hidden.key_id, bytes(changed)), PLACE)


async def test_foreign_bytes_do_not_open(envelope: Envelope, tmp_path: Path) -> None:
    foreign = await sealed(envelope_of(tmp_path / "other.json"), b"hush")
    for ciphertext in (b"", b"hush", bytes(300), b"\xff" * 300, foreign.ciphertext):
        with pytest.raises(DataLoss):
            await envelope.open(Sealed(foreign.key_id, ciphertext), PLACE)


async def test_a_key_that_is_not_configured_can_come_back(envelope: Envelope) -> None:
    hidden = await sealed(envelope, b"hush")
    with pytest.raises(Unavailable, match="PENSTOCK_FORMER_KMS_URIS") as caught:
        await envelope.open(Sealed("aws-kms://elsewhere", hidden.ciphertext), PLACE)
    assert caught.value.retry_delay_s


@settings(deadline=None)
@given(st.tuples(st.text(), st.text(), st.text()), st.tuples(st.text(), st.text(), st.text()))
def test_two_places_never_have_the_same_binding(a: tuple[str, str, str], b: tuple[str, str, str]) -> None:
    assert (Binding(*a).associated_data() == Binding(*b).associated_data()) == (a == b)
