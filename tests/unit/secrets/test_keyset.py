"""Keysets are for their owner's eyes; the service follows their file."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from services.secrets.keys import keyset_file
from services.secrets.keys.key import RefusedError
from services.secrets.keys.keyset import KeysetKey
from services.secrets.keys.keyset_file import KeysetError, load_keyset


@pytest.fixture
def keyset(tmp_path: Path) -> Path:
    return tmp_path / "deeper" / "keyset.json"


def test_it_is_made_once_and_for_its_owner(keyset: Path) -> None:
    hidden = load_keyset(keyset, may_create=True).aead.encrypt(b"hush", b"")
    assert keyset.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in keyset.parent.iterdir()] == [keyset.name]
    assert load_keyset(keyset, may_create=False).aead.decrypt(hidden, b"") == b"hush"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601])
def test_one_that_others_can_read_is_refused(keyset: Path, mode: int) -> None:
    load_keyset(keyset, may_create=True)
    keyset.chmod(mode)
    with pytest.raises(KeysetError, match="chmod 600"):
        load_keyset(keyset, may_create=True)


def test_a_lost_one_is_not_replaced_while_secrets_need_it(keyset: Path) -> None:
    with pytest.raises(KeysetError, match="restore it"):
        load_keyset(keyset, may_create=False)
    assert not keyset.exists()


@pytest.mark.parametrize("content", ["", "{}", "hush", '{"key": "hush"}'])
def test_other_files_are_none(tmp_path: Path, content: str) -> None:
    file = tmp_path / "keyset.json"
    file.write_text(content)
    file.chmod(0o600)
    with pytest.raises(KeysetError, match="no Tink keyset") as caught:
        load_keyset(file, may_create=True)
    assert "hush" not in str(caught.value).replace(str(file), "")


def test_processes_that_start_at_once_agree_on_a_key(keyset: Path) -> None:
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append(load_keyset(keyset, may_create=True).primary)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


async def test_a_rotation_is_noticed_by_others_at_once(keyset: Path) -> None:
    one, other = KeysetKey(keyset, may_create=True), KeysetKey(keyset, may_create=False)
    old = await one.wrap(b"hush")
    one.add_primary()
    assert keyset.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in keyset.parent.iterdir()] == [keyset.name]
    new = await other.wrap(b"hush")
    assert new.key_id == one.key_id != old.key_id
    assert [await one.unwrap(each) for each in (old, new)] == [b"hush"] * 2
    assert set(one.key_ids) == {old.key_id, new.key_id}


async def test_a_removed_key_opens_nothing_and_the_primary_one_stays(keyset: Path) -> None:
    key = KeysetKey(keyset, may_create=True)
    old = await key.wrap(b"hush")
    key.add_primary()
    new = await key.wrap(b"hush")
    key.remove([old.key_id, new.key_id])
    assert list(key.key_ids) == [new.key_id]
    assert await key.unwrap(new) == b"hush"
    with pytest.raises(RefusedError):
        await key.unwrap(old)


@pytest.mark.parametrize("harm", ["gone", "broken", "shared"])
async def test_a_file_that_becomes_unusable_leaves_the_keys_that_were_read(keyset: Path, harm: str) -> None:
    key = KeysetKey(keyset, may_create=True)
    hidden = await key.wrap(b"hush")
    if harm == "gone":
        keyset.unlink()
    elif harm == "broken":
        keyset.write_text("{}")
    else:
        keyset.chmod(0o644)
    assert await key.unwrap(hidden) == b"hush"
    assert (await key.wrap(b"hush")).key_id == hidden.key_id


def test_what_tink_does_not_take_replaces_nothing(keyset: Path) -> None:
    before = load_keyset(keyset, may_create=True)
    with pytest.raises(KeysetError):
        keyset_file._replace(keyset, {"primaryKeyId": before.primary, "key": []})
    assert load_keyset(keyset, may_create=False).primary == before.primary
