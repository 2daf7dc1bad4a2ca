"""The key-encryption key: a Tink keyset in a file that only its owner can read.

A key in a KMS would take its place here: all that the rest of the service sees is an `Aead`.
"""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path
from typing import Any

import tink
from tink import aead, secret_key_access

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class KeysetError(Exception):
    """The keyset cannot be used as it is; the message tells the operator what to do."""


def load_key(path: Path, *, may_create: bool) -> aead.Aead:
    """Read the keyset and give its primitive: encrypts with the primary key, decrypts with every enabled one.

    Makes the file when it is missing and `may_create`. Raises `KeysetError` for a file that others can read, that is
    no keyset, or that is missing although secrets exist that only it can decrypt.
    """
    aead.register()
    if not path.exists():
        if not may_create:
            raise KeysetError(f"{path} is missing, and the stored secrets cannot be read without it: restore it.")
        _create(path)
    return _parse(_read(path), path)


def _create(path: Path) -> None:
    """Make the file whole or not at all; of replicas that start at once, the first one's stays."""
    untyped: Any = tink
    handle = untyped.new_keyset_handle(untyped.aead.aead_key_templates.AES256_GCM)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # 0600
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(tink.json_proto_keyset_format.serialize(handle, secret_key_access.TOKEN))
            file.flush()
            os.fsync(file.fileno())
        Path(path).hardlink_to(name)
    except FileExistsError:
        return
    finally:
        Path(name).unlink()


def _read(path: Path) -> str:
    with path.open() as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        if mode & _OTHERS:
            raise KeysetError(f"{path} can be read by others (mode {mode:04o}): chmod 600 it, and rotate its keys.")
        return file.read()


def _parse(text: str, path: Path) -> aead.Aead:
    try:
        return tink.json_proto_keyset_format.parse(text, secret_key_access.TOKEN).primitive(aead.Aead)
    except tink.TinkError:
        # Tink's message could quote the keyset.
        raise KeysetError(f"{path} holds no Tink keyset for AEAD.") from None
