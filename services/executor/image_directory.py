"""Compiled images on disk: native code that this process will run, so nobody else may have written it.

The directory belongs to the service alone (0700). A file is written whole and renamed, removed by unlink, never
changed. Its name holds the digest of its content, which is checked before the file is mapped: a truncated file under a
mapping kills the process, an edited one runs.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from wasmtime import Engine, Module, WasmtimeError

SUFFIX = ".cwasm"


class ForeignDirectoryError(Exception):
    """The directory, or its place, belongs to somebody else."""


class ImageDirectory:
    """Compiled modules by key. A key is letters, digits and `-`."""

    def __init__(self, path: Path, *, max_bytes: int = 2 * 1024**3) -> None:
        self._path = path
        self._max_bytes = max_bytes
        if not path.is_symlink():
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            raise ForeignDirectoryError(f"{path} is not a directory of this user")
        path.chmod(0o700)

    def load(self, key: str, engine: Engine) -> Module | None:
        """Map the module stored under the key. What is foreign, damaged or of another wasmtime is removed."""
        for file in self._path.glob(f"{key}.*{SUFFIX}"):
            if _is_intact(file):
                try:
                    return Module.deserialize_file(engine, str(file))
                except WasmtimeError:
                    pass
            file.unlink(missing_ok=True)
        return None

    def save(self, key: str, module: Module) -> None:
        """Store a module; oldest others go when the directory is over its size."""
        content = bytes(module.serialize())
        partial = self._path / f"{secrets.token_hex(8)}.partial"
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        partial.replace(self._path / f"{key}.{hashlib.sha256(content).hexdigest()}{SUFFIX}")
        self._prune()

    def _prune(self) -> None:
        found: list[tuple[os.stat_result, Path]] = []
        for file in self._path.iterdir():
            with suppress(FileNotFoundError):  # another process of this service was faster
                found.append((file.stat(), file))
        found.sort(key=lambda each: each[0].st_mtime_ns)
        excess = sum(status.st_size for status, _file in found) - self._max_bytes
        for status, file in found:
            if excess <= 0:
                return
            file.unlink(missing_ok=True)
            excess -= status.st_size


def _is_intact(file: Path) -> bool:
    try:
        status = file.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o022:
            return False
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest() == file.name.split(".")[-2]
    except FileNotFoundError:
        return False
