"""A Tink keyset in a file that only its owner can read."""

from __future__ import annotations

import json
import os
import stat
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tink
from tink import aead, secret_key_access

from shared.errors import FailedPrecondition

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class KeysetError(FailedPrecondition):
    """The keyset cannot be used as it is; the message tells the operator what to do."""

    default_reason = "KEYSET_UNUSABLE"


@dataclass(frozen=True, slots=True)
class Keyset:
    """Keys by their numbers; `aead` encrypts with the primary one, and decrypts with each."""

    aead: aead.Aead
    primary: int
    numbers: Sequence[int]


def load_keyset(path: Path, *, may_create: bool) -> Keyset:
    """Read the keyset; make the file when it is missing and `may_create`.

    Raises `KeysetError` for a file that others can read, that is no keyset, or that is missing although secrets exist
    that only it can decrypt.
    """
    aead.register()
    if not path.exists():
        if not may_create:
            raise KeysetError(f"{path} is missing, and the stored secrets cannot be read without it: restore it.")
        _create(path)
    return _parse(_read(path), path)


def add_primary(path: Path) -> None:
    """Add a key, which encrypts from now on; the others go on decrypting. Let nobody else write the file meanwhile."""
    keys = json.loads(_read(path))
    taken = {key["keyId"] for key in keys["key"]}
    while (new := json.loads(_new_keyset()))["primaryKeyId"] in taken:
        pass
    _replace(path, {"primaryKeyId": new["primaryKeyId"], "key": [*keys["key"], *new["key"]]})


def remove(path: Path, numbers: Collection[int]) -> None:
    """Remove keys other than the primary one. Let nobody else write the file meanwhile."""
    keys = json.loads(_read(path))
    kept = [key for key in keys["key"] if key["keyId"] not in numbers or key["keyId"] == keys["primaryKeyId"]]
    _replace(path, keys | {"key": kept})


def _new_keyset() -> str:
    untyped: Any = tink
    handle = untyped.new_keyset_handle(untyped.aead.aead_key_templates.AES256_GCM)
    return tink.json_proto_keyset_format.serialize(handle, secret_key_access.TOKEN)


def _create(path: Path) -> None:
    """Make the file whole or not at all; of replicas that start at once, the first one's stays."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    written = _written_beside(path, _new_keyset())
    try:
        path.hardlink_to(written)
    except FileExistsError:
        return
    finally:
        written.unlink()


def _replace(path: Path, keys: dict[str, Any]) -> None:
    text = json.dumps(keys)
    _parse(text, path)  # what Tink does not take must not replace what it takes
    _written_beside(path, text).replace(path)
    _sync_folder(path.parent)


def _written_beside(path: Path, text: str) -> Path:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # 0600
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return Path(name)


def _sync_folder(folder: Path) -> None:
    """Have the new name on the disk before anything is encrypted with the new key."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path) -> str:
    with path.open() as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        if mode & _OTHERS:
            raise KeysetError(f"{path} can be read by others (mode {mode:04o}): chmod 600 it, and rotate its keys.")
        return file.read()


def _parse(text: str, path: Path) -> Keyset:
    try:
        primitive = tink.json_proto_keyset_format.parse(text, secret_key_access.TOKEN).primitive(aead.Aead)
        keys = json.loads(text)
        return Keyset(primitive, keys["primaryKeyId"], [key["keyId"] for key in keys["key"]])
    except (tink.TinkError, ValueError, KeyError):
        # Their messages could quote the keyset.
        raise KeysetError(f"{path} holds no Tink keyset for AEAD.") from None
