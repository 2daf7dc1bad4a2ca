"""What lies in the directory of images is loaded only if this service wrote it, and whole."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from wasmtime import Config, Engine, Module

from services.executor.image_directory import PARTIAL_S, UNUSED_S, ForeignDirectoryError, ImageDirectory

ENGINE = Engine()
MODULE = Module(ENGINE, '(module (memory (export "memory") 1))')
OTHER = Module(ENGINE, '(module (memory (export "other") 1))')
NOBODY = 65534
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


@pytest.fixture
def directory(tmp_path: Path) -> ImageDirectory:
    found = ImageDirectory(tmp_path / "images")
    found.save("a", MODULE)
    return found


def only_file(tmp_path: Path) -> Path:
    (file,) = (tmp_path / "images").iterdir()
    return file


def test_what_was_saved_is_loaded(directory: ImageDirectory, tmp_path: Path) -> None:
    assert directory.load("a", ENGINE) is not None
    assert directory.load("b", ENGINE) is None
    assert stat.S_IMODE((tmp_path / "images").stat().st_mode) == 0o700
    assert stat.S_IMODE(only_file(tmp_path).stat().st_mode) == 0o600


def test_another_process_finds_it(directory: ImageDirectory, tmp_path: Path) -> None:
    assert ImageDirectory(tmp_path / "images").load("a", Engine()) is not None


def test_open_rights_are_closed(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir(mode=0o777)
    ImageDirectory(tmp_path / "images")
    assert stat.S_IMODE((tmp_path / "images").stat().st_mode) == 0o700


def truncate(file: Path) -> None:
    os.truncate(file, 1000)


def empty(file: Path) -> None:
    os.truncate(file, 0)


def edit(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def open_to_group(file: Path) -> None:
    file.chmod(0o620)


def open_to_others(file: Path) -> None:
    file.chmod(0o602)


def link_elsewhere(file: Path) -> None:
    elsewhere = file.parent.parent / "elsewhere"
    file.rename(elsewhere)
    file.symlink_to(elsewhere)


def link_to_nothing(file: Path) -> None:
    file.unlink()
    file.symlink_to("nothing")


def have_a_second_name(file: Path) -> None:
    (file.parent.parent / "second").hardlink_to(file)


def replace_by_nonsense(file: Path) -> None:
    file.unlink()
    file.with_name(f"a.{hashlib.sha256(b'nonsense').hexdigest()}.cwasm").write_bytes(b"nonsense")


def replace_by_another_engines(file: Path) -> None:
    config = Config()
    config.consume_fuel = True
    content = bytes(Module(Engine(config), "(module)").serialize())
    file.unlink()
    file.with_name(f"a.{hashlib.sha256(content).hexdigest()}.cwasm").write_bytes(content)


def replace_by_another_versions(file: Path) -> None:
    content = file.read_bytes()
    major = version("wasmtime").split(".")[0].encode()
    assert content.count(major) > 0
    content = content.replace(major, b"49")
    file.unlink()
    file.with_name(f"a.{hashlib.sha256(content).hexdigest()}.cwasm").write_bytes(content)


def replace_by_a_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def give_away(file: Path) -> None:
    os.chown(file, NOBODY, NOBODY)


def replace_by_a_socket(file: Path) -> None:
    file.unlink()
    with socket.socket(socket.AF_UNIX) as listener:
        # A socket's path may have 108 bytes.
        listener.bind(str(file.parent / "s"))
    (file.parent / "s").rename(file)


SPOIL = [
    truncate,
    empty,
    edit,
    open_to_group,
    open_to_others,
    link_elsewhere,
    link_to_nothing,
    have_a_second_name,
    replace_by_nonsense,
    replace_by_another_engines,
    replace_by_another_versions,
    replace_by_a_pipe,
    replace_by_a_socket,
    pytest.param(give_away, marks=AS_ROOT),
]


@pytest.mark.parametrize("spoil", SPOIL)
def test_what_somebody_touched_is_removed_and_made_anew(
    directory: ImageDirectory, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(only_file(tmp_path))
    assert directory.load("a", ENGINE) is None
    assert not list((tmp_path / "images").iterdir())
    directory.save("a", MODULE)
    assert directory.load("a", ENGINE) is not None


def test_a_directory_in_the_place_of_a_file_is_not_loaded(directory: ImageDirectory, tmp_path: Path) -> None:
    file = only_file(tmp_path)
    file.unlink()
    file.mkdir()
    assert directory.load("a", ENGINE) is None
    directory.save("a", MODULE)
    directory.save("b", MODULE)
    assert directory.load("a", ENGINE) is None
    assert directory.load("b", ENGINE) is not None


def test_what_is_mapped_is_what_was_checked(
    directory: ImageDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another file takes the place of the checked one before it is mapped."""
    digest = hashlib.file_digest

    def swapped(*arguments: Any) -> Any:
        found = digest(*arguments)
        other = tmp_path / "other"
        other.write_bytes(bytes(OTHER.serialize()))
        other.replace(only_file(tmp_path))
        return found

    monkeypatch.setattr(hashlib, "file_digest", swapped)
    module = directory.load("a", ENGINE)
    assert module is not None
    assert [export.name for export in module.exports] == ["memory"]


# --- the directory itself ---------------------------------------------------------------------------------------------
def test_a_link_is_no_directory_of_ours(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "images").symlink_to(tmp_path / "real")
    with pytest.raises(ForeignDirectoryError):
        ImageDirectory(tmp_path / "images")


def test_a_file_is_no_directory_of_ours(tmp_path: Path) -> None:
    (tmp_path / "images").touch()
    with pytest.raises(ForeignDirectoryError):
        ImageDirectory(tmp_path / "images")


@AS_ROOT
def test_a_directory_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir(mode=0o700)
    os.chown(tmp_path / "images", NOBODY, NOBODY)
    with pytest.raises(ForeignDirectoryError):
        ImageDirectory(tmp_path / "images")


def test_what_lay_where_others_could_write_is_thrown_away(directory: ImageDirectory, tmp_path: Path) -> None:
    (tmp_path / "images").chmod(0o777)
    assert ImageDirectory(tmp_path / "images").load("a", ENGINE) is None
    assert not list((tmp_path / "images").iterdir())


@AS_ROOT
def test_a_directory_that_was_exchanged_gives_nothing(directory: ImageDirectory, tmp_path: Path) -> None:
    """As can be done by whoever may write to its parent."""
    (tmp_path / "images").rename(tmp_path / "ours")
    (tmp_path / "images").mkdir()
    for name in os.listdir(tmp_path / "ours"):  # noqa: PTH208
        theirs = tmp_path / "images" / name
        theirs.write_bytes((tmp_path / "ours" / name).read_bytes())
        os.chown(theirs, NOBODY, NOBODY)
    assert directory.load("a", ENGINE) is None


def test_without_its_directory_it_holds_nothing(directory: ImageDirectory, tmp_path: Path) -> None:
    only_file(tmp_path).unlink()
    (tmp_path / "images").rmdir()
    assert directory.load("a", ENGINE) is None
    directory.save("a", MODULE)
    assert directory.load("a", ENGINE) is None


# --- writers that fail ------------------------------------------------------------------------------------------------
WRITER = """
import resource, signal, sys
from pathlib import Path
from wasmtime import Engine, Module
from services.executor.image_directory import ImageDirectory

path, key, count, limit, fatal = sys.argv[1:]
if int(limit):
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
if int(fatal):
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
engine = Engine()
module = Module(engine, '(module (memory (export "memory") 1))')
directory = ImageDirectory(Path(path), max_bytes=5 * len(module.serialize()))
for number in range(int(count)):
    name = f"{key}-{number}"
    directory.save(name, module)
    directory.load(name, engine)
"""


def start_writer(path: Path, key: str, *, count: int = 1, limit: int = 0, fatal: bool = False) -> subprocess.Popen[str]:
    """A process that saves modules; with a `limit` no file of it may be longer, which is the end of it if `fatal`."""
    arguments = [str(path), key, str(count), str(limit), str(int(fatal))]
    return subprocess.Popen([sys.executable, "-c", WRITER, *arguments], stderr=subprocess.PIPE, text=True)


def test_a_writer_killed_in_the_middle_leaves_nothing_that_is_loaded(tmp_path: Path) -> None:
    writer = start_writer(tmp_path / "images", "a", limit=1000, fatal=True)
    writer.communicate(timeout=60)
    assert writer.returncode == -signal.SIGXFSZ
    half = only_file(tmp_path)
    assert (half.suffix, half.stat().st_size) == (".partial", 1000)
    directory = ImageDirectory(tmp_path / "images")
    assert directory.load("a-0", ENGINE) is None
    assert half.exists()  # the writer might be alive
    os.utime(half, times=(0, time.time() - PARTIAL_S - 1))
    ImageDirectory(tmp_path / "images")
    assert not half.exists()


def test_a_full_disk_loses_the_image_alone(tmp_path: Path) -> None:
    writer = start_writer(tmp_path / "images", "a", limit=1000)
    _out, errors = writer.communicate(timeout=60)
    assert writer.returncode == 0, errors
    assert not list((tmp_path / "images").iterdir())


def test_processes_that_save_and_prune_at_once_hinder_nobody(tmp_path: Path) -> None:
    writers = [start_writer(tmp_path / "images", key, count=100) for key in "abc"]
    errors = [writer.communicate(timeout=100)[1] for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0, 0], errors
    left = [file.name.split(".")[0] for file in (tmp_path / "images").iterdir()]
    assert 0 < len(left) <= 5
    assert all(ImageDirectory(tmp_path / "images").load(key, ENGINE) for key in left)


# --- what is old ------------------------------------------------------------------------------------------------------
def test_the_longest_unused_go_when_it_is_full(tmp_path: Path) -> None:
    directory = ImageDirectory(tmp_path / "images", max_bytes=int(len(MODULE.serialize()) * 3.5))
    for number, key in enumerate("abc"):
        directory.save(key, MODULE)
        file = next((tmp_path / "images").glob(f"{key}.*"))
        os.utime(file, times=(0, time.time() - 100 + number))
    directory.load("a", ENGINE)
    directory.save("d", MODULE)
    assert [key for key in "abcd" if directory.load(key, ENGINE)] == ["a", "c", "d"]


def test_what_no_installed_engine_asks_for_goes_in_time(directory: ImageDirectory, tmp_path: Path) -> None:
    directory.save("b", MODULE)
    for file in (tmp_path / "images").iterdir():
        os.utime(file, times=(0, time.time() - UNUSED_S - 1))
    directory.load("b", ENGINE)
    later = ImageDirectory(tmp_path / "images")
    assert [key for key in "ab" if later.load(key, ENGINE)] == ["b"]


def test_an_image_is_found_whatever_became_of_its_name(tmp_path: Path) -> None:
    here, elsewhere = ImageDirectory(tmp_path / "images"), ImageDirectory(tmp_path / "images")
    here.save("a", MODULE)
    assert elsewhere.load("a", ENGINE) is not None
    only_file(tmp_path).unlink()
    assert here.load("a", ENGINE) is None
    elsewhere.save("a", Module(ENGINE, '(module (memory (export "memory") 2))'))
    assert here.load("a", ENGINE) is not None
    assert here.load("b", ENGINE) is None
    elsewhere.save("b", MODULE)
    assert here.load("b", ENGINE) is not None
