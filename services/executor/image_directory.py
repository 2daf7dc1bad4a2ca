"""Compiled images on disk: native code that this process will run, so nobody else may have written it.

The directory belongs to the service alone (0700). A file is written whole and renamed, removed by unlink, never
changed. Its name holds the digest of its content, which is checked before the file is mapped: a truncated file under a
mapping kills the process, an edited one runs. Check and mapping go through one descriptor, so that no other file can
take the place of the checked one.

The directory is a cache. What cannot be read is built again, what cannot be written is built again next time: neither
fails an event.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import structlog
from wasmtime import Engine, Module, WasmtimeError

from services.executor.image_names import ImageNames

SUFFIX = ".cwasm"
# What is no module: scripts in the engine's own bytecode, which it runs unchecked.
BYTES_SUFFIX = ".bytes"
PARTIAL_SUFFIX = ".partial"
# Files of an engine or prelude that is no longer installed are never loaded again, and go after this time.
UNUSED_S = 7 * 24 * 3600.0
# A writer that takes longer was killed.
PARTIAL_S = 600.0
# The directory may grow by this part of its size before it is looked through again.
_PRUNE_PART = 32
_FOR_CHECK = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

T = TypeVar("T")

_log = structlog.get_logger()


class ForeignDirectoryError(Exception):
    """The directory, or its place, belongs to somebody else."""


class ImageDirectory:
    """Compiled modules by key, shared by the processes of one service. A key is letters, digits and `-`.

    Files that were not loaded for a week are removed, and above `max_bytes` those that were not loaded for longest.
    """

    def __init__(self, path: Path, *, max_bytes: int = 2 * 1024**3) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._unpruned_bytes = 0
        self._by_key = ImageNames(path)
        with suppress(FileExistsError):
            path.mkdir(mode=0o700, parents=True)
        if self._take():
            for name in self._names():
                _remove(self._path / name)
        self._prune()

    def load(self, key: str, engine: Engine) -> Module | None:
        """Map the module stored under the key. What is foreign, damaged or of another wasmtime is removed."""
        return self._first(key, SUFFIX, lambda file: _mapped(file, engine))

    def load_bytes(self, key: str) -> bytes | None:
        """Give the bytes stored under the key. What is foreign or damaged is removed."""
        return self._first(key, BYTES_SUFFIX, _content)

    def save(self, key: str, module: Module) -> None:
        """Store a module, or log why that cannot be done."""
        self._save(key, bytes(module.serialize()), SUFFIX)

    def save_bytes(self, key: str, content: bytes) -> None:
        """Store bytes, or log why that cannot be done."""
        self._save(key, content, BYTES_SUFFIX)

    def _first(self, key: str, suffix: str, load: Callable[[Path], T | None]) -> T | None:
        for name in self._by_key.of(key):
            if name.endswith(suffix):
                found = load(self._path / name)
                if found is not None:
                    return found
                _remove(self._path / name)
        return None

    def _save(self, key: str, content: bytes, suffix: str) -> None:
        try:
            self._write(content, f"{key}.{hashlib.sha256(content).hexdigest()}{suffix}")
        except OSError as error:
            _log.warning("image_not_stored", key=key, error=str(error))
        self._unpruned_bytes += len(content)
        if self._unpruned_bytes > self._max_bytes // _PRUNE_PART:
            self._prune()

    def _take(self) -> bool:
        """Close the directory to others, and tell whether they could have put files into it."""
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            raise ForeignDirectoryError(f"{self._path} is not a directory of this user: {error.strerror}") from None
        try:
            found = os.fstat(descriptor)
            if found.st_uid != os.geteuid():
                raise ForeignDirectoryError(f"{self._path} is not a directory of this user")
            os.fchmod(descriptor, 0o700)
            return bool(found.st_mode & 0o022)
        finally:
            os.close(descriptor)

    def _write(self, content: bytes, name: str) -> None:
        partial = self._path / f"{secrets.token_hex(8)}{PARTIAL_SUFFIX}"
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            partial.replace(self._path / name)
            self._by_key.add(name)
        except OSError:
            _remove(partial)
            raise

    def _names(self) -> list[str]:
        try:
            # Thousands of `Path`s would take longer than what is loaded.
            return [name for name in os.listdir(self._path) if name.endswith((SUFFIX, BYTES_SUFFIX, PARTIAL_SUFFIX))]  # noqa: PTH208
        except OSError:
            return []

    def _prune(self) -> None:
        self._unpruned_bytes = 0
        oldest = sorted(self._statuses(), key=lambda each: each[0].st_mtime)
        excess = sum(status.st_size for status, _file in oldest) - self._max_bytes
        now_s = time.time()
        for status, file in oldest:
            longest_s = PARTIAL_S if file.suffix == PARTIAL_SUFFIX else UNUSED_S
            if excess > 0 or status.st_mtime < now_s - longest_s:
                _remove(file)
                excess -= status.st_size

    def _statuses(self) -> Iterator[tuple[os.stat_result, Path]]:
        for name in self._names():
            file = self._path / name
            with suppress(OSError):  # another process of this service was faster
                yield file.lstat(), file


def _mapped(file: Path, engine: Engine) -> Module | None:
    try:
        with _opened(file) as descriptor:
            if not _is_intact(descriptor, file):
                return None
            _note_use(descriptor)
            return Module.deserialize_file(engine, _path_of(descriptor, file))
    except (OSError, WasmtimeError):
        return None


def _content(file: Path) -> bytes | None:
    try:
        with _opened(file) as descriptor, open(descriptor, "rb", closefd=False) as content:
            if not _is_ours(descriptor):
                return None
            _note_use(descriptor)
            data = content.read()
            return data if hashlib.sha256(data).hexdigest() == _digest_of(file) else None
    except OSError:
        return None


def _note_use(descriptor: int) -> None:
    with suppress(OSError):  # a directory that may only be read
        os.utime(descriptor)


@contextmanager
def _opened(file: Path) -> Generator[int]:
    descriptor = os.open(file, _FOR_CHECK)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _is_intact(descriptor: int, file: Path) -> bool:
    if not _is_ours(descriptor):
        return False
    with open(descriptor, "rb", closefd=False) as content:
        return hashlib.file_digest(content, "sha256").hexdigest() == _digest_of(file)


def _is_ours(descriptor: int) -> bool:
    status = os.fstat(descriptor)
    # A second name may lie where others can write.
    is_ours = stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid() and status.st_nlink == 1
    return is_ours and not status.st_mode & 0o022


def _digest_of(file: Path) -> str:
    return file.name.split(".")[-2]


def _path_of(descriptor: int, file: Path) -> str:
    # Without such paths the name has to do: nobody but this user can make another file of it.
    same = f"/dev/fd/{descriptor}"
    return same if Path(same).exists() else str(file)


def _remove(file: Path) -> None:
    with suppress(OSError):  # gone already, or a directory
        file.unlink()
